"""The past of histories: what was known on an earlier day, and the same days of an earlier month."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from projections.forecasting.histories import (
    NEVER,
    NONE,
    Days,
    Histories,
    MarkKind,
    Numbers,
    Outcome,
    Places,
    Spells,
    changed,
    day_of_number,
    number_of,
)


def months_before(day: int, months: int) -> int:
    """The same day of the month so many months earlier; the last day of a month stays the last."""
    then = day_of_number(day)
    year, month = divmod(then.year * 12 + then.month - 1 - months, 12)
    length = monthrange(year, month + 1)[1]
    last = then.day == monthrange(then.year, then.month)[1]
    return number_of(date(year, month + 1, length if last else min(then.day, length)))


def known_then(h: Histories, day: int, left_from: int | None = None) -> Histories:
    """The histories as they were known on an earlier day: what came later is taken back. With `left_from`
    without the deals that were closed before that day.

    An owner or a category whose earlier value is not among the marks stays as it is.
    """
    rows = np.flatnonzero(stood(h, day, left_from))
    place = np.full(len(h), NONE, np.int32)
    place[rows] = np.arange(len(rows), dtype=np.int32)
    over = h.closed[rows] <= day
    earlier = np.flatnonzero((h.marks.day <= day) & (place[h.marks.deal] != NONE))
    spells, stage, since = _spells(h, place, day)
    return changed(
        h,
        day=day,
        ids=[h.ids[row] for row in rows],
        external=[h.external[row] for row in rows],
        opened=h.opened[rows],
        closed=np.where(over, h.closed[rows], NEVER).astype(np.int32),
        outcome=np.where(over, h.outcome[rows], Outcome.OPEN).astype(np.int8),
        territory=h.territory[rows],
        product=h.product[rows],
        account=h.account[rows],
        signed=np.where(over, h.signed[rows], np.nan),
        spells=spells,
        stage=np.where(stage[rows] == NONE, h.stage[rows], stage[rows]).astype(np.int32),
        since=np.where(stage[rows] == NONE, h.opened[rows], since[rows]).astype(np.int32),
        owner=_last_key(h, MarkKind.OWNER, day, h.owner)[rows],
        category=_last_key(h, MarkKind.CATEGORY, day, h.category)[rows],
        amount=(h.amount / _product_of_later(h, day))[rows],
        close_on=_close_on(h, day)[rows],
        marks=replace(
            h.marks,
            deal=place[h.marks.deal[earlier]],
            day=h.marks.day[earlier],
            kind=h.marks.kind[earlier],
            key=h.marks.key[earlier],
            value=h.marks.value[earlier],
        ),
    )


def stood(h: Histories, day: int, left_from: int | None = None) -> NDArray[np.bool_]:
    """Which deals were known on a day, those closed before `left_from` left out."""
    return np.asarray((h.opened <= day) & (left_from is None or h.closed >= left_from))


def _spells(h: Histories, place: Places, day: int) -> tuple[Spells, Places, Days]:
    spells = h.spells
    begun = np.flatnonzero((spells.start <= day) & (place[spells.deal] != NONE))
    deal, ended = spells.deal[begun], spells.end[begun] <= day
    stage = np.full(len(h), NONE, np.int32)
    since = np.full(len(h), NEVER, np.int32)
    stage[deal], since[deal] = spells.stage[begun], spells.start[begun]
    kept = replace(
        spells,
        deal=place[deal],
        stage=spells.stage[begun],
        start=spells.start[begun],
        end=np.where(ended, spells.end[begun], NEVER).astype(np.int32),
        to=np.where(ended, spells.to[begun], NONE).astype(np.int32),
    )
    return kept, stage, since


def _last_key(h: Histories, kind: MarkKind, day: int, now: Places) -> Places:
    marks = h.marks
    some = np.flatnonzero((marks.kind == kind) & (marks.day <= day))
    keys = now.copy()
    keys[marks.deal[some]] = marks.key[some]
    return keys


def _product_of_later(h: Histories, day: int) -> Numbers:
    marks = h.marks
    later = np.flatnonzero((marks.kind == MarkKind.AMOUNT) & (marks.day > day) & (marks.value > 0))
    logs = np.bincount(marks.deal[later], np.log(marks.value[later]), len(h))
    return np.exp(logs)


def _close_on(h: Histories, day: int) -> Days:
    marks = h.marks
    moved = np.zeros(len(h))
    for kind, sign in ((MarkKind.PUSHED, 1.0), (MarkKind.PULLED, -1.0)):
        later = np.flatnonzero((marks.kind == kind) & (marks.day > day))
        moved += sign * np.bincount(marks.deal[later], marks.value[later], len(h))
    return np.where(h.close_on == NEVER, NEVER, h.close_on - moved).astype(np.int32)
