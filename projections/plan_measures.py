"""How far a plan is: pure functions of what was promised, what is known of it, and the day asked about."""

from __future__ import annotations

import enum
from datetime import date, timedelta
from decimal import Decimal

from domain.account_plan.objective_terms import IN_MONEY, MeasuredBy
from domain.objective import Line, Metric

SOON = timedelta(days=14)


class MilestoneState(enum.StrEnum):
    """How a milestone stands on a day, whether or not anybody has noticed."""

    TO_COME = "to_come"
    DUE = "due"
    REACHED = "reached"
    REACHED_LATE = "reached_late"
    MISSED = "missed"


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
