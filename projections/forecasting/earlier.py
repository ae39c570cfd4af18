"""Histories as they were on an earlier day, from what is known now: for what a method would have said then."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from projections.forecasting.histories import NEVER, NONE, Histories, MarkKind, Marks, Outcome, Places, Spells

Index = NDArray[np.int64]


def earlier(h: Histories, day: int) -> Histories:
    """What was known on a day before `h.day`: deals opened by then, as they stood.

    Amounts and close dates are today's without what was revised and moved since; owner, territory, product and
    account are today's.
    """
    spells, marks = h.spells, h.marks
    rows = np.flatnonzero(h.opened <= day)
    place = np.full(len(h), NONE, dtype=np.int32)
    place[rows] = np.arange(len(rows))
    kept = np.flatnonzero((spells.start <= day) & (place[spells.deal] >= 0))
    is_on = spells.end[kept] > day
    known = np.flatnonzero((marks.day <= day) & (place[marks.deal] >= 0))
    later = np.flatnonzero(marks.day > day)
    of, kind, value = marks.deal[later], marks.kind[later], np.nan_to_num(marks.value[later])
    moved = np.where(kind == MarkKind.PUSHED, value, np.where(kind == MarkKind.PULLED, -value, 0.0))
    revised = np.where(kind == MarkKind.AMOUNT, np.log(np.clip(value, 1e-6, 1e6)), 0.0)
    close_on = h.close_on - np.bincount(of, moved, len(h)).astype(np.int64)
    is_open = h.closed[rows] > day
    last = np.zeros(len(h), dtype=np.int64)
    last[spells.deal[kept]] = kept
    return Histories(
        day=day,
        fiscal_start=h.fiscal_start,
        ids=[h.ids[row] for row in rows.tolist()],
        external=[h.external[row] for row in rows.tolist()],
        opened=h.opened[rows],
        closed=np.where(is_open, NEVER, h.closed[rows]).astype(np.int32),
        outcome=np.where(is_open, Outcome.OPEN, h.outcome[rows]).astype(np.int8),
        stage=spells.stage[last[rows]] if len(spells.stage) else h.stage[rows],
        since=spells.start[last[rows]] if len(spells.stage) else h.since[rows],
        owner=h.owner[rows],
        territory=h.territory[rows],
        product=h.product[rows],
        account=h.account[rows],
        amount=h.amount[rows] / np.exp(np.bincount(of, revised, len(h)))[rows],
        signed=np.where(is_open, np.nan, h.signed[rows]),
        close_on=np.where(h.close_on[rows] == NEVER, NEVER, close_on[rows]).astype(np.int32),
        category=_category(h, rows, place, known),
        spells=Spells(
            place[spells.deal[kept]],
            spells.stage[kept],
            spells.start[kept],
            np.where(is_on, NEVER, spells.end[kept]).astype(np.int32),
            np.where(is_on, NONE, spells.to[kept]).astype(np.int32),
        ),
        marks=Marks(
            place[marks.deal[known]], marks.day[known], marks.kind[known], marks.key[known], marks.value[known]
        ),
        codes=h.codes,
    )


def _category(h: Histories, rows: Index, place: Places, known: Index) -> Places:
    """The last category by then, where categories are marked; else today's."""
    marks = h.marks
    if not (marks.kind == MarkKind.CATEGORY).any():
        return np.asarray(h.category[rows])
    found = np.full(len(rows), NONE, dtype=np.int32)
    of = known[marks.kind[known] == MarkKind.CATEGORY]
    found[place[marks.deal[of]]] = marks.key[of]
    return found
