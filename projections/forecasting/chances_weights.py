"""What a deal's own signs add to the log odds of a win: a ridge logistic regression beside the rates.

The deals of the past are looked at each week with what was known then. What the rates said is the offset; what came
of the deal is the truth, and where nothing has come yet, the chance that the model itself gives it today (so that
slow deals count, too: expectation and maximisation in turn). The ridge draws every weight to nothing, so that without
signal the rates stand as they are; the level of the rates is not learned here but from their own past errors.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from projections.forecasting import chances_forward as forward
from projections.forecasting.chances_signs import Pairs, Signs, signs_of
from projections.forecasting.histories import NEVER, Histories, Numbers, Outcome

WEEK = 7
YEARS = 2
MOST = 60_000
"""Of more pairs of deal and week, only so many are learned from: those of every n-th deal by its id."""
SHARE = 0.75
"""A deal that was seen in n weeks counts as n ** SHARE."""
RIDGE = 60.0
"""How strongly weights of standardised signs are drawn to nothing at first; then by as much as their own size asks."""
DRAWN = (30.0, 1000.0)
"""At least and at most."""
MANY = ("answer ", "record ")
"""Signs of which there are many, drawn together; the others together, too."""
ROUNDS = 4
LEAST_SPREAD = 0.03


class Weights(msgspec.Struct, frozen=True):
    """By sign its weight and its usual value."""

    names: list[str] = []
    weights: list[float] = []
    usual: list[float] = []

    def added(self, signs: Signs) -> Numbers:
        """What each sign adds to the log odds: (deal, sign)."""
        return np.asarray((signs.matrix(self.names) - np.array(self.usual)) * np.array(self.weights))


@dataclass(frozen=True)
class Seen:
    """Past deals on past days: what the rates said (log odds), how it ended (NaN: not yet), and its weight."""

    pairs: Pairs
    odds: Numbers
    truth: Numbers
    weight: Numbers


def log_odds(p: Numbers) -> Numbers:
    """The log odds of a chance, kept within ±7."""
    inside = np.clip(p, 0.001, 0.999)
    return np.asarray(np.log(inside / (1 - inside)))


def chance_of(odds: Numbers) -> Numbers:
    """The chance of log odds."""
    return np.asarray(1 / (1 + np.exp(-odds)))


def past_pairs(h: Histories, start: int) -> Pairs:
    """Deals on the days one week apart, back from `h.day`, on which they were open."""
    closed = np.minimum(h.closed.astype(np.int64), NEVER)
    first = max(start, h.day - 365 * YEARS)
    weeks = np.maximum(0, np.minimum(closed, h.day) - np.maximum(h.opened, first)).sum() / WEEK
    among = np.arange(len(h))
    step = int(weeks // MOST) + 1
    if step > 1:
        among = np.array([row for row in among.tolist() if h.ids[row].int % step == 0], dtype=np.int64)
    days = range(h.day - WEEK, first - 1, -WEEK)
    found = [among[(h.opened[among] <= day) & (closed[among] > day)] for day in days]
    deal = np.concatenate([np.zeros(0, np.int64), *found])
    return Pairs(deal, np.repeat(np.fromiter(days, np.int64, len(days)), [len(each) for each in found]))


def seen(h: Histories, steps: forward.Steps, places: NDArray[np.int32], pairs: Pairs, horizon: int) -> Seen:
    """What the rates said of past pairs, and what came."""
    spell = spell_on(h, pairs)
    place = places[spell].astype(np.int64)
    stay = np.clip(pairs.day - h.spells.start[spell], 0, forward.LONGEST)
    days = np.unique(pairs.day)
    order = np.argsort(pairs.day, kind="stable")
    edges = np.searchsorted(pairs.day[order], [*days.tolist(), NEVER])
    parts = [order[edges[n] : edges[n + 1]] for n in range(len(days))]
    wanted = {int(day): (place[part], stay[part]) for day, part in zip(days, parts, strict=True)}
    said, worth = np.zeros(len(pairs)), forward.worth_on(steps, wanted, h.day + horizon, h.fiscal_start)
    for day, part in zip(days, parts, strict=True):
        said[part] = worth[int(day)]
    outcome = h.outcome[pairs.deal]
    truth = np.where(outcome == Outcome.OPEN, np.nan, outcome == Outcome.WON)
    often = np.bincount(pairs.deal, minlength=len(h))[pairs.deal]
    age = (h.day - pairs.day) / 365
    return Seen(pairs, log_odds(said), truth, often ** (SHARE - 1) * 0.5**age)


def spell_on(h: Histories, pairs: Pairs) -> NDArray[np.int64]:
    """The stay at a stage in which each deal was at the end of the day."""
    big = 1 << 22
    key = h.spells.deal.astype(np.int64) * big + h.spells.start
    place = np.searchsorted(key, pairs.deal * big + pairs.day, side="right") - 1
    return np.asarray(np.maximum(place, 0))


def fit_weights(h: Histories, past: Seen, now: Numbers) -> Weights:
    """Learn the weights; `now` are the log odds that the rates give each deal today."""
    signs = signs_of(h, past.pairs)
    names = list(signs.named)
    columns = signs.matrix(names)
    total = max(1e-9, float(past.weight.sum()))
    usual = past.weight @ columns / total
    spread = np.sqrt(past.weight @ (columns - usual) ** 2 / total)
    held = np.flatnonzero(spread > LEAST_SPREAD)
    names, usual, spread = [names[place] for place in held], usual[held], spread[held]
    scaled = np.concatenate([(columns[:, held] - usual) / spread, np.ones((len(columns), 1))], axis=1)
    group = np.array([[name.startswith(many) for many in (*MANY, "")].index(True) for name in names], dtype=np.int64)
    ridge, standard = np.full(len(names) + 1, RIDGE), np.zeros(len(names) + 1)
    is_open = np.isnan(past.truth)
    weights = Weights(names, [0.0] * len(names), [float(each) for each in usual])
    rows = np.flatnonzero(h.outcome == Outcome.OPEN)
    today = signs_of(h, Pairs(rows.astype(np.int64), np.full(len(rows), h.day, dtype=np.int64)))
    for _ in range(ROUNDS):
        p = np.zeros(len(h))
        p[rows] = chance_of(now[rows] + weights.added(today).sum(axis=1))
        truth = np.where(is_open, p[past.pairs.deal], past.truth)
        standard, sure = _ridge(scaled, truth, past, ridge, standard)
        ridge[:-1] = _drawn(standard[:-1], sure[:-1], group)[group]
        weights = Weights(names, [float(each) for each in standard[:-1] / spread], weights.usual)
    return weights


def _ridge(columns: Numbers, truth: Numbers, past: Seen, ridge: Numbers, found: Numbers) -> tuple[Numbers, Numbers]:
    """Weights of standardised columns beside the offset, by Newton's method from `found` on, and how far each was
    decided by the deals rather than by the ridge (0 to 1)."""
    offset, weight = past.odds, past.weight
    curve = np.diag(ridge)
    for _ in range(25):
        p = chance_of(offset + columns @ found)
        slope = columns.T @ (weight * (truth - p)) - ridge * found
        curve = (columns * (weight * p * (1 - p))[:, None]).T @ columns + np.diag(ridge)
        step = np.linalg.solve(curve, slope)
        found = found + step
        if np.abs(step).max(initial=0.0) < 1e-5:
            break
    return found, np.clip(1 - ridge * np.diag(np.linalg.inv(curve)), 0.0, 1.0)


def _drawn(standard: Numbers, sure: Numbers, group: NDArray[np.int64]) -> Numbers:
    """By group how strongly its weights are drawn to nothing: the evidence's fixed point (MacKay 1992)."""
    size = len(MANY) + 1
    decided, square = np.bincount(group, sure, size), np.bincount(group, standard**2, size)
    return np.clip((decided + 1) / (square + 1 / RIDGE), *DRAWN)
