"""Which customers are key accounts, since when and why, and whose they are, as of a view's clocks."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime
from functools import lru_cache
from operator import itemgetter
from uuid import UUID

import msgspec

from domain.policies.calendar import day_of
from domain.policies.company import Company
from projections.engine import as_of_sql
from projections.key_status import KEY_STATUS
from projections.view import View

COLUMNS = (
    "key, relationship_type, decision, since, decided, justification, improvement, review_due, override, model,"
    " edition, portfolio_reason, cause"
)


class KeyStatus(msgspec.Struct):
    """The standing of a key account. `review_due` is the day that was stated, else a review period after the newest
    decision; `overdue` says that it has passed; `justified` that the newest decision is not older than the review
    period of the service policy, or that the day it stated lies ahead. `position` is that of the newest decision."""

    relationship_type: str
    since: datetime
    decision: str
    decided: datetime
    justification: str
    improvement: str
    review_due: date
    overdue: bool
    justified: bool
    override: str
    model: str
    edition: int | None
    portfolio_reason: str
    position: int


def key_statuses(view: View) -> dict[UUID, KeyStatus]:
    """The standing of the key accounts that the asker may see; merged accounts are one customer, with the standing of
    the one that goes on if it has any, else the one that was recorded last."""
    found, own = dict[UUID, KeyStatus](), set[UUID]()
    visible = view.visible_accounts()
    of = "" if visible is None else " and key = any(%(accounts)s)"
    sql = as_of_sql(KEY_STATUS, COLUMNS, f"relationship_type <> ''{of}", only_open=True)
    asked = view.parameters(accounts=None if visible is None else [*visible, *view.merged])
    rows = sorted(view.connection.execute(sql.encode(), asked), key=itemgetter(-1))
    if not rows:
        return found
    company, months = view.policies.company, view.policies.service.review_period_months
    today = day_of(company, view.clock.as_of)
    for key, *columns in rows:
        customer = view.leads_to(key)
        if key == customer or customer not in own:
            found[customer] = _status(company, months, today, *columns)
        if key == customer:
            own.add(customer)
    return found


def key_accounts(view: View) -> set[UUID]:
    """The key accounts of the whole company; merged accounts are one customer."""
    sql = as_of_sql(KEY_STATUS, "key", "relationship_type <> ''")
    return {view.leads_to(key) for (key,) in view.connection.execute(sql, view.parameters(), prepare=True)}


@lru_cache(maxsize=10_000)
def months_after(day: date, months: int) -> date:
    """The same day of a later month (an earlier one where negative), or the last that this month has; nothing lies
    before 1900."""
    year, month = divmod(max(day.year * 12 + day.month - 1 + months, 1900 * 12), 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _status(
    company: Company,
    months: int,
    today: date,
    relationship_type: str,
    decision: str,
    since: datetime,
    decided: datetime,
    justification: str,
    improvement: str,
    review_due: date | None,
    override: str,
    model: str,
    edition: int | None,
    portfolio_reason: str,
    cause: int,
) -> KeyStatus:
    lapses = months_after(day_of(company, decided), months)
    due = review_due or lapses
    return KeyStatus(
        relationship_type=relationship_type,
        since=since,
        decision=decision,
        decided=decided,
        justification=justification,
        improvement=improvement,
        review_due=due,
        overdue=due < today,
        justified=max(lapses, due) >= today,
        override=override,
        model=model,
        edition=edition,
        portfolio_reason=portfolio_reason,
        position=cause,
    )
