"""The processes of strategies and their control points (里程碑控制点) as rows."""

from __future__ import annotations

import enum
from datetime import date
from uuid import UUID

from domain.sealed import Sealed
from domain.strategy.processes import KeyProcess, Processes
from projections.child_key import child_key
from projections.engine import Envelope, ReadModel, Row, on


class StrategyProcessRow(Row):
    """A process as it is defined. The `point_…` columns tell of its control points in the same order: key, what is to
    be seen, by what measure, the day it is due or how often it comes up, and since which moment it is one."""

    strategy: UUID | None = None
    process: KeyProcess = KeyProcess.STRATEGY
    owner: UUID | None = None
    steps: tuple[str, ...] = ()
    method: str = ""
    point_keys: tuple[str, ...] = ()
    point_texts: tuple[str, ...] = ()
    point_measures: tuple[str, ...] = ()
    point_dues: tuple[str, ...] = ()
    point_rhythms: tuple[str, ...] = ()
    point_since: tuple[str, ...] = ()


class StrategyProcessModel(ReadModel):
    """One row per strategy and process."""

    name = "strategy_process"
    version = 1
    row = StrategyProcessRow
    indexes = (("strategy",),)

    @on(Processes.ProcessDefined, key=lambda envelope, event: child_key(envelope, event.process.encode()))
    def defined(
        self, row: StrategyProcessRow | None, event: Processes.ProcessDefined, envelope: Envelope
    ) -> StrategyProcessRow:
        """As a whole; a control point that was there before has been one since then."""
        since = dict(zip(row.point_keys, row.point_since, strict=True)) if row else {}
        points, now = event.control_points, envelope.occurred_at.isoformat()
        return StrategyProcessRow(
            strategy=envelope.aggregate_id,
            process=event.process,
            owner=event.owner,
            steps=event.steps,
            method=event.method,
            point_keys=tuple([point.key for point in points]),
            point_texts=tuple([point.text for point in points]),
            point_measures=tuple([point.measure for point in points]),
            point_dues=tuple([point.due.isoformat() if point.due else "" for point in points]),
            point_rhythms=tuple([point.every.value if point.every else "" for point in points]),
            point_since=tuple([since.get(point.key, now) for point in points]),
        )


class Settled(enum.StrEnum):
    """What was recorded of a control point for a period."""

    REACHED = "reached"
    MISSED = "missed"


class ControlPointRow(Row):
    """That a control point was reached or missed for a period (2026-Q3; its day, where it has one)."""

    strategy: UUID | None = None
    process: KeyProcess = KeyProcess.STRATEGY
    control_point: str = ""
    period: str = ""
    due_on: date | None = None
    settled: Settled = Settled.REACHED
    reached_on: date | None = None
    missed_on: date | None = None
    evidence: Sealed | None = None


PointEvent = Processes.ControlPointReached | Processes.ControlPointMissed


def _point(envelope: Envelope, event: PointEvent) -> UUID:
    named = f"{event.process.value}\n{event.control_point}\n{event.period}"
    return child_key(envelope, named.encode())


def _row(row: ControlPointRow | None, event: PointEvent, envelope: Envelope) -> ControlPointRow:
    row = row or ControlPointRow(
        strategy=envelope.aggregate_id,
        process=event.process,
        control_point=event.control_point,
        period=event.period,
    )
    row.due_on, row.evidence = event.due, event.evidence
    return row


class ControlPointModel(ReadModel):
    """One row per control point and period of which something was recorded."""

    name = "control_point"
    version = 1
    row = ControlPointRow
    indexes = (("strategy",),)

    @on(Processes.ControlPointReached, key=_point)
    def reached(
        self, row: ControlPointRow | None, event: Processes.ControlPointReached, envelope: Envelope
    ) -> ControlPointRow:
        """In time, or late."""
        row = _row(row, event, envelope)
        row.settled, row.reached_on = Settled.REACHED, event.reached_on
        return row

    @on(Processes.ControlPointMissed, key=_point)
    def missed(
        self, row: ControlPointRow | None, event: Processes.ControlPointMissed, envelope: Envelope
    ) -> ControlPointRow:
        """Its day is over."""
        row = _row(row, event, envelope)
        row.settled, row.missed_on = Settled.MISSED, event.missed_on
        return row


STRATEGY_PROCESSES = StrategyProcessModel()
CONTROL_POINTS = ControlPointModel()
