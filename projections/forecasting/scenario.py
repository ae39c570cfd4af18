"""What if: the same deals with changes that nobody recorded. A pure function on histories; nothing is written.

apply(histories, [Change(ChangeKind.WON, row), Change(ChangeKind.MOVE, row, day=…)])
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from projections.forecasting.histories import NEVER, NONE, Histories, MarkKind, Marks, Outcome, Spells, changed

_ENDS = {"won": Outcome.WON, "lost": Outcome.LOST}


class ChangeKind(enum.StrEnum):
    """What is supposed of a deal."""

    WON = "won"
    """It is won today, for the amount that it has."""
    LOST = "lost"
    """It is lost today."""
    MOVE = "move"
    """It is expected to close on another day."""
    AMOUNT = "amount"
    """It has another amount."""


@dataclass(frozen=True)
class Change:
    """One supposition about the deal at `row`: `day` of a move, `amount` of an amount."""

    kind: ChangeKind
    row: int
    day: int = NEVER
    amount: float = float("nan")


def apply(h: Histories, changes: Sequence[Change]) -> Histories:
    """The same histories with the changes, one after the other; the given ones stay as they are."""
    for change in changes:
        match change.kind:
            case ChangeKind.WON | ChangeKind.LOST:
                h = _closed(h, change.row, _ENDS[change.kind.value])
            case ChangeKind.MOVE:
                h = _moved(h, change.row, change.day)
            case ChangeKind.AMOUNT:
                h = _revised(h, change.row, change.amount)
    return h


def _closed(h: Histories, row: int, outcome: Outcome) -> Histories:
    signed = h.amount[row] if outcome is Outcome.WON else np.nan
    ends = h.spells.end.copy()
    ends[(h.spells.deal == row) & (ends == NEVER)] = h.day
    return changed(
        h,
        outcome=_with(h.outcome, row, outcome),
        closed=_with(h.closed, row, h.day),
        signed=_with(h.signed, row, signed),
        spells=Spells(h.spells.deal, h.spells.stage, h.spells.start, ends, h.spells.to),
    )


def _moved(h: Histories, row: int, day: int) -> Histories:
    before = int(h.close_on[row])
    later = day - before if before != NEVER else 0
    marks = h.marks
    if later:
        marks = _marked(h, row, MarkKind.PUSHED if later > 0 else MarkKind.PULLED, float(abs(later)))
    return changed(h, close_on=_with(h.close_on, row, day), marks=marks)


def _revised(h: Histories, row: int, amount: float) -> Histories:
    before, marks = float(h.amount[row]), h.marks
    if before > 0 and amount != before:
        marks = _marked(h, row, MarkKind.AMOUNT, amount / before)
    return changed(h, amount=_with(h.amount, row, amount), marks=marks)


def _marked(h: Histories, row: int, kind: MarkKind, value: float) -> Marks:
    """The marks and one more of today, after all others of the deal."""
    place = int(np.searchsorted(h.marks.deal, row, side="right"))
    marks = h.marks
    return Marks(
        deal=np.insert(marks.deal, place, row),
        day=np.insert(marks.day, place, h.day),
        kind=np.insert(marks.kind, place, int(kind)).astype(marks.kind.dtype),
        key=np.insert(marks.key, place, NONE),
        value=np.insert(marks.value, place, value),
    )


def _with(values: np.ndarray, row: int, value: float) -> np.ndarray:
    changed = values.copy()
    changed[row] = value
    return changed
