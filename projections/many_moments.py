"""One question at many moments: each query that it makes is sent once for all of them.

The question itself is not changed and knows nothing of it: what it asks as of one moment is asked as of all, and its
turn at the next moment finds the rows there. So an answer at a moment is the answer of that moment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import psycopg

from projections.view import View

_AS_OF = "%(as_of)s"
_ALL = "select asked.place, found.* from unnest(%(moments)s::timestamptz[]) with ordinality asked(at, place)"
Rows = list[tuple[Any, ...]]
DIFFERENT = 4
"""In so many ways a query is asked for all moments at once: one that is another at each is better asked for each."""


def at_each(view: View, moments: Sequence[datetime]) -> Iterator[View]:
    """The same question at each of these moments, in order: the same asker, by what is known in this one."""
    together = cast(psycopg.Connection, _Together(view.connection, moments))
    for moment in moments:
        then = view.at(moment)
        then.connection = together
        yield then


class _Found:
    """Rows that are there already, read as those of a cursor."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def fetchall(self) -> Rows:
        return self._rows

    def fetchone(self) -> tuple[Any, ...] | None:
        return self._rows[0] if self._rows else None

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self._rows)


class _Together:
    """Stands for a connection: asks for all moments at once what is asked for one of them."""

    def __init__(self, connection: psycopg.Connection, moments: Sequence[datetime]) -> None:
        self._connection = connection
        self._moments = sorted(set(moments))
        self._places = {moment: place for place, moment in enumerate(self._moments, start=1)}
        self._known: dict[str, dict[str, dict[int, Rows]]] = defaultdict(dict)

    @property
    def info(self) -> psycopg.ConnectionInfo:
        """Whose answers are asked for."""
        return self._connection.info

    def cursor(self) -> psycopg.Cursor:
        """For what is read of all moments by itself, such as columns that a process keeps."""
        return self._connection.cursor()

    def execute(self, query: str | bytes, parameters: Mapping[str, Any] | None = None, **how: Any) -> Any:
        """The rows of a query at its moment."""
        text = query.decode() if isinstance(query, bytes) else query
        place = self._places.get(parameters["as_of"]) if parameters and "as_of" in parameters else None
        if parameters is None or place is None or _AS_OF not in text:
            return self._connection.execute(text.encode(), parameters, **how)
        others = {name: value for name, value in parameters.items() if name != "as_of"}
        known, key = self._known[text], repr(others)
        if key not in known:
            if len(known) >= DIFFERENT:
                return self._connection.execute(text.encode(), parameters, **how)
            known[key] = self._asked(text, others)
        return _Found(known[key].get(place, []))

    def _asked(self, text: str, others: dict[str, Any]) -> dict[int, Rows]:
        inner = text.replace(f"{_AS_OF}::timestamptz", "asked.at").replace(_AS_OF, "asked.at")
        sql = f"{_ALL} cross join lateral ({inner}) found"
        found = defaultdict[int, Rows](list)
        for row in self._connection.execute(sql.encode(), {**others, "moments": self._moments}).fetchall():
            found[row[0]].append(row[1:])
        return found
