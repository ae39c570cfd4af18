"""Key account strategies as of any day (大客户战略): which is in force, what it says, how its control points stand."""

from __future__ import annotations

import enum
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from typing import ClassVar, NamedTuple
from uuid import UUID

import msgspec

from domain.errors import NotFound
from domain.policies.calendar import day_of
from domain.sealed import Sealed
from domain.strategy.processes import KeyProcess
from domain.strategy.questions import KeyQuestion
from domain.strategy.strategy import StrategyDecision
from projections.control_point_standing import PointLine, PointState, points
from projections.key_account_strategies import (
    KEY_ACCOUNT_STRATEGIES,
    STRATEGY_ANSWERS,
    KeyAccountStrategyRow,
    StrategyAnswerRow,
)
from projections.seen import Seen, rows_as_of
from projections.strategy_processes import STRATEGY_PROCESSES, StrategyProcessRow
from projections.view import Answer, Listing, View

Read = Callable[[Sealed, str], str | None]
"""Opens a sealed text of a field for the asker; None where he may not read it."""


class StrategyState(enum.StrEnum):
    """Whether a strategy is a draft, adopted for a later day, in force, or replaced by a newer one."""

    DRAFT = "draft"
    PLANNED = "planned"
    IN_FORCE = "in_force"
    REPLACED = "replaced"


class StrategyLine(msgspec.Struct):
    """A strategy. In force is the one adopted for the newest day that has come; `until` is the last day of one that was
    replaced. `review_overdue` is about the one in force alone."""

    strategy: UUID
    external_id: str
    title: str
    state: StrategyState
    adopted_by: UUID | None
    in_force_from: date | None
    until: date | None
    override: str
    reviewed_on: date | None
    decision: StrategyDecision | None
    review_due: date | None
    review_overdue: bool
    positions: list[int]


class StrategiesAnswer(Listing, kw_only=True):
    """All strategies, the one in force first, then those to come, drafts, and those replaced."""

    listed: ClassVar[str] = "strategies"
    day: date
    strategies: list[StrategyLine]


class AnswerLine(msgspec.Struct):
    """One of the four questions and its newest answer; empty where there is none yet."""

    question: KeyQuestion
    answer: str
    position: int | None


class ProcessLine(msgspec.Struct):
    """One of the six processes; without owner, steps and position where it is not defined yet."""

    process: KeyProcess
    owner: UUID | None
    steps: tuple[str, ...]
    method: str
    position: int | None


class StrategyAnswer(Answer, kw_only=True):
    """A strategy as it stands: questions, processes, and its control points by what is urgent. `counts` says how many
    control points stand how. The statement (mission, position, analyses) is put in at the door."""

    day: date
    strategy: StrategyLine | None
    statement: dict[str, str] = msgspec.field(default_factory=dict)
    questions: list[AnswerLine] = msgspec.field(default_factory=list)
    processes: list[ProcessLine] = msgspec.field(default_factory=list)
    control_points: list[PointLine] = msgspec.field(default_factory=list)
    counts: dict[PointState, int] = msgspec.field(default_factory=dict)


class InForce(NamedTuple):
    """The strategy in force, and how its control points stand."""

    line: StrategyLine
    points: list[PointLine]


def strategies(view: View) -> StrategiesAnswer:
    """Every strategy as of the view's clocks."""
    today = day_of(view.policies.company, view.clock.as_of)
    return StrategiesAnswer(**view.head(), day=today, strategies=strategy_lines(view, today))


def strategy(view: View, wanted: UUID | None = None, read: Read = lambda _, __: None) -> StrategyAnswer:
    """A strategy, by default the one in force, as of the view's clocks. Raises NotFound for one that is not there."""
    today = day_of(view.policies.company, view.clock.as_of)
    line = strategy_line(view, wanted)
    if line is None:
        return StrategyAnswer(**view.head(), day=today, strategy=None)
    found = points_of(view, line, read)
    counts = {state: sum(each.state is state for each in found) for state in PointState}
    return StrategyAnswer(
        **view.head(),
        day=today,
        strategy=line,
        questions=_questions(view, line.strategy),
        processes=_processes(view, line.strategy),
        control_points=found,
        counts=counts,
    )


