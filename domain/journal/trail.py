"""The journal from the newest back, narrowed by who, what and when: what an auditor's trail is read from.

What a filter asks for stands inside the stored state. PostgreSQL looks for its bytes there (an identifier is 16 of
them, the moment stands at the front), so that only what may fit is decoded; what was found is judged again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple
from uuid import UUID

import msgspec
import psycopg

from domain.aggregate import EVENTS, Origin, Recorded, Withdrawal
from domain.errors import CorruptEvent, UnknownTopic
from domain.journal.mapper import JournalMapper
from domain.journal.recorder import COLUMNS, to_row
from domain.lateness import late_by
from domain.overriding import overridden

CHUNK, FIRST = 500, 100
SECOND = timedelta(seconds=1)

SECONDS = """
case when length(state) > 16 then case get_byte(state, 2)
    when 214 then ('x' || encode(substr(state, 5, 4), 'hex'))::bit(32)::bigint
    when 215 then ('x' || encode(substr(state, 5, 8), 'hex'))::bit(64)::bigint & 17179869183
    when 199 then ('x' || encode(substr(state, 9, 8), 'hex'))::bit(64)::bigint end end"""
"""`occurred_at` of a state in seconds since 1970: MessagePack's three forms of a timestamp, after the array's head and
the schema's version."""


_SINCE = f"""
select {COLUMNS} from events
where aggregate_id = any(%s) and (topic = any(%s) and {SECONDS} >= %s or topic = any(%s))"""


class TrailFilters(msgspec.Struct, frozen=True, kw_only=True):
    """Which facts: of some streams (with those at the positions `beside` them) or topics (None: of all), by somebody,
    brought in by persons, imports or workers, recorded or occurred between two moments (both included), of one
    correlation or command; recorded by people more than `late` after they occurred; `corrections` are withdrawals and
    what replaces the withdrawn facts, `overrides` decisions against a rule, with their reason."""

    streams: tuple[UUID, ...] | None = None
    beside: tuple[int, ...] = ()
    topics: tuple[str, ...] | None = None
    actor: UUID | None = None
    origin: Origin | None = None
    recorded_from: datetime | None = None
    recorded_to: datetime | None = None
    occurred_from: datetime | None = None
    occurred_to: datetime | None = None
    correlation: UUID | None = None
    command: UUID | None = None
    late: timedelta | None = None
    corrections: bool = False
    overrides: bool = False


class Unreadable(NamedTuple):
    """An event that cannot be read, and why."""

    position: int
    recorded_at: datetime
    subject: UUID
    topic: str
    reason: str


Found = Recorded | Unreadable


def facts_back(
    connection: psycopg.Connection, filters: TrailFilters, before: int, first: int = FIRST
) -> Iterator[list[Found]]:
    """What fits, from before a position back, in chunks, of which the `first` has so many; read as it is asked for, in
    an open transaction."""
    mapper = _mapper()
    where, values = _conditions(filters)
    sql = f"select {COLUMNS} from events where position < %(before)s{where} order by position desc"
    with connection.cursor(name="trail", binary=True) as cursor:
        cursor.execute(sql.encode(), {**values, "before": before})
        most = first
        while rows := cursor.fetchmany(most):
            most = CHUNK
            found = [_read(mapper, row) for row in rows]
            yield [each for each in found if fits(each, filters)]


def facts_at(connection: psycopg.Connection, positions: Sequence[int]) -> list[Found]:
    """The facts at some positions, the newest first."""
    sql = f"select {COLUMNS} from events where position = any(%s) order by position desc"
    rows = connection.cursor(binary=True).execute(sql, (list(positions),), prepare=True)
    return [_read(_mapper(), row) for row in rows]


def fits(found: Found, filters: TrailFilters) -> bool:
    """Whether a fact is one that is asked for; of one that cannot be read only what stands beside its state is known.

    Corrections are told by the query.
    """
    if isinstance(found, Unreadable):
        inside = (filters.actor, filters.origin, filters.occurred_from, filters.occurred_to, filters.correlation)
        return not any(inside) and filters.late is None and not filters.overrides
    return (
        filters.actor in (None, found.actor)
        and filters.origin in (None, found.origin)
        and filters.correlation in (None, found.correlation_id)
        and (filters.occurred_from is None or found.occurred_at >= filters.occurred_from)
        and (filters.occurred_to is None or found.occurred_at <= filters.occurred_to)
        and (filters.late is None or late_by(found, filters.late) is not None)
        and (not filters.overrides or bool(overridden(found)))
    )


