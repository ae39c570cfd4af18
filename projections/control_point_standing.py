"""How control points of a strategy stand on a day (里程碑控制点): as recorded, else due or overdue."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec

from domain.language.catalogue import term
from domain.policies.calendar import day_of, period, period_of
from domain.policies.company import Company
from domain.sealed import Sealed
from domain.strategy.control_points import UNITS, Every
from domain.strategy.processes import KeyProcess
from projections.seen import Seen, rows_as_of
from projections.strategy_processes import (
    CONTROL_POINTS,
    STRATEGY_PROCESSES,
    ControlPointRow,
    Settled,
    StrategyProcessRow,
)
from projections.view import View


class PointState(enum.StrEnum):
    """How a control point stands for a period: what was recorded; else whether its day has passed."""

    REACHED = "reached"
    MISSED = "missed"
    DUE = "due"
    OVERDUE = "overdue"


class PointLine(msgspec.Struct):
    """A control point for a period (2026-Q3) or its day. `late` where it was reached after `due`; `evidence` for those
    who may read it; `positions` are those of the process's definition and of what was recorded."""

    process: KeyProcess
    control_point: str
    text: str
    measure: str
    every: Every | None
    period: str
    due: date
    state: PointState
    late: bool
    reached_on: date | None
    missed_on: date | None
    days_overdue: int
    owner: UUID | None
    evidence: str | None
    positions: list[int]


def point_name(point: PointLine) -> str:
    """How a control point is called in one word: customer/review."""
    return f"{term('KeyProcess', point.process.value)}/{point.control_point}"


class _Point(NamedTuple):
    """A control point as its process defines it."""

    process: Seen[StrategyProcessRow]
    key: str
    text: str
    measure: str
    due: date | None
    every: Every | None
    since: datetime


URGENT = (PointState.OVERDUE, PointState.MISSED, PointState.DUE, PointState.REACHED)


def points(
    view: View,
    strategy: UUID,
    today: date,
    *,
    binding_from: date | None,
    until: date | None = None,
    read: Callable[[Sealed, str], str | None] = lambda _, __: None,
) -> list[PointLine]:
    """The control points of a strategy as of a day, what is urgent first.

    One that recurs stands once for each period from that in which the strategy came into force (`binding_from`), or
    the control point was defined, to that of today (`until`, where the strategy was replaced). In a draft nothing is
    overdue.
    """
    where = "strategy = %(strategy)s"
    processes = rows_as_of(view, STRATEGY_PROCESSES, StrategyProcessRow, where, strategy=strategy)
    recorded = {
        (each.row.process, each.row.control_point, each.row.period): each
        for each in rows_as_of(view, CONTROL_POINTS, ControlPointRow, where, strategy=strategy)
    }
    company, last = view.policies.company, min(today, until or today)
    lines = []
    for point in (each for process in processes for each in _points_of(process)):
        name = (point.process.row.process, point.key)
        derived = dict(_periods(company, point, binding_from, last))
        told = {key[2]: each.row.due_on for key, each in recorded.items() if key[:2] == name}
        for key, due in {**told, **derived}.items():
            settled = recorded.get((*name, key))
            if due and (settled or until is None or due <= until):
                lines.append(_line(point, key, due, settled, today if binding_from else date.min, read))
    return sorted(lines, key=lambda line: (URGENT.index(line.state), _soonest(line), line.process, line.control_point))


def _soonest(line: PointLine) -> int:
    """What is open by its day, what is settled the newest first."""
    settled = line.state in (PointState.REACHED, PointState.MISSED)
    return -line.due.toordinal() if settled else line.due.toordinal()


def _points_of(process: Seen[StrategyProcessRow]) -> Iterator[_Point]:
    row = process.row
    columns = (row.point_keys, row.point_texts, row.point_measures, row.point_dues, row.point_rhythms, row.point_since)
    for key, text, measure, due, every, since in zip(*columns, strict=True):
        day, rhythm = date.fromisoformat(due) if due else None, Every(every) if every else None
        yield _Point(process, key, text, measure, day, rhythm, datetime.fromisoformat(since))


def _periods(company: Company, point: _Point, binding_from: date | None, last: date) -> Iterator[tuple[str, date]]:
    """The periods for which a control point stands, with the day until which each is to be reached."""
    if point.every is None:
        if point.due:
            yield point.due.isoformat(), point.due
        return
    day = max(binding_from or last, day_of(company, point.since))
    while day <= last:
        days = period(company, period_of(company, day, UNITS[point.every]))
        yield days.key, days.last
        day = days.last + timedelta(days=1)


def _line(
    point: _Point,
    key: str,
    due: date,
    settled: Seen[ControlPointRow] | None,
    today: date,
    read: Callable[[Sealed, str], str | None],
) -> PointLine:
    row = settled.row if settled else None
    if row:
        state = PointState.REACHED if row.settled is Settled.REACHED else PointState.MISSED
    else:
        state = PointState.OVERDUE if due < today else PointState.DUE
    return PointLine(
        process=point.process.row.process,
        control_point=point.key,
        text=point.text,
        measure=point.measure,
        every=point.every,
        period=key,
        due=due,
        state=state,
        late=bool(row and row.reached_on and row.reached_on > due),
        reached_on=row.reached_on if row else None,
        missed_on=row.missed_on if row else None,
        days_overdue=(today - due).days if state is PointState.OVERDUE else 0,
        owner=point.process.row.owner,
        evidence=read(row.evidence, "evidence") if row and row.evidence else None,
        positions=sorted({point.process.position, *([settled.position] if settled else [])}),
    )
