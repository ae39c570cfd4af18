"""The journal as the feed reads it: on one connection, event by event, also what cannot be read; and their ids."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from domain.aggregate import Recorded
from domain.errors import CorruptEvent, UnknownTopic
from domain.journal.mapper import JournalMapper
from domain.journal.recorder import COLUMNS
from domain.journal.restores import EPOCH


class Unreadable(NamedTuple):
    """An event that this program cannot read: what is known of it, and why."""

    position: int
    recorded_at: datetime
    originator_id: UUID
    originator_version: int
    topic: str
    reason: str


Found = Recorded | Unreadable


def kind_of(fact: Found) -> str:
    """The kind of stream that a fact is of."""
    return (fact.topic if isinstance(fact, Unreadable) else fact.event.topic).partition(".")[0]


class JournalRows:
    """Reads events on a connection that the caller gives."""

    def __init__(self, mapper: JournalMapper) -> None:
        self._mapper = mapper

    def after(self, connection: psycopg.Connection, position: int, limit: int) -> list[Found]:
        """The events that follow a position without a gap: what is recorded behind one is not told yet."""
        sql = f"select {COLUMNS} from events where position > %s order by position limit %s"
        found = self._found(_binary(connection, sql, (position, limit)))
        while found and found[-1].position - position != len(found):
            found.pop()
        return found

    def at(self, connection: psycopg.Connection, positions: Sequence[int]) -> list[Found]:
        """The events at some positions, in no order."""
        return self._found(
            _binary(connection, f"select {COLUMNS} from events where position = any(%s)", (list(positions),))
        )

    def since(self, connection: psycopg.Connection, versions: Mapping[UUID, int], to: int) -> dict[UUID, list[Found]]:
        """The events of streams after a version of each, in the order of recording, as of a position."""
        sql = (
            "select e.* from unnest(%s::uuid[], %s::int[]) w(id, version) cross join lateral"
            f" (select {COLUMNS} from events where aggregate_id = w.id and version > w.version and position <= %s"
            " order by version offset 0) e"
        )
        found: dict[UUID, list[Found]] = {stream: [] for stream in versions}
        for fact in self._found(_binary(connection, sql, (list(versions), list(versions.values()), to))):
            found[fact.originator_id].append(fact)
        return found

    def of_topics(
        self, connection: psycopg.Connection, streams: Collection[UUID], topics: Sequence[str], to: int
    ) -> dict[UUID, list[Found]]:
        """The events of streams that have some stored names, in the order of recording, as of a position."""
        sql = (
            "select e.* from unnest(%s::uuid[]) w(id) cross join lateral"
            f" (select {COLUMNS} from events where aggregate_id = w.id and topic = any(%s) and position <= %s"
            " order by version offset 0) e"
        )
        found: dict[UUID, list[Found]] = {stream: [] for stream in streams}
        for fact in self._found(_binary(connection, sql, (list(streams), list(topics), to))):
            found[fact.originator_id].append(fact)
        return found

    def openings(self, connection: psycopg.Connection, streams: Collection[UUID]) -> dict[UUID, Found]:
        """The first event of each of some streams."""
        sql = f"select {COLUMNS} from events where aggregate_id = any(%s) and version = 1"
        return {fact.originator_id: fact for fact in self._found(_binary(connection, sql, (list(streams),)))}

    def _found(self, rows: list[tuple[Any, ...]]) -> list[Found]:
        return list(self._read(rows))

    def _read(self, rows: list[tuple[Any, ...]]) -> Iterator[Found]:
        fact = self._mapper.fact
        for position, recorded_at, stream, command, version, topic, state in rows:
            try:
                yield fact(position, recorded_at, stream, command, version, topic, state)
            except (CorruptEvent, UnknownTopic) as error:
                yield Unreadable(position, recorded_at, stream, version, topic, str(error))


def touched_between(connection: psycopg.Connection, after: int, to: int) -> set[UUID]:
    """The streams of which something was recorded between two positions."""
    sql = "select distinct aggregate_id from events where position > %s and position <= %s"
    return {stream for (stream,) in connection.execute(sql, (after, to))}


def _binary(connection: psycopg.Connection, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    return connection.cursor(binary=True).execute(sql.encode(), values, prepare=True).fetchall()


class Ids:
    """What an event is called, also after the journal was restored from a backup: positions behind the head of the
    backup are then given again, to other events, whose names begin with the epoch of that restore."""

    def __init__(self, restores: Sequence[tuple[int, int]]) -> None:
        """`restores` are the epochs and heads of all restores, the newest first."""
        self._restores = restores

    @classmethod
    def of(cls, connection: psycopg.Connection) -> Ids:
        """As the journal knows its restores."""
        return cls(connection.execute(f"select {EPOCH}, head from restores order by at desc").fetchall())

    def of_position(self, position: int) -> str:
        """The newest restore that cut off this position came before the event that is there now: had it come after, the
        event would be gone."""
        for epoch, head in self._restores:
            if head < position:
                return f"{epoch}-{position}"
        return str(position)
