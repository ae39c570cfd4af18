"""The steps between two forecasts of a period, opportunity by opportunity, reckoned in columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.policies.calendar import Period
from projections.forecast_sides import Side
from projections.forecasting.histories import NEVER, NONE, Outcome, Places, number_of
from projections.view import View
from projections.whole_units import Units, back, units_of

STEPS = (
    "new", "reopened", "moved_in", "won", "increased", "decreased", "pulled_in", "pushed_out", "probability", "lost",
    "disqualified", "moved_out", "not_yet_opened", "correction",
)  # fmt: skip
"""`won`: signed − expected before, or − expected where it was won outside the period. `increased`, `decreased`: by the
amount, at the chance before. `pulled_in`, `pushed_out`: by the chance, where the expected close moved into the period
or out of it; `probability`: all other changes of the chance. `not_yet_opened`: deals expected to be opened and won;
`correction`: by which the model centres its sums on its own scored errors."""
_KIND = {name: number for number, name in enumerate(STEPS)}
Kinds = NDArray[np.int64]


@dataclass(frozen=True)
class Moves:
    """What single opportunities add to steps, by their identifiers: where each stood before and stands after (NONE
    where it was, or is, not there), which step it is, and by how many minor units. None adds nothing."""

    view: View
    was: Places
    place: Places
    kinds: Kinds
    units: Units

    def __len__(self) -> int:
        return len(self.units)

    def kind(self, one: int) -> str:
        """Which step it is."""
        return STEPS[self.kinds[one]]

    def amount(self, one: int) -> Decimal:
        """What it adds."""
        return back(self.view, int(self.units[one]))

    def sums(self) -> dict[str, Decimal]:
        """What they add to each step."""
        return {name: back(self.view, sum(self.units[self.kinds == number].tolist())) for name, number in _KIND.items()}

    def largest(self, most: int) -> Sequence[int]:
        """The so many that add or take most."""
        chosen: list[int] = np.argsort(-np.abs(self.units), kind="stable")[:most].tolist()
        return chosen


def moves_between(view: View, old: Side, new: Side, days: Period) -> Moves:
    """The steps of all opportunities: of each they sum to what it is worth after, less what it was worth before."""
    was, place = _both(old, new)
    before, after = _at(old.units, was, 0), _at(new.units, place, 0)
    whole = after - before
    kinds = _kinds(old, new, was, place, whole)
    still = np.flatnonzero(kinds == _KIND["probability"])
    revised, kinds[still] = _still_open(view, old, new, was[still], place[still], days)
    whole[still] -= revised
    of_amount = np.where(revised > 0, _KIND["increased"], _KIND["decreased"])
    order = np.argsort(np.concatenate((still * 2, np.arange(len(was)) * 2 + 1)), kind="stable")
    columns = ((was[still], was), (place[still], place), (of_amount, kinds), (revised, whole))
    was, place, kinds, units = (np.concatenate(each)[order] for each in columns)
    some = units != 0
    return Moves(view, was[some], place[some], kinds[some], units[some])


def _both(old: Side, new: Side) -> tuple[Places, Places]:
    """Where each opportunity that either side counts stands on both, in the order of their identifiers."""
    before, after = (np.flatnonzero(side.counted).astype(np.int32) for side in (old, new))
    became, was = new.h.places_of_those_in(old.h, before), old.h.places_of_those_in(new.h, after)
    only_after = ~_at(old.counted, was, 0)
    order = old.h.order_with(before, new.h, after[only_after])
    both = (before, was[only_after]), (became, after[only_after])
    here, there = (np.concatenate(each).astype(np.int32)[order] for each in both)
    return here, there


def _kinds(old: Side, new: Side, was: Places, place: Places, whole: Units) -> Kinds:
    """What became of each; `probability` of all that was open before and is open after."""
    former, outcome = _at(old.h.outcome, was, Outcome.OPEN), _at(new.h.outcome, place, Outcome.OPEN)
    cases = (
        (~_at(new.inside, place, 0), "moved_out"),
        (was == NONE, "new"),
        (~_at(old.inside, was, 0), "moved_in"),
        (outcome == Outcome.LOST, "lost"),
        (outcome == Outcome.DISQUALIFIED, "disqualified"),
        ((former == Outcome.OPEN) & (outcome == Outcome.OPEN), "probability"),
        ((former == outcome) & (whole > 0), "increased"),  # won before and after: another amount, or another day
        (former == outcome, "decreased"),
        (outcome == Outcome.WON, "won"),
    )
    names = [_KIND[name] for _, name in cases]
    return np.select([case.astype(np.bool_) for case, _ in cases], names, _KIND["reopened"])


def _still_open(view: View, old: Side, new: Side, was: Places, place: Places, days: Period) -> tuple[Units, Kinds]:
    """Of what stayed open: what the amount added at the chance before, and which step the rest is."""
    before, after = old.h.amount[was], new.h.amount[place]
    more = np.where(np.isfinite(after), after, 0.0) - np.where(np.isfinite(before), before, 0.0)
    stood, stands = (
        (side.h.close_on[rows] != NEVER)
        & (side.h.close_on[rows] >= number_of(days.first))
        & (side.h.close_on[rows] <= number_of(days.last))
        for side, rows in ((old, was), (new, place))
    )
    moved = np.where(stands, _KIND["pulled_in"], _KIND["pushed_out"])
    return units_of(view, old.chance[was] * more), np.where(stood == stands, _KIND["probability"], moved)


def _at(column: NDArray[Any], rows: Places, otherwise: int) -> NDArray[Any]:
    """A column at places; something else where there is no place."""
    if not len(column):
        return np.full(len(rows), otherwise, column.dtype)
    found: NDArray[Any] = np.where(rows >= 0, column[rows], otherwise).astype(column.dtype)
    return found
