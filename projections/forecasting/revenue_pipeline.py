"""What a pipeline is expected to bring in a span of days: open deals, and deals not opened yet, by group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from projections.forecasting.chances import ChanceModel, win_chance, win_chance_of_new
from projections.forecasting.chances_model import won_by
from projections.forecasting.histories import Histories, Numbers, Outcome, Places

WEEKS = 13
"""New deals come as they came in so many past weeks."""
_BORROWED = 3.0
"""The amounts of a group's new deals count as if so many of them had been usual for the company."""


@dataclass(frozen=True)
class Paid:
    """What won deals signed over what had been expected: mean and spread."""

    mean: float
    spread: float


@dataclass(frozen=True)
class Standing:
    """What a forecast begins with, whatever its groups, by id: the open deals that have an amount, and those opened in
    so many past weeks (`week` counts back from the day). `rows` and `new` are places of deals."""

    rows: Places
    amount: Numbers
    new: Places
    new_amount: Numbers
    week: Places
    weeks: int


@dataclass(frozen=True)
class OpenDeals:
    """Open deals with an amount, by group and id: `start[g]:start[g + 1]` are the entries of group g; `places` are
    those among all that stand."""

    places: Places
    group: Places
    amount: Numbers
    start: Places


@dataclass(frozen=True)
class Arrivals:
    """New deals by past week and group; mean amount and its variation by group; the weeks that they came in."""

    counts: Numbers
    amount: Numbers
    variation: Numbers

    def per_week(self) -> Numbers:
        """New deals per week, by group."""
        return np.asarray(self.counts.mean(axis=0))


@dataclass(frozen=True)
class Coming:
    """Chances of a win in a span of days: of each open deal that stands, and of one opened in the n-th week ahead."""

    of_open: Numbers
    by_week: Numbers


@dataclass(frozen=True)
class Expected:
    """Mean of the revenue to come and variance of its coins, by group."""

    mean: Numbers
    variance: Numbers


def in_order(h: Histories) -> Places:
    """The places of all deals by their ids: what is added up or drawn does not depend on the order given."""
    halves = np.frombuffer(b"".join(each.bytes for each in h.ids), dtype=">u8").reshape(-1, 2)
    return np.lexsort((halves[:, 1], halves[:, 0])).astype(np.int32)


def standing(h: Histories, order: Places, begun: int | None = None) -> Standing:
    """What stands on the day of the histories; weeks are wholly observed from the day `begun` (None: when the first
    deal was opened)."""
    if begun is None:
        begun = int(h.opened.min()) if len(h) else h.day
    weeks = int(np.clip((h.day - begun + 1) // 7, 1, WEEKS))
    known = np.isfinite(h.amount)
    rows = order[((h.outcome == Outcome.OPEN) & known)[order]]
    new = order[(known & (h.amount > 0) & (h.opened > h.day - 7 * weeks))[order]]
    week = ((h.day - h.opened[new]) // 7).astype(np.int32)
    return Standing(rows, h.amount[rows], new, h.amount[new], week, weeks)


def open_deals(stands: Standing, groups: Places, count: int) -> OpenDeals:
    """The open deals that have an amount and a group; `groups` has a code for each deal."""
    group = groups[stands.rows]
    places = np.flatnonzero(group >= 0)
    places = places[np.argsort(group[places], kind="stable")]
    start = np.searchsorted(group[places], np.arange(count + 1)).astype(np.int32)
    return OpenDeals(places.astype(np.int32), group[places], stands.amount[places], start)


def arrivals(stands: Standing, groups: Places, count: int) -> Arrivals:
    """How new deals came in the last weeks that were wholly observed."""
    inside = np.flatnonzero(groups[stands.new] >= 0)
    group, amount = groups[stands.new[inside]], stands.new_amount[inside]
    counts = np.zeros((stands.weeks, count))
    np.add.at(counts, (stands.week[inside], group), 1.0)
    usual = float(amount.mean()) if len(amount) else 0.0
    usual_square = float((amount**2).mean()) if len(amount) else 0.0
    number = np.bincount(group, minlength=count) + _BORROWED
    mean = (np.bincount(group, amount, count) + _BORROWED * usual) / number
    square = (np.bincount(group, amount**2, count) + _BORROWED * usual_square) / number
    variation = np.sqrt(np.maximum(square / np.maximum(mean, 1e-9) ** 2 - 1.0, 0.0))
    return Arrivals(counts, mean, variation)


def coming(
    model: ChanceModel, h: Histories, stands: Standing, span: tuple[int, int], *, table: int = -1, plain: bool = False
) -> Coming:
    """The chances in a span that begins after the day of the histories, by a bootstrap of the rates, or the fitted
    ones; `plain`: of open deals by the rates alone."""
    chance = won_by(model, h, stands.rows, span[1], span[0]) if plain else _of_open(model, h, stands.rows, span, table)
    return Coming(chance, new_by_week(model, h, *span, table=table))


def new_by_week(model: ChanceModel, h: Histories, first: int, last: int, *, table: int = -1) -> Numbers:
    """The chance that a deal opened in the n-th week from now is won on a day in first..last."""
    days = np.arange(h.day + 1, last + 1, dtype=np.int32)
    chance = np.zeros(-(-len(days) // 7) * 7)
    chance[: len(days)] = win_chance_of_new(model, h, days, first, last, table=table)
    return np.asarray(chance.reshape(-1, 7).mean(axis=1))


def expected(deals: OpenDeals, new: Arrivals, comes: Coming, paid: Paid) -> Expected:
    """Revenue of a span by its chances."""
    chance = comes.of_open[deals.places]
    come = new.per_week() * comes.by_week.sum()
    squares = paid.mean**2 + paid.spread**2
    mean = paid.mean * (added(deals, chance * deals.amount) + come * new.amount)
    spread = added(deals, chance * (squares - chance * paid.mean**2) * deals.amount**2)
    return Expected(mean, spread + come * new.amount**2 * (1 + new.variation**2) * squares)


def _of_open(model: ChanceModel, h: Histories, rows: Places, span: tuple[int, int], table: int) -> Numbers:
    """The chance of each open deal to be won in the span; so rounded that the order of the deals does not show."""
    chance = np.clip(win_chance(model, h, rows, *span, table=table), 0.0, 1.0)
    return np.asarray(np.round(chance, 9), dtype=np.float64)


def summed(groups: Places, values: Numbers, count: int) -> Numbers:
    """Sums of values by group."""
    return np.asarray(np.bincount(groups, values, count), dtype=np.float64)


def added(deals: OpenDeals, values: Numbers) -> Numbers:
    """Sums of values of the open deals by group."""
    return summed(deals.group, values, len(deals.start) - 1)


def won_between(h: Histories, order: Places, groups: Places, count: int, span: tuple[int, int]) -> Numbers:
    """What deals signed on the days of the span, by group."""
    rows = order[_won(h, groups, span)[order]]
    return summed(groups[rows], h.signed[rows], count)


def won_squares(h: Histories, order: Places, groups: Places, count: int, span: tuple[int, int]) -> Numbers:
    """The squares of what deals signed on the days of the span, by group: how few deals it hangs on."""
    rows = order[_won(h, groups, span)[order]]
    return summed(groups[rows], h.signed[rows] ** 2, count)


def _won(h: Histories, groups: Places, span: tuple[int, int]) -> NDArray[np.bool_]:
    inside = (h.closed >= span[0]) & (h.closed <= span[1])
    return np.asarray((h.outcome == Outcome.WON) & inside & np.isfinite(h.signed) & (groups >= 0))
