"""Targets and attainment (目标完成): what was to be won in each quarter of some years, what was, and how it goes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import ClassVar

import msgspec

from domain.errors import Refused
from domain.policies.calendar import Period, day_of, fiscal_year, period, working_days_between
from domain.policies.sales_target import TargetScope
from projections.attainment import Attainment, judged, summed
from projections.deals import Filters
from projections.forecast import TargetPart, target_of, target_parts, targets_by
from projections.forecast_groups import parts_of
from projections.funnel import By
from projections.kept_answers import Grain, kept
from projections.names import names_of
from projections.target_facts import Cell, StatedTargets, Summed, bought, won
from projections.view import Listing, View

MOST_YEARS = 10
QUARTERS = (1, 2, 3, 4)


class YearsOutOfOrder(Refused):
    """The years {first}-{last} cannot be shown: state 1 to {most} fiscal years, the first before the last, such as
    2025-2027."""


class TargetLine(msgspec.Struct, kw_only=True):
    """The quarters and years of an owner, territory, product or account; `above` is the territory above it."""

    key: str
    name: str
    above: str = ""
    quarters: list[Attainment]
    years: list[Attainment]


class TargetsAnswer(Listing, kw_only=True):
    """Whoever has a target or won something in these fiscal years. A territory's figures are of all that lies below it,
    so that its lines do not add up to the `whole`; the others do. Won is what the forecast calls closed."""

    listed: ClassVar[str] = "lines"
    by: TargetScope
    first_year: int
    last_year: int
    lines: list[TargetLine]
    whole: TargetLine
    missing_rates: dict[str, int] = msgspec.field(default_factory=dict)


def targets(
    view: View, by: TargetScope = TargetScope.OWNER, years: tuple[int, int] | None = None, *, only: Sequence[str] = ()
) -> TargetsAnswer:
    """Targets and what was won against them, by quarter: of the fiscal year before that of `as_of`, its own and the
    next, unless others are stated. `only` are the keys to show. Raises YearsOutOfOrder, RateMissing."""
    year = fiscal_year(view.policies.company, day_of(view.policies.company, view.clock.as_of))
    first, last = years or (year - 1, year + 1)
    if not (first <= last < first + MOST_YEARS and first >= 1900 and last <= 2999):
        raise YearsOutOfOrder(first=first, last=last, most=MOST_YEARS)
    about = by, first, last, tuple(only)
    return kept(view, "targets", TargetsAnswer, partial(_targets, view, *about), *about, grain=Grain.DAY)


def _targets(view: View, by: TargetScope, first: int, last: int, only: Sequence[str]) -> TargetsAnswer:
    asked = _Asked(view, By(by.value), range(first, last + 1))
    keys = [key for key in asked.listed() if not only or key in only]
    names = names_of(view, by.value, [key for key in keys if key])
    lines = [asked.line(key, names.get(key, key)) for key in keys]
    return TargetsAnswer(
        **view.head(),
        by=by,
        first_year=first,
        last_year=last,
        lines=sorted(lines, key=lambda line: (not line.key, asked.place(line.key), line.name, line.key)),
        whole=asked.whole(),
        missing_rates=asked.missing_rates,
    )


class _Asked:
    """The facts of all quarters of the years, and lines made of them."""

    def __init__(self, view: View, by: By, years: Iterable[int]) -> None:
        self._view, self._by, self._years = view, by, list(years)
        company = view.policies.company
        self._quarters = [period(company, f"{year}-Q{n}") for year in self._years for n in QUARTERS]
        self.missing_rates: dict[str, int] = {}
        days = self._quarters[0].first, self._quarters[-1].last
        self._won = won(view, by, *days, self.missing_rates)
        self._bought = bought(view, *days, self.missing_rates) if by is By.ACCOUNT else {}
        self._targets = {each.key: targets_by(view, each.key, by) for each in self._quarters}
        self._stated = StatedTargets(view)

    def listed(self) -> list[str]:
        """Whoever has a target, won or bought something: of territories those above, too."""
        found = {key for each in self._targets.values() for key in each}
        found |= {key for key, _ in (*self._won, *self._bought)}
        if self._by is By.TERRITORY:
            tree = self._view.policies.territories
            found |= {above for key in found if key for above in tree.above(key)}
        return sorted(found)

    def place(self, key: str) -> tuple[str, ...]:
        """Where a territory stands in the tree: below the one above it."""
        if self._by is not By.TERRITORY:
            return ()
        return (*reversed(self._view.policies.territories.above(key)), key)

    def line(self, key: str, name: str) -> TargetLine:
        """The figures of one."""
        parts = parts_of(self._view, self._by, key)
        targeted = [self._targets[each.key].get(key) for each in self._quarters]
        above = self._view.policies.territories.above(key) if self._by is By.TERRITORY and key else []
        return self._line(key, name, parts, targeted, above[0] if above else "")

    def whole(self) -> TargetLine:
        """The figures of all that the asker sees."""
        targeted = [target_parts(self._view, each.key, Filters()) for each in self._quarters]
        return self._line("", "", {key for key, _ in (*self._won, *self._bought)}, targeted, "")

    def _line(
        self, key: str, name: str, parts: set[str], targeted: list[list[TargetPart] | None], above: str
    ) -> TargetLine:
        quarters = [self._attained(days, parts, target) for days, target in zip(self._quarters, targeted, strict=True)]
        years = [
            summed(self._view, str(year), quarters[n * len(QUARTERS) : (n + 1) * len(QUARTERS)])
            for n, year in enumerate(self._years)
        ]
        return TargetLine(key=key, name=name, above=above, quarters=quarters, years=years)

    def _attained(self, days: Period, parts: set[str], target: list[TargetPart] | None) -> Attainment:
        closed, purchases = _sum(self._won, parts, days.key), _sum(self._bought, parts, days.key)
        stated, before = self._stated.of(target or ())
        whole = working_days_between(self._view.policies.company, days.first, days.last)
        return judged(
            self._view,
            Attainment(
                period=days.key,
                first=days.first,
                last=days.last,
                target=target_of(target),
                won=closed.amount,
                purchases=self._view.money(purchases.amount) if self._by is By.ACCOUNT else None,
                stated=stated,
                before=before,
                positions=closed.positions,
                purchase_positions=purchases.positions,
            ),
            whole,
        )


def _sum(cells: dict[Cell, Summed], parts: set[str], quarter: str) -> Summed:
    found = Summed()
    for part in sorted(parts):
        if (cell := cells.get((part, quarter))) is not None:
            found.add(cell.amount, cell.positions)
    return found
