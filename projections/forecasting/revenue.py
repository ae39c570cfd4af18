"""The revenue of a period by group and in all: what is won already, and a simulation of what may still come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.random import PCG64, Generator

from projections.forecasting.histories import Histories, Numbers, Places
from projections.forecasting.revenue_ahead import Ahead, ahead_of
from projections.forecasting.revenue_centre import Centre, centre_of, record_of
from projections.forecasting.revenue_draws import Pipeline, drawn, shocks
from projections.forecasting.revenue_past import RevenueModel, fit_revenue, trial, won_before
from projections.forecasting.revenue_pipeline import arrivals, expected, open_deals, won_between
from projections.forecasting.single import by_one_thread

if TYPE_CHECKING:
    from projections.forecasting.model import Model

_TABLES = 10
"""Bootstraps of the rates that a simulation goes through."""
_SHARES = (0.1, 0.5, 0.9)


@dataclass(frozen=True)
class Revenue:
    """Revenue of a period by group: `known` is what was won in it so far, contained in the others."""

    p10: Numbers
    p50: Numbers
    p90: Numbers
    mean: Numbers
    known: Numbers


@dataclass(frozen=True)
class Simulated:
    """The revenue of a period: `groups` by code, `total` (of length one) of all deals that have a group.

    Where `enough` is false nothing could be forecast, `basis` says why, and all are what is `known`. `fan` are the
    9 deciles of the total.
    """

    enough: bool
    basis: str
    groups: Revenue
    total: Revenue
    fan: list[float] = field(default_factory=list)


@by_one_thread
def simulate(
    model: Model,
    h: Histories,
    first: int,
    last: int,
    groups: Places,
    count: int,
    *,
    runs: int = 10_000,
    seed: bytes,
    instead: Mapping[int, float] | None = None,
) -> Simulated:
    """The revenue of the days first..last as known on the day of the histories.

    `groups` has a code below `count` for each deal, NONE for deals to be left out; what is forecast of the others
    still learns from them. The same histories, model and seed give the same numbers, in whatever order they come.
    `instead` are amounts of open deals that are supposed instead of theirs: all else, coins too, is as without them.
    """
    ahead = ahead_of(model, h)
    codes = _Codes(ahead.order, groups, count)
    known = won_between(h, ahead.order, codes.of_deals, codes.width, (first, min(last, h.day)))
    if last <= h.day:
        return codes.answer(True, "the period is over", known, np.zeros((1, codes.width)))
    if not model.chances.enough:
        return codes.answer(False, model.chances.basis, known, np.zeros((1, codes.width)))
    span = max(first, h.day + 1), last
    rng = Generator(PCG64(int.from_bytes(seed, "big")))
    to_come = _to_come(ahead, codes, span, runs, rng, instead or {})
    return codes.answer(True, model.chances.basis, known, to_come)


def _to_come(
    ahead: Ahead, codes: _Codes, span: tuple[int, int], runs: int, rng: Generator, instead: Mapping[int, float]
) -> Numbers:
    stands, paid, tables = ahead.stands, ahead.model.revenue.paid(), min(ahead.model.chances.tables, _TABLES)
    deals = open_deals(stands, codes.of_deals, codes.width)
    new = arrivals(stands, codes.of_deals, codes.width)
    centre = _centre(ahead, codes, expected(deals, new, ahead.coming(span), paid).mean, span)
    if instead:
        rows = stands.rows[deals.places].tolist()
        amounts = [instead.get(row, own) for row, own in zip(rows, deals.amount.tolist(), strict=True)]
        deals = replace(deals, amount=np.array(amounts, np.float64))
    comes = [ahead.coming(span, table) for table in (range(tables) if tables else [-1])]
    values, between = drawn(Pipeline(comes, deals, new, paid), runs, rng)
    values *= centre.factor
    values *= shocks(centre.beyond(between), runs, 1, rng)
    values *= shocks(centre.group_spread, runs, codes.width, rng)
    return values


def _centre(ahead: Ahead, codes: _Codes, mean: Numbers, span: tuple[int, int]) -> Centre:
    h, order, groups, count = ahead.h, ahead.order, codes.of_deals, codes.width
    months, paid = max(1.0, (span[1] - span[0] + 1) / 30.5), ahead.model.revenue.paid()
    trials = [trial(each, paid, h, order, groups, count) for each in ahead.tried(span)]
    return centre_of(mean, won_before(h, h.day, order, groups, count, span), record_of(trials, months))


class _Codes:
    """Groups in an order of their own: by the first id among their deals; deals left out are one more group."""

    def __init__(self, order: Places, groups: Places, count: int) -> None:
        given = groups[order]
        used, first = np.unique(given[given >= 0], return_index=True)
        kept = np.flatnonzero(given >= 0)[first]
        self.used = used[np.argsort(kept)]
        self.count = count
        self.width = len(self.used) + 1
        place = np.full(count + 1, self.width - 1, np.int32)
        place[self.used] = np.arange(len(self.used), dtype=np.int32)
        self.of_deals: Places = place[np.where(groups < 0, count, groups)]

    def answer(self, enough: bool, basis: str, known: Numbers, to_come: Numbers) -> Simulated:
        """Quantiles in the order of the caller."""
        shown = slice(0, self.width - 1)
        values = to_come[:, shown] + known[shown]
        total = values.sum(axis=1, keepdims=True)
        fan = np.quantile(total[:, 0], np.arange(1, 10) / 10)
        return Simulated(
            enough,
            basis,
            self._summary(values, known[shown], self.used, self.count),
            self._summary(total, known[shown].sum(keepdims=True), np.zeros(1, np.int32), 1),
            [float(each) for each in fan],
        )

    def _summary(self, values: Numbers, known: Numbers, places: Places, count: int) -> Revenue:
        columns = [*np.quantile(values, _SHARES, axis=0), values.mean(axis=0), known]
        spread = np.zeros((len(columns), count))
        for line, column in zip(spread, columns, strict=True):
            line[places] = column
        return Revenue(*spread)


__all__ = ["Revenue", "RevenueModel", "Simulated", "fit_revenue", "simulate"]
