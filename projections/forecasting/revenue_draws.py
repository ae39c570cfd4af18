"""Draws of a period's revenue: coins of open deals, new deals as they came in past weeks, shocks that all share."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from projections.forecasting.histories import Numbers
from projections.forecasting.revenue_pipeline import Arrivals, Coming, OpenDeals, Paid, added, summed

_COINS = 50_000_000
"""So many coins are thrown at most in a simulation, and so many of them at once as are CELLS."""
_CELLS = 500_000
_SIDES = 1 << 16


@dataclass(frozen=True)
class Pipeline:
    """What revenue is drawn from."""

    coming: list[Coming]
    """By each bootstrap of the rates, or once by the rates themselves."""
    deals: OpenDeals
    new: Arrivals
    paid: Paid


def drawn(pipeline: Pipeline, runs: int, rng: Generator) -> tuple[Numbers, float]:
    """Revenue to come by run and group, before shocks: a share of the runs per bootstrap of the rates; and how far
    the bootstraps lie apart for the company, as a square relative to its mean."""
    count = len(pipeline.deals.start) - 1
    result = np.zeros((runs, count))
    tables = max(1, min(len(pipeline.coming), runs))
    edges = np.linspace(0, runs, tables + 1).astype(int)
    for table, (begin, end) in enumerate(itertools.pairwise(edges)):
        result[begin:end] = _of_table(pipeline, table, int(end - begin), max(1, _COINS // runs), rng)
    means = np.array([part.sum(axis=1).mean() for part in np.split(result, edges[1:-1])])
    return result, float(means.var() / means.mean() ** 2) if means.mean() > 0 else 0.0


def _of_table(pipeline: Pipeline, table: int, runs: int, most: int, rng: Generator) -> Numbers:
    p, comes = pipeline, pipeline.coming[table]
    total = coins(p.deals, comes.of_open[p.deals.places], p.paid, runs, most, rng)
    return total + newcomers(p.new, comes.by_week, p.paid, runs, rng)


def coins(deals: OpenDeals, chance: Numbers, paid: Paid, runs: int, most: int, rng: Generator) -> Numbers:
    """What open deals bring by run and group: sure ones whole, the others by a coin each; at most so many coins, of
    more deals those that matter least are added up by mean and variance."""
    count = len(deals.start) - 1
    sides = np.rint(chance * _SIDES)
    total = np.zeros((runs, count)) + added(deals, np.where(sides >= _SIDES, deals.amount, 0.0))
    doubtful = np.flatnonzero((sides < _SIDES) & (sides > 0))
    if len(doubtful) > most:
        matters = (deals.amount**2 * chance * (1 - chance))[doubtful]
        kept = np.sort(np.argsort(-matters, kind="stable")[:most])
        total += _added_up(deals, chance, np.delete(doubtful, kept), runs, rng)
        doubtful = doubtful[kept]
    if len(doubtful):
        starts = np.flatnonzero(np.diff(deals.group[doubtful], prepend=-1))
        held, amount = sides[doubtful].astype(np.uint16), deals.amount[doubtful].astype(np.float32)
        columns = deals.group[doubtful[starts]]
        step = max(1, _CELLS // len(doubtful))
        for begin in range(0, runs, step):
            part = total[begin : begin + step]
            thrown = rng.integers(0, _SIDES, (len(part), len(doubtful)), dtype=np.uint16) < held
            part[:, columns] += np.add.reduceat(thrown * amount, starts, axis=1)
    return total * paid.mean + _paid_noise(deals, chance, total, paid, rng)


def _added_up(deals: OpenDeals, chance: Numbers, places: NDArray[np.intp], runs: int, rng: Generator) -> Numbers:
    count, group = len(deals.start) - 1, deals.group[places]
    p, amount = chance[places], deals.amount[places]
    mean, spread = summed(group, p * amount, count), np.sqrt(summed(group, p * (1 - p) * amount**2, count))
    return mean + spread * rng.standard_normal((runs, count))


def _paid_noise(deals: OpenDeals, chance: Numbers, total: Numbers, paid: Paid, rng: Generator) -> Numbers:
    """Deals do not pay what was expected: the spread of a sum of them, from the mean size of what was won."""
    if paid.spread == 0.0:
        return np.zeros_like(total)
    size, mean = added(deals, chance * deals.amount**2), added(deals, chance * np.abs(deals.amount))
    usual = np.divide(size, mean, out=np.zeros(len(mean)), where=mean > 0)
    spread = paid.spread * np.sqrt(np.abs(total) * usual)
    return np.asarray(np.maximum(spread * rng.standard_normal(total.shape), -paid.mean * np.abs(total)))


def newcomers(new: Arrivals, by_week: Numbers, paid: Paid, runs: int, rng: Generator) -> Numbers:
    """What deals not opened yet bring by run and group: whole past weeks come again, won ones are counted."""
    weeks, count = new.counts.shape
    if not len(by_week) or not new.counts.any():
        return np.zeros((runs, count))
    picked = rng.integers(0, weeks, (runs, len(by_week)))
    place = np.arange(runs)[:, None] * weeks + picked
    weight = np.bincount(place.ravel(), np.tile(by_week, runs), runs * weeks).reshape(runs, weeks)
    won = rng.poisson(weight @ new.counts).astype(float)
    variation = new.variation**2 + (1 + new.variation**2) * (paid.spread / max(paid.mean, 1e-9)) ** 2
    mean = new.amount * paid.mean
    some = variation > 0
    drawn = won * mean
    shape = np.divide(won, variation, out=np.zeros_like(won), where=some & (won > 0))
    drawn[:, some] = (rng.standard_gamma(shape) * variation * mean)[:, some]
    return drawn


def shocks(spread: Numbers | float, runs: int, width: int, rng: Generator) -> Numbers:
    """Factors that the deals of a company, or of a group, share; their median is 1."""
    return np.exp(spread * rng.standard_normal((runs, width)))
