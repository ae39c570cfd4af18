"""Rows at many moments from one reading: what they ever were is read once, and what they were then is picked out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import psycopg

from domain.aggregate import END_OF_TIME
from projections.engine import ReadModel, stretches_sql

Line = tuple[Any, ...]
Place = tuple[str, str, str, bool, str]


class Stretches:
    """What rows were, and from when until when, as known at one position; of a `span` of time what they were from its
    first moment to its last, else what they ever were. For some accounts: of a whole company it would be all that was
    recorded."""

    def __init__(
        self, connection: psycopg.Connection, known_at: int, span: tuple[datetime, datetime] | None = None
    ) -> None:
        self._connection = connection
        self._known_at = known_at
        self._span = dict(zip(("span_first", "span_last"), span, strict=True)) if span else {}
        self._read: dict[Place, list[tuple[datetime, datetime, Line]]] = {}
        self._changes: dict[Place, set[datetime]] = {}
        self._foreseen: dict[Place, tuple[str, dict[str, Any]]] | None = None

    def then(
        self,
        moment: datetime,
        model: ReadModel,
        columns: str,
        where: str,
        parameters: Mapping[str, Any],
        *,
        only_open: bool,
    ) -> list[Line]:
        """The rows of `as_of_sql` at a moment; what `where` says may not depend on it."""
        place = model.name, columns, where, only_open, repr(parameters)
        if (lines := self._read.get(place)) is None:
            sql = stretches_sql(model, columns, where, only_open=only_open, within=bool(self._span))
            asked = {**parameters, **self._span, "known_at": self._known_at}
            if self._foreseen is not None:
                self._foreseen[place] = sql, asked
                return []
            lines = self._read[place] = _lines(self._connection.execute(sql.encode(), asked))
        return [line for starts, ends, line in lines if starts <= moment < ends]

    def foresee(self, ask: Callable[[], object]) -> None:
        """Read in one go what a question will ask of rows: it is put once, nothing is answered, and what it asks is
        noted."""
        foreseen = self._foreseen = {}
        try:
            ask()
        finally:
            self._foreseen = None
        with self._connection.pipeline():
            found = {place: self._connection.execute(sql.encode(), asked) for place, (sql, asked) in foreseen.items()}
        self._read |= {place: _lines(cursor) for place, cursor in found.items()}

    def changes(self) -> set[datetime]:
        """The moments at which what was read so far becomes another; where one line only follows an equal one, nothing
        changes."""
        for place in self._read.keys() - self._changes.keys():
            count = Counter[tuple[datetime, str]]()
            for starts, ends, line in self._read[place]:
                text = repr(line)
                count[starts, text] += 1
                count[ends, text] -= 1
            self._changes[place] = {moment for (moment, _), number in count.items() if number}
        return set().union(*self._changes.values()) - {END_OF_TIME}


def _lines(found: Iterable[Line]) -> list[tuple[datetime, datetime, Line]]:
    return [(line[0], line[1] or END_OF_TIME, line[2:]) for line in found]
