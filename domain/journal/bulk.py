"""Many facts in one append: one step of knowledge, by COPY, the lock held for some milliseconds."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from uuid import UUID

import psycopg

from domain.aggregate import Recorded
from domain.journal.append import APPEND, Append, Appended, answer, claim_columns, guards_of
from domain.journal.mapper import Row
from domain.journal.reading import microseconds

MOST_AT_ONCE = 2_000
"""How many facts one bulk append should hold at most, so that the lock is held for 20 ms at most."""

COPY_EVENTS = (
    "copy events (position, recorded_at, aggregate_id, command_id, version, command_digest, topic, state)"
    " from stdin (format binary)"
)
SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
# A row as the server reads it: the number of columns, then for each its length and its bytes; -1 is null.
_place = struct.Struct(">hiqiq").pack
_first = struct.Struct(">i16si16siii16si").pack
_other = struct.Struct(">i16si16siiii").pack
_length = struct.Struct(">i").pack


def append_in_bulk(
    connection: psycopg.Connection, facts: Sequence[Recorded], command_id: UUID, row_of: Callable[[Recorded], Row]
) -> Appended:
    """Append facts as one command, all or nothing. Their versions must continue their streams.

    Raises IntegrityError where a stream has gone on meanwhile, AlreadyClaimed where something unique is taken.
    A repeated `command_id` answers with the first append.
    """
    rows = [row_of(fact) for fact in facts]
    append = Append(command_id, command_id.bytes, rows, guards_of(rows))
    asked = _question(append)
    bodies = _bodies(rows, command_id)
    with connection.transaction():
        line = connection.execute(APPEND, asked, prepare=True, binary=True).fetchall()[0]
        appended = answer(append, line)
        if not isinstance(appended, Appended):
            raise appended
        if not appended.repeated:
            with connection.cursor().copy(COPY_EVENTS) as copy:
                copy.write(_copied(appended, bodies))
    return appended


def _question(append: Append) -> list[list[object]]:
    """A command without events: they follow by COPY."""
    ones = [1] * len(append.guards)
    claims = claim_columns(append.events, [1] * len(append.events))
    guards: list[list[object]] = [[*ones], [*append.guards], [*append.guards.values()]]
    return [[append.command_id], [append.digest], *guards, *claims, [], [], [], [], []]


def _bodies(rows: Sequence[Row], command_id: UUID) -> list[bytes]:
    """All columns but the first two, which are known only under the lock."""
    command = command_id.bytes
    bodies: list[bytes] = []
    for row in rows:
        assert isinstance(row.originator_id, UUID)  # noqa: S101 our streams have UUIDs
        stream, topic = row.originator_id.bytes, row.topic.encode()
        if bodies:
            head = _other(16, stream, 16, command, 4, row.originator_version, -1, len(topic))
        else:
            head = _first(16, stream, 16, command, 4, row.originator_version, 16, command, len(topic))
        bodies.append(b"".join((head, topic, _length(len(row.state)), row.state)))
    return bodies


def _copied(appended: Appended, bodies: Sequence[bytes]) -> bytes:
    at = microseconds(appended.recorded_at)
    placed = [_place(8, 8, position, 8, at) + body for position, body in enumerate(bodies, appended.first)]
    return b"".join((SIGNATURE, *placed, TRAILER))
