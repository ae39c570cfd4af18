"""What is asked about deliveries: the log, dead letters, what waits and why."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
import psycopg
from psycopg.rows import dict_row


class DeliveryLine(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt at delivering a position: when, what became of it, how long until the answer's status, the beginning
    of the answer (left out where personal data was sent). `redelivery` names the one to which it belonged."""

    id: int
    position: int
    lane: UUID
    attempt: int
    at: datetime
    outcome: str
    status: int | None
    latency_ms: float
    reason: str
    excerpt: str
    redelivery: int | None


class DeadLetterLine(msgspec.Struct, frozen=True, kw_only=True):
    """An event that was given up; `redelivered_at` when it was delivered after all."""

    position: int
    lane: UUID
    attempts: int
    status: int | None
    reason: str
    at: datetime
    redelivered_at: datetime | None


class HostLine(msgspec.Struct, frozen=True, kw_only=True):
    """A host (`https://erp.example:443`) that is left alone until a moment, after so many probes in vain; where it is a
    subscription's identifier, only that one is, for its address does not answer."""

    host: str
    failures: int
    open_until: datetime
    reason: str


_LINE, _DEAD = DeliveryLine.__struct_fields__, DeadLetterLine.__struct_fields__


def log_of(
    connection: psycopg.Connection,
    subscription: UUID,
    limit: int,
    *,
    before: int | None = None,
    position: int | None = None,
    outcome: str = "",
    lane: UUID | None = None,
) -> list[DeliveryLine]:
    """Attempts of a subscription, the newest first."""
    conditions = {
        "id < %(before)s": before,
        "position = %(position)s": position,
        "outcome = %(outcome)s": outcome or None,
        "lane = %(lane)s": lane,
    }
    more = "".join(f" and {sql}" for sql, value in conditions.items() if value is not None)
    sql = (
        f"select {', '.join(_LINE)} from delivery_log where subscription = %(of)s{more} order by id desc limit %(most)s"
    )
    stated = {
        "of": subscription, "most": limit, "before": before, "position": position, "outcome": outcome, "lane": lane,
    }  # fmt: skip
    return [DeliveryLine(**row) for row in _rows(connection, sql, stated)]


def dead_letters_of(
    connection: psycopg.Connection, subscription: UUID, limit: int, *, after: int = 0, redelivered: bool | None = None
) -> list[DeadLetterLine]:
    """Dead letters of a subscription, in the order of their positions."""
    more = "" if redelivered is None else f" and redelivered_at is {'not ' * redelivered}null"
    sql = (
        f"select {', '.join(_DEAD)} from dead_letters where subscription = %(of)s and position > %(after)s{more}"
        " order by position limit %(most)s"
    )
    stated = {"of": subscription, "after": after, "most": limit}
    return [DeadLetterLine(**row) for row in _rows(connection, sql, stated)]


def dead_count(connection: psycopg.Connection, subscription: UUID, to: int = 2**62) -> int:
    """How many dead letters were not delivered again."""
    sql = "select count(*) from dead_letters where subscription = %s and position <= %s and redelivered_at is null"
    (found,) = connection.execute(sql, (subscription, to)).fetchone() or (0,)
    return int(found)


def totals_of(connection: psycopg.Connection, subscription: UUID) -> dict[str, int]:
    """How often what became of an attempt, since ever."""
    sql = "select outcome, count from delivery_totals where subscription = %s order by outcome"
    return dict(connection.execute(sql, (subscription,)).fetchall())


def all_totals(connection: psycopg.Connection) -> dict[str, int]:
    """The same of all subscriptions together."""
    sql = "select outcome, sum(count)::bigint from delivery_totals group by outcome order by outcome"
    return dict(connection.execute(sql).fetchall())


def host_of(url: str) -> str:
    """What all addresses share that are reached by the same connections: scheme, host and port."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{parts.scheme}://{parts.hostname or ''}:{port}"


def host_line(connection: psycopg.Connection, host: str) -> HostLine | None:
    """Whether a host is left alone."""
    sql = "select host, failures, open_until, reason from delivery_hosts where host = %(host)s"
    return next((HostLine(**row) for row in _rows(connection, sql, {"host": host})), None)


def is_held(connection: psycopg.Connection, lease: str) -> bool:
    """Whether a worker is at it."""
    sql = "select 1 from leases where name = %s and until > clock_timestamp()"
    return connection.execute(sql, (lease,)).fetchone() is not None


def _rows(connection: psycopg.Connection, sql: str, stated: dict[str, Any]) -> list[dict[str, Any]]:
    return connection.cursor(row_factory=dict_row).execute(sql.encode(), stated).fetchall()
