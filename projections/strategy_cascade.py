"""The cascade (目标分解): strategy, territory, account: each goal with the objectives of account plans that take it on,
and how much of it is in no plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

import msgspec

from domain.objective import Line, Metric
from domain.policies.calendar import day_end, day_of, fiscal_year
from projections.plan_facts import Aim, aim_of
from projections.plan_objectives import OBJECTIVES, ObjectiveRow
from projections.plan_values import Readings
from projections.reporting import Rates, part_of
from projections.seen import Seen, rows_as_of
from projections.strategy_goal_standing import GoalStanding, goal_standings, last_day, number
from projections.strategy_standing import StrategyLine, strategy_line
from projections.view import Listing, View

ADDED_UP = (Metric.REVENUE, Metric.MARGIN, Metric.NEW_PRODUCT, Metric.OTHER)
"""Metrics whose targets of several accounts add up; shares, grades and per cent do not."""
PER_CENT = "%"


class ObjectiveLine(msgspec.Struct, kw_only=True):
    """An objective of an account plan that takes a goal on. `value` is what was recorded, or what facts say where it is
    measured by them, `expected` its straight line as of the day, `behind` how far it lies behind it, as a share of its
    whole way (null: there is no way to go); `positions` are the events behind.

    `counted` is its target in the goal's currency or unit where it counts towards it; null where it does not: another
    metric or unit, below an objective that counts already, no rate."""

    objective: UUID
    plan: UUID | None
    account: UUID | None
    title: str
    metric: Metric
    currency: str
    unit: str
    baseline: Decimal
    target: Decimal
    fiscal_year: int
    due: date | None
    value: Decimal | None
    expected: Decimal | None
    behind: Decimal | None
    counted: Decimal | None
    position: int
    positions: list[int]


class GoalLine(GoalStanding, kw_only=True):
    """A goal of the cascade. `against` is its target, or, where the question names a fiscal year before it is due,
    where the line stands at the end of that year; `year` is the fiscal year whose objectives are held against it:
    only these are its `objectives`, the one most behind first.

    `in_goals` sums what the goals right below it are held against, `in_plans` the counted objectives of it and of all
    goals below; `gap` = against - in_plans (not below 0), `gap_share` its share: "42 % of the goal is in no account
    plan". Null where the metric does not add up. `left_out` counts objectives of it and of the goals below whose
    accounts the asker may not see; the sums lack them."""

    year: int
    against: Decimal
    in_goals: Decimal | None = None
    in_plans: Decimal | None = None
    gap: Decimal | None = None
    gap_share: Decimal | None = None
    left_out: int = 0
    objectives: list[ObjectiveLine] = msgspec.field(default_factory=list)


class CascadeAnswer(Listing, kw_only=True):
    """The goals of a strategy as a tree: each right before those below it (`level`); without one where no strategy is
    in force. `missing_rates` counts objectives, goals and purchases in a currency without a rate."""

    listed: ClassVar[str] = "goals"
    day: date
    strategy: StrategyLine | None
    goals: list[GoalLine] = msgspec.field(default_factory=list)
    missing_rates: dict[str, int] = msgspec.field(default_factory=dict)


def cascade(view: View, wanted: UUID | None = None, year: int | None = None) -> CascadeAnswer:
    """The cascade of a strategy, by default the one in force, as of the view's clocks; with a fiscal `year`, each goal
    as far as it is to be by its end. Raises NotFound for a strategy that is not there."""
    today, line = day_of(view.policies.company, view.clock.as_of), strategy_line(view, wanted)
    answer = CascadeAnswer(**view.head(), day=today, strategy=line)
    if line:
        made = _Cascade(view, today, goal_standings(view, line.strategy, today), year)
        answer.goals, answer.missing_rates = made.lines, made.missing_rates
    return answer


class _Cascade:
    """Puts objectives below goals and adds up."""

    def __init__(self, view: View, today: date, goals: list[GoalStanding], year: int | None) -> None:
        self._view, self._today, self._rates = view, today, Rates(view)
        self.missing_rates: dict[str, int] = {}
        running = [each for each in goals if year is None or self._runs_in(each, year)]
        self.lines = [self._line(each, year) for each in running]
        self._of = {each.goal: each for each in self.lines}
        self._hidden = dict.fromkeys(self._of, 0)
        self._take_on()
        for place, line in enumerate(self.lines):
            below = [*self._below(place)]
            line.left_out = self._hidden[line.goal] + sum(self._hidden[each.goal] for each in below)
            if _adds_up(line, line.metric, line.currency, line.unit):
                self._add_up(line, below)

    def _runs_in(self, goal: GoalStanding, year: int) -> bool:
        return fiscal_year(self._view.policies.company, goal.start) <= year <= goal.fiscal_year

    def _line(self, goal: GoalStanding, year: int | None) -> GoalLine:
        known, end = msgspec.structs.asdict(goal), goal.due
        if year is not None:
            end = min(end, last_day(self._view, year))
        against = Line(goal.start, goal.baseline, goal.due, goal.target).on(end)
        return GoalLine(
            **known, year=goal.fiscal_year if year is None else year, against=number(against, goal.currency)
        )

    def _take_on(self) -> None:
        """Put the objectives of account plans below their goals; those that may not be seen are counted."""
        rows = rows_as_of(
            self._view,
            OBJECTIVES,
            ObjectiveRow,
            "goal = any(%(goals)s) and status <> 'dropped'",
            goals=list(self._of),
        )
        visible = self._view.visible_accounts()
        seen = {each.row.account for each in rows} if visible is None else set(visible)
        readings = Readings(self._view, (each for each in rows if each.row.account in seen))
        objectives = {(each.row.goal, each.row.objective): each for each in rows}
        for each in sorted(rows, key=_order):
            line = self._of[each.row.goal] if each.row.goal else None
            if line is None or each.row.fiscal_year != line.year:
                continue
            if each.row.account not in seen:
                self._hidden[line.goal] += 1
                continue
            covered = (each.row.goal, each.row.parent) in objectives
            aim = aim_of(each.row, readings.of(each.row), self._today)
            line.objectives.append(self._objective(line, aim, each.position, covered=covered))
        for line in self.lines:
            line.objectives.sort(key=_deviation)
        self.missing_rates |= readings.missing_rates

    def _objective(self, goal: GoalLine, aim: Aim, position: int, *, covered: bool) -> ObjectiveLine:
        row, value = aim.row, aim.value
        target = row.target or Decimal(0)
        assert row.objective
        line = ObjectiveLine(
            objective=row.objective,
            plan=row.plan,
            account=self._view.leads_to(row.account) if row.account else None,
            title=row.title,
            metric=row.metric,
            currency=row.currency,
            unit=row.unit,
            baseline=number(row.baseline or Decimal(0), row.currency),
            target=number(target, row.currency),
            fiscal_year=row.fiscal_year,
            due=row.due,
            value=None if value is None else number(value, row.currency),
            expected=number(aim.line.on(self._today), row.currency),
            behind=-aim.deviation if aim.line.way else None,
            counted=None,
            position=position,
            positions=aim.positions,
        )
        if not covered and _adds_up(goal, row.metric, row.currency, row.unit):
            line.counted = self._converted(target, row.currency, goal.currency)
        return line

    def _converted(self, amount: Decimal, currency: str, into: str) -> Decimal | None:
        """An amount in another currency, by the rates as of the day; what has none is counted, and None."""
        if currency == into:
            return number(amount, into)
        at = day_end(self._view.policies.company, self._today)
        rates = {each: self._rates.at(each, at) for each in (currency, into)}
        for each, rate in rates.items():
            if rate is None:
                self.missing_rates[each] = self.missing_rates.get(each, 0) + 1
        one, other = rates[currency], rates[into]
        return None if one is None or other is None else number(amount * one / other, into)

    def _add_up(self, line: GoalLine, below: list[GoalLine]) -> None:
        alike = [each for each in below if _adds_up(line, each.metric, each.currency, each.unit)]
        counted = [
            (each.counted, goal.currency)
            for goal in (line, *alike)
            for each in goal.objectives
            if each.counted is not None
        ]
        handed = [(each.against, each.currency) for each in alike if each.parent == line.goal]
        line.in_plans, line.in_goals = self._sum(counted, line.currency), self._sum(handed, line.currency)
        line.gap = max(line.against - line.in_plans, number(Decimal(0), line.currency))
        line.gap_share = part_of(line.gap, line.against)

    def _sum(self, amounts: Iterable[tuple[Decimal, str]], into: str) -> Decimal:
        found = (self._converted(amount, currency, into) for amount, currency in amounts)
        return sum((each for each in found if each is not None), number(Decimal(0), into))

    def _below(self, place: int) -> Iterator[GoalLine]:
        """All goals below one: they follow it in the tree, on a lower level."""
        for each in self.lines[place + 1 :]:
            if each.level <= self.lines[place].level:
                return
            yield each


def _adds_up(goal: GoalStanding, metric: Metric, currency: str, unit: str) -> bool:
    """Whether a number of this metric and unit adds to those of a goal."""
    if metric is not goal.metric or metric not in ADDED_UP or bool(currency) is not bool(goal.currency):
        return False
    return bool(currency) or (unit == goal.unit and unit != PER_CENT)


def _deviation(line: ObjectiveLine) -> tuple[bool, Decimal]:
    """Those most behind first; those of which nothing is known last."""
    return line.behind is None, -(line.behind or Decimal(0))


def _order(each: Seen[ObjectiveRow]) -> tuple[int, str, int]:
    return each.row.fiscal_year, each.row.title, each.position
