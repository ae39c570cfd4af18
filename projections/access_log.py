"""The access log as it is written, read and proven: lines by filter, an hour's digest, what was changed since."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from uuid import UUID

import msgspec
import psycopg
from psycopg.rows import class_row

from domain.access_log import HOUR
from domain.aggregate import BEGINNING

COLUMNS = "id, at, kind, member, key_id, method, path, status, rule, correlation_id"
HEADER = b"kams access v1\0"
CHUNK = 1000


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the access log: a sign-in, an attempt that was refused, personal data that was read, or data that
    was taken away."""

    kind: str
    method: str
    path: str
    status: int
    correlation_id: UUID
    member: UUID | None = None
    key_id: str = ""
    rule: str = ""


class AccessLine(msgspec.Struct, frozen=True):
    """Who came in, was refused, read personal data or took data away; never what it said. `path` holds identifiers
    alone; `rule` the refusal, or what was asked."""

    id: int
    at: datetime
    kind: str
    member: UUID | None
    key_id: str
    method: str
    path: str
    status: int
    rule: str
    correlation_id: UUID


class AccessFilters(msgspec.Struct, frozen=True, kw_only=True):
    """Which lines: of a member, of kinds, written from a moment on and before another, about one of these ids."""

    member: UUID | None = None
    kinds: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    about: tuple[UUID, ...] = ()
    correlation: UUID | None = None


class SealedHour(msgspec.Struct, frozen=True):
    """What the journal says about an hour: how many rows, their digest, and the fact's position."""

    hour: datetime
    rows: int
    digest: bytes
    position: int


class ChangedHour(msgspec.Struct, frozen=True):
    """An hour whose rows are not those that were sealed; `sealed` is 0 where none were, `position` then, too."""

    hour: datetime
    sealed: int
    found: int
    position: int


def note(connection: psycopg.Connection, access: Access) -> None:
    """Write a line; nothing takes it back."""
    columns = ", ".join(access.__struct_fields__)
    places = ", ".join(f"%({name})s" for name in access.__struct_fields__)
    sql = f"insert into access_log ({columns}) values ({places})"
    connection.execute(sql.encode(), msgspec.structs.asdict(access), prepare=True)


def lines(
    connection: psycopg.Connection, filters: AccessFilters, before: int | None = None, most: int | None = None
) -> Iterator[AccessLine]:
    """The lines that fit, newest first, from before an id on: the first so many in one reading, or all, read as they
    are asked for; in an open transaction."""
    conditions = {
        "id < %(before)s": before,
        "member = %(member)s": filters.member,
        "kind = any(%(kinds)s)": filters.kinds,
        "at >= %(since)s": filters.since,
        "at <= %(until)s": filters.until,
        "path like any(%(about)s)": filters.about,
        "correlation_id = %(correlation)s": filters.correlation,
    }
    where = " and ".join(condition for condition, stated in conditions.items() if stated) or "true"
    about = [f"%{each}%" for each in filters.about]
    values = {**msgspec.structs.asdict(filters), "kinds": list(filters.kinds), "about": about, "before": before}
    sql = f"select {COLUMNS} from access_log where {where} order by id desc"
    if most is not None:
        with connection.cursor(row_factory=class_row(AccessLine)) as cursor:
            yield from cursor.execute(f"{sql} limit {most:d}".encode(), values)
        return
    with connection.cursor(name="access_lines", row_factory=class_row(AccessLine)) as cursor:
        cursor.itersize = CHUNK
        cursor.execute(sql.encode(), values)
        yield from cursor


def hours(connection: psycopg.Connection, since: datetime, before: datetime) -> Iterator[tuple[datetime, int, bytes]]:
    """The hours between two moments that have rows: their beginning, how many, and the digest over them in order."""
    sql = f"select date_trunc('hour', at, 'UTC'), {COLUMNS} from access_log where at >= %s and at < %s order by 1, id"
    with connection.cursor(name="access_hours") as cursor:
        cursor.itersize = CHUNK
        cursor.execute(sql.encode(), (since, before))
        for hour, rows in groupby(cursor, key=lambda row: row[0]):
            count, digest = 0, hashlib.sha256(HEADER)
            for _, *values in rows:
                count += 1
                digest.update(_encode(values))
            yield hour, count, digest.digest()


def changed_hours(connection: psycopg.Connection, sealed: Iterable[SealedHour]) -> list[ChangedHour]:
    """The hours up to the last sealed one whose rows are not those that were sealed, in order of time: changed,
    removed, or put in where there were none."""
    wanted = {each.hour: each for each in sealed}
    if not wanted:
        return []
    changed: list[ChangedHour] = []
    for hour, count, digest in hours(connection, BEGINNING, max(wanted) + HOUR):
        was = wanted.pop(hour, None)
        if was is None:
            changed.append(ChangedHour(hour, 0, count, 0))
        elif (was.rows, was.digest) != (count, digest):
            changed.append(ChangedHour(hour, was.rows, count, was.position))
    changed += [ChangedHour(each.hour, each.rows, 0, each.position) for each in wanted.values()]
    return sorted(changed, key=lambda each: each.hour)


_encode = msgspec.msgpack.Encoder(uuid_format="bytes").encode
