"""Many facts in one append: one step of knowledge, by COPY, the lock held for some milliseconds."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from functools import cache
from uuid import UUID

import psycopg
from eventsourcing.persistence import IntegrityError

from domain.aggregate import Recorded, Withdrawal
from domain.claims import Claim
from domain.journal.append import APPEND, Append, Appended, answer, columns, each_once
from domain.journal.mapper import encode_state
from domain.journal.reading import microseconds

MOST_AT_ONCE = 2_000
"""How many facts one bulk append should hold at most, so that the lock is held for 20 ms at most."""

COPY_EVENTS = (
    "copy events (position, recorded_at, topic, aggregate_id, command_id, version, command_digest, state)"
    " from stdin (format binary)"
)
SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
# A row as the server reads it: the number of columns, then for each its length and its bytes; -1 is null.
_place = struct.Struct(">hiqiq").pack
_first = struct.Struct(">i16si16siii16si").pack
_other = struct.Struct(">i16si16siiii").pack


class Bulk:
    """Facts made ready before the lock is taken: all bytes of their rows but position and recorded_at."""

    def __init__(self, facts: Iterable[Recorded], command_id: UUID) -> None:
        self.append = Append(command_id, command_id.bytes, (), {})
        self.bodies: list[bytes] = []
        self.claims: list[tuple[int, Claim, UUID | str]] = []
        self.released: list[int] = []
        self._newest: dict[UUID, int] = {}
        current, stream, newest = command_id, b"", 0
        for fact in facts:
            if fact.originator_id != current:
                self._newest[current] = newest
                current = fact.originator_id
                stream, newest = current.bytes, self._version_before(fact)
            newest += 1
            if fact.originator_version != newest:
                raise IntegrityError(f"{current}: version {fact.originator_version} does not follow {newest - 1}")
            self.bodies.append(self._body(fact, stream))
            self._mark(fact)
        each_once(self.claims)

    def question(self) -> list[list[object]]:
        """The arguments of APPEND for a command without events, which follow by COPY.

        A stream that must be new needs no question: the key of the table refuses its first version.
        """
        guards = [(1, stream, version) for stream, version in self.append.guards.items() if version]
        claims = [(1, n, c.kind, c.scope, c.value, stream) for n, c, stream in self.claims]
        return [
            [self.append.command_id],
            [self.append.digest],
            *columns(guards, 3),
            *columns(claims, 6),
            *columns([(1, position) for position in self.released], 2),
            *columns([], 5),
        ]

    def rows(self, appended: Appended) -> bytes:
        """What COPY takes."""
        at = microseconds(appended.recorded_at)
        placed = [_place(8, 8, position, 8, at) + body for position, body in enumerate(self.bodies, appended.first)]
        return b"".join((SIGNATURE, *placed, TRAILER))

    def _version_before(self, fact: Recorded) -> int:
        """The newest version of the stream so far; the first fact of a stream says where it must stand."""
        stream, before = fact.originator_id, fact.originator_version - 1
        self.append.guards.setdefault(stream, before)
        return self._newest.get(stream, before)

    def _body(self, fact: Recorded, stream: bytes) -> bytes:
        command, state = self.append.digest, encode_state(fact)
        if self.bodies:
            middle = _other(16, stream, 16, command, 4, fact.originator_version, -1, len(state))
        else:
            middle = _first(16, stream, 16, command, 4, fact.originator_version, 16, command, len(state))
        return _topic(fact.event.topic) + middle + state

    def _mark(self, fact: Recorded) -> None:
        """Note what the fact claims and what it sets free."""
        for claim in fact.event.claims(fact.originator_id):
            self.claims.append((len(self.bodies), claim, fact.originator_id))
        if isinstance(fact.event, Withdrawal):
            self.released.append(fact.event.position)


def append_in_bulk(connection: psycopg.Connection, bulk: Bulk) -> Appended:
    """Append facts as one command, all or nothing. Their versions must continue their streams.

    Raises IntegrityError where a stream has gone on meanwhile, AlreadyClaimed where something unique is taken.
    A repeated command answers with the first append.
    """
    question = bulk.question()
    with connection.transaction():
        line: Sequence[object] = connection.execute(APPEND, question, prepare=True, binary=True).fetchall()[0]
        appended = answer(bulk.append, line, len(bulk.bodies))
        if not isinstance(appended, Appended):
            raise appended
        if not appended.repeated:
            _copy(connection, bulk.rows(appended))
    return appended


def _copy(connection: psycopg.Connection, rows: bytes) -> None:
    try:
        with connection.cursor().copy(COPY_EVENTS) as copy:
            copy.write(rows)
    except psycopg.errors.UniqueViolation as error:
        raise IntegrityError(error.diag.message_detail or str(error)) from error


@cache
def _topic(topic: str) -> bytes:
    encoded = topic.encode()
    return len(encoded).to_bytes(4, "big") + encoded
