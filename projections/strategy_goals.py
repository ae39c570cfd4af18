"""The goals of strategies as rows (目标): where each is to lead, and where it was measured last."""

from __future__ import annotations

import enum
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from domain.objective import Metric
from domain.strategy.goals import Goals
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, on


class GoalStatus(enum.StrEnum):
    """Whether a goal is followed."""

    OPEN = "open"
    DROPPED = "dropped"


class StrategyGoalRow(Row):
    """A goal from `baseline` on the day `starts_on` to `target` on `due_on`, in `currency` or `unit`; `territory` is
    empty for one of the company. `value` is what was measured for `measured_on`; `goal_set` and `measured` are the
    positions of the facts that say so."""

    strategy: UUID | None = None
    goal: UUID | None = None
    title: str = ""
    metric: Metric = Metric.OTHER
    status: GoalStatus = GoalStatus.OPEN
    baseline: Decimal = Decimal(0)
    target: Decimal = Decimal(0)
    starts_on: date | None = None
    due_on: date | None = None
    currency: str = ""
    unit: str = ""
    parent: UUID | None = None
    territory: str = ""
    goal_set: int = 0
    value: Decimal | None = None
    measured_on: date | None = None
    measured: int | None = None
    ended: datetime | None = None


GoalEvent = Goals.GoalSet | Goals.GoalProgressed | Goals.GoalDropped


def _goal(envelope: Envelope, event: GoalEvent) -> UUID:
    return child_key(envelope, event.goal_id.bytes)


class StrategyGoalModel(ReadModel):
    """One row per goal."""

    name = "strategy_goal"
    version = 1
    row = StrategyGoalRow
    indexes = (("strategy",),)

    @on(Goals.GoalSet, key=_goal)
    def goal_is_set(self, row: StrategyGoalRow | None, event: Goals.GoalSet, envelope: Envelope) -> StrategyGoalRow:
        """It is followed, or leads elsewhere; what was measured stays."""
        row = row or StrategyGoalRow(strategy=envelope.aggregate_id, goal=event.goal_id)
        row.title, row.metric, row.currency, row.unit = event.title, event.metric, event.currency, event.unit
        row.baseline, row.target, row.starts_on, row.due_on = event.baseline, event.target, event.start, event.due
        row.parent, row.territory, row.goal_set = event.parent, event.territory, envelope.position
        return row

    @on(Goals.GoalProgressed, key=_goal)
    def progressed(
        self, row: StrategyGoalRow | None, event: Goals.GoalProgressed, envelope: Envelope
    ) -> StrategyGoalRow | None:
        """It was measured; a value of an earlier day than the newest changes nothing."""
        if row and (row.measured_on is None or row.measured_on <= event.on):
            row.value, row.measured_on, row.measured = event.value, event.on, envelope.position
        return row

    @on(Goals.GoalDropped, key=_goal)
    def dropped(
        self, row: StrategyGoalRow | None, event: Goals.GoalDropped, envelope: Envelope
    ) -> StrategyGoalRow | None:
        """Nobody follows it any more."""
        if row:
            row.status, row.ended = GoalStatus.DROPPED, envelope.occurred_at
        return row


STRATEGY_GOALS = StrategyGoalModel()
