"""Whether customers were visited as often as the service policy wants: the longest gap against the cadence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import msgspec

from projections.cadence_columns import cadences
from projections.engine import as_of_sql
from projections.kept_answers import Grain, kept
from projections.view import View
from projections.visit_facts import Customer, Span, Visited, customers
from projections.visit_measures import longest_gap
from projections.visits import VISITS, VisitStatus

DAY = timedelta(days=1)


class Gap(msgspec.Struct):
    """An account: how often it is to be visited (days, by its relationship type), the longest time without a visit that
    reached into the period (days; from its last visit before, or from when we knew it), and its newest visit."""

    account: UUID
    external_id: str
    name: str
    cadence_days: int
    longest_gap_days: float
    last_visit: datetime | None
    kept: bool
    positions: list[int]


class CadenceKept(msgspec.Struct):
    """For how many accounts the cadence was kept; `gaps` are those where it was not (of a single account: its own), or
    the first of them."""

    accounts: int
    kept: int
    gaps: list[Gap]


def cadence_of_all(view: View, span: Span, visits: Iterable[Visited], most: int) -> CadenceKept | None:
    """For how many of the accounts that the asker may see the cadence was kept, with no more than so many gaps; None
    where columns do not say it."""
    found = cadences(view, span, most)
    if found is None:
        return None
    few = view.among(found.shown)
    accounts = few.visible_accounts()
    return CadenceKept(found.accounts, found.kept, gaps_of(few, span, customers(few, accounts), accounts, visits))


def gaps_of(
    view: View, span: Span, known: Mapping[UUID, Customer], accounts: list[UUID] | None, visits: Iterable[Visited]
) -> list[Gap]:
    """The gaps of all accounts that were known by the end of the span, as far as it went at `as_of`."""
    until = min(span.ends, view.clock.as_of)
    before = _last_before(view, accounts, span.starts)
    within: dict[UUID, list[Visited]] = {}
    for visit in visits:
        if visit.status is VisitStatus.LOGGED:
            within.setdefault(visit.account, []).append(visit)
    found = []
    for customer in known.values():
        began = before.get(customer.account, (customer.since, 0))
        if began[0] < until:
            found.append(_gap(view, customer, began, within.get(customer.account, []), until))
    return sorted(found, key=lambda gap: (gap.name, str(gap.account)))


def _gap(view: View, customer: Customer, began: tuple[datetime, int], visits: list[Visited], until: datetime) -> Gap:
    cadence = view.policies.service.visit_cadence_days[customer.level]
    days = longest_gap([visit.moment for visit in visits], began[0], until) / DAY
    last = visits[-1].moment if visits else began[0] if began[1] else None
    return Gap(
        customer.account,
        customer.external_id,
        customer.name,
        cadence,
        round(days, 1),
        last,
        days <= cadence,
        [position for position in [began[1], *(visit.logged or visit.cause for visit in visits)] if position],
    )


Last = dict[UUID, tuple[datetime, int]]


def _last_before(view: View, accounts: list[UUID] | None, moment: datetime) -> Last:
    """The newest visit of each account before a moment, and the position of its log."""
    ask, asked = partial(_looked_up, view, accounts, moment), None if accounts is None else tuple(accounts)
    return kept(view, "last visits before", Last, ask, asked, moment, grain=Grain.FACTS, shared=True)


def _looked_up(view: View, accounts: list[UUID] | None, moment: datetime) -> Last:
    where = "status = 'logged' and at < %(moment)s"
    where = where if accounts is None else f"account = any(%(accounts)s) and {where}"
    sql = (
        f"select distinct on (1) {view.group_sql()}, at, logged"
        f" from ({as_of_sql(VISITS, 'account, at, logged', where)}) v order by 1, at desc, logged desc"
    )
    asked = view.parameters(accounts=accounts, moment=moment, **view.group_parameters())
    return {account: (at, logged) for account, at, logged in view.connection.execute(sql.encode(), asked)}
