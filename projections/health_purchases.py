"""Purchases against plan, as a component of relationship health: pure functions of bought amounts and days."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from itertools import accumulate

import msgspec

from domain.language.amounts import shown_amount
from domain.language.catalogue import say
from projections.health_components import Ahead, Component

YEAR = 365


class Bought(msgspec.Struct, frozen=True):
    """What was bought on a day, in one currency for all; credit notes are negative."""

    day: date
    amount: float
    positions: tuple[int, ...]


class Planned(msgspec.Struct, frozen=True):
    """What is to be bought from one day to another, both included."""

    first: date
    last: date
    amount: float


class Comparison(msgspec.Struct, frozen=True):
    """What was bought in the last 365 days, and what it is held against."""

    bought: float
    against: float
    by_plan: bool


class PurchasesCourse:
    """Purchases of the last 365 days against the plan for them, day by day.

    The plan for a day of a planned stretch is its amount divided by its days; only purchases in planned stretches
    count against it. Without a plan in these 365 days: against the 365 days before. 100 × bought / against, at
    most 100, at least 0; nothing is said where there is nothing to hold against.
    """

    def __init__(self, bought: Iterable[Bought], planned: Iterable[Planned] = ()) -> None:
        in_order = sorted(bought, key=lambda each: each.day)
        self._days = [each.day.toordinal() for each in in_order]
        self._sums = [0.0, *accumulate(each.amount for each in in_order)]
        self._planned = [(each.first.toordinal(), each.last.toordinal(), each.amount) for each in planned]
        self._stretches = _apart((first, last) for first, last, _ in self._planned)

    def at(self, ahead: Ahead) -> float | None:
        """The score on a day."""
        found = self.compare(ahead.day)
        return None if found is None else 100 * min(1.0, max(0.0, found.bought / found.against))

    def compare(self, day: int) -> Comparison | None:
        """Bought, and against what, in the 365 days that end with a day (`date.toordinal`)."""
        start = day - YEAR + 1
        return self._by_plan(start, day) or self._by_the_year_before(start, day)

    def counts(self, day: int, today: int) -> bool:
        """Whether what was bought on a day counts in the comparison of another (both `date.toordinal`)."""
        if not today - YEAR < day <= today:
            return False
        held = self.compare(today)
        return held is not None and (not held.by_plan or any(first <= day <= last for first, last, _ in self._planned))

    def _by_plan(self, start: int, day: int) -> Comparison | None:
        if not self._planned:
            return None
        within = [(max(first, start), min(last, day), first, last, amount) for first, last, amount in self._planned]
        plan = sum(amount * (b - a + 1) / (last - first + 1) for a, b, first, last, amount in within if a <= b)
        stretches = [(max(first, start), min(last, day)) for first, last in self._stretches]
        bought = sum(self._between(first, last) for first, last in stretches if first <= last)
        return Comparison(bought, plan, True) if plan > 0 else None

    def _by_the_year_before(self, start: int, day: int) -> Comparison | None:
        before = self._between(start - YEAR, start - 1)
        return Comparison(self._between(start, day), before, False) if before > 0 else None

    def _between(self, first: int, last: int) -> float:
        return self._sums[bisect_right(self._days, last)] - self._sums[bisect_right(self._days, first - 1)]


def _apart(stretches: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same days in stretches that do not overlap: of two plans for a quarter (accounts that were merged) each
    counts, what was bought only once."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(stretches):
        if found and first <= found[-1][1]:
            found[-1] = found[-1][0], max(last, found[-1][1])
        else:
            found.append((first, last))
    return found


def whole(amount: float) -> Decimal:
    """An amount without minor units, as reasons name it."""
    return Decimal(f"{amount:.0f}")


def purchases(
    bought: Sequence[Bought], planned: Sequence[Planned], currency: str, today: date, left_out: Sequence[str] = ()
) -> Component | None:
    """The component on a day (see `PurchasesCourse`); `left_out` are currencies without a rate, named in the reason."""
    course = PurchasesCourse(bought, planned)
    found = course.compare(today.toordinal())
    if found is None:
        return None
    reason = say(
        "bought {bought} {currency} in the last 365 days, {share:.0f} % of {against} {what}",
        bought=shown_amount(whole(found.bought)),
        currency=currency,
        share=100 * found.bought / found.against,
        against=shown_amount(whole(found.against)),
        what=say("planned for them") if found.by_plan else say("of the 365 days before"),
    )
    if left_out:
        reason += say("; without {left_out}: no rate", left_out=", ".join(left_out))
    last_year = [each for each in bought if 0 <= (today - each.day).days < YEAR]
    positions = sorted({position for each in last_year for position in each.positions})
    return Component("purchases", course, reason, tuple(positions))
