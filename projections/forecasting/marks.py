"""What happened to deals beside their stages, as far as it was knowable: pushes, answers, buyers, contacts and more.

The day of a mark is the day from which it counted: the later of when it occurred and when it was knowable.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from projections.forecasting.company_days import days_of
from projections.forecasting.decoding import Moments
from projections.forecasting.histories import NEVER, NONE, Days, MarkKind, Marks, Places
from projections.forecasting.known import Tables
from projections.forecasting.tables import Table
from projections.forecasting.valuing import Values

At = NDArray[np.int64]


class Known(Protocol):
    """What is asked of a fold here."""

    tables: Tables
    at: int
    known_at: int
    place: Places
    opening: At
    zone: str

    def known(self, table: Table) -> At:
        """The facts about deals that counted, in business order."""


class Found(NamedTuple):
    """Marks of one kind or several; `deal` and `when` as they lie, key and value as the table has them."""

    deal: Places
    day: Days
    when: Moments
    position: Moments
    kind: Any
    key: Any
    value: Any


class Beside:
    """All marks; their keys are those of the tables until `marks` gives them numbers."""

    def __init__(self, fold: Known, values: Values, closed: Days) -> None:
        found = [
            *_moved_closes(fold),
            _revised(fold, values),
            _changed(fold, "owners", MarkKind.OWNER),
            _changed(fold, "categories", MarkKind.CATEGORY),
            _plain(fold),
            *_buyers(fold),
            _contacts(fold, closed),
        ]
        self._columns = [_joined(found, name) for name in Found._fields]

    def keys(self, kind: MarkKind) -> Places:
        """The keys of the marks of a kind."""
        keys: Places = self._columns[5][self._columns[4] == kind]
        return keys

    def marks(self, numbered: dict[MarkKind, Places]) -> Marks:
        """The marks by deal and time; `numbered` are the keys of the kinds that have some, in the order of `keys`."""
        deal, day, when, position, kind, key, value = self._columns
        key = np.full(len(deal), NONE, np.int32)
        for of_kind, numbers in numbered.items():
            key[kind == of_kind] = numbers
        places = np.lexsort((position, when, deal))
        return Marks(
            deal[places].astype(np.int32),
            day[places].astype(np.int32),
            kind[places].astype(np.int8),
            key[places].astype(np.int32),
            value[places].astype(np.float64),
        )


def _joined(found: list[Found], name: str) -> NDArray[Any]:
    parts = [np.broadcast_to(np.asarray(getattr(each, name)), each.deal.shape) for each in found]
    return np.concatenate(parts)


def _of(fold: Known, name: str, places: At, kind: Any, key: Any, value: Any) -> Found:
    table: Table = getattr(fold.tables, name)
    day = fold.tables.days(name, "when", fold.zone)[places]
    return Found(fold.place[table.of[places]], day, table.when[places], table.position[places], kind, key, value)


def _before(table: Table, places: At) -> At:
    """For each fact the one before it about the same deal; NONE for the first."""
    before = np.concatenate([[NONE], places[:-1]]) if len(places) else places
    same = table.of[before] == table.of[places] if len(places) else np.zeros(0, np.bool_)
    same[:1] = False
    result: At = np.where(same, before, NONE)
    return result


def _moved_closes(fold: Known) -> list[Found]:
    closes = fold.tables.closes
    places = fold.known(closes)
    before = _before(closes, places)
    was = closes.key[before] if len(places) else closes.key[places]
    counts = (closes.kind[places] == 1) & (before >= 0) & (was != NEVER) & (closes.key[places] != was)
    places, was = places[counts], was[counts]
    by = closes.key[places].astype(np.int64) - was
    found = []
    for kind, sign in ((MarkKind.PUSHED, 1), (MarkKind.PULLED, -1)):
        some = by * sign > 0
        found.append(_of(fold, "closes", places[some], kind, NONE, (by[some] * sign).astype(np.float64)))
    return found


def _revised(fold: Known, values: Values) -> Found:
    """Revised amounts against those before, in one currency; where there is no rate nobody can say."""
    amounts = fold.tables.amounts
    places = fold.known(amounts)
    before = _before(amounts, places)
    counts = (amounts.kind[places] == 1) & (before >= 0)
    places, before = places[counts], before[counts]
    when = amounts.when[places]
    new = values.stated(amounts.value[places], amounts.unit[places], when)
    old = values.stated(amounts.value[before], amounts.unit[before], when)
    same = amounts.unit[places] == amounts.unit[before]
    new, old = np.where(same, amounts.value[places], new), np.where(same, amounts.value[before], old)
    sensible = (old > 0) & np.isfinite(new)
    return _of(fold, "amounts", places[sensible], MarkKind.AMOUNT, NONE, new[sensible] / old[sensible])


def _changed(fold: Known, name: str, kind: MarkKind) -> Found:
    """What was said after the opening, where it says something else than before."""
    table: Table = getattr(fold.tables, name)
    places = fold.known(table)
    before = _before(table, places)
    was = np.where(before >= 0, table.key[before], NONE) if len(places) else table.key[places]
    places = places[(table.kind[places] == 1) & (table.key[places] != was)]
    return _of(fold, name, places, kind, table.key[places], np.nan)


def _plain(fold: Known) -> Found:
    marks = fold.tables.marks
    places = fold.known(marks)
    return _of(fold, "marks", places, marks.kind[places], marks.key[places], marks.value[places])


def _buyers(fold: Known) -> list[Found]:
    """People who came and went. Who is mapped anew goes, as he was, and comes again as he is."""
    buyers = fold.tables.buyers
    places = fold.known(buyers)
    places = places[np.lexsort((buyers.unit[places], buyers.of[places]))]
    before = np.concatenate([[NONE], places[:-1]]) if len(places) else places
    if len(places):
        same = (buyers.of[before] == buyers.of[places]) & (buyers.unit[before] == buyers.unit[places])
        same[0] = False
        before = np.where(same, before, NONE)
    was = np.where(before >= 0, buyers.key[before], NONE) if len(places) else buyers.key[places]
    gone, come = was >= 0, buyers.key[places] >= 0
    as_it_was = before[gone]
    left = _of(fold, "buyers", places[gone], MarkKind.BUYER_GONE, buyers.key[as_it_was], buyers.value[as_it_was])
    there = places[come]
    return [left, _of(fold, "buyers", there, MarkKind.BUYER, buyers.key[there], buyers.value[there])]


def _contacts(fold: Known, closed: Days) -> Found:
    """Contacts with people who are buyers of a deal, while it was open: once for each contact and deal."""
    contacts, tables = fold.tables.contacts, fold.tables
    person, deal, since = _served(fold, tables.buyers)
    known = contacts.known(fold.at, fold.known_at)
    first = np.searchsorted(person, contacts.of[known], side="left")
    count = np.searchsorted(person, contacts.of[known], side="right") - first
    places = np.repeat(known, count)
    pair = np.repeat(first, count) + np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    deal, when = deal[pair], np.maximum(contacts.when[places], since[pair])
    occurred = contacts.occurred[places]
    opened = tables.openings.occurred[fold.opening][deal]
    inside = np.flatnonzero((occurred >= opened) & (days_of(occurred, fold.zone) <= closed[deal]))
    once = inside[_firsts(deal[inside], contacts.position[places[inside]], when[inside])]
    positions = contacts.position[places[once]]
    return Found(deal[once], days_of(when[once], fold.zone), when[once], positions, MarkKind.CONTACT, NONE, 1.0)


def _served(fold: Known, buyers: Table) -> tuple[Places, Places, Moments]:
    """Who is a buyer of which deal, and since when that counted; by person."""
    places = fold.known(buyers)
    places = places[buyers.key[places] >= 0]
    person, deal, when = buyers.unit[places], fold.place[buyers.of[places]], buyers.when[places]
    first = _firsts(person, deal, when)
    return person[first], deal[first], when[first]


def _firsts(one: NDArray[Any], other: NDArray[Any], when: Moments) -> At:
    """The places of the earliest of each pair, by pair."""
    places = np.lexsort((when, other, one))
    differs = np.ones(len(places), np.bool_)
    differs[1:] = (one[places][1:] != one[places][:-1]) | (other[places][1:] != other[places][:-1])
    result: At = places[differs]
    return result
