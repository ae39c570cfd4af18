"""What an open quote holds, and what is refused about quotes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import msgspec

from domain.errors import Refused, refuse_for
from domain.opportunity.quote_lines import QuoteLine, Requirement, senseless, unlisted
from domain.policies.price_list import PriceList


class QuoteNumberBlank(Refused):
    """The quote number is blank: it tells quotes apart, state it."""


class QuoteOpenAlready(Refused):
    """The quote {quote_no} is open in version {version}: revise it, or issue another under a new number."""


class QuoteNotOpen(Refused):
    """There is no open quote {quote_no} on this opportunity; open are: {known}."""


class QuoteNotIssued(Refused):
    """The quote {quote_no} is requested and not issued yet: issue it first."""


class QuoteSuperseded(Refused):
    """The quote {quote_no} stands in version {version}, not {found}: that one was superseded, or is not there yet."""


class QuoteExpired(Refused):
    """The quote {quote_no} was valid until {valid_until}; {on} is later: revise it with a new day."""


class ValidUntilPast(Refused):
    """The quote would be valid until {valid_until}, before its own day {on}: state that day or a later one."""


class FollowUpPast(Refused):
    """The follow-up on {follow_up_on} would lie before the day of the fact, {on}: state that day or a later one."""


class OpenQuote(msgspec.Struct, frozen=True):
    """A quote that is neither accepted nor declined; version 0 is requested and not issued yet."""

    version: int = 0
    lines: tuple[QuoteLine, ...] = ()
    currency: str = ""
    valid_until: date | None = None
    follow_up_on: date | None = None
    requirements: tuple[Requirement, ...] = ()


def see_that_it_can_be_quoted(
    lines: Sequence[QuoteLine], prices: PriceList, on: date, valid_until: date, follow_up_on: date | None
) -> None:
    """Refuse what does not hold, and products that are not on the price list."""
    refuse_for([*senseless(lines), *unlisted(lines, prices), *_too_early(on, valid_until, follow_up_on)])


def see_that_it_holds(lines: Sequence[QuoteLine], on: date, valid_until: date, follow_up_on: date | None) -> None:
    """Refuse lines that make no sense, and days before that of the fact."""
    refuse_for([*senseless(lines), *_too_early(on, valid_until, follow_up_on)])


def must_not_lie_before(follow_up_on: date | None, on: date) -> None:
    """Refuse a follow-up before the day of the fact."""
    refuse_for(_too_early(on, None, follow_up_on))


def _too_early(on: date, valid_until: date | None, follow_up_on: date | None) -> Iterator[Refused]:
    if valid_until and valid_until < on:
        yield ValidUntilPast(valid_until=valid_until, on=on)
    if follow_up_on and follow_up_on < on:
        yield FollowUpPast(follow_up_on=follow_up_on, on=on)
