"""Leaf hashes of stored events, straight from the bytes that PostgreSQL copies out.

No object is made of an event: every column goes into its entry (see `entries.entry`, which says the same slowly) as
the server sends it. Hashing happens here and not in SQL, so that a database that lies must lie in its rows.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

import msgspec
import psycopg
from psycopg.abc import Buffer

from domain.errors import JournalError
from domain.journal.reading import raw_cursor
from domain.seal.entries import FRAME, NO_COMMAND, UNIX_TO_2000, entry, state_digest
from domain.seal.merkle import leaf_hash

STEP = 65_536
"""How many events are hashed at once: 256 tiles of leaves, one of the tiles above them."""

_ROWS = """
copy (select position, recorded_at, version, aggregate_id, command_id, topic, command_digest, state
      from events where position > {after} and position <= {to} order by position) to stdout (format binary)"""
_SIGNATURE_BYTES = 19
_TRAILER = b"\xff\xff"
# After the number of columns (i16) come position, recorded_at, version and aggregate, each after its length (i32),
# then the length of the command's identifier, which is -1 for null.
_read = struct.Struct(">6xQ4xq4xi4x16si").unpack_from
_length = struct.Struct(">i").unpack_from
_COMMAND_AT = 58
_write = struct.Struct(f">{1 + len(FRAME)}sQqI16s16sH").pack
_LEAF = b"\0" + FRAME


class PositionMissing(JournalError):
    """There is no event at position {position}: events are missing in the journal."""


class EventUnreadable(JournalError):
    """The event at position {position} cannot be sealed: a column holds what no event holds."""


Before = tuple[int, bytes]
"""When an event was recorded, in microseconds since 2000, and by which command."""
NOTHING_BEFORE: Before = (-(1 << 63), NO_COMMAND)


class Run(msgspec.Struct):
    """The leaf hashes of events whose positions follow each other from `first` on; with the positions of events that
    were recorded before their predecessor (`backwards`) and of those that cannot be framed (`unreadable`; their hash
    is that of no event). `newest` is what to hand in when reading on."""

    first: int
    hashes: list[bytes]
    backwards: list[int]
    unreadable: list[int]
    newest: Before = NOTHING_BEFORE

    @property
    def end(self) -> int:
        """The last position."""
        return self.first + len(self.hashes) - 1


def leaf_hashes(connection: psycopg.Connection, after: int, to: int) -> Iterator[list[bytes]]:
    """The leaf hashes of the events after a position up to another, in order, at most STEP at once.

    Raises PositionMissing at the first gap, EventUnreadable.
    """
    expected = after + 1
    for run in runs(connection, after, to):
        if run.first != expected:
            raise PositionMissing(position=expected)
        if run.unreadable:
            raise EventUnreadable(position=run.unreadable[0])
        expected = run.end + 1
        yield run.hashes
    if expected <= to:
        raise PositionMissing(position=expected)


def runs(
    connection: psycopg.Connection, after: int, to: int, *, before: Before = NOTHING_BEFORE, moved: int = 0
) -> Iterator[Run]:
    """The same without refusing: a new run begins at each gap and after STEP events. `moved` is added to the
    positions of the runs and in the leaves: what they would be had the events not been moved."""
    at_before, command_before = before
    run = Run(after + 1 + moved, [], [], [])
    position = after
    for row in _rows(connection, after, to):
        expected, readable = position + 1, True
        try:
            position, at, version, aggregate, length = _read(row)
            command, topic_at = (bytes(row[58:74]), 74) if length >= 0 else (NO_COMMAND, _COMMAND_AT)
            (length,) = _length(row, topic_at)
            digest_at = topic_at + 4 + length
            (digest_length,) = _length(row, digest_at)
            head = _write(_LEAF, position + moved, at + UNIX_TO_2000, version, aggregate, command, length)
            if digest_length < 0:
                digest, state_at = b"\0\0", digest_at + 8
            else:
                digest = digest_length.to_bytes(2, "big") + row[digest_at + 4 : digest_at + 4 + digest_length]
                state_at = digest_at + 8 + digest_length
            state = sha256(row[state_at:]).digest()
            leaf = sha256(head + row[topic_at + 4 : digest_at] + digest + state).digest()
        except (struct.error, OverflowError):
            leaf, readable = sha256(row).digest(), False
        if position != expected or len(run.hashes) == STEP:
            if run.hashes:
                run.newest = (at_before, command_before)
                yield run
            run = Run(position + moved, [], [], [])
        run.hashes.append(leaf)
        if at <= at_before and (at < at_before or command != command_before):
            run.backwards.append(position)
        if not readable:
            run.unreadable.append(position)
        at_before, command_before = at, command
    if run.hashes:
        run.newest = (at_before, command_before)
        yield run


class Row(NamedTuple):
    """An event's columns as the server sends them, to be hashed otherwise than they stand."""

    recorded_at: int
    version: int
    aggregate_id: bytes
    command_id: bytes | None
    topic: str
    command_digest: bytes | None
    state_digest: bytes

    def leaf(self, position: int) -> bytes | None:
        """The leaf hash of the event, had it stood at a position; None where it cannot be framed."""
        recorded_at, version, aggregate_id, command_id, topic, command_digest, digest = self
        at = recorded_at + UNIX_TO_2000
        try:
            framed = entry(position, at, version, aggregate_id, command_id, topic.encode(), command_digest, digest)
        except (struct.error, OverflowError):
            return None
        return leaf_hash(framed)

    def with_columns_of(self, other: Row, columns: Sequence[str]) -> Row:
        """The row with some columns of another."""
        return self._replace(**{column: getattr(other, column) for column in columns})


_BETWEEN = """
select position, recorded_at, version, aggregate_id, command_id, topic, command_digest, state
from events where position >= %s and position <= %s"""


def rows_between(connection: psycopg.Connection, first: int, last: int) -> dict[int, Row]:
    """The events at positions from the first to the last."""
    found = raw_cursor(connection).execute(_BETWEEN, (first, last)).fetchall()
    return {position: Row._make([*columns, state_digest(state)]) for position, *columns, state in found}


def _rows(connection: psycopg.Connection, after: int, to: int) -> Iterator[Buffer]:
    """Rows as COPY sends them. What libpq has read already is taken from it directly: to wait for each row through
    the connection costs a fifth of the whole."""
    with connection.cursor().copy(_ROWS.format(after=int(after), to=int(to)).encode()) as copy:
        take = connection.pgconn.get_copy_data
        row: Buffer = copy.read()[_SIGNATURE_BYTES:]
        while row != _TRAILER:
            yield row
            size, row = take(1)
            if size == 0:
                row = copy.read()
            elif size < 0:  # the server ended what it had begun: it says why
                result = connection.pgconn.get_result()
                assert result is not None
                raise psycopg.errors.error_from_result(result)
        copy.read()
