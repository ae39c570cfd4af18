"""Reading the journal for projections: whole appends by position, on a connection that the caller gives.

Identifiers come as 16 raw bytes and moments as microseconds since 2000-01-01 UTC, which is what PostgreSQL
sends: making UUIDs and datetimes of them would cost more than everything else here.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psycopg
from psycopg.adapt import Buffer, Dumper
from psycopg.pq import Format
from psycopg.types.numeric import Int8BinaryLoader
from psycopg.types.string import ByteaBinaryLoader

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


Stored = tuple[int, int, bytes, str, bytes]
"""Position, step (the last position of the append that recorded the event), stream, topic and state."""


def array(element: str, values: Sequence[bytes]) -> bytes:
    """An array as PostgreSQL's binary form, of values that are in it already; none of them null."""
    if not values:
        return _EMPTY[element]
    head = struct.pack("!5i", 1, 0, psycopg.adapters.types[element].oid, len(values), 1)
    return head + b"".join([len(value).to_bytes(4, "big") + value for value in values])


_EMPTY: Final = {name: struct.pack("!3i", 0, 0, psycopg.adapters.types[name].oid) for name in ("uuid", "text", "tid")}


class RawArray:
    """A parameter that is an array in binary form."""

    element = ""

    def __init__(self, values: Sequence[bytes]) -> None:
        self.data = array(self.element, values)


class RawUuids(RawArray):
    """uuid[] of 16 raw bytes each."""

    element = "uuid"


class RawArrayDumper(Dumper):
    """Sends a raw array as it is; subclasses say the array's type."""

    format = Format.BINARY

    def dump(self, obj: RawArray) -> Buffer:
        return obj.data


class RawUuidsDumper(RawArrayDumper):
    """Sends RawUuids."""

    oid = psycopg.adapters.types["uuid"].array_oid


def raw_cursor(connection: psycopg.Connection) -> psycopg.Cursor[Any]:
    """A binary cursor that reads uuid as bytes and timestamptz as microseconds since EPOCH."""
    cursor = connection.cursor(binary=True)
    cursor.adapters.register_loader("uuid", ByteaBinaryLoader)
    cursor.adapters.register_loader("timestamptz", Int8BinaryLoader)
    cursor.adapters.register_dumper(RawUuids, RawUuidsDumper)
    return cursor


def microseconds(moment: datetime) -> int:
    """A moment as PostgreSQL counts it."""
    since = moment - EPOCH
    return since.days * 86_400_000_000 + since.seconds * 1_000_000 + since.microseconds


def moment(since_epoch: int) -> datetime:
    """The moment of a number of microseconds."""
    return EPOCH + since_epoch * MICROSECOND


def head(connection: psycopg.Connection) -> int:
    """The newest position; 0 in an empty journal."""
    found = connection.execute("select coalesce(max(position), 0) from events").fetchone()
    return int(found[0]) if found else 0


def end_of_append(connection: psycopg.Connection, position: int) -> int:
    """The last position of the append to which a position belongs."""
    found = connection.execute("select end_of_append(%s)", (position,)).fetchone()
    return int(found[0]) if found else position


_BETWEEN = """
select position, step, aggregate_id, topic, state from (
    select position, max(position) over (partition by recorded_at) step, aggregate_id, topic, state
    from events where position > %s and position <= %s) e
where topic <> all(%s) order by position"""


def between(connection: psycopg.Connection, after: int, to: int, leaving_out: Collection[str]) -> list[Stored]:
    """The events after a position, up to another that ends an append, without some topics."""
    parameters = (after, to, list(leaving_out))
    return raw_cursor(connection).execute(_BETWEEN, parameters, prepare=False).fetchall()


_AT = """
select e.position, e.position, e.aggregate_id, e.topic, e.state
from unnest(%s::int8[]) p cross join lateral (select * from events where position = p offset 0) e"""


def at(connection: psycopg.Connection, positions: Collection[int]) -> list[Stored]:
    """The events at some positions, in no order. `step` is not asked for: it is the position itself."""
    return raw_cursor(connection).execute(_AT, (list(positions),)).fetchall()


_OF_STREAMS = """
select e.position, end_of_append(e.position), e.aggregate_id, e.topic, e.state
from events e where e.aggregate_id = any(%s) and e.position <= %s order by e.position"""


def of_streams(connection: psycopg.Connection, streams: Collection[bytes], to: int) -> list[Stored]:
    """All events of some streams up to a position, by position."""
    return raw_cursor(connection).execute(_OF_STREAMS, (RawUuids(list(streams)), to)).fetchall()
