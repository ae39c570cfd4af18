"""Plan progress: objectives against their straight lines, milestones, and the view of three years."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

import msgspec

from domain.account.dealings import Side
from domain.account.visit_kinds import ObjectiveMet
from domain.account_plan.objective_terms import MeasuredBy
from domain.errors import NotFound
from domain.objective import Metric
from domain.policies.calendar import day_of, period
from projections.account_plans import PlanStatus
from projections.accounts import ACCOUNTS
from projections.engine import as_of_sql
from projections.plan_facts import Aim, PlanFacts, Stone, plans_of
from projections.plan_measures import MilestoneState
from projections.plan_objectives import ObjectiveStatus
from projections.view import Answer, Listing, View


class ObjectiveProgress(msgspec.Struct):
    """An objective in the unit of its metric: what it stands at (None: nothing is known), where it should stand on its
    straight line on the day asked about, and how far it is ahead (above 0) or `behind` (below −0.2 of the way), as a
    share of its whole way. `reached` and `met` are the result with which the plan was closed."""

    objective: UUID
    title: str
    status: ObjectiveStatus
    metric: Metric
    measured_by: MeasuredBy
    currency: str
    unit: str
    fiscal_year: int
    start: date | None
    due: date | None
    parent: UUID | None
    goal: UUID | None
    private: bool
    baseline: Decimal | None
    target: Decimal | None
    value: Decimal | None
    value_on: date | None
    expected: Decimal
    deviation: Decimal
    behind: bool
    reached: Decimal | None
    met: ObjectiveMet | None
    positions: list[int]


class MilestoneStanding(msgspec.Struct):
    """A milestone as it stands on the day asked about; `noticed` is the due day that a worker recorded as missed."""

    milestone: UUID
    title: str
    state: MilestoneState
    due: date | None
    side: Side
    owner: UUID | None
    stakeholder: UUID | None
    objective: UUID | None
    private: bool
    reached_on: date | None
    noticed: date | None
    positions: list[int]


class PlanLine(msgspec.Struct):
    """A plan: how far it is, its objectives and how many are behind, its milestones by how they stand. `agreed_to_this`
    says whether the customer agreed to it as it stands now. `position` is that of its newest fact as a whole."""

    plan: UUID
    account: UUID
    name: str
    account_external_id: str
    external_id: str
    fiscal_year: int
    status: PlanStatus
    revision: int
    approved_on: date | None
    agreed_on: date | None
    agreed_to_this: bool
    closed_on: date | None
    objectives: int
    behind: int
    reached: int
    missed: int
    due: int
    to_come: int
    position: int


class YearOfPlan(msgspec.Struct):
    """A fiscal year of the plan's horizon, and the objectives of it."""

    fiscal_year: int
    first: date
    last: date
    objectives: list[UUID]


class PlansAnswer(Listing, kw_only=True):
    """Plans, the newest fiscal year first."""

    listed: ClassVar[str] = "plans"
    day: date
    plans: list[PlanLine]
    missing_rates: dict[str, int] = msgspec.field(default_factory=dict)


class PlanProgress(Answer, kw_only=True):
    """A plan with everything in it, as of the view's clocks."""

    day: date
    plan: PlanLine
    approved_by: UUID | None
    agreed_by: UUID | None
    objectives: list[ObjectiveProgress]
    milestones: list[MilestoneStanding]
    years: list[YearOfPlan]
    missing_rates: dict[str, int] = msgspec.field(default_factory=dict)


def plans(
    view: View,
    *,
    account: UUID | None = None,
    fiscal_year: int | None = None,
    every: bool = False,
    keys: list[UUID] | None = None,
) -> PlansAnswer:
    """The plans that are not closed (with `every`, all) of the accounts that the asker may see, of one account, or of
    a fiscal year; of these `keys` alone where they are stated."""
    accounts = None if account is None else view.together(view.leads_to(account))
    found = plans_of(view, accounts=accounts, plans=keys, where="" if every else "status <> 'closed'")
    wanted = [each for each in found.plans if fiscal_year in (None, each.row.fiscal_year)]
    names = _names(view, {each.customer for each in wanted})
    lines = [_line(view, each, names) for each in wanted]
    return PlansAnswer(**view.head(), day=_today(view), plans=lines, missing_rates=found.missing_rates)


