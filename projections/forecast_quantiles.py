"""Quantiles of the revenue of a period, in all and by group, by simulation of the deals that are open and those that
will be opened."""

from __future__ import annotations

import math
from decimal import Decimal
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np

from domain.policies.calendar import period
from domain.policies.forecast_policy import ForecastMethod
from projections.deals import Filters, below
from projections.forecast import APART, STEPS, Amounts, ForecastAnswer, ForecastGroup
from projections.forecast_learning import Learned, describe, is_enough, probabilities
from projections.forecast_scope import Level, in_scope, levels
from projections.forecasting.histories import NONE, number_of
from projections.funnel import By
from projections.names import names_of
from projections.view import View

if TYPE_CHECKING:
    from projections.forecasting.revenue import Revenue

DIGITS = 4
"""So many digits after the point of what is reckoned are money, before it is rounded to a minor unit."""


def add_quantiles(
    view: View, answer: ForecastAnswer, known: Learned, filters: Filters | None = None, *, by: By | None = None
) -> ForecastAnswer:
    """Put p10, p50 and p90 beside the figures of a forecast, and what they rest on. Groups that only the histories
    know, such as the territory above those of the owners, are added. The same position, moment and model version give
    the same values, whoever asks for the same deals."""
    describe(view, answer, known)
    learns = view.policies.forecasting.method is ForecastMethod.HAZARD
    if learns and not is_enough(view, known.model):
        return answer
    histories = known.histories
    days = period(view.policies.company, answer.period)
    first, last = number_of(days.first), number_of(days.last)
    inside = in_scope(view, histories, filters or Filters())
    whole = Level(np.where(inside, 0, NONE).astype(np.int32), [""])
    reckoned = _simulated if learns else _simple
    _set(view, answer, reckoned(view, known, whole, first, last).total, 0)
    if by is None:
        return answer
    groups, allowed = {group.key: group for group in answer.groups or []}, _allowed(view, filters, by)
    for level in levels(view, histories, by, inside):
        found = reckoned(view, known, level, first, last).groups
        for place, key in enumerate(level.keys):
            if key in groups or ((allowed is None or key in allowed) and _brings(found, place)):
                _set(view, groups.setdefault(key, _group(view, key)), found, place)
    answer.groups = _in_order(view, by, groups)
    return answer


def _allowed(view: View, filters: Filters | None, by: By) -> list[str] | None:
    """The territories that a filter by territory allows: none above it; None where every group may be listed."""
    return below(filters, view) if filters and by is By.TERRITORY else None


def _simulated(_: View, known: Learned, level: Level, first: int, last: int) -> Any:
    from projections.forecasting.revenue import simulate

    model = known.model
    assert model is not None
    seed = seed_of(model.version, known.newest, first, last)
    return simulate(model, known.histories, first, last, level.places, len(level.keys), seed=seed)


def _simple(view: View, known: Learned, level: Level, first: int, last: int) -> Any:
    """By the method in use, which states one amount: it stands as p50; null where the history does not reach back."""
    from projections.forecasting import naive
    from projections.forecasting.revenue import Revenue, Simulated

    count, rates = len(level.keys), probabilities(view)
    said = naive.amounts(known.histories, rates, level.places, count, first, last)
    values = said.get(view.policies.forecasting.method.value, np.full(count, np.nan))

    def revenue(of: Any) -> Revenue:
        nobody_knows = np.full(len(of), np.nan)
        return Revenue(nobody_knows, of, nobody_knows, of, np.nan_to_num(of))

    return Simulated(enough=True, basis="", groups=revenue(values), total=revenue(values.sum(keepdims=True)))


def seed_of(version: str, position: int, first: int, last: int) -> bytes:
    """Where the random numbers of a period begin."""
    return blake2b(f"{version} {position} {first} {last}".encode(), digest_size=16).digest()


def _brings(found: Revenue, place: int) -> bool:
    """Whether anything is to be expected of a group."""
    return bool(found.p90[place] > 0 or found.known[place] > 0)


def _set(view: View, amounts: Amounts | ForecastAnswer, found: Revenue, place: int) -> None:
    amounts.p10 = money_of(view, float(found.p10[place]))
    amounts.p50 = money_of(view, float(found.p50[place]))
    amounts.p90 = money_of(view, float(found.p90[place]))


def money_of(view: View, amount: float) -> Decimal | None:
    """A number as money at the minor unit; None where it is none."""
    return view.money(Decimal(repr(round(amount, DIGITS)))) if math.isfinite(amount) else None


def _group(view: View, key: str) -> ForecastGroup:
    nothing = view.money(Decimal(0))
    group = ForecastGroup(key=key, name=key, cumulative=dict.fromkeys(STEPS, nothing))
    for figure in (*STEPS, *APART, "weighted"):
        setattr(group, figure, nothing)
    return group


def _in_order(view: View, by: By, groups: dict[str, ForecastGroup]) -> list[ForecastGroup]:
    names = names_of(view, by, sorted(groups))
    for key, group in groups.items():
        group.name = names.get(key, key)
    return [groups[key] for key in sorted(groups)]