def withdrawn_in(connection: psycopg.Connection, streams: Sequence[UUID]) -> dict[int, int]:
    """The facts of some streams that were taken back, and the position of the fact that did."""
    sql = f"select {COLUMNS} from events where aggregate_id = any(%s) and topic = any(%s)"
    rows = connection.cursor(binary=True).execute(sql, (list(streams), list(WITHDRAWALS)))
    found = [_read(_mapper(), row) for row in rows]
    facts = [each for each in found if isinstance(each, Recorded)]
    return {fact.event.position: fact.position for fact in facts if isinstance(fact.event, Withdrawal)}


def facts_since(
    connection: psycopg.Connection, streams: Sequence[UUID], topics: Sequence[str], since: datetime
) -> list[Recorded]:
    """The facts of some streams and topics that occurred since a moment, or in its second, and all that took facts of
    these streams back, in no order; without what cannot be read."""
    asked = list(streams), list(topics), math.floor(since.timestamp()), list(WITHDRAWALS)
    rows = connection.cursor(binary=True).execute(_SINCE.encode(), asked, prepare=True)
    found = [_read(_mapper(), row) for row in rows]
    return [each for each in found if isinstance(each, Recorded)]


@cache
def _mapper() -> JournalMapper:
    """One for all: to make the decoder of a kind of event costs as much as to read hundreds of them."""
    return JournalMapper()


def _read(mapper: JournalMapper, columns: Sequence[object]) -> Found:
    row = to_row(tuple(columns))
    try:
        return mapper.to_domain_event(row)
    except (CorruptEvent, UnknownTopic) as error:
        assert row.recorded_at is not None
        assert isinstance(row.originator_id, UUID)
        return Unreadable(row.position, row.recorded_at, row.originator_id, row.topic, str(error))


def _conditions(filters: TrailFilters) -> tuple[str, dict[str, object]]:
    of_streams = "(aggregate_id = any(%(streams)s) or position = any(%(beside)s))"
    late = filters.late.total_seconds() - 1 if filters.late is not None else None
    stated_origin = filters.origin or (Origin.PERSON if filters.late is not None else None)
    brought = bytes([0xA0 + len(stated_origin)]) + stated_origin.encode() if stated_origin else None
    stated: dict[str, tuple[str, object]] = {
        "streams": (of_streams, _listed(filters.streams)),
        "topics": ("topic = any(%(topics)s)", _listed(filters.topics)),
        "actor": ("position(%(actor)s in state) > 0", filters.actor and filters.actor.bytes),
        "correlation": ("position(%(correlation)s in state) > 0", filters.correlation and filters.correlation.bytes),
        "origin": ("position(%(origin)s in state) > 0", brought),
        "command": ("command_id = %(command)s", filters.command),
        "first": ("position > position_recorded_by(%(first)s - interval '1 microsecond')", filters.recorded_from),
        "last": ("position <= position_recorded_by(%(last)s)", filters.recorded_to),
        "since": (f"{SECONDS} >= extract(epoch from %(since)s::timestamptz) - 1", filters.occurred_from),
        "until": (f"{SECONDS} <= extract(epoch from %(until)s::timestamptz)", filters.occurred_to),
        "late": (f"extract(epoch from recorded_at) - {SECONDS} > %(late)s", late),
        "withdrawals": (CORRECTED, list(WITHDRAWALS) if filters.corrections else None),
        "overriding": ("topic = any(%(overriding)s)", list(OVERRIDING) if filters.overrides else None),
    }
    held = {name: condition for name, condition in stated.items() if condition[1] is not None}
    where = "".join(f" and {condition}" for condition, _ in held.values())
    return where, {name: value for name, (_, value) in held.items()} | {"beside": list(filters.beside)}


def _listed(values: tuple[object, ...] | None) -> list[object] | None:
    return None if values is None else list(values)


CORRECTED = (
    "(topic = any(%(withdrawals)s)"
    " or command_id in (select command_id from events where topic = any(%(withdrawals)s) and command_id is not null))"
)
WITHDRAWALS = tuple(topic for topic, event in EVENTS.items() if issubclass(event, Withdrawal))
OVERRIDING = tuple(topic for topic, event in EVENTS.items() if "override" in event.__struct_fields__)