def points_of(view: View, line: StrategyLine, read: Read = lambda _, __: None) -> list[PointLine]:
    """The control points of a strategy; they bind from the day on which it came into force."""
    today = day_of(view.policies.company, view.clock.as_of)
    binding = line.in_force_from if line.state in (StrategyState.IN_FORCE, StrategyState.REPLACED) else None
    return points(view, line.strategy, today, binding_from=binding, until=line.until, read=read)


def in_force(view: View) -> InForce | None:
    """The strategy in force with its control points; None where none is."""
    line = strategy_line(view)
    return InForce(line, points_of(view, line)) if line else None


def strategy_line(view: View, wanted: UUID | None = None) -> StrategyLine | None:
    """A strategy, by default the one in force; None where none is. Raises NotFound for one that is not there."""
    lines = strategy_lines(view, day_of(view.policies.company, view.clock.as_of))
    if wanted is None:
        return next((each for each in lines if each.state is StrategyState.IN_FORCE), None)
    found = next((each for each in lines if each.strategy == wanted), None)
    if found is None:
        raise NotFound(kind="strategy", key=wanted)
    return found


def strategy_lines(view: View, today: date) -> list[StrategyLine]:
    """All strategies as of a day, in the order of `StrategiesAnswer`."""
    rows = rows_as_of(view, KEY_ACCOUNT_STRATEGIES, KeyAccountStrategyRow)
    adopted = sorted((each for each in rows if each.row.in_force_from), key=_newer)
    begun = [each for each in adopted if each.row.in_force_from and each.row.in_force_from <= today]
    following = {one.key: other for one, other in pairwise(begun)}
    lines = [_line(each, today, bool(begun) and each.key == begun[-1].key, following.get(each.key)) for each in rows]
    order = (StrategyState.IN_FORCE, StrategyState.PLANNED, StrategyState.DRAFT, StrategyState.REPLACED)
    lines.sort(key=lambda line: (-(line.in_force_from or date.min).toordinal(), line.title, str(line.strategy)))
    return sorted(lines, key=lambda line: order.index(line.state))


def _newer(each: Seen[KeyAccountStrategyRow]) -> tuple[date, int]:
    return each.row.in_force_from or date.min, each.row.adopted_at or 0


def _line(
    each: Seen[KeyAccountStrategyRow], today: date, in_force: bool, next_one: Seen[KeyAccountStrategyRow] | None
) -> StrategyLine:
    row = each.row
    state = StrategyState.REPLACED if next_one else StrategyState.IN_FORCE if in_force else StrategyState.PLANNED
    positions = {row.adopted_at, row.reviewed_at, next_one.row.adopted_at if next_one else None} - {None}
    begins = next_one.row.in_force_from if next_one else None
    return StrategyLine(
        strategy=each.key,
        external_id=row.external_id,
        title=row.title,
        state=state if row.in_force_from else StrategyState.DRAFT,
        adopted_by=row.adopted_by,
        in_force_from=row.in_force_from,
        until=date.fromordinal(begins.toordinal() - 1) if begins else None,
        override=row.override,
        reviewed_on=row.reviewed_on,
        decision=row.decision,
        review_due=row.review_due,
        review_overdue=in_force and row.review_due is not None and row.review_due < today,
        positions=sorted({each.position, *(position for position in positions if position)}),
    )


def _questions(view: View, wanted: UUID) -> list[AnswerLine]:
    found = rows_as_of(view, STRATEGY_ANSWERS, StrategyAnswerRow, "strategy = %(strategy)s", strategy=wanted)
    by = {each.row.question: each for each in found}
    return [
        AnswerLine(each, by[each].row.answer if each in by else "", by[each].position if each in by else None)
        for each in KeyQuestion
    ]


def _processes(view: View, wanted: UUID) -> list[ProcessLine]:
    found = rows_as_of(view, STRATEGY_PROCESSES, StrategyProcessRow, "strategy = %(strategy)s", strategy=wanted)
    by = {each.row.process: each for each in found}
    return [
        ProcessLine(each, by[each].row.owner, by[each].row.steps, by[each].row.method, by[each].position)
        if each in by
        else ProcessLine(each, None, (), "", None)
        for each in KeyProcess
    ]
