"""Findings and to-dos about the strategy in force: control points, its review, goals behind their line."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from domain.finding import SubjectKind
from domain.strategy.goals import Goals
from domain.strategy.processes import Processes
from domain.strategy.strategy import KeyAccountStrategy, StrategyDecision
from domain.visibility import Visibility
from projections.findings_answer import FindingFilters, FindingLine, findings
from projections.findings_strategy import OF_STRATEGY
from projections.todo import Todo, todo
from tests.domain.given import day, some_id
from tests.domain.strategies import CALENDAR, GROW, ZHOU, goal, on_day
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal
from tests.projections.test_strategy_standing import OLD, STORY, settled, told

STRANGER = Visibility(member=some_id("stranger"), managers=frozenset(), scope="own accounts")
RULES = {rule.name for rule in OF_STRATEGY}


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    office = Office(journal, engine_of)
    office.tell(*STORY)
    return office


def found(office: Office, on: date, *rules: str, known_at: int | None = None, **more: Any) -> list[FindingLine]:
    with office.view(day(on_day(on)), known_at, more.pop("visibility", None)) as view:
        return findings(view, FindingFilters(rules=rules or tuple(sorted(RULES)), **more)).findings


def to_do(office: Office, on: date) -> list[Todo]:
    with office.view(day(on_day(on))) as view:
        return [each for each in todo(view).items if each.kind in (*RULES, "control_point")]


def test_an_overdue_control_point_is_found_for_the_owner_of_its_process(office: Office) -> None:
    assert found(office, date(2025, 3, 31), "control_point_overdue") == []
    (line,) = found(office, date(2025, 4, 1), "control_point_overdue")
    assert (line.kind, line.subject, line.name, line.account) == (SubjectKind.STRATEGY, OLD, "Few, well", None)
    assert (line.text, line.member, line.positions) == (
        "the control point customer/plan was due on 2025-03-31", ZHOU, [3],
    )  # fmt: skip
    assert line.since is not None
    assert line.since.date() == date(2025, 3, 31)


def test_a_missed_control_point_is_found_until_it_or_a_later_one_is_reached(office: Office) -> None:
    assert found(office, date(2025, 7, 1), "control_point_missed") == []
    (line,) = found(office, date(2025, 7, 3), "control_point_missed")
    assert (line.text, line.positions) == ("the control point customer/review was missed for 2025-Q2", [3, 6])
    later = settled(Processes.ControlPointReached, "2025-Q3", date(2025, 9, 30), date(2025, 7, 10))
    position = office.tell(told(OLD, later, date(2025, 7, 10)))
    assert found(office, date(2025, 7, 10), "control_point_missed") == []
    assert len(found(office, date(2025, 7, 10), "control_point_missed", known_at=position - 1)) == 1


def test_a_control_point_stands_once_on_the_list_with_its_oldest_period(office: Office) -> None:
    november = day(on_day(date(2025, 11, 1)))
    for known_at, due, more in ((5, date(2025, 6, 30), "; and 1 more period of it"), (None, date(2025, 9, 30), "")):
        with office.view(november, known_at) as view:
            (line,) = [each for each in todo(view).items if each.reason.startswith("control point customer/review")]
        assert (line.due, line.reason.partition("days")[2]) == (due, more)


def test_a_review_that_is_due_is_found_for_who_adopted_the_strategy(office: Office) -> None:
    assert found(office, date(2025, 8, 1), "strategy_review_due") == []
    (line,) = found(office, date(2025, 8, 2), "strategy_review_due")
    assert (line.text, line.member, line.positions) == ("its review was due on 2025-08-01", ZHOU, [4])
    review = KeyAccountStrategy.Reviewed(
        findings="fine", decision=StrategyDecision.KEEP, reviewed_on=date(2025, 8, 2), next_review_due=date(2026, 8, 1)
    )
    office.tell(told(OLD, review, date(2025, 8, 2)))
    assert found(office, date(2025, 8, 2), "strategy_review_due") == []


@pytest.mark.parametrize(("value", "behind"), [(11_500_000, []), (11_499_000, ["20%"]), (11_000_000, ["30%"])])
def test_a_goal_is_found_when_it_is_behind_by_more_than_a_fifth_of_its_way(
    office: Office, value: int, behind: list[str]
) -> None:
    measured = Goals.GoalProgressed(goal_id=GROW, value=Decimal(value), on=date(2025, 7, 2))
    half = date(2025, 7, 2)  # the line stands at 12.5 million
    set_it = office.tell(told(OLD, goal(), date(2025, 1, 5)))
    position = office.tell(told(OLD, measured, half))
    lines = found(office, half, "goal_behind")
    expected = [f"the goal “Grow with key accounts” lies {share} of its way behind its line" for share in behind]
    assert [line.text for line in lines] == expected
    assert [line.positions for line in lines] == [[set_it, position] for _ in behind]


def test_the_companys_findings_are_for_everybody_and_of_no_account(office: Office) -> None:
    assert [line.rule for line in found(office, date(2025, 4, 1), visibility=STRANGER)] == ["control_point_overdue"]
    assert found(office, date(2025, 4, 1), account=some_id("steel")) == []
    assert len(found(office, date(2025, 4, 1), member=ZHOU)) == 1


def test_owners_of_processes_have_their_control_points_to_do(office: Office) -> None:
    assert to_do(office, date(2025, 3, 16)) == []
    items = to_do(office, date(2025, 3, 17))
    assert [(one.member, one.name, one.reason, one.text, one.due) for one in items] == [
        (ZHOU, "Few, well", "control point customer/plan, due on 2025-03-31", CALENDAR.text, date(2025, 3, 31)),
        (ZHOU, "Few, well", "control point customer/review, due on 2025-03-31", "Every plan was reviewed",
         date(2025, 3, 31)),
    ]  # fmt: skip
    (overdue,) = to_do(office, date(2025, 4, 2))
    assert (overdue.reason, overdue.positions) == ("control point customer/plan, overdue for 2 days", [3])
    kinds = [one.kind for one in to_do(office, date(2025, 7, 3))]
    assert kinds == ["control_point", "control_point_missed"]
