"""The weightiest things that are due, and how many there are, without making a line of each.

Everything that is due is ranked in columns; the lines are then made of the accounts that the weightiest belong to
alone, by the same code that makes all of them (`todo.dues`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from domain.sealed import Sealed
from projections.due_columns import KINDS, DueThings
from projections.finding_facts import Facts
from projections.kept_columns import NO_DAY, Rows, day_number
from projections.todo import Read, Todo, dues
from projections.view import View

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNDATED = 2**31
"""What has no day comes after what has one."""


class FirstDues(NamedTuple):
    """The weightiest things that are due, how many are due in all, and how many of them are overdue."""

    first: list[Todo]
    of_all: int
    overdue: int


def first_dues(
    view: View,
    most: int,
    member: UUID | None = None,
    read: Read = lambda _, __: None,
    expect: Callable[[Iterable[Sealed]], None] = lambda _: None,
) -> FirstDues:
    """The weightiest that `dues` says, overdue things first; of everybody or of one. What is read is told before, all
    of it at once, to `expect`."""
    due = DueThings(view)
    things = due.all()
    if member:
        things = things.where(things["member"] == things.ids.code(member))
    ranked = _Ranked(things, day_number(due.today))
    first = things.where(ranked.first(most, due.name))
    accounts = [things.ids.key(code) for code in set(first["customer"].tolist()) if code]
    kinds = {KINDS[place] for place in set(first["kind"].tolist())}
    texts = list[tuple[Sealed, str]]()

    def number(text: Sealed, field: str) -> str:
        texts.append((text, field))
        return str(len(texts))

    every = dues(Facts(view.among(accounts)), number, kinds)
    made = [each for each in every if member in (None, each.member)]
    made.sort(key=lambda each: _rank(each.due, each.score, each.name, due.today))
    _open(made[:most], texts, read, expect)
    return FirstDues(made[:most], len(things), int(ranked.is_overdue.sum()))


def _open(
    shown: Sequence[Todo], texts: Sequence[tuple[Sealed, str]], read: Read, expect: Callable[[Iterable[Sealed]], None]
) -> None:
    """Put in what was written down about things, whose `text` is the number of it."""
    expect(texts[int(one.text) - 1][0] for one in shown if one.text)
    for one in shown:
        one.text = read(*texts[int(one.text) - 1]) if one.text else None


def _rank(due: date | None, score: float, name: str, today: date) -> tuple[bool, float, str, str]:
    return not (due and due < today), -score, str(due), name


class _Ranked:
    """Things in the order of `_rank`, but for names."""

    def __init__(self, things: Rows, today: int) -> None:
        import numpy as np

        self._customer, due = things["customer"], things["due"]
        self.is_overdue = (due != NO_DAY) & (due < today)
        late = np.where(due != NO_DAY, today - due, 0)
        self._score = 10.0 * things["weight"] + np.where(late >= 0, np.minimum(late, 30), 5 * late / 7)
        self._day = np.where(due != NO_DAY, due, UNDATED)

    def first(self, most: int, name: Callable[[int], str]) -> NDArray[Any]:
        """The places of the first so many, with all that are alike the last of them by name, too."""
        import numpy as np

        order = np.lexsort((self._day, -self._score, ~self.is_overdue))
        if len(order) <= most:
            return order
        last = order[most - 1]
        alike = np.ones(len(order), np.bool_)
        for column in (self.is_overdue, self._score, self._day):
            alike &= column[order] == column[last]
        before, tied = order[:most][~alike[:most]], order[alike]
        called = [name(code) for code in self._customer[tied].tolist()]
        least = sorted(called)[most - len(before) - 1]
        found: NDArray[Any] = np.append(before, tied[[each <= least for each in called]])
        return found