def plan_progress(view: View, plan: UUID) -> PlanProgress:
    """One plan. Raises NotFound for one that is not there then, or not to be seen."""
    found = plans_of(view, plans=[plan])
    if not found.plans:
        raise NotFound(kind="plan", key=plan)
    (facts,) = found.plans
    return PlanProgress(
        **view.head(),
        day=_today(view),
        plan=_line(view, facts, _names(view, {facts.customer})),
        approved_by=facts.row.approved_by,
        agreed_by=facts.row.agreed_by,
        objectives=[_objective(each, _today(view)) for each in facts.aims],
        milestones=[_milestone(each) for each in facts.stones],
        years=_years(view, facts),
        missing_rates=found.missing_rates,
    )


def _today(view: View) -> date:
    return day_of(view.policies.company, view.clock.as_of)


def _names(view: View, accounts: set[UUID]) -> dict[UUID, tuple[str, str]]:
    sql = as_of_sql(ACCOUNTS, "key, name, external_id", "key = any(%(accounts)s)")
    rows = view.connection.execute(sql.encode(), view.parameters(accounts=list(accounts)))
    return {key: (name, external_id) for key, name, external_id in rows}


def _line(view: View, facts: PlanFacts, names: dict[UUID, tuple[str, str]]) -> PlanLine:
    row, company = facts.row, view.policies.company
    name, external_id = names.get(facts.customer, ("", ""))
    states = [each.state for each in facts.stones]
    return PlanLine(
        plan=facts.plan,
        account=facts.customer,
        name=name,
        account_external_id=external_id,
        external_id=row.external_id,
        fiscal_year=row.fiscal_year,
        status=row.status,
        revision=row.revision,
        approved_on=day_of(company, row.approved) if row.approved else None,
        agreed_on=row.agreed_on,
        agreed_to_this=row.agreed_revision == row.revision,
        closed_on=day_of(company, row.closed) if row.closed else None,
        objectives=len(facts.aims),
        behind=sum(each.is_behind for each in facts.aims),
        reached=states.count(MilestoneState.REACHED) + states.count(MilestoneState.REACHED_LATE),
        missed=states.count(MilestoneState.MISSED),
        due=states.count(MilestoneState.DUE),
        to_come=states.count(MilestoneState.TO_COME),
        position=facts.position,
    )


def _objective(aim: Aim, today: date) -> ObjectiveProgress:
    row = aim.row
    assert row.objective
    return ObjectiveProgress(
        objective=row.objective,
        title=row.title,
        status=row.status,
        metric=row.metric,
        measured_by=row.measured_by,
        currency=row.currency,
        unit=row.unit,
        fiscal_year=row.fiscal_year,
        start=row.start,
        due=row.due,
        parent=row.parent,
        goal=row.goal,
        private=row.private,
        baseline=row.baseline,
        target=row.target,
        value=aim.value,
        value_on=row.value_on,
        expected=aim.line.on(today).quantize(Decimal("0.01")),
        deviation=aim.deviation,
        behind=aim.is_behind,
        reached=row.reached,
        met=row.met,
        positions=aim.positions,
    )


def _milestone(stone: Stone) -> MilestoneStanding:
    row = stone.row
    assert row.milestone
    return MilestoneStanding(
        milestone=row.milestone,
        title=row.title,
        state=stone.state,
        due=row.due,
        side=row.side,
        owner=row.owner,
        stakeholder=row.stakeholder,
        objective=row.objective,
        private=row.private,
        reached_on=row.reached_on,
        noticed=row.missed,
        positions=stone.positions,
    )


def _years(view: View, facts: PlanFacts) -> list[YearOfPlan]:
    found = []
    for year in range(facts.row.fiscal_year, facts.row.fiscal_year + facts.row.horizon_years):
        days = period(view.policies.company, f"{year:04}")
        ids = [each.row.objective for each in facts.aims if each.row.fiscal_year == year and each.row.objective]
        found.append(YearOfPlan(year, days.first, days.last, ids))
    return found
