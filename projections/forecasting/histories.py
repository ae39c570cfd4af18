"""What a forecaster may know of all deals at a moment, as arrays: one entry per deal, spell or mark.

Days are days of the company's calendar, counted from 1970-01-01; NEVER stands for a day that did not come. Codes are
places in the lists of `Codes`; NONE is no code. Money is in the reporting currency, NaN where nobody can say it.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.int32]
Places = NDArray[np.int32]
Kinds = NDArray[np.int8]
Numbers = NDArray[np.float64]

NEVER = 2**31 - 1
NONE = -1
_FIRST = date(1970, 1, 1)


class Outcome(enum.IntEnum):
    """How a deal stands."""

    OPEN = 0
    WON = 1
    LOST = 2
    DISQUALIFIED = 3


class MarkKind(enum.IntEnum):
    """What happened to a deal beside its stages; what `key` and `value` say of it."""

    PUSHED = 1
    """The expected close moved later; value: by so many days."""
    PULLED = 2
    """The expected close moved earlier; value: by so many days."""
    AMOUNT = 3
    """The amount was revised; value: the new over the old one."""
    ANSWER = 4
    """A question was answered; key: the question, value: 1 yes, -1 no, 0 unknown."""
    BUYER = 5
    """Somebody was mapped; key: `role support` (a place in Codes.buyers), value: 1 key player, else 0."""
    BUYER_GONE = 6
    """Somebody was unmapped; key as it was."""
    CONTACT = 7
    """A visit or another contact that served the deal; value: how many."""
    OWNER = 8
    """Another owner; key: the new one."""
    CATEGORY = 9
    """The owner's forecast category; key: a place in Codes.categories."""
    PURSUIT = 10
    """Go (1) or no-go (-1)."""
    COMPETITOR = 11
    """A competitor was identified."""
    QUOTE = 12
    """A quote was issued or revised."""


@dataclass(frozen=True)
class Codes:
    """What the codes stand for, in order. `stages` are (process, stage) in the order of the processes."""

    stages: list[tuple[str, str]]
    owners: list[UUID]
    territories: list[str]
    products: list[str]
    accounts: list[UUID]
    questions: list[str]
    buyers: list[str]
    categories: list[str]


@dataclass(frozen=True)
class Spells:
    """The stays of deals at stages, by deal and time: entered on `start`, left on `end` (NEVER while it stands there)
    for the stage `to`; `to` is NONE where the stay ended with the deal, or has not ended."""

    deal: Places
    stage: Places
    start: Days
    end: Days
    to: Places


@dataclass(frozen=True)
class Marks:
    """What happened to deals beside their stages, by deal and time; `key` is NONE where a kind has none."""

    deal: Places
    day: Days
    kind: Kinds
    key: Places
    value: Numbers


