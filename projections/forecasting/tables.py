"""Columns of facts, and which of them were knowable at a moment."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from projections.forecasting.decoding import Moments

ALWAYS = -(2**62)
NEVER_KNOWN = 2**62

N = TypeVar("N", bound=np.integer[Any])
SPARSE = 16
"""Whole numbers are marked off rather than sorted where no more than so many places are marked for each of them."""


def distinct(values: NDArray[N]) -> NDArray[N]:
    """The different ones of whole numbers, in order: what `np.unique` says, which hashes and takes many times as long
    where most of them are different."""
    if not len(values):
        return values
    least, most = int(values.min()), int(values.max())
    if most - least < SPARSE * len(values):
        there = np.zeros(most - least + 1, np.bool_)
        there[values - least] = True
        return (np.flatnonzero(there) + least).astype(values.dtype)
    in_order = np.sort(values)
    return in_order[np.concatenate(([True], in_order[1:] != in_order[:-1]))]


@dataclass(frozen=True)
class Table:
    """Facts of one kind. `of` is whose they are, `key`, `value` and `unit` what they say; `when` is the moment from
    which a fact counts, the later of when it occurred and when it was knowable; `gone` is the moment from which it is
    withdrawn (ALWAYS for a withdrawal that was imported) and `gone_at` the position that says so. Within a table facts
    lie by whose they are, when they occurred and position: in business order."""

    of: NDArray[np.int32]
    occurred: Moments
    when: Moments
    position: Moments
    kind: NDArray[np.int8]
    key: NDArray[np.int32]
    value: NDArray[np.float64]
    unit: NDArray[np.int32]
    gone: Moments
    gone_at: Moments

    def __len__(self) -> int:
        return len(self.of)

    def known(self, at: int, known_at: int) -> NDArray[np.int64]:
        """The places of what counted at a moment, by what was recorded up to a position; in business order."""
        counts = self.when <= at
        _, newest, are_gone = self._last
        if newest > known_at:
            counts &= self.position <= known_at
        if are_gone:
            counts &= (self.gone > at) | (self.gone_at > known_at)
        return np.flatnonzero(counts)

    def known_of(self, some: NDArray[np.integer[Any]], at: int, known_at: int) -> NDArray[np.int64]:
        """The same of what is about some alone."""
        begins = self._begins
        some = some[some < len(begins) - 1]
        first, count = begins[some], begins[some + 1] - begins[some]
        places = np.repeat(first - (np.cumsum(count) - count), count) + np.arange(count.sum())
        counts = (self.when[places] <= at) & (self.position[places] <= known_at)
        counts &= (self.gone[places] > at) | (self.gone_at[places] > known_at)
        found: NDArray[np.int64] = places[counts]
        return found

    @cached_property
    def _begins(self) -> NDArray[np.int64]:
        """Where the facts about each begin, and at the end how many there are; first lie those about nobody."""
        about = self.of[self.of >= 0]
        return len(self.of) - len(about) + np.concatenate(([0], np.cumsum(np.bincount(about)))).astype(np.int64)

    def newest(self, at: int, known_at: int) -> int:
        """The newest position that says something of what counted at a moment, a withdrawal perhaps; 0 for none."""
        moment, position, are_gone = self._last
        if position > known_at:
            return self._newest_of(self, at, known_at)
        if moment <= at and not are_gone:
            return position
        moments, newest, gone = self._newest
        count = int(np.searchsorted(moments, at, side="right"))
        return max(int(newest[count - 1]) if count else 0, self._newest_of(gone, at, known_at))

    @staticmethod
    def _newest_of(facts: Table, at: int, known_at: int) -> int:
        gone = facts.gone_at[(facts.gone <= at) & (facts.gone_at <= known_at) & (facts.when <= at)]
        positions = facts.position[facts.known(at, known_at)]
        return int(max(positions.max(initial=0), gone.max(initial=0)))

    @cached_property
    def _newest(self) -> tuple[Moments, Moments, Table]:
        """Of what is not withdrawn the moments from which it counts, in order, and the newest position by each; and
        what is withdrawn."""
        stays = np.flatnonzero(self.gone == NEVER_KNOWN)
        in_order = stays[np.argsort(self.when[stays], kind="stable")]
        newest: Moments = np.maximum.accumulate(self.position[in_order])
        return self.when[in_order], newest, self.taken(np.flatnonzero(self.gone < NEVER_KNOWN))

    def changed(self, after: int, until: int) -> bool:
        """Whether another fact counted, or one no more, after a moment and until another."""
        moment, _, are_gone = self._last
        columns = (self.when, self.occurred, self.gone) if are_gone else (self.when, self.occurred)
        return moment > after and any(bool(((each > after) & (each <= until)).any()) for each in columns)

    @cached_property
    def _last(self) -> tuple[int, int, bool]:
        """The last moment from which another fact counted, or one no more; the newest position; whether any is gone."""
        gone = self.gone[self.gone < NEVER_KNOWN]
        moments = [int(each.max(initial=ALWAYS)) for each in (self.when, self.occurred, gone)]
        return max(moments), int(self.position.max(initial=0)), bool(len(gone))

    @property
    def last_position(self) -> int:
        """The newest position of any fact."""
        return self._last[1]

    @cached_property
    def derived(self) -> dict[Hashable, Any]:
        """What was worked out of the facts, to be worked out once."""
        return {}

    def taken(self, places: NDArray[Any]) -> Table:
        """Some of the facts."""
        return Table(**{field.name: getattr(self, field.name)[places] for field in fields(self)})


class Withdrawals:
    """Which positions were withdrawn, from when on, and at which position."""

    def __init__(self) -> None:
        self._found: dict[int, tuple[int, int]] = {}
        self._sorted: tuple[Moments, Moments, Moments] | None = None
        self.told = 0
        """How many there were."""

    def add(self, withdrawn: int, gone: int, position: int) -> None:
        """A fact was withdrawn; the withdrawal that counts first is the one."""
        self._sorted = None
        self.told += 1
        self._found[withdrawn] = min((gone, position), self._found.get(withdrawn, (gone, position)))

    def changed(self, after: int, until: int) -> bool:
        """Whether something was withdrawn after a moment and until another."""
        return any(after < gone <= until for gone, _ in self._found.values())

    def copy(self) -> Withdrawals:
        """What was withdrawn so far."""
        other = Withdrawals()
        other._found = dict(self._found)
        return other

    def of(self, positions: Moments) -> tuple[Moments, Moments]:
        """From when on facts at positions are gone, and by which position; NEVER_KNOWN where they stay."""
        gone = np.full(len(positions), NEVER_KNOWN, np.int64)
        gone_at = gone.copy()
        if self._found and len(positions):
            at, since, by = self._arrays()
            place = np.minimum(np.searchsorted(at, positions), len(at) - 1)
            hit = at[place] == positions
            gone[hit], gone_at[hit] = since[place[hit]], by[place[hit]]
        return gone, gone_at

    def _arrays(self) -> tuple[Moments, Moments, Moments]:
        if self._sorted is None:
            at = np.array(sorted(self._found), np.int64)
            pairs = np.array([self._found[int(each)] for each in at], np.int64)
            self._sorted = at, pairs[:, 0], pairs[:, 1]
        return self._sorted
