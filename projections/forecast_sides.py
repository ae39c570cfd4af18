"""A forecast of a period in columns: what each deal is expected to bring, and what is not of single deals."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.policies.calendar import Period
from projections.deals import Filters
from projections.forecast import NO_MODEL
from projections.forecast_learning import Learned, chance_model, is_enough, told_by
from projections.forecast_quantiles import money_of, seed_of
from projections.forecast_scope import Inside, in_scope, seen_of
from projections.forecasting.histories import NONE, Histories, Numbers, Outcome, number_of
from projections.forecasting.tables import distinct
from projections.view import View
from projections.whole_units import Units, back, units_of


@dataclass(frozen=True)
class Side:
    """A forecast, deal by deal, at the places of `h`: which of them it counts, what each is worth in minor units, its
    chance (NaN where it is not open); and what is not of deals. `missing` are those that nobody can value."""

    h: Histories
    inside: Inside
    counted: NDArray[np.bool_]
    units: Units
    chance: Numbers
    of_deals: Decimal
    to_open: Decimal
    correction: Decimal
    missing: int
    version: str

    @property
    def total(self) -> Decimal:
        """What is expected in all."""
        return self.of_deals + self.to_open + self.correction


def both_sides(
    then: View, now: View, before: Learned, after: Learned, days: Period, filters: Filters
) -> tuple[Side, Side]:
    """The sides of a bridge, of the deals that either of them counts alone."""
    old, new = before.histories, after.histories
    first, last = number_of(days.first), number_of(days.last)
    at_stake = [seen_of(h, h.at_stake(first, last), then, now) for h in (old, new)]
    here, there = old.places_of_those_in(new, at_stake[1]), new.places_of_those_in(old, at_stake[0])
    parts = (
        h.part(distinct(np.concatenate((own, of_other[of_other != NONE]))))
        for h, own, of_other in ((old, at_stake[0], here), (new, at_stake[1], there))
    )
    asked = zip((then, now), (before, after), parts, strict=True)
    one, other = (side_of(view, known, days, filters, part) for view, known, part in asked)
    return one, other


def side_of(view: View, known: Learned, days: Period, filters: Filters, part: Histories | None = None) -> Side:
    """What a forecast expects of each deal, of all or those of a `part`, of deals not opened yet, and what its model
    corrects."""
    h = known.histories if part is None else part
    inside = in_scope(view, h, filters)
    first, last = number_of(days.first), number_of(days.last)
    chance = _chances(view, known, h, inside, first, last)
    is_open = ~np.isnan(chance)
    won = inside & (h.outcome == Outcome.WON) & (h.closed >= first) & (h.closed <= last)
    counted = is_open | won
    worth = np.where(is_open, chance * h.amount, h.signed)
    units = np.zeros(len(h), np.int64)
    if counted.any():
        found = units_of(view, worth[counted])
        units = units.astype(found.dtype)
        units[counted] = found
    of_deals = back(view, sum(units[counted].tolist()))
    to_open, whole = _not_of_deals(view, known, filters, first, last)
    return Side(
        h=h,
        inside=inside,
        counted=counted,
        units=units,
        chance=chance,
        of_deals=of_deals,
        to_open=to_open,
        correction=view.money(Decimal(0)) if whole is None else whole - of_deals - to_open,
        missing=int(np.count_nonzero(counted & ~np.isfinite(worth))),
        version=known.model.version if known.model is not None and is_enough(view, known.model) else NO_MODEL,
    )


def _chances(view: View, known: Learned, h: Histories, inside: Inside, first: int, last: int) -> Numbers:
    """The chance of each open deal to be won in the period; NaN for the others."""
    from projections.forecasting.chances import win_chance

    rows = np.flatnonzero(inside & (h.outcome == Outcome.OPEN)).astype(np.int32)
    chance = np.full(len(h), np.nan)
    if last <= h.day:
        chance[rows] = 0.0
    elif len(rows):
        model = chance_model(view, known)
        taught, places = told_by(model, known, h, rows)
        found: Any = win_chance(model, taught, places, max(first, h.day + 1), last)
        chance[rows] = np.clip(np.nan_to_num(found), 0.0, 1.0)
    return chance


def _not_of_deals(
    view: View, known: Learned, filters: Filters, first: int, last: int
) -> tuple[Decimal, Decimal | None]:
    """What is expected of deals not opened yet, and the mean of the whole simulation; 0 and None without a model."""
    from projections.forecasting.revenue import simulate
    from projections.forecasting.revenue_ahead import ahead_of
    from projections.forecasting.revenue_pipeline import arrivals

    model = known.model
    nothing = view.money(Decimal(0))
    if model is None or not is_enough(view, model):
        return nothing, None
    h = known.histories
    places = np.where(in_scope(view, h, filters), 0, NONE).astype(np.int32)
    seed = seed_of(model.version, known.newest, first, last)
    whole = money_of(view, float(simulate(model, h, first, last, places, 1, seed=seed).total.mean[0]))
    if last <= h.day:
        return nothing, whole
    ahead = ahead_of(model, h)
    new = arrivals(ahead.stands, places, 1)
    weeks = float(ahead.coming((max(first, h.day + 1), last)).by_week.sum())
    come = float(new.per_week()[0]) * weeks * float(new.amount[0]) * model.revenue.paid().mean
    return money_of(view, come) or nothing, whole
