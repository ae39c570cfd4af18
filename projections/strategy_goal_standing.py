"""How far the goals of a strategy are on a day: what was measured against the straight line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec

from domain.money import rounded
from domain.objective import Line, Metric
from domain.policies.calendar import fiscal_year, period
from domain.policies.territories import Territories
from projections.reporting import FOUR_DIGITS, plain
from projections.seen import Seen, rows_as_of
from projections.strategy_goals import STRATEGY_GOALS, StrategyGoalRow
from projections.view import View


class GoalStanding(msgspec.Struct, kw_only=True):
    """A goal and how far it is. `level` 0 is a goal without one above; `fiscal_year` is that in which it is due.
    `expected` is the straight line as of the day, `behind` how far the value lies behind it, as a share of the whole
    way from baseline to target (0.25: a quarter of it; negative: ahead); amounts in `currency`, other numbers in
    `unit`."""

    goal: UUID
    strategy: UUID
    title: str
    level: int
    parent: UUID | None
    territory: str
    metric: Metric
    currency: str
    unit: str
    baseline: Decimal
    target: Decimal
    start: date
    due: date
    fiscal_year: int
    value: Decimal | None
    measured_on: date | None
    expected: Decimal
    behind: Decimal
    positions: list[int]


def goal_standings(view: View, strategy: UUID, today: date) -> list[GoalStanding]:
    """The goals of a strategy that are followed, as a tree: each with those below it right after it."""
    where = "strategy = %(strategy)s and status = 'open'"
    rows = rows_as_of(view, STRATEGY_GOALS, StrategyGoalRow, where, strategy=strategy)
    goals = {each.row.goal: each for each in rows if each.row.goal}
    return [_standing(view, each, level, today) for each, level in _as_tree(goals, view.policies.territories)]


def last_day(view: View, year: int) -> date:
    """The last day of a fiscal year."""
    return period(view.policies.company, f"{year:04}").last


def number(value: Decimal, currency: str) -> Decimal:
    """A number as it is shown: an amount at the currency's minor unit, others with four digits at most."""
    return rounded(value, currency) if currency else plain(value.quantize(FOUR_DIGITS))


def _standing(view: View, each: Seen[StrategyGoalRow], level: int, today: date) -> GoalStanding:
    row = each.row
    assert row.goal
    assert row.strategy
    assert row.starts_on
    assert row.due_on
    line = Line(row.starts_on, row.baseline, row.due_on, row.target)
    return GoalStanding(
        goal=row.goal,
        strategy=row.strategy,
        title=row.title,
        level=level,
        parent=row.parent,
        territory=row.territory,
        metric=row.metric,
        currency=row.currency,
        unit=row.unit,
        baseline=number(row.baseline, row.currency),
        target=number(row.target, row.currency),
        start=row.starts_on,
        due=row.due_on,
        fiscal_year=fiscal_year(view.policies.company, row.due_on),
        value=None if row.value is None else number(row.value, row.currency),
        measured_on=row.measured_on,
        expected=number(line.on(today), row.currency),
        behind=-line.deviation(row.value, today),
        positions=sorted({row.goal_set, *([row.measured] if row.measured else [])}),
    )


def _as_tree(
    goals: dict[UUID, Seen[StrategyGoalRow]], territories: Territories
) -> Iterator[tuple[Seen[StrategyGoalRow], int]]:
    """Parents before what lies below them, goals of territories as these lie in their tree. A goal whose parent is not
    there, or that lies in a circle by late facts, begins a tree of its own."""
    below: dict[UUID | None, list[Seen[StrategyGoalRow]]] = {}
    ordered = sorted(goals.values(), key=lambda each: _order(each, territories))
    for each in ordered:
        below.setdefault(each.row.parent if each.row.parent in goals else None, []).append(each)
    shown: set[UUID] = set()

    def walk(starts: Iterable[Seen[StrategyGoalRow]], level: int) -> Iterator[tuple[Seen[StrategyGoalRow], int]]:
        for each in starts:
            if each.key not in shown:
                shown.add(each.key)
                yield each, level
                yield from walk(below.get(each.row.goal, ()), level + 1)

    yield from walk(below.get(None, ()), 0)
    yield from walk(ordered, 0)


def _order(each: Seen[StrategyGoalRow], territories: Territories) -> tuple[list[str], date, str, str]:
    place = [*reversed(territories.above(each.row.territory)), each.row.territory]
    return place, each.row.due_on or date.max, each.row.title, str(each.key)
