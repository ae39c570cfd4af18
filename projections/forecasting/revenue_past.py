"""How far off forecasts of the same kind were: issued some months earlier by what was known then, scored by now."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np

from projections.forecasting.chances_model import ChanceModel, fit_rates
from projections.forecasting.histories import Histories, Numbers, Outcome, Places
from projections.forecasting.past import known_then, months_before, stood
from projections.forecasting.revenue_pipeline import (
    WEEKS,
    Coming,
    Paid,
    Standing,
    arrivals,
    coming,
    expected,
    open_deals,
    standing,
    won_between,
    won_squares,
)

MONTHS = (1, 2, 3, 4, 5, 6, 9, 12)
"""Forecasts of so many months ago are scored: by the rates alone, of what closed in the year before."""
YEAR = 365


class RevenueModel(msgspec.Struct, frozen=True):
    """What a simulation of revenue needs beside the chances: paid over expected, and the models of earlier months.

    `ago` are months before the day of the model, `models` what had been learned by then.
    """

    paid_mean: float
    paid_spread: float
    ago: list[int]
    models: list[ChanceModel]

    def paid(self) -> Paid:
        """What won deals signed over what was expected."""
        return Paid(self.paid_mean, self.paid_spread)


@dataclass(frozen=True)
class Before:
    """What groups won earlier: in the same months a quarter and a year ago (the simple forecast; NaN where nothing
    closed yet), and in the last year. The squares of what the single deals signed say how few deals each hangs on."""

    simple: Numbers
    simple_squares: Numbers
    year: Numbers
    year_squares: Numbers


@dataclass(frozen=True)
class Trial:
    """One earlier forecast beside what came: by group the mean and variance of its coins, what else was known, and the
    actual revenue. `share` is how much of the period is over by now."""

    mean: Numbers
    variance: Numbers
    before: Before
    actual: Numbers
    share: float


def fit_revenue(h: Histories, chance_model: ChanceModel) -> RevenueModel:
    """Learn what a simulation needs; models of earlier months only where there was enough to learn from."""
    paid = paid_ratio(h)
    ago: list[int] = []
    models: list[ChanceModel] = []
    for months in MONTHS if chance_model.enough else ():
        day = months_before(h.day, months)
        model = fit_rates(known_then(h, day, day - YEAR), 0)
        if not model.enough:
            break
        ago.append(months)
        models.append(model)
    return RevenueModel(paid.mean, paid.spread, ago, models)


def paid_ratio(h: Histories) -> Paid:
    """Paid over expected of won deals, as if five more had paid what was expected."""
    known = (h.outcome == Outcome.WON) & (h.amount > 0) & np.isfinite(h.amount) & np.isfinite(h.signed)
    ratio = np.sort(np.clip(h.signed[known] / h.amount[known], 0.0, 5.0))
    mean = float((ratio.sum() + 5.0) / (len(ratio) + 5.0))
    return Paid(mean, float(np.sqrt(((ratio - mean) ** 2).sum() / (len(ratio) + 5.0))))


@dataclass(frozen=True)
class Past:
    """An earlier day with the model of then: what stood (places in `known`, whose deals are `rows` of all)."""

    months: int
    model: ChanceModel
    known: Histories
    rows: Places
    stands: Standing

    def over(self, now: int, span: tuple[int, int]) -> tuple[tuple[int, int], float] | None:
        """The days that lay as far ahead then, and how much of them is over by now; None where nothing is."""
        first, last = (months_before(each, self.months) for each in span)
        over = min(last, now)
        if not over >= first > self.known.day:
            return None
        return (first, over), (over - first + 1) / (last - first + 1)


def pasts(model: RevenueModel, h: Histories, order: Places) -> list[Past]:
    """The earlier days of which there are models."""
    return [_past(h, order, months, then) for months, then in zip(model.ago, model.models, strict=True)]


def _past(h: Histories, order: Places, months: int, model: ChanceModel) -> Past:
    day = months_before(h.day, months)
    counted, inside = stood(h, day, day - YEAR), stood(h, day, day - 7 * WEEKS)
    begun = int(h.opened[counted].min()) if counted.any() else day
    kept = (np.cumsum(inside, dtype=np.int32) - 1)[order[inside[order]]]
    known = known_then(h, day, day - 7 * WEEKS)
    return Past(months, model, known, np.flatnonzero(inside).astype(np.int32), standing(known, kept, begun))


@dataclass(frozen=True)
class Tried:
    """An earlier forecast of the same kind, whatever its groups: what the model of then said of the days that are over
    by now, and which part of the whole they are."""

    past: Past
    span: tuple[int, int]
    share: float
    comes: Coming


def tried(past: list[Past], now: int, span: tuple[int, int]) -> list[Tried]:
    """The forecasts of the same kind that earlier models would have made, as far as their period is over."""
    found = []
    for each in past:
        if (over := each.over(now, span)) is not None:
            comes = coming(each.model, each.known, each.stands, over[0], plain=True)
            found.append(Tried(each, *over, comes))
    return found


def trial(one: Tried, paid: Paid, h: Histories, order: Places, groups: Places, count: int) -> Trial:
    """An earlier forecast by group, beside what came."""
    inside, stands, day = groups[one.past.rows], one.past.stands, one.past.known.day
    said = expected(open_deals(stands, inside, count), arrivals(stands, inside, count), one.comes, paid)
    actual = won_between(h, order, groups, count, one.span)
    return Trial(said.mean, said.variance, won_before(h, day, order, groups, count, one.span), actual, one.share)


def won_before(h: Histories, day: int, order: Places, groups: Places, count: int, span: tuple[int, int]) -> Before:
    """What groups won in the same months earlier, and in the last year, by what was known on a day."""
    year = day - YEAR + 1, day
    won = won_between(h, order, groups, count, year), won_squares(h, order, groups, count, year)
    return Before(*_same_months(h, day, order, groups, count, span), *won)


def _same_months(
    h: Histories, day: int, order: Places, groups: Places, count: int, span: tuple[int, int]
) -> tuple[Numbers, Numbers]:
    won = h.closed[h.outcome == Outcome.WON]
    begun = int(won.min()) if len(won) else day
    found = []
    for months in (3, 12):
        before = months_before(span[0], months), months_before(span[1], months)
        if before[0] >= begun - 7 and before[1] <= day:
            found.append((won_between(h, order, groups, count, before), won_squares(h, order, groups, count, before)))
    if not found:
        return np.full(count, np.nan), np.zeros(count)
    amounts, squares = np.mean([each[0] for each in found], axis=0), np.mean([each[1] for each in found], axis=0)
    return np.asarray(amounts), np.asarray(squares / len(found))
