"""Rows that wait: a poison event parks its row's key, or the whole stream where its key cannot be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import psycopg

from domain.journal.reading import raw_cursor


@dataclass(frozen=True, slots=True)
class Parked:
    """A row (or all rows of a stream) of a model that waits since the event at `position`."""

    model: str
    version: int
    key: UUID
    whole_stream: bool
    position: int
    error: str
    parked_at: datetime


@dataclass(slots=True)
class Waiting:
    """What waits in one model: keys, and streams whose keys cannot be told; and what a batch adds."""

    keys: set[bytes] = field(default_factory=set)
    streams: set[bytes] = field(default_factory=set)
    added: list[tuple[bytes, bool, int, str]] = field(default_factory=list)

    @property
    def all(self) -> set[bytes]:
        """All that waits."""
        return self.keys | self.streams

    def park_key(self, key: bytes, position: int, error: BaseException) -> None:
        """A row waits from now on."""
        if key not in self.keys:
            self.keys.add(key)
            self.added.append((key, False, position, describe(error)))

    def park_stream(self, stream: bytes, position: int, error: str) -> None:
        """All rows of a stream wait from now on."""
        if stream not in self.streams:
            self.streams.add(stream)
            self.added.append((stream, True, position, error))


def describe(error: BaseException) -> str:
    """An error as the console shows it."""
    return f"{type(error).__name__}: {error}"[:2_000]


Identity = tuple[str, int, bool]
_OF = "model = %s and version = %s and rebuilding = %s"


def waiting(connection: psycopg.Connection, of: Identity) -> Waiting:
    """What waits in a version of a model."""
    found = Waiting()
    for key, whole_stream in raw_cursor(connection).execute(f"select key, whole_stream from parked where {_OF}", of):
        (found.streams if whole_stream else found.keys).add(key)
    return found


def poison(connection: psycopg.Connection, of: Identity) -> set[int]:
    """The positions of the events that parked something."""
    return {position for (position,) in connection.execute(f"select position from parked where {_OF}", of)}


def park(connection: psycopg.Connection, of: Identity, what: Waiting) -> None:
    """Store what a batch has parked."""
    sql = (
        "insert into parked (model, version, rebuilding, key, whole_stream, position, error)"
        " values (%s, %s, %s, %s, %s, %s, %s) on conflict do nothing"
    )
    for key, whole_stream, position, error in what.added:
        connection.execute(sql, (*of, UUID(bytes=key), whole_stream, position, error))


def release(connection: psycopg.Connection, of: Identity) -> None:
    """Nothing of this version waits any longer."""
    connection.execute(f"delete from parked where {_OF}", of)


def parked(connection: psycopg.Connection, model: str, version: int) -> list[Parked]:
    """The dead letters of a version of a model, the oldest first."""
    sql = (
        "select model, version, key, whole_stream, position, error, parked_at from parked"
        " where model = %s and version = %s and not rebuilding order by position, key"
    )
    return [Parked(*row) for row in connection.execute(sql, (model, version))]
