"""One SQL for now and for every past moment: rows as of a moment in business, as known at a position."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from domain.journal.reading import end_of_append, head
from projections.engine.intervals import holding, open_then, taken_back
from projections.engine.model import ReadModel


@dataclass(frozen=True, slots=True)
class Clock:
    """The two clocks of a query: what was true at `as_of`, by what was recorded up to `known_at`."""

    as_of: datetime
    known_at: int

    @property
    def parameters(self) -> dict[str, Any]:
        """What the SQL of `as_of_sql` asks for."""
        return {"as_of": self.as_of, "known_at": self.known_at}


def clock(connection: psycopg.Connection, as_of: datetime, known_at: int | datetime | None = None) -> Clock:
    """The clocks as a caller states them, resolved once at the door.

    A position is rounded up to the end of its append, so that what was recorded together is known together; a
    time stands for the last position recorded by then; None for all that is recorded.
    """
    if known_at is None:
        return Clock(as_of, head(connection))
    if isinstance(known_at, int):
        return Clock(as_of, end_of_append(connection, known_at))
    found = connection.execute("select position_recorded_by(%s)", (known_at,)).fetchone()
    return Clock(as_of, int(found[0]) if found else 0)


_asked: ContextVar[set[ReadModel] | None] = ContextVar("asked", default=None)


@contextmanager
def models_asked() -> Iterator[set[ReadModel]]:
    """Notes the models whose rows are asked for inside, by the SQL that is made of them."""
    before = _asked.get()
    found = set[ReadModel]()
    token = _asked.set(found)
    try:
        yield found
    finally:
        _asked.reset(token)
        if before is not None:
            before |= found


def note_asked(model: ReadModel) -> None:
    """Rows of a model are asked for."""
    if (found := _asked.get()) is not None:
        found.add(model)


_T = "%(as_of)s::timestamptz"
_P = "%(known_at)s::int8"


def as_of_sql(model: ReadModel, columns: str, where: str = "", *, only_open: bool = False) -> str:
    """The rows of a model at the clock's parameters, as a query to be used alone, as subquery or CTE.

    `columns` is a select list and `where` a condition on the row's columns, `key`, `valid_from`, `known_from` and
    `cause`; both are repeated in each branch. `only_open` asks for the rows that the model calls open, which the
    as-of indexes hold: a whole portfolio at any moment. Without it `where` should find its rows by an index (a key,
    an account), or every version is looked at; a model without `open_when` has all its rows in the as-of indexes,
    which are not asked where the condition begins with `key = `.
    """
    note_asked(model)
    also = f" and ({where})" if where else ""
    if not only_open and (model.open_when or where.startswith("key = ")):
        return _in_two_branches(model, columns, also)
    past = f"select {columns} from {model.history} where {model.open} and"
    spans, holds = holding(_T, _P)
    lessons, open_still = open_then(_T, _P)
    return (
        f"select {columns} from {model.table} where {model.open} and valid_from <= {_T} and known_from <= {_P}{also}"
        f" union all select found.* from {spans} cross join lateral ({past} {holds}{also} offset 0) found"
        f" union all {past} {taken_back(_T, _P)}{also}"
        f" union all select found.* from {lessons} cross join lateral ({past} {open_still}{also} offset 0) found"
    )


def stretches_sql(
    model: ReadModel, columns: str, where: str = "", *, only_open: bool = False, within: bool = False
) -> str:
    """All that the rows of `as_of_sql` ever were, as known at `known_at`: from when and until when (null: no end was
    known) before the columns. `within` leaves out what ended by the parameter `span_first`, or began after `span_last`.
    `where` should find its rows by an index."""
    note_asked(model)
    which = f"{model.open if only_open else 'kind = 1'} and known_from <= {_P}"
    which += " and valid_from <= %(span_last)s::timestamptz" if within else ""
    over = f" and (ended_at <= {_P} and valid_to <= %(span_first)s::timestamptz) is not true" if within else ""
    also = f" and ({where})" if where else ""
    return (
        f"select valid_from, null::timestamptz, {columns} from {model.table} where {which}{also}"
        f" union all select valid_from, case when ended_at <= {_P} then valid_to end, {columns} from {model.history}"
        f" where {which} and (retracted_at > {_P}) is not false{over}{also}"
    )


def _in_two_branches(model: ReadModel, columns: str, also: str) -> str:
    return (
        f"select {columns} from {model.table} where kind = 1 and valid_from <= {_T} and known_from <= {_P}{also}"
        f" union all select {columns} from {model.history} where kind = 1 and valid_from <= {_T}"
        f" and known_from <= {_P} and (retracted_at > {_P}) is not false and (valid_to > {_T} or ended_at > {_P}){also}"
    )
