"""Quotes and their follow-up (报价及跟进): which are open, until when they hold, where somebody has to ask."""

from __future__ import annotations

import enum
from datetime import date
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

import msgspec

from domain.money import rounded
from domain.policies.calendar import day_of
from projections.deals import Filters, placed_sql
from projections.engine import as_of_sql
from projections.quotes import QUOTES, QuoteStatus
from projections.reporting import Reporting, part_of
from projections.view import Listing, View


class Follow(enum.StrEnum):
    """Whether somebody has to ask about a quote."""

    NONE = "none"
    PLANNED = "planned"
    DUE = "due"
    OVERDUE = "overdue"


class QuoteLine(msgspec.Struct):
    """A quote in its newest version (0: requested, not issued). `total` is in its own currency, `value` in the
    reporting one, `discount` the share taken off; `expired` and `follow_up` are as of the company's day; `none`
    where no follow-up is planned. `opportunity_open` is false where the opportunity has ended without an answer."""

    opportunity: UUID
    account: UUID | None
    owner: UUID | None
    quote_no: str
    status: QuoteStatus
    version: int
    total: Decimal | None
    currency: str
    value: Decimal | None
    discount: Decimal | None
    requested_on: date | None
    issued_on: date | None
    valid_until: date | None
    expired: bool
    follow_up_on: date | None
    follow_up: Follow
    followed_up_on: date | None
    requirements: tuple[str, ...]
    opportunity_open: bool
    position: int
    title: str = ""
    external_id: str = ""


class QuotesAnswer(Listing, kw_only=True):
    """Quotes, what has to be followed up first at the top; `every`: those that are not open, too."""

    listed: ClassVar[str] = "quotes"
    day: date
    every: bool
    quotes: list[QuoteLine]
    missing_rates: dict[str, int] = msgspec.field(default_factory=dict)


_ASKED = """
, quote as ({quotes}) select placed.key, placed.account, placed.owner, placed.outcome, quote.* from quote
join placed on placed.key = quote.opportunity
"""
_COLUMNS = (
    "opportunity, quote_no, status, number, total, undiscounted, currency, requested_on, issued_on, valid_until,"
    " follow_up_on, followed_up_on, requirements, valid_from, cause"
)


def quotes(view: View, filters: Filters | None = None, *, every: bool = False) -> QuotesAnswer:
    """The open quotes (requested or issued, on open opportunities) as of the view's clocks; with `every`, all."""
    today, reporting = day_of(view.policies.company, view.clock.as_of), Reporting(view)
    sql, parameters = placed_sql(view, filters or Filters())
    wanted = "" if every else "status in ('requested', 'issued')"
    asked = sql + _ASKED.format(quotes=as_of_sql(QUOTES, _COLUMNS, wanted))
    if not every:
        asked += " where placed.outcome = ''"
    found = view.connection.execute(asked.encode(), parameters)
    lines = [_line(view, reporting, today, row) for row in found]
    urgent = (Follow.OVERDUE, Follow.DUE, Follow.NONE, Follow.PLANNED)
    lines.sort(key=lambda line: (not is_open(line), urgent.index(line.follow_up), line.valid_until or date.max))
    return QuotesAnswer(**view.head(), day=today, every=every, quotes=lines, missing_rates=reporting.missing_rates)


def is_open(line: QuoteLine) -> bool:
    """Whether an answer is still awaited."""
    return line.opportunity_open and line.status in (QuoteStatus.REQUESTED, QuoteStatus.ISSUED)


def _line(view: View, reporting: Reporting, today: date, row: tuple) -> QuoteLine:  # type: ignore[type-arg]
    key, account, owner, outcome, _, number, status, version, total, full, currency, *rest = row
    requested_on, issued_on, valid_until, follow_up_on, followed_up_on, requirements, since, cause = rest
    status = QuoteStatus(status)
    awaited = not outcome and status in (QuoteStatus.REQUESTED, QuoteStatus.ISSUED)
    return QuoteLine(
        opportunity=key,
        account=view.leads_to(account) if account else None,
        owner=owner,
        quote_no=number,
        status=status,
        version=version,
        total=None if total is None else rounded(total, currency),
        currency=currency,
        value=reporting.amount(total, currency, view.clock.as_of if awaited else since),
        discount=part_of(full - total, full) if full else None,
        requested_on=requested_on,
        issued_on=issued_on,
        valid_until=valid_until,
        expired=awaited and valid_until is not None and valid_until < today,
        follow_up_on=follow_up_on,
        follow_up=_follow(today, follow_up_on) if awaited else Follow.NONE,
        followed_up_on=followed_up_on,
        requirements=tuple(requirements),
        opportunity_open=not outcome,
        position=cause,
    )


def _follow(today: date, follow_up_on: date | None) -> Follow:
    if follow_up_on is None:
        return Follow.NONE
    if follow_up_on == today:
        return Follow.DUE
    return Follow.OVERDUE if follow_up_on < today else Follow.PLANNED
