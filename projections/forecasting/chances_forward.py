"""What rates make of deals day by day: the chance of a win in a span of days, and the course of the wins ahead.

Where a deal stands is its place (the stage, entered at some age) and its days at it. What that is worth is reckoned
backwards from the last day, for all places and days at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from projections.forecasting.chances_rates import STAY_EDGES, Counts, month_of_quarter, stay_bin
from projections.forecasting.histories import NEVER, Numbers

Index = NDArray[np.int64]

LONGEST = int(STAY_EDGES[-2])
"""Days at a stage that are told apart; more count as one more."""


class Place(NamedTuple):
    """A stage (a number), entered at an age of at least so many days; `usual` is the mean age at entry."""

    stage: int
    least: int
    usual: float


class Steps:
    """Rates for going day by day: by month of the quarter, place, days at it at the end of the day before.

    A deal that moves on enters the place of its age, taken as the place's usual age at entry and the days at it.
    """

    def __init__(self, rates: Counts, places: list[Place]) -> None:
        self.places, stages = rates.shape[0], rates.shape[-1] - 2
        days = np.arange(1, LONGEST + 2)
        turned = np.moveaxis(rates, 2, 0)[:, :, stay_bin(days)]  # month, place, days, kind
        self.win = np.ascontiguousarray(turned[..., stages])
        self.stay = np.ascontiguousarray(1.0 - turned.sum(axis=-1))
        age = np.array([place.usual for place in places] + [0.0])[:, None] + days
        self.move = np.zeros((*turned.shape[:3], len(places)))
        for number, place in enumerate(places):
            older = [each.least for each in places if each.stage == place.stage and each.least > place.least]
            is_it = (age >= place.least) & (age < min(older, default=NEVER))
            self.move[..., number] = turned[..., place.stage] * is_it

    def back(self, worth: Numbers, season: int) -> Numbers:
        """What (place, days at it, …) is worth at the end of the day before, but for a win on the day."""
        longer = np.concatenate([worth[:, 1:], worth[:, -1:]], axis=1)
        return np.asarray(self.stay[season][..., None] * longer + self.move[season] @ worth[:-1, 0])


def _backwards(first: int, last: int, fiscal_start: int) -> Iterator[tuple[int, int]]:
    """The days from last to first, each with its month of the quarter."""
    days = np.arange(first, last + 1)
    return zip(days[::-1].tolist(), month_of_quarter(days, fiscal_start)[::-1].tolist(), strict=True)


def won_in(steps: Steps, known: int, first: int, last: int, fiscal_start: int) -> Numbers:
    """Chance of a win on a day of first..last, from the end of the day `known`: (place, days at it) → chance.

    What a place is worth on a day is its chance to win on it, if it lies in the span, and of what it may turn into,
    each worth what it is worth on the day after.
    """
    worth = np.zeros((steps.places, LONGEST + 1, 1))
    for day, season in _backwards(known + 1, last, fiscal_start):
        worth = steps.back(worth, season)
        if day >= first:
            worth[..., 0] += steps.win[season]
    return np.asarray(worth[..., 0])


def won_in_from(steps: Steps, opened: Index, first: int, last: int, fiscal_start: int) -> Numbers:
    """The same for deals opened at the end of each of these days: (place, opening day) → chance."""
    worth = np.zeros((steps.places, LONGEST + 1, 1))
    found = np.zeros((steps.places, len(opened)))
    begin = int(opened.min(initial=last))
    for day, season in _backwards(begin + 1, last, fiscal_start):
        worth = steps.back(worth, season)
        if day >= first:
            worth[..., 0] += steps.win[season]
        found[:, opened == day - 1] = worth[:, :1, 0]
    return found


def course(steps: Steps, known: int, days: Index, fiscal_start: int) -> Numbers:
    """Chance of a win by the end of so many days each: (place, days at it, how many days) → chance. The days rise."""
    worth = np.zeros((steps.places, LONGEST + 1, len(days)))
    for day, season in _backwards(known + 1, known + int(days[-1]), fiscal_start):
        begun = int(np.searchsorted(days, day - known))
        after = steps.back(worth[..., begun:], season)
        worth[..., begun:] = after + steps.win[season][..., None]
    return worth


def still_open(steps: Steps, known: int, last: int, fiscal_start: int) -> Numbers:
    """Chance to be open at the end of the last day: (place, days at it)."""
    worth = np.ones((steps.places, LONGEST + 1, 1))
    for _, season in _backwards(known + 1, last, fiscal_start):
        worth = steps.back(worth, season)
    return np.asarray(worth[..., 0])


def worth_on(steps: Steps, wanted: dict[int, tuple[Index, Index]], last: int, fiscal_start: int) -> dict[int, Numbers]:
    """Chance of a win by the day `last`, from the end of each wanted day, where it is wanted: (place, days at it)."""
    kept, worth = {}, np.zeros((steps.places, LONGEST + 1, 1))
    for day, season in _backwards(min(wanted, default=last + 1), last, fiscal_start):
        if day in wanted:
            kept[day] = worth[*wanted[day], 0]
        worth = steps.back(worth, season) + steps.win[season][..., None]
    return kept
