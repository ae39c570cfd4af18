"""Random key account strategies: goals, answers, processes and their control points, adoption, reviews."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from domain.aggregate import Event
from domain.objective import Metric
from domain.strategy.control_points import ControlPoint, Every
from domain.strategy.goals import Goals
from domain.strategy.processes import KeyProcess, Processes
from domain.strategy.questions import KeyQuestion, Questions
from domain.strategy.strategy import KeyAccountStrategy, StrategyDecision
from tests.domain.given import sealed, some_id

STRATEGIES = [some_id(f"strategy {n}") for n in range(2)]
GOALS = [some_id(f"goal {n}") for n in range(3)]
DAYS = (date(2026, 1, 20), date(2026, 2, 15), date(2026, 3, 31))
PERIODS = ("2026-Q4", "2026-02", "2026-03-31")


def begun() -> list[tuple[UUID, Event]]:
    """The strategies as they begin."""
    return [
        (each, KeyAccountStrategy.Drafted(title=f"Strategy {n}", mission="Few, well", external_id=f"S-{n}"))
        for n, each in enumerate(STRATEGIES)
    ]


def of_strategy(chance: random.Random, members: Sequence[UUID]) -> tuple[UUID, Event]:
    """Something about a strategy, and its stream."""
    made = chance.choice([_goal, _goal, _progress, _answer, _process, _point, _point, _course])
    return chance.choice(STRATEGIES), made(chance, members)


def _goal(chance: random.Random, _: Sequence[UUID]) -> Event:
    money = chance.random() < 0.6
    return Goals.GoalSet(
        goal_id=chance.choice(GOALS),
        title=chance.choice(["Grow", "Serve"]),
        metric=Metric.REVENUE if money else chance.choice([Metric.SATISFACTION, Metric.NEW_PRODUCT]),
        baseline=Decimal(chance.choice(["0", "10.5"])),
        target=Decimal(chance.choice(["100", "20.25"])),
        start=DAYS[0],
        due=chance.choice(DAYS[1:]),
        currency=chance.choice(["EUR", "USD"]) if money else "",
        parent=chance.choice([None, *GOALS]),
        territory=chance.choice(["", "north"]),
        restated=chance.random() < 0.5,
    )


def _progress(chance: random.Random, _: Sequence[UUID]) -> Event:
    goal = chance.choice(GOALS)
    if chance.random() < 0.2:
        return Goals.GoalDropped(goal_id=goal, reason="sold")
    value = Decimal(chance.randint(0, 30))
    return Goals.GoalProgressed(goal_id=goal, value=value, on=chance.choice(DAYS), evidence=sealed("ledger"))


def _answer(chance: random.Random, _: Sequence[UUID]) -> Event:
    return Questions.QuestionAnswered(question=chance.choice(list(KeyQuestion)), answer=chance.choice("ab"))


def _process(chance: random.Random, members: Sequence[UUID]) -> Event:
    once = ControlPoint(key="once", text="Plans approved", due=chance.choice(DAYS))
    often = ControlPoint(key="often", text="Plans reviewed", every=chance.choice(list(Every)), measure="minutes")
    return Processes.ProcessDefined(
        process=chance.choice(list(KeyProcess)[:2]),
        steps=("plan", "agree"),
        method="planning",
        owner=chance.choice(members),
        control_points=chance.choice([(once,), (often,), (once, often)]),
    )


def _point(chance: random.Random, _: Sequence[UUID]) -> Event:
    what = {
        "process": chance.choice(list(KeyProcess)[:2]),
        "control_point": chance.choice(["once", "often"]),
        "period": chance.choice(PERIODS),
        "due": chance.choice(DAYS),
        "evidence": sealed(chance.choice("xy")),
    }
    if chance.random() < 0.5:
        return Processes.ControlPointReached(**what, reached_on=chance.choice(DAYS))
    return Processes.ControlPointMissed(**what, missed_on=DAYS[2])


def _course(chance: random.Random, members: Sequence[UUID]) -> Event:
    first = chance.choice(DAYS)
    return chance.choice(
        [
            KeyAccountStrategy.Restated(title=chance.choice("ab"), mission="Few, well"),
            KeyAccountStrategy.Adopted(by=chance.choice(members), in_force_from=first, review_due=date(2026, 4, 20)),
            KeyAccountStrategy.Reviewed(
                findings="slow",
                decision=chance.choice(list(StrategyDecision)),
                reviewed_on=first,
                next_review_due=chance.choice([None, date(2026, 6, 1)]),
            ),
        ]
    )
