"""Account plans with all that belongs to them, as of a view's clocks: a query per kind of row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator
from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec

from domain.account.dealings import Side
from domain.account_plan.objective_terms import MeasuredBy
from domain.objective import FAR_BEHIND, Line
from domain.policies.calendar import day_of
from projections.account_plans import ACCOUNT_PLANS, AccountPlanRow
from projections.plan_measures import MilestoneState, line_of, state_of
from projections.plan_milestones import PLAN_MILESTONES, PlanMilestoneRow, PlanMilestoneStatus
from projections.plan_objectives import OBJECTIVES, ObjectiveRow, ObjectiveStatus
from projections.plan_values import Reading, Readings
from projections.seen import Seen, rows_as_of
from projections.view import View

OPEN = "status <> 'closed'"


class Aim(msgspec.Struct):
    """An objective, its straight line, what it stood at after each fact (the last is what it stands at), and how far
    it is ahead or behind on the day, as a share of its whole way."""

    row: ObjectiveRow
    line: Line
    readings: list[Reading]
    value: Decimal | None
    deviation: Decimal
    positions: list[int]

    @property
    def is_behind(self) -> bool:
        """Whether it holds and more than a fifth of its way is missing."""
        return self.row.status is ObjectiveStatus.OPEN and self.deviation < -FAR_BEHIND


class Stone(msgspec.Struct):
    """A milestone and how it stands on the day."""

    row: PlanMilestoneRow
    state: MilestoneState
    positions: list[int]


class PlanFacts(msgspec.Struct):
    """A plan with its objectives and milestones that were not dropped; `customer` is the account that goes on."""

    plan: UUID
    customer: UUID
    row: AccountPlanRow
    position: int
    aims: list[Aim] = msgspec.field(default_factory=list)
    stones: list[Stone] = msgspec.field(default_factory=list)


class PlansLoaded(msgspec.Struct):
    """Plans, and how many purchases had no rate to the currency of their objective, by currency."""

    plans: list[PlanFacts]
    missing_rates: dict[str, int]


def plans_of(
    view: View,
    *,
    accounts: list[UUID] | None = None,
    plans: list[UUID] | None = None,
    where: str = "",
    aims: bool = True,
    stones: bool = True,
) -> PlansLoaded:
    """The plans of accounts that the asker may see (of these `accounts`, or these `plans`), the newest year first; with
    objectives (`aims`) and milestones (`stones`) where these are asked for."""
    visible = view.visible_accounts()
    wanted = [
        "account = any(%(accounts)s)" if accounts is not None else "",
        "account = any(%(visible)s)" if visible is not None else "",
    ]
    of = " and ".join(each for each in wanted if each)
    asked: dict[str, object] = {"accounts": accounts, "visible": visible, "plans": plans}
    only = " and ".join(each for each in ("key = any(%(plans)s)" if plans is not None else "", of, where) if each)
    below = " and ".join(each for each in ("plan = any(%(plans)s)" if plans is not None else "", of) if each)
    found = {
        each.key: PlanFacts(each.key, view.leads_to(each.row.account), each.row, each.position)
        for each in rows_as_of(view, ACCOUNT_PLANS, AccountPlanRow, only, **asked)
        if each.row.account
    }
    missing = _set_aims(view, found, below, asked) if aims else {}
    if stones:
        _set_stones(view, found, below, asked)
    ordered = sorted(found.values(), key=lambda each: (-each.row.fiscal_year, str(each.customer), str(each.plan)))
    return PlansLoaded(ordered, missing)


def open_plans(view: View, customers: Container[UUID]) -> list[PlanFacts]:
    """The plans of these customers that are not closed, with their objectives."""
    found = plans_of(view, where=OPEN, stones=False).plans
    return [each for each in found if each.customer in customers]


def stones_of_ours(view: View, customers: Container[UUID]) -> Iterator[tuple[PlanFacts, Stone]]:
    """The milestones of ours that are due or missed in the plans of these customers that are not closed."""
    for plan in plans_of(view, where=OPEN, aims=False).plans:
        for stone in plan.stones if plan.customer in customers else ():
            if stone.row.side is Side.US and stone.state in (MilestoneState.DUE, MilestoneState.MISSED):
                yield plan, stone


def _set_aims(view: View, found: dict[UUID, PlanFacts], where: str, asked: dict[str, object]) -> dict[str, int]:
    today = day_of(view.policies.company, view.clock.as_of)
    rows = [
        each
        for each in rows_as_of(view, OBJECTIVES, ObjectiveRow, where, **asked)
        if each.row.plan in found and each.row.status is not ObjectiveStatus.DROPPED
    ]
    readings = Readings(view, rows)
    by_plan = defaultdict[UUID | None, list[Seen[ObjectiveRow]]](list)
    for each in sorted(rows, key=lambda one: (one.row.fiscal_year, one.row.stated)):
        by_plan[each.row.plan].append(each)
    for key, plan in found.items():
        plan.aims = [aim_of(each.row, readings.of(each.row), today) for each in by_plan[key]]
    return readings.missing_rates


def _set_stones(view: View, found: dict[UUID, PlanFacts], where: str, asked: dict[str, object]) -> None:
    today = day_of(view.policies.company, view.clock.as_of)
    for stone in rows_as_of(view, PLAN_MILESTONES, PlanMilestoneRow, where, **asked):
        if stone.row.plan in found and stone.row.status is not PlanMilestoneStatus.DROPPED:
            found[stone.row.plan].stones.append(_stone(stone.row, today))
    for plan in found.values():
        plan.stones.sort(key=lambda stone: (stone.row.due or date.max, stone.row.stated))


def aim_of(row: ObjectiveRow, readings: list[Reading], today: date) -> Aim:
    """An objective with its line and how far it is on a day, by its readings where it is measured by facts."""
    assert row.start
    assert row.due
    baseline, target = row.baseline or Decimal(0), row.target or Decimal(0)
    line = line_of(row.metric, row.measured_by, start=row.start, baseline=baseline, due=row.due, target=target)
    if row.measured_by is MeasuredBy.FACTS:
        value, behind = readings[-1].value if readings else None, [row.stated, *(each.position for each in readings)]
    else:
        value, behind = row.value, [row.stated, *([row.progressed] if row.progressed else [])]
    if row.reached is not None:
        value = row.reached
    return Aim(row, line, readings, value, line.deviation(value, today), sorted(behind))


def _stone(row: PlanMilestoneRow, today: date) -> Stone:
    assert row.due
    positions = sorted({row.stated, *([row.ended] if row.ended else [])})
    return Stone(row, state_of(row.due, row.reached_on, today), positions)
