"""Plan progress as a component of relationship health: straight lines and milestones, and nothing heals by waiting."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from domain.account.account import Account
from domain.account_plan.account_plan import AccountPlan
from domain.account_plan.plan_milestones import PlanMilestones
from domain.member import Member
from domain.objective import Line
from projections.explained_health import explain_health
from projections.health_components import Ahead
from projections.health_moved import moved
from projections.health_plan import PlanAim, PlanCourse, PlanStone, plan
from projections.relationship_health import AccountHealth, ComponentScore, health
from projections.todo import Todo, todo
from tests.domain.given import day, eur, sealed, some_id
from tests.domain.plan_facts import APPROVED, DRAFTED, DUE, WORKSHOP, milestone, objective, progressed, result
from tests.domain.test_opportunity import ANNA, STEEL
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal
from tests.projections.test_plan_progress import BOUGHT, facts_objective, purchase

PLAN = some_id("plan")
START, MIDDLE, END = date(2025, 1, 1), date(2025, 1, 6), date(2025, 1, 11)
LINE = Line(START, Decimal(0), END, Decimal(100))
TWO_HUNDRED_DAYS = 199
"""Day 199 is 19 July 2025."""


def aim(value: int | None) -> PlanAim:
    return PlanAim(LINE, None if value is None else Decimal(value), 1, () if value is None else ((2, Decimal(value)),))


@pytest.mark.parametrize(
    ("value", "on", "score"),
    [(50, MIDDLE, 100), (80, MIDDLE, 100), (30, MIDDLE, 80), (None, MIDDLE, 50), (None, END, 0), (-500, END, 0)],
)
def test_an_objective_scores_by_what_is_missing_of_its_way(value: int | None, on: date, score: float) -> None:
    assert aim(value).score(on) == pytest.approx(score)


def test_a_milestone_counts_once_it_is_reached_or_its_day_is_over() -> None:
    assert PlanStone(MIDDLE, None, 1).score(MIDDLE) is None
    assert PlanStone(MIDDLE, None, 1).score(END) == 0
    assert PlanStone(MIDDLE, END, 1, 2).score(END) == 50
    assert PlanStone(MIDDLE, START, 1, 2).score(START) == 100


def test_the_component_is_the_mean_of_two_halves() -> None:
    found = plan([aim(30), aim(None)], [PlanStone(START, None, 3), PlanStone(START, START, 4, 5)], MIDDLE)
    assert found is not None
    assert found.course.at(Ahead(0, MIDDLE.toordinal())) == pytest.approx((65 + 50) / 2)
    assert found.reason == "2 objectives of the plan at 65 % of where they should be; 1 of 2 milestones not in time"
    assert found.positions == (1, 2, 3, 4, 5)
    assert plan([], [PlanStone(END, None, 3)], MIDDLE) is None
    assert PlanCourse((), ()).at(Ahead(0, MIDDLE.toordinal())) is None


def test_nothing_gets_better_by_waiting() -> None:
    stones = PlanStone(MIDDLE, None, 3), PlanStone(END, START, 4, 5), PlanStone(START, END, 6, 7)
    for value in (None, 0, 30, 120):
        course = PlanCourse((aim(value), aim(60)), stones)
        scores = [course.at(Ahead(n, (START + timedelta(days=n)).toordinal())) for n in range(30)]
        known = [score for score in scores if score is not None]
        assert known == sorted(known, reverse=True)


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    office = Office(journal, engine_of)
    office.tell(
        (STEEL, Account.Registered(name="Steel works"), day(1)),
        (PLAN, DRAFTED, day(1)),
        (PLAN, objective(), day(1)),  # 3
        (PLAN, facts_objective(BOUGHT, objective().metric, 1000), day(1)),  # 4
        (PLAN, milestone(owner=ANNA), day(1)),  # 5
        (STEEL, purchase("D-1", eur(300)), day(5)),  # 6
    )
    return office


def of_plan(office: Office, at: int) -> ComponentScore | None:
    return next((each for each in whole(office, at).components if each.name == "plan"), None)


def whole(office: Office, at: int) -> AccountHealth:
    with office.view(day(at)) as view:
        (account,) = health(view).accounts
    return account


def test_a_draft_binds_nobody_and_an_approved_plan_counts_until_it_is_closed(office: Office) -> None:
    assert of_plan(office, 8) is None
    office.tell((PLAN, APPROVED, day(9)))
    found = of_plan(office, 9)
    assert found is not None
    assert (found.weight, found.positions) == (5, [3, 4, 5, 6])
    assert found.score == pytest.approx(50 * (1 - 9 / 364) + 50, abs=0.1)
    closed = AccountPlan.Closed(results=(result(), result(BOUGHT)))
    office.tell((PLAN, closed, day(50)))
    assert of_plan(office, 51) is None


def test_points_of_the_plan_lead_back_to_its_events(office: Office) -> None:
    office.tell((PLAN, APPROVED, day(9)), (PLAN, progressed(100_000, DUE), day(9)))
    reached = PlanMilestones.MilestoneReached(milestone_id=WORKSHOP, on=DUE)
    office.tell((PLAN, reached, day(9)))
    with office.view(day(TWO_HUNDRED_DAYS)) as view:
        found = explain_health(view, STEEL, "plan")
        (account,) = health(view).accounts
    (shown,) = [each for each in found.components if each.name == "plan"]
    assert [each.position for each in shown.events] == [3, 4, 5, 6, 8, 9]
    points = sum(each.contribution for each in shown.events) + sum(each.contribution for each in shown.lines)
    assert points == shown.points
    assert sum(each.points for each in found.components) + sum(each.contribution for each in found.lines) == found.score
    assert account.score is not None


def test_time_alone_moves_the_plan(office: Office) -> None:
    office.tell((PLAN, APPROVED, day(9)))
    with office.view(day(20)) as then, office.view(day(TWO_HUNDRED_DAYS)) as now:
        (move,) = moved(then, now).accounts
    (component,) = [each for each in move.components if each.name == "plan"]
    assert component.by_time
    assert component.after is not None
    assert component.before is not None
    assert component.after < component.before


def todos(office: Office, at: int) -> list[Todo]:
    with office.view(day(at)) as view:
        return [each for each in todo(view).items if each.kind == "plan_milestone"]


def test_the_owner_of_a_milestone_is_told_two_weeks_before_and_until_it_is_reached(office: Office) -> None:
    office.tell((ANNA, Member.Invited(name=sealed("Anna")), day(1)))
    far = milestone(milestone_id=some_id("far"), due=date(2025, 3, 1), owner=ANNA)
    office.tell((PLAN, far, day(1)))
    (item,) = todos(office, 5)
    assert (item.member, item.due, item.positions) == (ANNA, DUE, [5])
    assert item.reason == "milestone of the plan: First workshop, due on 2025-01-10"
    assert todos(office, 30)[0].reason == "milestone of the plan: First workshop, overdue for 21 days"
    office.tell((PLAN, PlanMilestones.MilestoneReached(milestone_id=WORKSHOP, on=DUE), day(31)))
    assert todos(office, 32) == []
