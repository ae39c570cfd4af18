"""Draws of a period's revenue: coins of open deals, new deals as they came in past weeks, shocks that all share."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from projections.forecasting.chances import ChanceModel, win_chance
from projections.forecasting.histories import Histories, Numbers
from projections.forecasting.revenue_pipeline import Arrivals, OpenDeals, Paid, new_by_week

_SIDES = 1 << 16


@dataclass(frozen=True)
class Pipeline:
    """What revenue is drawn from."""

    chances: ChanceModel
    tables: int
    h: Histories
    deals: OpenDeals
    new: Arrivals
    paid: Paid
    first: int
    last: int


def drawn(pipeline: Pipeline, runs: int, rng: Generator) -> tuple[Numbers, float]:
    """Revenue to come by run and group, before shocks: a share of the runs per bootstrap of the rates; and how far
    the bootstraps lie apart for the company, as a square relative to its mean."""
    count = len(pipeline.deals.start) - 1
    result = np.zeros((runs, count))
    tables = max(1, min(pipeline.tables, runs))
    edges = np.linspace(0, runs, tables + 1).astype(int)
    for table, (begin, end) in enumerate(itertools.pairwise(edges)):
        number = table if pipeline.tables else -1
        result[begin:end] = _of_table(pipeline, number, int(end - begin), rng)
    means = np.array([part.sum(axis=1).mean() for part in np.split(result, edges[1:-1])])
    return result, float(means.var() / means.mean() ** 2) if means.mean() > 0 else 0.0


def _of_table(pipeline: Pipeline, table: int, runs: int, rng: Generator) -> Numbers:
    p, h = pipeline, pipeline.h
    chance = np.clip(win_chance(p.chances, h, p.deals.rows, p.first, p.last, table=table), 0.0, 1.0)
    total = coins(p.deals, chance, p.paid, runs, rng)
    return total + newcomers(p.new, new_by_week(p.chances, h, p.first, p.last, table), p.paid, runs, rng)


def coins(deals: OpenDeals, chance: Numbers, paid: Paid, runs: int, rng: Generator) -> Numbers:
    """What open deals bring by run and group: sure ones whole, the others by a coin each."""
    count = len(deals.start) - 1
    sides = np.rint(chance * _SIDES)
    sure = sides >= _SIDES
    total = np.zeros((runs, count)) + np.bincount(deals.group[sure], deals.amount[sure], count)
    doubtful = np.flatnonzero(~sure & (sides > 0))
    if len(doubtful):
        starts = np.flatnonzero(np.diff(deals.group[doubtful], prepend=-1))
        amount = deals.amount[doubtful].astype(np.float32)
        thrown = rng.integers(0, _SIDES, (runs, len(doubtful)), dtype=np.uint16) < sides[doubtful].astype(np.uint16)
        total[:, deals.group[doubtful[starts]]] += np.add.reduceat(thrown * amount, starts, axis=1)
    return total * paid.mean + _paid_noise(deals, chance, total, paid, rng)


def _paid_noise(deals: OpenDeals, chance: Numbers, total: Numbers, paid: Paid, rng: Generator) -> Numbers:
    """Deals do not pay what was expected: the spread of a sum of them, from the mean size of what was won."""
    if paid.spread == 0.0:
        return np.zeros_like(total)
    size = np.bincount(deals.group, chance * deals.amount**2, total.shape[1])
    mean = np.bincount(deals.group, chance * np.abs(deals.amount), total.shape[1])
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
