"""Account plans, their situation, objectives and milestones as rows."""

from datetime import date
from decimal import Decimal
from typing import Any

from domain.account.visit_kinds import ObjectiveMet
from domain.account_plan.account_plan import AccountPlan
from domain.account_plan.objectives import Objectives
from domain.account_plan.plan_milestones import PlanMilestones
from domain.objective import Metric
from projections.account_plans import ACCOUNT_PLANS, SITUATIONS, AccountPlanRow, PlanStatus, SituationRow
from projections.plan_milestones import PLAN_MILESTONES, PlanMilestoneRow, PlanMilestoneStatus
from projections.plan_objectives import OBJECTIVES, ObjectiveRow, ObjectiveStatus
from tests.domain.given import day, sealed, some_id
from tests.domain.plan_facts import (
    APPROVED,
    DIRECTOR,
    DRAFTED,
    DUE,
    FIRST,
    LAST,
    REVENUE,
    WORKSHOP,
    analysed,
    milestone,
    objective,
    progressed,
    result,
)
from tests.domain.test_opportunity import STEEL
from tests.domain.test_opportunity_buyers import LI
from tests.projections.rows import rows_after

PLAN = some_id("plan")
AGREED = AccountPlan.CustomerAgreed(stakeholder=LI, on=DUE)
REVISED = AccountPlan.Revised(revision=1, reason="x")
CLOSED = AccountPlan.Closed(results=(result(),), lessons=sealed("Begin earlier"))
SET = ObjectiveRow(
    account=STEEL,
    plan=PLAN,
    objective=REVENUE,
    title="Twice the revenue",
    metric=Metric.REVENUE,
    baseline=Decimal("0.00"),
    target=Decimal("1200000.00"),
    currency="EUR",
    fiscal_year=2025,
    start=FIRST,
    due=LAST,
    stated=1,
)
MISSED = PlanMilestones.MilestoneMissed(milestone_id=WORKSHOP, due=DUE)
WITHDRAWN = PlanMilestones.MilestoneMissWithdrawn(milestone_id=WORKSHOP, due=DUE)


def rows(model: Any, *events: Any) -> list[Any]:
    return rows_after(model, *((PLAN, event) for event in events))


def reached(on: date) -> PlanMilestones.MilestoneReached:
    return PlanMilestones.MilestoneReached(milestone_id=WORKSHOP, on=on)


def stands(*events: Any) -> tuple[Any, ...]:
    (row,) = rows(PLAN_MILESTONES, milestone(), *events)
    return row.status, row.reached_on, row.missed, row.misses


def test_a_plan_is_drafted_approved_agreed_revised_and_closed() -> None:
    draft = AccountPlanRow(account=STEEL, fiscal_year=2025, horizon_years=3, drafted=day(1))
    assert rows(ACCOUNT_PLANS, DRAFTED) == [draft]
    (row,) = rows(ACCOUNT_PLANS, DRAFTED, APPROVED)
    assert (row.status, row.approved, row.approved_by) == (PlanStatus.APPROVED, day(2), DIRECTOR)
    (row,) = rows(ACCOUNT_PLANS, DRAFTED, APPROVED, AGREED)
    assert (row.status, row.agreed_on, row.agreed_by, row.agreed_revision) == (PlanStatus.AGREED, DUE, LI, 0)
    again = AccountPlan.Approved(by=DIRECTOR, revision=1)
    (row,) = rows(ACCOUNT_PLANS, DRAFTED, APPROVED, AGREED, REVISED, again)
    assert (row.status, row.revision, row.revised, row.approved) == (PlanStatus.REVISED, 1, day(4), day(5))
    (row,) = rows(ACCOUNT_PLANS, DRAFTED, APPROVED, CLOSED)
    assert (row.status, row.closed, row.lessons) == (PlanStatus.CLOSED, day(3), sealed("Begin earlier"))


def test_the_situation_that_was_stated_last_holds() -> None:
    assert rows(SITUATIONS, analysed(), analysed(strengths=None, threats=sealed("New owner"))) == [
        SituationRow(account=STEEL, analysed=day(2), threats=sealed("New owner"))
    ]


def test_an_objective_keeps_what_was_recorded_when_it_is_stated_anew() -> None:
    assert rows(OBJECTIVES, objective()) == [SET]
    (row,) = rows(OBJECTIVES, objective(), progressed(300_000, DUE), objective(target=Decimal(9), restated=True))
    assert (row.target, row.value, row.value_on, row.status) == (Decimal(9), Decimal(300_000), DUE, "open")
    assert (row.stated, row.progressed) == (3, 2)


def test_an_objective_is_dropped_or_closed_with_its_result() -> None:
    (row,) = rows(OBJECTIVES, objective(), Objectives.ObjectiveDropped(objective_id=REVENUE, reason="x"))
    assert row.status is ObjectiveStatus.DROPPED
    (row,) = rows(OBJECTIVES, objective(), CLOSED)
    assert (row.status, row.reached, row.met) == (ObjectiveStatus.CLOSED, Decimal(1_000_000), ObjectiveMet.PARTLY)


def test_a_milestone_is_open_until_it_is_reached_or_its_day_is_over() -> None:
    assert rows(PLAN_MILESTONES, milestone(objective=REVENUE)) == [
        PlanMilestoneRow(
            account=STEEL,
            plan=PLAN,
            milestone=WORKSHOP,
            title="First workshop",
            due=DUE,
            objective=REVENUE,
            stated=1,
            due_since=day(1),
        )
    ]
    assert stands(reached(DUE)) == (PlanMilestoneStatus.REACHED, DUE, None, 0)
    assert stands(MISSED) == (PlanMilestoneStatus.MISSED, None, DUE, 1)
    assert stands(MISSED, reached(LAST)) == (PlanMilestoneStatus.REACHED_LATE, LAST, DUE, 1)


def test_whether_a_milestone_was_missed_is_told_by_the_facts() -> None:
    assert stands(reached(DUE), MISSED) == (PlanMilestoneStatus.REACHED, DUE, DUE, 1)
    assert stands(reached(DUE), MISSED, WITHDRAWN) == (PlanMilestoneStatus.REACHED, DUE, None, 1)
    assert stands(MISSED, WITHDRAWN) == (PlanMilestoneStatus.OPEN, None, None, 1)


def test_a_milestone_put_to_another_day_is_open_again() -> None:
    assert stands(MISSED, milestone(due=LAST, restated=True)) == (PlanMilestoneStatus.OPEN, None, None, 1)
    assert stands(MISSED, milestone(title="Workshop", restated=True)) == (PlanMilestoneStatus.MISSED, None, DUE, 1)
    dropped = PlanMilestones.MilestoneDropped(milestone_id=WORKSHOP, reason="x")
    assert stands(MISSED, dropped)[0] is PlanMilestoneStatus.DROPPED
    assert stands(dropped, MISSED)[0] is PlanMilestoneStatus.DROPPED
