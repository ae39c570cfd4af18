"""Strategies and their control points as of any day, at two clocks."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from domain.errors import NotFound
from domain.strategy.control_points import ControlPoint
from domain.strategy.processes import KeyProcess, Processes
from domain.strategy.questions import KeyQuestion, Questions
from domain.strategy.strategy import KeyAccountStrategy, StrategyDecision
from projections.control_point_standing import PointState
from projections.strategy_standing import StrategyAnswer, StrategyState, strategies, strategy
from tests.domain.given import day, sealed, some_id
from tests.domain.strategies import CALENDAR, DRAFTED, REVIEW, ZHOU, adopted, on_day, process
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal

OLD, NEW, IDEA = some_id("old"), some_id("new"), some_id("idea")
REPORT = ControlPoint(key="report", text="The year is reported", due=date(2025, 12, 31))


def told(strategy: Any, event: Any, on: date) -> Any:
    return strategy, event, day(on_day(on))


def settled(kind: Any, period: str, due: date, on: date) -> Any:
    named = "reached_on" if kind is Processes.ControlPointReached else "missed_on"
    what = {"process": KeyProcess.CUSTOMER, "control_point": "review", "evidence": sealed("minutes")}
    return kind(**what, period=period, due=due, **{named: on})


STORY = [
    told(OLD, DRAFTED, date(2025, 1, 2)),  # 1
    told(OLD, Questions.QuestionAnswered(question=KeyQuestion.WHO, answer="thirty"), date(2025, 1, 3)),
    told(OLD, process(), date(2025, 1, 4)),  # 3: a day, 31 March, and every quarter
    told(OLD, adopted(review_due=date(2025, 8, 1)), date(2025, 1, 20)),  # 4: in force from 1 February
    told(
        OLD,
        settled(Processes.ControlPointReached, "2025-Q1", date(2025, 3, 31), date(2025, 3, 20)),
        date(2025, 3, 20),
    ),
    told(
        OLD, settled(Processes.ControlPointMissed, "2025-Q2", date(2025, 6, 30), date(2025, 7, 2)), date(2025, 7, 2)
    ),  # 6
    told(IDEA, KeyAccountStrategy.Drafted(title="Many", mission="Everybody"), date(2025, 7, 3)),  # 7
    told(NEW, KeyAccountStrategy.Drafted(title="New", mission="Better"), date(2025, 9, 1)),  # 8
    told(NEW, process(KeyProcess.TEAM, control_points=(REPORT,)), date(2025, 9, 1)),  # 9
    told(NEW, adopted(in_force_from=date(2025, 11, 15), review_due=date(2026, 1, 1)), date(2025, 10, 1)),  # 10
]


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    office = Office(journal, engine_of)
    office.tell(*STORY)
    return office


def asked(office: Office, on: date, known_at: int | None = None, wanted: Any = None) -> StrategyAnswer:
    with office.view(day(on_day(on)), known_at) as view:
        return strategy(view, wanted, lambda text, _: text.ciphertext.decode())


def standing(answer: StrategyAnswer) -> list[tuple[str, str, str]]:
    return [(line.control_point, line.period, line.state.value) for line in answer.control_points]


def states(office: Office, on: date) -> list[tuple[str, str]]:
    with office.view(day(on_day(on))) as view:
        return [(line.title, line.state.value) for line in strategies(view).strategies]


def test_in_force_is_the_one_adopted_for_the_newest_day_that_has_come(office: Office) -> None:
    assert states(office, date(2025, 1, 31)) == [("Few, well", "planned")]
    assert states(office, date(2025, 2, 1)) == [("Few, well", "in_force")]
    assert states(office, date(2025, 10, 2)) == [("Few, well", "in_force"), ("New", "planned"), ("Many", "draft")]
    assert states(office, date(2025, 11, 15)) == [("New", "in_force"), ("Many", "draft"), ("Few, well", "replaced")]


def test_before_any_is_in_force_there_is_none_and_one_that_is_named_is_shown(office: Office) -> None:
    assert asked(office, date(2025, 1, 31)).strategy is None
    draft = asked(office, date(2025, 1, 10), wanted=OLD)
    assert draft.strategy is not None
    assert (draft.strategy.state, draft.strategy.positions) == (StrategyState.DRAFT, [1])
    with pytest.raises(NotFound):
        asked(office, date(2025, 1, 31), wanted=ZHOU)


def test_questions_and_processes_stand_with_what_is_missing(office: Office) -> None:
    answer = asked(office, date(2025, 2, 10))
    assert [(each.question.value, each.answer, each.position) for each in answer.questions] == [
        ("who", "thirty", 2),
        ("wants", "", None),
        ("managed", "", None),
        ("kept", "", None),
    ]
    found = {each.process.value: (each.owner, each.position) for each in answer.processes}
    assert found["customer"] == (ZHOU, 3)
    assert [name for name, (owner, _) in found.items() if owner is None] == [
        "strategy", "sales", "marketing", "team", "goals",
    ]  # fmt: skip


def test_control_points_are_due_overdue_reached_or_missed_by_the_day(office: Office) -> None:
    assert standing(asked(office, date(2025, 3, 19))) == [("plan", "2025-03-31", "due"), ("review", "2025-Q1", "due")]
    assert standing(asked(office, date(2025, 3, 31))) == [
        ("plan", "2025-03-31", "due"), ("review", "2025-Q1", "reached"),
    ]  # fmt: skip
    assert standing(asked(office, date(2025, 7, 2))) == [
        ("plan", "2025-03-31", "overdue"),
        ("review", "2025-Q2", "missed"),
        ("review", "2025-Q3", "due"),
        ("review", "2025-Q1", "reached"),
    ]


def test_a_control_point_says_by_what_and_since_when_and_what_is_behind_it(office: Office) -> None:
    overdue, missed, _, reached = asked(office, date(2025, 7, 3)).control_points
    assert (overdue.text, overdue.days_overdue, overdue.owner, overdue.positions) == (CALENDAR.text, 94, ZHOU, [3])
    assert (missed.missed_on, missed.evidence, missed.positions) == (date(2025, 7, 2), "minutes", [3, 6])
    assert (reached.reached_on, reached.late, reached.measure) == (date(2025, 3, 20), False, REVIEW.measure)


def test_what_was_not_known_yet_was_overdue(office: Office) -> None:
    assert asked(office, date(2025, 7, 3), 5).counts == {
        PointState.REACHED: 1, PointState.MISSED: 0, PointState.DUE: 1, PointState.OVERDUE: 2,
    }  # fmt: skip
    late = settled(Processes.ControlPointReached, "2025-Q2", date(2025, 6, 30), date(2025, 6, 3))
    office.tell(told(OLD, late, date(2025, 6, 3)))
    assert ("review", "2025-Q2", "reached") in standing(asked(office, date(2025, 6, 4)))
    assert ("review", "2025-Q2", "due") in standing(asked(office, date(2025, 6, 4), 10))


def test_a_control_point_defined_later_stands_from_its_own_beginning(office: Office) -> None:
    office.tell(told(OLD, process(control_points=(REVIEW,)), date(2025, 7, 20)))
    office.tell(told(OLD, process(control_points=(CALENDAR, REVIEW)), date(2025, 8, 20)))
    assert standing(asked(office, date(2025, 10, 1)))[:2] == [
        ("plan", "2025-03-31", "overdue"), ("review", "2025-Q3", "overdue"),
    ]  # fmt: skip
    assert all(key != "plan" for key, _, _ in standing(asked(office, date(2025, 7, 21))))


def test_in_a_draft_nothing_is_overdue_and_after_it_was_replaced_nothing_falls_due(office: Office) -> None:
    office.tell(told(IDEA, process(), date(2025, 7, 4)))
    assert standing(asked(office, date(2025, 7, 5), wanted=IDEA)) == [
        ("plan", "2025-03-31", "due"), ("review", "2025-Q3", "due"),
    ]  # fmt: skip
    replaced = asked(office, date(2026, 2, 1), wanted=OLD)
    assert replaced.strategy is not None
    assert (replaced.strategy.until, replaced.strategy.positions) == (date(2025, 11, 14), [4, 10])
    assert {period for _, period, _ in standing(replaced)} == {"2025-03-31", "2025-Q1", "2025-Q2", "2025-Q3"}
    assert standing(asked(office, date(2025, 11, 15))) == [("report", "2025-12-31", "due")]


def test_the_review_of_the_one_in_force_is_overdue_after_its_day_until_it_took_place(office: Office) -> None:
    def overdue(on: date) -> bool:
        line = asked(office, on).strategy
        return line is not None and line.review_overdue

    assert [overdue(date(2025, 8, 1)), overdue(date(2025, 8, 2))] == [False, True]
    review = KeyAccountStrategy.Reviewed(
        findings="slow",
        decision=StrategyDecision.REPLACE,
        reviewed_on=date(2025, 8, 10),
        next_review_due=None,
    )
    position = office.tell(told(OLD, review, date(2025, 8, 10)))
    found = asked(office, date(2025, 8, 11)).strategy
    assert found is not None
    assert (found.review_overdue, found.decision, found.positions) == (False, StrategyDecision.REPLACE, [4, position])
