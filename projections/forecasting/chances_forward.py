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


class _Steps:
    """Rates split for going day by day: by month of the quarter and age bin, for stages."""

    def __init__(self, rates: Counts) -> None:
        self.stages = rates.shape[0]
        turned = np.moveaxis(rates, 2, 0)  # month, stage, age, kind
        self.win = np.ascontiguousarray(turned[..., self.stages - 1])
        self.stay = np.ascontiguousarray(1.0 - turned.sum(axis=-1))
        self.move = np.ascontiguousarray(np.moveaxis(turned[..., : self.stages - 1], 2, 1))  # month, age, stage, to

    def back(self, worth: Numbers, day: int, season: int, opened: Days64) -> Numbers:
        """What places (stage, opening day) are worth at the end of the day before, but for a win on the day."""
        bins = age_bin(day - opened)
        moved = np.matmul(self.move[season][bins], worth[:-1].T[:, :, None])[:, :, 0].T
        return np.asarray(worth * self.stay[season][:, bins] + moved)

    def winning(self, day: int, season: int, opened: Days64) -> Numbers:
        """The chance to win on the day: (stage, opening day)."""
        return np.asarray(self.win[season][:, age_bin(day - opened)])


def won_in(rates: Counts, opened: Days64, known: int, first: int, last: int, fiscal_start: int) -> Numbers:
    """Chance of a win on a day of first..last, from the end of the day `known`: (stage, opening day) → chance.

    Backwards from the last day: what a place is worth on a day is its chance to win on it, if it lies in the span,
    and of what it may turn into, each worth what it is worth on the day after. A deal not opened by `known` begins
    on the day after its opening.
    """
    steps, worth = _Steps(rates), np.zeros((rates.shape[0], len(opened)))
    days = np.arange(known + 1, last + 1)
    for day, season in zip(days[::-1].tolist(), month_of_quarter(days, fiscal_start)[::-1].tolist(), strict=True):
        after = steps.back(worth, day, season, opened)
        if day >= first:
            after += steps.winning(day, season, opened)
        worth = np.where(day > opened, after, worth)
    return worth


def course(
    rates: Counts, stage: Index, opened: Days64, known: int, days: int, fiscal_start: int
) -> tuple[Numbers, Numbers]:
    """Chance of a win by each of the coming days, for each pair of stage and opening day: (pair, day) → chance;
    and that the deal is open at the end of them."""
    steps, pairs = _Steps(rates), len(stage)
    at = np.zeros((pairs, rates.shape[0]))
    at[np.arange(pairs), stage] = 1.0
    won, total = np.zeros((days, pairs)), np.zeros(pairs)
    ahead = np.arange(known + 1, known + days + 1)
    for number, (day, season) in enumerate(zip(ahead, month_of_quarter(ahead, fiscal_start), strict=True)):
        bins = age_bin(day - opened)
        total = total + (at * steps.win[season].T[bins]).sum(axis=1)
        won[number] = total
        moved = np.matmul(at[:, None, :], steps.move[season][bins])[:, 0]
        at = at * steps.stay[season].T[bins]
        at[:, :-1] += moved
    return np.ascontiguousarray(won.T), at.sum(axis=1)


def worth_on(
    rates: Counts, opened: Days64, wanted: dict[int, tuple[Index, Index]], last: int, fiscal_start: int
) -> dict[int, Numbers]:
    """Chance of a win by the day `last`, from the end of each wanted day, for places of (stage, opening day)."""
    steps, kept, worth = _Steps(rates), {}, np.zeros((rates.shape[0], len(opened)))
    days = np.arange(min(wanted), last + 1)
    for day, season in zip(days[::-1].tolist(), month_of_quarter(days, fiscal_start)[::-1].tolist(), strict=True):
        if day in wanted:
            stage, place = wanted[day]
            kept[day] = worth[stage, place]
        worth = steps.back(worth, day, season, opened) + steps.winning(day, season, opened)
    return kept
