"""Quotes and their follow-up (报价及跟进): requested, issued, revised, followed up, accepted or declined."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec

from domain.account.account import Account
from domain.aggregate import Event, command
from domain.claims import Claim
from domain.currencies import currency_code
from domain.money import Money
from domain.opportunity.outcome import OpportunityPart, stated
from domain.opportunity.quote_lines import (
    QuoteLine,
    Requirement,
    total_of,
)
from domain.opportunity.quote_terms import (
    OpenQuote,
    QuoteExpired,
    QuoteNotIssued,
    QuoteNotOpen,
    QuoteNumberBlank,
    QuoteOpenAlready,
    QuoteSuperseded,
    must_not_lie_before,
    see_that_it_can_be_quoted,
    see_that_it_holds,
)
from domain.policies.calendar import day_of
from domain.policies.company import Company
from domain.policies.price_list import PriceList
from domain.sealed import FreeText, Sealed


class Quotes(OpportunityPart, eq=False):
    """The open quotes by number. A number is used once in the company: the journal holds the claims."""

    open: dict[str, OpenQuote] = msgspec.field(default_factory=dict)

    class QuoteRequested(Event):
        """The customer asked for a quote; `requirements` are those gathered by then."""

        quote_no: str
        requested_on: date
        requirements: tuple[Requirement, ...] = ()
        follow_up_on: date | None = None
        stakeholder: UUID | None = None
        wishes: Sealed | None = None

        def check(self, quotes: Quotes) -> None:
            quotes.must_be_new(self.quote_no)
            must_not_lie_before(self.follow_up_on, self.requested_on)

        def apply(self, quotes: Quotes) -> None:
            quotes.open[self.quote_no] = OpenQuote(follow_up_on=self.follow_up_on, requirements=self.requirements)

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            return [_number(self.quote_no)]

    class QuoteIssued(Event):
        """A quote was handed over, in its version 1. `total` is that of the lines, each rounded."""

        quote_no: str
        version: int
        lines: tuple[QuoteLine, ...]
        total: Money
        issued_on: date
        valid_until: date
        follow_up_on: date | None = None
        requirements: tuple[Requirement, ...] = ()
        was_requested: bool = False

        def check(self, quotes: Quotes) -> None:
            if self.was_requested:
                quotes.root.must_be_open()
                if (found := quotes.must_have(self.quote_no)).version:
                    raise QuoteOpenAlready(quote_no=self.quote_no, version=found.version)
            else:
                quotes.must_be_new(self.quote_no)
            see_that_it_holds(self.lines, self.issued_on, self.valid_until, self.follow_up_on)

        def apply(self, quotes: Quotes) -> None:
            quotes.open[self.quote_no] = OpenQuote(
                1, self.lines, self.total.currency, self.valid_until, self.follow_up_on, self.requirements
            )

        def claims(self, aggregate_id: UUID) -> list[Claim]:
            """The request has claimed the number where there was one."""
            return [] if self.was_requested else [_number(self.quote_no)]

    class QuoteRevised(Event):
        """Another version supersedes the one before."""

        quote_no: str
        version: int
        lines: tuple[QuoteLine, ...]
        total: Money
        revised_on: date
        valid_until: date
        follow_up_on: date | None = None
        reason: str = ""

        def check(self, quotes: Quotes) -> None:
            quotes.must_stand_at(self.quote_no, self.version - 1)
            see_that_it_holds(self.lines, self.revised_on, self.valid_until, self.follow_up_on)

        def apply(self, quotes: Quotes) -> None:
            if before := quotes.open.get(self.quote_no):
                quotes.open[self.quote_no] = OpenQuote(
                    self.version,
                    self.lines,
                    self.total.currency,
                    self.valid_until,
                    self.follow_up_on,
                    before.requirements,
                )

    class QuoteFollowedUp(Event):
        """Somebody asked the customer about the quote; `follow_up_on` is the next time, if any."""

        quote_no: str
        followed_up_on: date
        follow_up_on: date | None = None
        answer: Sealed | None = None

        def check(self, quotes: Quotes) -> None:
            quotes.root.must_be_open()
            quotes.must_have(self.quote_no)
            must_not_lie_before(self.follow_up_on, self.followed_up_on)

        def apply(self, quotes: Quotes) -> None:
            if before := quotes.open.get(self.quote_no):
                quotes.open[self.quote_no] = msgspec.structs.replace(before, follow_up_on=self.follow_up_on)

    class QuoteAccepted(Event):
        """The customer accepts a version, on a day on which it is valid."""

        quote_no: str
        version: int
        accepted_on: date
        stakeholder: UUID | None = None

        def check(self, quotes: Quotes) -> None:
            valid_until = quotes.must_stand_at(self.quote_no, self.version).valid_until
            if valid_until and self.accepted_on > valid_until:
                raise QuoteExpired(quote_no=self.quote_no, valid_until=valid_until, on=self.accepted_on)

        def apply(self, quotes: Quotes) -> None:
            quotes.open.pop(self.quote_no, None)

    class QuoteDeclined(Event):
        """The customer does not want the quote; a request, too, can be declined, by us."""

        quote_no: str
        reason: str

        def check(self, quotes: Quotes) -> None:
            quotes.root.must_be_open()
            quotes.must_have(self.quote_no)
            stated(self.reason, "Declining a quote")

        def apply(self, quotes: Quotes) -> None:
            quotes.open.pop(self.quote_no, None)

    @command
    def request(
        self,
        *,
        quote_no: str,
        requirements: tuple[Requirement, ...] = (),
        follow_up_on: date | None = None,
        stakeholder: UUID | None = None,
        wishes: Annotated[Sealed | None, FreeText(("stakeholder",))] = None,
        account: Account,
        company: Company,
    ) -> None:
        """Record that the customer asks for a quote, and which requirements are gathered."""
        if stakeholder is not None:
            account.stakeholders.must_be_present(stakeholder)
        self.record(
            self.QuoteRequested(
                quote_no=quote_no.strip(),
                requested_on=day_of(company, self.root.moment),
                requirements=tuple(sorted(set(requirements))),
                follow_up_on=follow_up_on,
                stakeholder=stakeholder,
                wishes=wishes,
            )
        )

    @command
    def issue(
        self,
        *,
        quote_no: str,
        lines: tuple[QuoteLine, ...],
        currency: str,
        valid_until: date,
        follow_up_on: date | None = None,
        requirements: tuple[Requirement, ...] = (),
        price_list: PriceList,
        company: Company,
    ) -> None:
        """Hand over a quote. Prices are in `currency`, discounts shares of them; the totals are computed."""
        number, code = quote_no.strip(), currency_code(currency)
        known = self.open.get(number)
        gathered = tuple(sorted({*requirements, *(known.requirements if known else ())}))
        if known == OpenQuote(1, tuple(lines), code, valid_until, follow_up_on, gathered):
            return
        today = day_of(company, self.root.moment)
        see_that_it_can_be_quoted(lines, price_list, today, valid_until, follow_up_on)
        self.record(
            self.QuoteIssued(
                quote_no=number,
                version=1,
                lines=tuple(lines),
                total=total_of(lines, code),
                issued_on=today,
                valid_until=valid_until,
                follow_up_on=follow_up_on,
                requirements=gathered,
                was_requested=known is not None and known.version == 0,
            )
        )

    @command
    def revise(
        self,
        *,
        quote_no: str,
        valid_until: date,
        lines: tuple[QuoteLine, ...] = (),
        currency: str = "",
        follow_up_on: date | None = None,
        reason: str = "",
        price_list: PriceList,
        company: Company,
    ) -> None:
        """Hand over the next version, which supersedes the one before; without lines those before stand."""
        self.root.must_be_open()
        before = self.must_have(quote_no.strip())
        if not before.version:
            raise QuoteNotIssued(quote_no=quote_no.strip())
        code, new = currency_code(currency or before.currency), tuple(lines) or before.lines
        if msgspec.structs.replace(before, requirements=()) == OpenQuote(
            before.version, new, code, valid_until, follow_up_on
        ):
            return
        today = day_of(company, self.root.moment)
        see_that_it_can_be_quoted(new, price_list, today, valid_until, follow_up_on)
        self.record(
            self.QuoteRevised(
                quote_no=quote_no.strip(),
                version=before.version + 1,
                lines=new,
                total=total_of(new, code),
                revised_on=today,
                valid_until=valid_until,
                follow_up_on=follow_up_on,
                reason=reason,
            )
        )

    @command
    def follow_up(
        self,
        *,
        quote_no: str,
        follow_up_on: date | None = None,
        answer: Annotated[Sealed | None, FreeText()] = None,
        company: Company,
    ) -> None:
        """Record that the customer was asked about a quote, what the answer was, and when to ask next."""
        followed_up_on = day_of(company, self.root.moment)
        self.record(
            self.QuoteFollowedUp(
                quote_no=quote_no.strip(), followed_up_on=followed_up_on, follow_up_on=follow_up_on, answer=answer
            )
        )

    @command
    def accept(
        self,
        *,
        quote_no: str,
        version: int | None = None,
        stakeholder: UUID | None = None,
        account: Account,
        company: Company,
    ) -> None:
        """Record that the customer accepts a quote, in its newest version unless another is stated."""
        if stakeholder is not None:
            account.stakeholders.must_be_present(stakeholder)
        number = quote_no.strip()
        newest = self.must_have(number).version
        self.record(
            self.QuoteAccepted(
                quote_no=number,
                version=newest if version is None else version,
                accepted_on=day_of(company, self.root.moment),
                stakeholder=stakeholder,
            )
        )

    @command
    def decline(self, *, quote_no: str, reason: str) -> None:
        """Record that a quote is not wanted, with the reason."""
        self.record(self.QuoteDeclined(quote_no=quote_no.strip(), reason=reason))

    def must_be_new(self, quote_no: str) -> None:
        """Refuse on a closed opportunity, a blank number, and one that is open."""
        self.root.must_be_open()
        if not quote_no.strip():
            raise QuoteNumberBlank
        if found := self.open.get(quote_no):
            raise QuoteOpenAlready(quote_no=quote_no, version=found.version)

    def must_have(self, quote_no: str) -> OpenQuote:
        """The open quote of a number; refuses one that is not open."""
        if quote_no not in self.open:
            raise QuoteNotOpen(quote_no=quote_no, known=", ".join(sorted(self.open)) or "none")
        return self.open[quote_no]

    def must_stand_at(self, quote_no: str, version: int) -> OpenQuote:
        """The open quote in that version; refuses one that is only requested, or stands at another version."""
        self.root.must_be_open()
        found = self.must_have(quote_no)
        if not found.version:
            raise QuoteNotIssued(quote_no=quote_no)
        if found.version != version:
            raise QuoteSuperseded(quote_no=quote_no, version=found.version, found=version)
        return found


def _number(quote_no: str) -> Claim:
    return Claim("quote", "", quote_no)
