"""Many facts in one append: one step of knowledge, by COPY, the lock held for some milliseconds.

Everything is checked before the lock is taken. The rows are packed piece by piece while the server, which takes
twice as long for each, stores those before: so packing costs no time, and holds the lock no longer.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from functools import cache
from uuid import UUID

import psycopg
from eventsourcing.persistence import IntegrityError

from domain.aggregate import Recorded, Withdrawal
from domain.claims import Claim
from domain.journal.append import APPEND, Append, Appended, answer, columns, each_once
from domain.journal.mapper import encode_state
from domain.journal.reading import microseconds

MOST_AT_ONCE = 4_000
"""How many facts one bulk append should hold at most, so that the lock is held for 20 ms at most."""

COPY_EVENTS = (
    "copy events (position, recorded_at, topic, aggregate_id, command_id, version, command_digest, state)"
    " from stdin (format binary)"
)
PIECE = 200
SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
# A row as the server reads it: the number of columns, then for each its length and its bytes; -1 is null.
_place = struct.Struct(">hiqiq").pack
_first = struct.Struct(">i16si16siii16si").pack
_other = struct.Struct(">i16si16siiii").pack


class Bulk:
    """Facts that follow each other as their streams demand, with what they claim and set free."""

    def __init__(self, facts: Sequence[Recorded], command_id: UUID) -> None:
        self.facts = facts
        self.append = Append(command_id, command_id.bytes, (), {})
        self.claims: list[tuple[int, Claim, UUID | str]] = []
        self.released: list[int] = []
        self._see_that_versions_follow()
        for number, fact in enumerate(facts, 1):
            for claim in fact.event.claims(fact.originator_id):
                self.claims.append((number, claim, fact.originator_id))
            if isinstance(fact.event, Withdrawal):
                self.released.append(fact.event.position)
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

    def pieces(self, appended: Appended) -> Iterator[bytes]:
        """What COPY takes, a piece at a time."""
        at, command = microseconds(appended.recorded_at), self.append.digest
        rows, stream, current = [SIGNATURE], b"", None
        for position, fact in enumerate(self.facts, appended.first):
            if fact.originator_id is not current:
                current = fact.originator_id
                stream = current.bytes
            rows += (_place(8, 8, position, 8, at), _row(fact, stream, command, position == appended.first))
            if len(rows) > 2 * PIECE:
                yield b"".join(rows)
                rows.clear()
        yield b"".join((*rows, TRAILER))

    def _see_that_versions_follow(self) -> None:
        """The first fact of a stream says where the stream must stand."""
        newest: dict[UUID, int] = {}
        current, version = self.append.command_id, 0
        for fact in self.facts:
            if fact.originator_id != current:
                newest[current] = version
                current, before = fact.originator_id, fact.originator_version - 1
                self.append.guards.setdefault(current, before)
                version = newest.get(current, before)
            version += 1
            if fact.originator_version != version:
                raise IntegrityError(f"{current}: version {fact.originator_version} does not follow {version - 1}")


def _row(fact: Recorded, stream: bytes, command: bytes, first: bool) -> bytes:
    """All columns but the first two. The first row of a command holds its digest."""
    state = encode_state(fact)
    if first:
        middle = _first(16, stream, 16, command, 4, fact.originator_version, 16, command, len(state))
    else:
        middle = _other(16, stream, 16, command, 4, fact.originator_version, -1, len(state))
    return _topic(fact.event.topic) + middle + state


def append_in_bulk(connection: psycopg.Connection, bulk: Bulk) -> Appended:
    """Append facts as one command, all or nothing. Their versions must continue their streams.

    Raises IntegrityError where a stream has gone on meanwhile, AlreadyClaimed where something unique is taken.
    A repeated command answers with the first append.
    """
    question = bulk.question()
    with connection.transaction():
        line: Sequence[object] = connection.execute(APPEND, question, prepare=True, binary=True).fetchall()[0]
        appended = answer(bulk.append, line, len(bulk.facts))
        if not isinstance(appended, Appended):
            raise appended
        if not appended.repeated:
            _copy(connection, bulk.pieces(appended))
    return appended


def _copy(connection: psycopg.Connection, pieces: Iterator[bytes]) -> None:
    try:
        with connection.cursor().copy(COPY_EVENTS) as copy:
            for piece in pieces:
                copy.write(piece)
    except psycopg.errors.UniqueViolation as error:
        raise IntegrityError(error.diag.message_detail or str(error)) from error


@cache
def _topic(topic: str) -> bytes:
    encoded = topic.encode()
    return len(encoded).to_bytes(4, "big") + encoded