@dataclass(frozen=True)
class Histories:
    """All deals that were known at a moment, each as it was known then.

    `day` is the day of the moment; what happens on it counts as known, what is forecast begins on the next one.
    `stage` and `since` are where a deal stands and since which day; `closed` is NEVER while it is open. `account` is
    NONE where the account could not be known. `signed` is what a won deal signed. `fiscal_start` is the month in
    which the fiscal year begins; quarters are counted from it.
    """

    day: int
    fiscal_start: int
    ids: list[UUID]
    external: list[str]
    opened: Days
    closed: Days
    outcome: Kinds
    stage: Places
    since: Days
    owner: Places
    territory: Places
    product: Places
    account: Places
    amount: Numbers
    signed: Numbers
    close_on: Days
    category: Places
    spells: Spells
    marks: Marks
    codes: Codes
    raw: NDArray[np.bytes_] | None = None
    """The bytes of the identifiers, where they are there already."""

    def __len__(self) -> int:
        return len(self.ids)

    def named(self, row: int) -> tuple[UUID, str]:
        """The identifier of one deal, and its external one."""
        return self.ids[row], self.external[row]

    @property
    def stood(self) -> tuple[Places, Places]:
        """The deals and stages of the spells."""
        return self.spells.deal, self.spells.stage

    @cached_property
    def place(self) -> dict[UUID, int]:
        """Where each deal stands."""
        return {deal: place for place, deal in enumerate(self.ids)}

    @cached_property
    def keys(self) -> NDArray[np.bytes_]:
        """The identifiers as sixteen bytes each."""
        return self.raw if self.raw is not None else np.array([deal.bytes for deal in self.ids], "S16")

    def places_of(self, keys: NDArray[np.bytes_]) -> Places:
        """Where deals stand, by their identifiers; NONE for one that is not there."""
        if not len(self):
            return np.full(len(keys), NONE, np.int32)
        order = self._order
        places = order[np.minimum(np.searchsorted(self.keys, keys, sorter=order), len(order) - 1)]
        return np.where(self.keys[places] == keys, places, NONE).astype(np.int32)

    def among(self, deals: Iterable[UUID]) -> NDArray[np.bool_]:
        """Which deals are some of these."""
        found = np.zeros(len(self), np.bool_)
        places = self.places_of(np.array([deal.bytes for deal in deals], "S16"))
        found[places[places != NONE]] = True
        return found

    def places_of_those_in(self, other: Histories, rows: Places) -> Places:
        """Where deals of other histories stand here; NONE for one that is not there."""
        return rows if other is self else self.places_of(other.keys[rows])

    def order_with(self, rows: Places, other: Histories, others: Places) -> NDArray[np.int64]:
        """The order, by their identifiers, of deals at some places here, followed by deals of other histories."""
        return np.argsort(np.concatenate((self.keys[rows], other.keys[others])))

    @cached_property
    def _order(self) -> Places:
        """The places of the deals in the order of their identifiers."""
        in_order = (self.keys[:-1] <= self.keys[1:]).all()
        return (np.arange(len(self)) if in_order else np.argsort(self.keys)).astype(np.int32)

    def open(self) -> Places:
        """The places of the deals that are open."""
        return np.flatnonzero(self.outcome == Outcome.OPEN).astype(np.int32)

    def at_stake(self, first: int, last: int) -> Places:
        """The places of the deals that are open, or were won on one of these days."""
        return np.sort(np.concatenate((self.open(), self.won_on(first, last))))

    def won_on(self, first: int, last: int) -> Places:
        """The places of the deals that were won on one of these days."""
        won = (self.outcome == Outcome.WON) & (self.closed >= first) & (self.closed <= last)
        return np.flatnonzero(won).astype(np.int32)

    def closed_since(self, first: int) -> Places:
        """The places of the deals that closed on this day or later."""
        return np.flatnonzero((self.outcome != Outcome.OPEN) & (self.closed >= first)).astype(np.int32)

    def part(self, rows: Places) -> Histories:
        """The histories of these deals, and perhaps of others: what is asked of few deals is asked of these."""
        del rows
        return self

    @cached_property
    def closed_and_won(self) -> tuple[int, int]:
        """How many deals closed, and how many of them were won."""
        return int(np.count_nonzero(self.outcome != Outcome.OPEN)), int(np.count_nonzero(self.outcome == Outcome.WON))

    @cached_property
    def stage_rates(self) -> dict[tuple[str, str], float]:
        """The simple win rates: of the closed deals that ever stood at a stage, the share that was won; under ("", "")
        of all closed deals. Each is drawn towards that of all as if 10 more deals had been seen; half where none
        closed."""
        closed, won = self.closed_and_won
        whole = (won + 1) / (closed + 2)
        found = {("", ""): float(whole)}
        for name, (seen, good) in self.ends_by_stage.items():
            found[name] = float((good + 10 * whole) / (seen + 10))
        return found

    @cached_property
    def ends_by_stage(self) -> dict[tuple[str, str], tuple[int, int]]:
        """Of the deals that ever stood at each stage, how many closed, and how many of them were won."""
        done, won = self.outcome != Outcome.OPEN, self.outcome == Outcome.WON
        deals, stages = self.stood
        stood = np.zeros((len(self), len(self.codes.stages)), np.bool_)
        stood[deals, stages] = True
        counts = zip(stood[done].sum(axis=0).tolist(), stood[won].sum(axis=0).tolist(), strict=True)
        return dict(zip(self.codes.stages, counts, strict=True))


def changed(h: Histories, **columns: Any) -> Histories:
    """The same histories with other columns."""
    return Histories(
        **{each.name: getattr(h, each.name) for each in fields(Histories) if each.name not in columns}, **columns
    )


def number_of(day: date) -> int:
    """A day as the arrays count it."""
    return (day - _FIRST).days


def day_of_number(number: int) -> date:
    """The day that a number stands for."""
    return date.fromordinal(_FIRST.toordinal() + number)
