"""What rates make of deals day by day: the chance of a win in a span of days, and the course of the wins ahead.

Deals that stand at one stage and were opened on one day go the same way: all is reckoned once per such pair.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from projections.forecasting.chances_rates import Counts, age_bin, month_of_quarter
from projections.forecasting.histories import Numbers

Days64 = NDArray[np.int64]
Index = NDArray[np.int64]


def won_in(rates: Counts, opened: Days64, known: int, first: int, last: int, fiscal_start: int) -> Numbers:
    """Chance of a win on a day of first..last, from the end of the day `known`: (stage, opening day) → chance.

    Backwards from the last day: what a place is worth on a day is its chance to win on it, if it lies in the span,
    and of what it may turn into, each worth what it is worth on the day after. A deal not opened by `known` begins
    on the day after its opening.
    """
    stages = rates.shape[0]
    worth = np.zeros((stages, len(opened)))
    days = np.arange(known + 1, last + 1)
    seasons = month_of_quarter(days, fiscal_start)
    for day, season in zip(days[::-1], seasons[::-1], strict=True):
        here = rates[:, age_bin(day - opened), season]  # stage, opening, kind
        stays = 1.0 - here.sum(axis=-1)
        after = worth * stays + np.einsum("sok,ko->so", here[..., : stages - 1], worth[:-1])
        if day >= first:
            after += here[..., stages - 1]
        worth = np.where(day > opened, after, worth)
    return worth


def course(
    rates: Counts, stage: NDArray[np.int64], opened: Days64, known: int, days: int, fiscal_start: int
) -> Numbers:
    """Chance of a win by each of the coming days, for each pair of stage and opening day: (pair, day) → chance."""
    stages, pairs = rates.shape[0], len(stage)
    at = np.zeros((pairs, stages))
    at[np.arange(pairs), stage] = 1.0
    won, total = np.zeros((pairs, days)), np.zeros(pairs)
    ahead = np.arange(known + 1, known + days + 1)
    for number, (day, season) in enumerate(zip(ahead, month_of_quarter(ahead, fiscal_start), strict=True)):
        bins = age_bin(day - opened)
        here = np.swapaxes(rates[:, :, season], 0, 1)[bins]  # pair, stage, kind
        moved = (at[:, None, :] @ here)[:, 0]
        total = total + moved[:, stages - 1]
        won[:, number] = total
        at = at * (1.0 - here.sum(axis=-1))
        at[:, :-1] += moved[:, : stages - 1]
    return won


def worth_on(
    rates: Counts, opened: Days64, wanted: dict[int, tuple[Index, Index]], last: int, fiscal_start: int
) -> dict[int, Numbers]:
    """Chance of a win by the day `last`, from the end of each wanted day, for places of (stage, opening day)."""
    stages = rates.shape[0]
    kept, worth = {}, np.zeros((stages, len(opened)))
    days = np.arange(min(wanted), last + 1)
    by_season = np.ascontiguousarray(np.moveaxis(rates, 2, 0))  # season, stage, age, kind
    for day, season in zip(days[::-1].tolist(), month_of_quarter(days, fiscal_start)[::-1].tolist(), strict=True):
        if day in wanted:
            stage, place = wanted[day]
            kept[day] = worth[stage, place]
        here = by_season[season][:, age_bin(day - opened)]
        moved = np.einsum("sok,ko->so", here[..., : stages - 1], worth[:-1])
        worth = worth * (1.0 - here.sum(axis=-1)) + moved + here[..., stages - 1]
    return kept
