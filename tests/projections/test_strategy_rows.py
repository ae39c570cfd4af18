"""Key account strategies as rows: the strategy, its answers, goals, processes and control points."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from domain.objective import Metric
from domain.strategy.goals import Goals
from domain.strategy.processes import KeyProcess, Processes
from domain.strategy.questions import KeyQuestion, Questions
from domain.strategy.strategy import KeyAccountStrategy, StrategyDecision
from projections.key_account_strategies import (
    KEY_ACCOUNT_STRATEGIES,
    STRATEGY_ANSWERS,
    KeyAccountStrategyRow,
    StrategyAnswerRow,
)
from projections.strategy_goals import STRATEGY_GOALS, GoalStatus, StrategyGoalRow
from projections.strategy_processes import (
    CONTROL_POINTS,
    STRATEGY_PROCESSES,
    ControlPointRow,
    Settled,
    StrategyProcessRow,
)
from tests.domain.given import day, sealed, some_id
from tests.domain.strategies import CALENDAR, DRAFTED, GROW, REVIEW, ZHOU, adopted, goal, process
from tests.domain.test_strategy_processes import QUARTER, missed, reached
from tests.projections.rows import rows_after

FEW = some_id("few, well")


def rows(model: Any, *events: Any) -> list[Any]:
    return rows_after(model, *((FEW, event) for event in events))


def reviewed(**changes: Any) -> KeyAccountStrategy.Reviewed:
    stated = {"findings": "slow", "decision": StrategyDecision.CHANGE, "reviewed_on": date(2025, 7, 1)}
    return KeyAccountStrategy.Reviewed(**{**stated, "next_review_due": date(2025, 10, 1), **changes})


def test_a_strategys_row_says_how_far_it_is() -> None:
    restated = KeyAccountStrategy.Restated(title="Fewer", mission="Be indispensable")
    assert rows(KEY_ACCOUNT_STRATEGIES, DRAFTED, restated, adopted(), reviewed()) == [
        KeyAccountStrategyRow(
            title="Fewer",
            adopted=day(3),
            adopted_at=3,
            adopted_by=ZHOU,
            in_force_from=date(2025, 2, 1),
            reviewed_on=date(2025, 7, 1),
            reviewed_at=4,
            decision=StrategyDecision.CHANGE,
            review_due=date(2025, 10, 1),
        )
    ]


def test_what_comes_before_the_draft_by_late_facts_makes_no_row() -> None:
    for each in (KeyAccountStrategy.Restated(title="a", mission="b"), adopted(), reviewed()):
        assert rows(KEY_ACCOUNT_STRATEGIES, each) == []
    progress = Goals.GoalProgressed(goal_id=GROW, value=Decimal(1), on=date(2025, 1, 1))
    assert rows(STRATEGY_GOALS, progress, Goals.GoalDropped(goal_id=GROW, reason="sold")) == []


def test_the_newest_answer_to_a_question_holds() -> None:
    told = [Questions.QuestionAnswered(question=KeyQuestion.WHO, answer=text) for text in ("many", "thirty")]
    assert rows(STRATEGY_ANSWERS, *told) == [
        StrategyAnswerRow(strategy=FEW, question=KeyQuestion.WHO, answer="thirty", answered=day(2))
    ]


def test_a_goal_keeps_what_was_measured_for_the_newest_day_and_where_it_was_set_last() -> None:
    measured = Goals.GoalProgressed(goal_id=GROW, value=Decimal(11), on=date(2025, 3, 1))
    earlier = Goals.GoalProgressed(goal_id=GROW, value=Decimal(10), on=date(2025, 2, 1))
    again = goal(title="Grow more", restated=True)
    dropped = Goals.GoalDropped(goal_id=GROW, reason="sold")
    assert rows(STRATEGY_GOALS, goal(), measured, earlier, again, dropped) == [
        StrategyGoalRow(
            strategy=FEW,
            goal=GROW,
            title="Grow more",
            metric=Metric.REVENUE,
            status=GoalStatus.DROPPED,
            baseline=Decimal(10_000_000),
            target=Decimal(15_000_000),
            starts_on=date(2025, 1, 1),
            due_on=date(2025, 12, 31),
            currency="CNY",
            goal_set=4,
            value=Decimal(11),
            measured_on=date(2025, 3, 1),
            measured=2,
            ended=day(5),
        )
    ]


def test_a_process_is_as_defined_last_and_a_control_point_is_one_since_it_first_was() -> None:
    assert rows(STRATEGY_PROCESSES, process(control_points=(REVIEW,)), process()) == [
        StrategyProcessRow(
            strategy=FEW,
            process=KeyProcess.CUSTOMER,
            owner=ZHOU,
            steps=("analyse", "plan", "agree"),
            method="account planning",
            point_keys=("plan", "review"),
            point_texts=(CALENDAR.text, REVIEW.text),
            point_measures=("", "minutes"),
            point_dues=("2025-03-31", ""),
            point_rhythms=("", "quarter"),
            point_since=(day(2).isoformat(), day(1).isoformat()),
        )
    ]


def test_a_control_point_that_was_missed_can_be_reached_late() -> None:
    both = rows(CONTROL_POINTS, missed(), reached(on=date(2025, 7, 9), text="minutes of July"))
    assert both == [
        ControlPointRow(
            strategy=FEW,
            process=KeyProcess.CUSTOMER,
            control_point="review",
            period=QUARTER,
            due_on=date(2025, 6, 30),
            settled=Settled.REACHED,
            reached_on=date(2025, 7, 9),
            missed_on=date(2025, 7, 1),
            evidence=sealed("minutes of July"),
        )
    ]
    other = Processes.ControlPointMissed(
        process=KeyProcess.CUSTOMER,
        control_point="plan",
        period="2025-03-31",
        due=date(2025, 3, 31),
        missed_on=date(2025, 4, 1),
        evidence=sealed("no"),
    )
    assert [row.settled for row in rows(CONTROL_POINTS, missed(), other)] == [Settled.MISSED, Settled.MISSED]
