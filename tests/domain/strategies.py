"""A key account strategy for tests: draft, goals, answers, processes; whole where asked."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from domain.aggregate import Event
from domain.objective import Metric
from domain.policies.company import Company
from domain.policies.policy import policy_id
from domain.policies.territories import Territories, Territory
from domain.strategy.control_points import ControlPoint, Every
from domain.strategy.goals import Goals
from domain.strategy.processes import KeyProcess, Processes
from domain.strategy.questions import KeyQuestion, Questions
from domain.strategy.strategy import KeyAccountStrategy
from tests.domain.given import day, given, some_id

ZHOU = some_id("zhou")
GROW, NORTH_GROWS, EAST_GROWS = some_id("grow"), some_id("north grows"), some_id("east grows")
COMPANY = Company(id=policy_id("Company"), time_zone="Asia/Shanghai", fiscal_year_start=4)
TREE = Territories(
    id=policy_id("Territories"),
    territories={
        "north": Territory("north", "North"),
        "northeast": Territory("northeast", "North East", "north"),
        "south": Territory("south", "South"),
    },
)
DRAFTED = KeyAccountStrategy.Drafted(title="Few, well", mission="Be indispensable to thirty customers")
CALENDAR = ControlPoint(key="plan", text="The plans of all key accounts are approved", due=date(2025, 3, 31))
REVIEW = ControlPoint(key="review", text="Every plan was reviewed", every=Every.QUARTER, measure="minutes")


def goal(**changes: Any) -> Goals.GoalSet:
    """A company's goal of revenue, from 10 to 15 million in a year."""
    stated = Goals.GoalSet(
        goal_id=GROW,
        title="Grow with key accounts",
        metric=Metric.REVENUE,
        baseline=Decimal(10_000_000),
        target=Decimal(15_000_000),
        start=date(2025, 1, 1),
        due=date(2025, 12, 31),
        currency="CNY",
    )
    return msgspec.structs.replace(stated, **changes)


def of_north(**changes: Any) -> Goals.GoalSet:
    """The north's share of it."""
    return goal(**{"goal_id": NORTH_GROWS, "parent": GROW, "territory": "north", "title": "North grows"} | changes)


def told(event: Goals.GoalSet, **changes: Any) -> dict[str, Any]:
    """What the command that sets a goal is told."""
    return {n: getattr(event, n) for n in event.__struct_fields__ if n != "restated"} | {"territories": TREE} | changes


def process(which: KeyProcess = KeyProcess.CUSTOMER, **changes: Any) -> Processes.ProcessDefined:
    """A process with two control points."""
    stated = Processes.ProcessDefined(
        process=which,
        steps=("analyse", "plan", "agree"),
        method="account planning",
        owner=ZHOU,
        control_points=(CALENDAR, REVIEW),
    )
    return msgspec.structs.replace(stated, **changes)


def answers() -> list[Event]:
    """The four answers."""
    return [Questions.QuestionAnswered(question=each, answer=f"on {each.value}") for each in KeyQuestion]


def whole() -> list[Event]:
    """A draft that lacks nothing."""
    return [DRAFTED, goal(), *answers(), *(process(each) for each in KeyProcess)]


def adopted(**changes: Any) -> KeyAccountStrategy.Adopted:
    """Its adoption."""
    event = KeyAccountStrategy.Adopted(by=ZHOU, in_force_from=date(2025, 2, 1), review_due=date(2026, 2, 1))
    return msgspec.structs.replace(event, **changes)


def strategy(*facts: Any, now: int | None = None) -> KeyAccountStrategy:
    """A strategy after these facts, on the day `now`, by default a day after the last."""
    return given(KeyAccountStrategy, DRAFTED, *facts, now=None if now is None else day(now))


def in_force(*facts: Any, now: int | None = None) -> KeyAccountStrategy:
    """An adopted one."""
    return given(KeyAccountStrategy, *whole(), adopted(), *facts, now=None if now is None else day(now))


def on_day(date_: date) -> int:
    """The number of the tests' day that is a date."""
    return (date_ - date(2025, 1, 1)) // timedelta(days=1)
