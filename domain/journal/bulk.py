"""Many facts in one append: one step of knowledge, by COPY, the lock held for some milliseconds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.persistence import IntegrityError

from domain.aggregate import Recorded
from domain.claims import AlreadyClaimed, Claim
from domain.journal.mapper import encode_state
from domain.journal.writer import Appended

APPEND_LOCK = 7402116
COPY_EVENTS = (
    "copy events (position, recorded_at, aggregate_id, command_id, version, topic, command_digest, state)"
    " from stdin (format binary)"
)
TYPES = ["int8", "timestamptz", "uuid", "uuid", "int4", "text", "bytea", "bytea"]


def append_in_bulk(connection: psycopg.Connection, facts: Sequence[Recorded], command_id: UUID) -> Appended:
    """Append facts as one command, all or nothing. Their versions must continue their streams.

    Raises IntegrityError where a stream has gone on meanwhile, AlreadyClaimed where something unique is taken.
    A repeated `command_id` answers with the first append.
    """
    rows = [(fact.originator_id, fact.originator_version, fact.event.topic, encode_state(fact)) for fact in facts]
    guards: dict[UUID, int] = {}
    for aggregate_id, version, _, _ in rows:
        guards.setdefault(aggregate_id, version - 1)
    claims = [(n, c, f.originator_id) for n, f in enumerate(facts) for c in f.event.claims(f.originator_id)]
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(%s)", (APPEND_LOCK,))
        if (before := _before(connection, command_id)) is not None:
            return before
        _see_that_versions_stand(connection, guards)
        _see_that_claims_are_free(connection, [claim for _, claim, _ in claims])
        head, recorded_at = _next_step(connection)
        with connection.cursor().copy(COPY_EVENTS) as copy:
            copy.set_types(TYPES)
            for n, (aggregate_id, version, topic, state) in enumerate(rows, 1):
                digest = command_id.bytes if n == 1 else None
                copy.write_row((head + n, recorded_at, aggregate_id, command_id, version, topic, digest, state))
        _insert_claims(connection, head, claims)
    return Appended(head + 1, head + len(rows), recorded_at)


def _before(connection: psycopg.Connection, command_id: UUID) -> Appended | None:
    sql = (
        "select position, (select max(position) from events where recorded_at = e.recorded_at"
        " and position >= e.position), recorded_at from events e"
        " where command_id = %s and command_digest is not null"
    )
    found = connection.execute(sql, (command_id,)).fetchone()
    return Appended(found[0], found[1], found[2], repeated=True) if found else None


def _next_step(connection: psycopg.Connection) -> tuple[int, datetime]:
    sql = "select position, recorded_at from events order by position desc limit 1"
    head, newest = connection.execute(sql).fetchone() or (0, None)
    (now,) = connection.execute("select clock_timestamp()").fetchone() or (None,)
    assert isinstance(now, datetime)  # noqa: S101 the server's clock always answers
    return head, now if newest is None else max(now, newest + timedelta(microseconds=1))


def _see_that_versions_stand(connection: psycopg.Connection, guards: dict[UUID, int]) -> None:
    sql = (
        "select id from unnest(%b::uuid[], %b::int4[]) guard(id, version) where version <> coalesce("
        "(select e.version from events e where aggregate_id = id order by e.version desc limit 1), 0) limit 1"
    )
    stale = connection.execute(sql, (list(guards), list(guards.values()))).fetchone()
    if stale:
        raise IntegrityError(str(stale[0]))


def _see_that_claims_are_free(connection: psycopg.Connection, claims: list[Claim]) -> None:
    if not claims:
        return
    taken: Any = connection.execute(
        "select kind, scope, value, aggregate_id, position from claims"
        " join unnest(%b::text[], %b::text[], %b::text[]) w(kind, scope, value) using (kind, scope, value) limit 1",
        _columns(claims),
    ).fetchone()
    if taken:
        kind, scope, value, aggregate, position = taken
        raise AlreadyClaimed(kind=kind, scope=scope, value=value, aggregate=aggregate, position=position)


def _insert_claims(connection: psycopg.Connection, head: int, claims: list[tuple[int, Claim, UUID]]) -> None:
    if claims:
        connection.execute(
            "insert into claims select * from unnest(%b::text[], %b::text[], %b::text[], %b::uuid[], %b::int8[])",
            [
                *_columns([claim for _, claim, _ in claims]),
                [aggregate_id for _, _, aggregate_id in claims],
                [head + 1 + n for n, _, _ in claims],
            ],
        )


def _columns(claims: list[Claim]) -> list[list[str]]:
    return [[c.kind for c in claims], [c.scope for c in claims], [c.value for c in claims]]
