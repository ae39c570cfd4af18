"""Quotes as rows: how far each is, in its newest version."""

from __future__ import annotations

import enum
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from domain.money import rounded
from domain.opportunity.quotes import Quotes
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, Scale, on

FOLLOW_UP_DAYS = 7


class QuoteStatus(enum.StrEnum):
    """How far a quote is."""

    REQUESTED = "requested"
    ISSUED = "issued"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class QuoteRow(Row):
    """A quote in its newest version. `undiscounted` is its total before discounts, `issued_on` the day of version 1,
    `number` that of the version (0: requested, not issued)."""

    opportunity: UUID | None = None
    quote_no: str = ""
    status: QuoteStatus = QuoteStatus.REQUESTED
    number: int = 0
    total: Annotated[Decimal, Scale(3)] | None = None
    undiscounted: Annotated[Decimal, Scale(3)] | None = None
    currency: str = ""
    requested_on: date | None = None
    issued_on: date | None = None
    valid_until: date | None = None
    follow_up_on: date | None = None
    followed_up_on: date | None = None
    accepted_on: date | None = None
    requirements: tuple[str, ...] = ()


QuoteEvent = (
    Quotes.QuoteRequested
    | Quotes.QuoteIssued
    | Quotes.QuoteRevised
    | Quotes.QuoteFollowedUp
    | Quotes.QuoteAccepted
    | Quotes.QuoteDeclined
)


def _quote(envelope: Envelope, event: QuoteEvent) -> UUID:
    return child_key(envelope, event.quote_no.encode())


class QuoteModel(ReadModel):
    """One row per quote number of an opportunity."""

    name = "quote"
    version = 1
    row = QuoteRow
    indexes = (("opportunity",),)

    @on(Quotes.QuoteRequested, key=_quote)
    def requested(self, row: QuoteRow | None, event: Quotes.QuoteRequested, envelope: Envelope) -> QuoteRow:
        """The customer asked for it."""
        return QuoteRow(
            opportunity=envelope.aggregate_id,
            quote_no=event.quote_no,
            requested_on=event.requested_on,
            follow_up_on=event.follow_up_on,
            requirements=tuple(map(str, event.requirements)),
        )

    @on(Quotes.QuoteIssued, key=_quote)
    def issued(self, row: QuoteRow | None, event: Quotes.QuoteIssued, envelope: Envelope) -> QuoteRow:
        """It was handed over."""
        row = row or QuoteRow(opportunity=envelope.aggregate_id, quote_no=event.quote_no)
        row.status, row.issued_on = QuoteStatus.ISSUED, event.issued_on
        row.requirements = tuple(map(str, event.requirements))
        _take(row, event)
        return row

    @on(Quotes.QuoteRevised, key=_quote)
    def revised(self, row: QuoteRow | None, event: Quotes.QuoteRevised, envelope: Envelope) -> QuoteRow | None:
        """Another version supersedes the one before."""
        if row:
            _take(row, event)
        return row

    @on(Quotes.QuoteFollowedUp, key=_quote)
    def followed_up(self, row: QuoteRow | None, event: Quotes.QuoteFollowedUp, envelope: Envelope) -> QuoteRow | None:
        """Somebody asked about it."""
        if row:
            row.followed_up_on, row.follow_up_on = event.followed_up_on, event.follow_up_on
        return row

    @on(Quotes.QuoteAccepted, key=_quote)
    def accepted(self, row: QuoteRow | None, event: Quotes.QuoteAccepted, envelope: Envelope) -> QuoteRow | None:
        """The customer takes it."""
        if row:
            row.status, row.accepted_on = QuoteStatus.ACCEPTED, event.accepted_on
        return row

    @on(Quotes.QuoteDeclined, key=_quote)
    def declined(self, row: QuoteRow | None, event: Quotes.QuoteDeclined, envelope: Envelope) -> QuoteRow | None:
        """It is not wanted."""
        if row:
            row.status = QuoteStatus.DECLINED
        return row


def _take(row: QuoteRow, event: Quotes.QuoteIssued | Quotes.QuoteRevised) -> None:
    row.number, row.valid_until, row.follow_up_on = event.version, event.valid_until, event.follow_up_on
    row.total, row.currency = event.total.amount, event.total.currency
    full = (rounded(line.quantity * line.unit_price, row.currency) for line in event.lines)
    row.undiscounted = sum(full, Decimal(0))


QUOTES = QuoteModel()


def follow_up_due(quote: QuoteRow) -> date | None:
    """Until when a quote is to be followed up: on the day that was stated, else a week after it was issued."""
    return quote.follow_up_on or (quote.issued_on + timedelta(days=FOLLOW_UP_DAYS) if quote.issued_on else None)
