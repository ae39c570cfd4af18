"""What a pipeline is expected to bring in a span of days: open deals, and deals not opened yet, by group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from projections.forecasting.chances import ChanceModel, win_chance, win_chance_of_new
from projections.forecasting.chances_forward import won_in
from projections.forecasting.chances_model import where
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
class OpenDeals:
    """The open deals with an amount, by group and id: `start[g]:start[g + 1]` are the places of group g."""

    rows: Places
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
class Expected:
    """Mean of the revenue to come and variance of its coins, by group."""

    mean: Numbers
    variance: Numbers


def in_order(h: Histories) -> Places:
    """The places of all deals by their ids: what is added up or drawn does not depend on the order given."""
    halves = np.frombuffer(b"".join(each.bytes for each in h.ids), dtype=">u8").reshape(-1, 2)
    return np.lexsort((halves[:, 1], halves[:, 0])).astype(np.int32)


def open_deals(h: Histories, order: Places, groups: Places, count: int) -> OpenDeals:
    """The open deals that have an amount and a group."""
    wanted = (h.outcome == Outcome.OPEN) & np.isfinite(h.amount) & (groups >= 0)
    rows = order[wanted[order]]
    rows = rows[np.argsort(groups[rows], kind="stable")]
    start = np.searchsorted(groups[rows], np.arange(count + 1)).astype(np.int32)
    return OpenDeals(rows, groups[rows], h.amount[rows], start)


def arrivals(h: Histories, order: Places, groups: Places, count: int) -> Arrivals:
    """How new deals came in the last weeks that were wholly observed."""
    first = int(h.opened.min()) if len(h) else h.day
    weeks = int(np.clip((h.day - first + 1) // 7, 1, WEEKS))
    known = np.isfinite(h.amount) & (h.amount > 0) & (groups >= 0) & (h.opened > h.day - 7 * weeks)
    rows = order[known[order]]
    week = (h.day - h.opened[rows]) // 7
    counts = np.zeros((weeks, count))
    np.add.at(counts, (week, groups[rows]), 1.0)
    amount = h.amount[rows]
    usual = float(amount.mean()) if len(rows) else 0.0
    usual_square = float((amount**2).mean()) if len(rows) else 0.0
    number = np.bincount(groups[rows], minlength=count) + _BORROWED
    mean = (np.bincount(groups[rows], amount, count) + _BORROWED * usual) / number
    square = (np.bincount(groups[rows], amount**2, count) + _BORROWED * usual_square) / number
    variation = np.sqrt(np.maximum(square / np.maximum(mean, 1e-9) ** 2 - 1.0, 0.0))
    return Arrivals(counts, mean, variation)


def new_by_week(model: ChanceModel, h: Histories, first: int, last: int, table: int = -1) -> Numbers:
    """The chance that a deal opened in the n-th week from now is won on a day in first..last."""
    days = np.arange(h.day + 1, last + 1, dtype=np.int32)
    chance = np.zeros(-(-len(days) // 7) * 7)
    chance[: len(days)] = win_chance_of_new(model, h, days, first, last, table=table)
    return np.asarray(chance.reshape(-1, 7).mean(axis=1))


def expected(
    model: ChanceModel,
    h: Histories,
    deals: OpenDeals,
    new: Arrivals,
    paid: Paid,
    span: tuple[int, int],
    *,
    plain: bool = False,
) -> Expected:
    """Revenue on the days of the span, which begins after the day of the histories; `plain`: by the rates alone."""
    chance = _by_rates(model, h, deals.rows, span) if plain else of_open(model, h, deals, span)
    come = new.per_week() * new_by_week(model, h, *span).sum()
    squares = paid.mean**2 + paid.spread**2
    mean = paid.mean * (added(deals, chance * deals.amount) + come * new.amount)
    spread = added(deals, chance * (squares - chance * paid.mean**2) * deals.amount**2)
    return Expected(mean, spread + come * new.amount**2 * (1 + new.variation**2) * squares)


def of_open(model: ChanceModel, h: Histories, deals: OpenDeals, span: tuple[int, int], table: int = -1) -> Numbers:
    """The chance of each open deal to be won in the span; so rounded that the order of the deals does not show."""
    chance = np.clip(win_chance(model, h, deals.rows, *span, table=table), 0.0, 1.0)
    return np.asarray(np.round(chance, 9), dtype=np.float64)


def _by_rates(model: ChanceModel, h: Histories, rows: Places, span: tuple[int, int]) -> Numbers:
    stage, opened = where(model, h, rows)
    days, place = np.unique(opened, return_inverse=True)
    return np.asarray(won_in(model.table(), days, h.day, *span, model.fiscal_start)[stage, place])


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
