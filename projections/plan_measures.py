"""How far a plan is: pure functions of what was promised, what is known of it, and the day asked about."""

from __future__ import annotations

import enum
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

import msgspec

from domain.account_plan.objective_terms import IN_MONEY, MeasuredBy
from domain.objective import Metric, expected_on

BEHIND = Decimal("-0.2")
"""An objective is behind where more than so much of its whole way is missing on the straight line."""
SOON = timedelta(days=14)
FOUR_DIGITS = Decimal("0.0001")


class MilestoneState(enum.StrEnum):
    """How a milestone stands on a day, whether or not anybody has noticed."""

    TO_COME = "to_come"
    DUE = "due"
    REACHED = "reached"
    REACHED_LATE = "reached_late"
    MISSED = "missed"


class Line(msgspec.Struct, frozen=True):
    """The straight line of an objective: from a value on its start to the target when it is due."""

    start: date
    begins: Decimal
    due: date
    target: Decimal

    def on(self, day: date) -> Decimal:
        """Where the objective should stand."""
        return expected_on(day, start=self.start, baseline=self.begins, due=self.due, target=self.target)

    def deviation(self, value: Decimal | None, day: date) -> Decimal:
        """How far ahead (above 0) or behind (below 0) it is, as a share of its whole way: (value − expected) /
        (target − beginning), whichever way it goes; to four digits. Without a value it stands where it began. Where
        nothing is to change, it is the share of the target that is missing or over."""
        way = self.target - self.begins
        off = (self.begins if value is None else value) - self.on(day)
        if way == 0:
            way = abs(self.target) or Decimal(1)
        return (off / way).quantize(FOUR_DIGITS, ROUND_HALF_EVEN)


def line_of(
    metric: Metric, measured_by: MeasuredBy, *, start: date, baseline: Decimal, due: date, target: Decimal
) -> Line:
    """The line of an objective. Revenue and margin from facts are what was bought since the start: they begin at 0,
    whatever the year before had brought."""
    counted = measured_by is MeasuredBy.FACTS and metric in IN_MONEY
    return Line(start, Decimal(0) if counted else baseline, due, target)


def state_of(due: date, reached_on: date | None, day: date) -> MilestoneState:
    """How a milestone stands at the end of a day; due: within the fourteen days to come."""
    if reached_on is not None:
        return MilestoneState.REACHED if reached_on <= due else MilestoneState.REACHED_LATE
    if due < day:
        return MilestoneState.MISSED
    return MilestoneState.DUE if due <= day + SOON else MilestoneState.TO_COME
