"""How far webhooks were delivered: the SQL that workers record with, on a connection given by the caller."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec
import psycopg

from domain.journal.reading import head
from domain.subscription.subscription import StreamFilter
from projections.streams.feed import FeedRow, Page, feed_head, page

EVERY_LANE = UUID(int=0)
"""The one lane of a subscription in strict order."""
LOG_DAYS = 30


class Parked(msgspec.Struct, frozen=True, kw_only=True):
    """A lane that waits: it owes its events from `position` on. `attempts` of that one failed."""

    lane: UUID
    position: int
    attempts: int
    next_at: datetime
    since: datetime
    status: int | None = None
    reason: str = ""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How far a subscription was brought."""

    cursor: int
    waits_until: datetime | None = None
    reason: str = ""
    busy: int = 0
    lanes: tuple[Parked, ...] = ()


class Logged(NamedTuple):
    """An attempt at delivering a position."""

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


class DeadLetter(NamedTuple):
    """An event that was given up after so many attempts."""

    position: int
    lane: UUID
    attempts: int
    status: int | None
    reason: str
    at: datetime


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What is recorded in one transaction: the cursor moves with the results that moved it."""

    cursor: int
    waits_until: datetime | None = None
    reason: str = ""
    busy: int = 0
    parked: tuple[Parked, ...] = ()
    freed: tuple[UUID, ...] = ()
    dead: tuple[DeadLetter, ...] = ()
    log: tuple[Logged, ...] = ()


class LeaseLost(Exception):
    """Somebody else works on the subscription by now: nothing was recorded."""


class DeliveryStore:
    """The state of deliveries."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def standing(self, subscription: UUID, after: int) -> Standing:
        """How far a subscription was brought; one that is new begins after a position. Never beyond the journal, which
        may have been restored from a backup."""
        self._connection.execute(
            "insert into deliveries (subscription, cursor) values (%s, %s) on conflict do nothing",
            (subscription, after),
        )
        found = self.known(subscription)
        assert found is not None
        newest = head(self._connection)
        return msgspec.structs.replace(found, cursor=min(found.cursor, newest))

    def known(self, subscription: UUID) -> Standing | None:
        """The same; None where nobody has worked on it yet."""
        found = self._connection.execute(
            "select cursor, waits_until, reason, busy from deliveries where subscription = %s", (subscription,)
        ).fetchone()
        if found is None:
            return None
        cursor, until, reason, busy = found
        lanes = tuple(self.lanes(subscription))
        return Standing(cursor=cursor, waits_until=until, reason=reason, busy=busy, lanes=lanes)

    def lanes(self, subscription: UUID) -> list[Parked]:
        """The lanes that wait, those first that are tried first."""
        found = self._connection.execute(
            "select lane, position, attempts, next_at, since, status, reason from delivery_lanes"
            " where subscription = %s order by next_at, lane",
            (subscription,),
        )
        names = Parked.__struct_fields__
        return [Parked(**dict(zip(names, row, strict=True))) for row in found]

    def retry_now(self, subscription: UUID, lane: UUID, now: datetime) -> bool:
        """Let a lane be tried at once; False where it does not wait."""
        sql = "update delivery_lanes set next_at = %s, wanted = true where subscription = %s and lane = %s"
        return self._connection.execute(sql, (now, subscription, lane)).rowcount > 0

    def record(self, subscription: UUID, batch: Batch, holder: UUID | None = None, lease: str = "") -> None:
        """Record results, all of them or none. Raises LeaseLost where the holder does not have the lease any more."""
        with self._connection.transaction():
            if holder is not None:
                self._must_hold(lease, holder)
            self._connection.execute(
                "update deliveries set cursor = greatest(cursor, %s), waits_until = %s, reason = %s, busy = %s"
                " where subscription = %s",
                (batch.cursor, batch.waits_until, batch.reason, batch.busy, subscription),
            )
            self._park(subscription, batch.parked)
            if batch.freed:
                sql = "delete from delivery_lanes where subscription = %s and lane = any(%s)"
                self._connection.execute(sql, (subscription, list(batch.freed)))
            self.bury(subscription, batch.dead)
            self.log(subscription, batch.log)

    def _must_hold(self, lease: str, holder: UUID) -> None:
        sql = "select from leases where name = %s and holder = %s and until > clock_timestamp() for share"
        if self._connection.execute(sql, (lease, holder)).fetchone() is None:
            raise LeaseLost

    def _park(self, subscription: UUID, parked: Sequence[Parked]) -> None:
        if not parked:
            return
        self._connection.cursor().executemany(
            "insert into delivery_lanes (subscription, lane, position, attempts, next_at, since, status, reason)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s) on conflict (subscription, lane) do update set"
            " position = excluded.position, attempts = excluded.attempts, next_at = excluded.next_at,"
            " since = excluded.since, status = excluded.status, reason = excluded.reason, wanted = false",
            [(subscription, *msgspec.structs.astuple(each)) for each in parked],
        )

    def bury(self, subscription: UUID, dead: Sequence[DeadLetter]) -> None:
        """Keep events that were given up."""
        if dead:
            self._connection.cursor().executemany(
                "insert into dead_letters (subscription, position, lane, attempts, status, reason, at)"
                " values (%s, %s, %s, %s, %s, %s, %s) on conflict (subscription, position) do update set"
                " attempts = dead_letters.attempts + excluded.attempts, status = excluded.status,"
                " reason = excluded.reason, at = excluded.at, redelivered_at = null",
                [(subscription, *each) for each in dead],
            )

    def log(self, subscription: UUID, logged: Iterable[Logged]) -> None:
        """Keep what attempts led to."""
        if rows := [(subscription, *each) for each in logged]:
            copied = (
                "copy delivery_log (subscription, position, lane, attempt, at, outcome, status, latency_ms, reason,"
                " excerpt, redelivery) from stdin"
            )
            with self._connection.cursor().copy(copied) as copy:
                for row in rows:
                    copy.write_row(row)
            self._connection.cursor().executemany(
                "insert into delivery_totals values (%s, %s, %s) on conflict (subscription, outcome)"
                " do update set count = delivery_totals.count + excluded.count",
                [(subscription, *each) for each in sorted(Counter(row[5] for row in rows).items())],
            )

    def owed(self, wanted: StreamFilter, lane: UUID, position: int, to: int, limit: int) -> Page:
        """What a lane owes from a position on, and up to where that was looked for."""
        if lane == EVERY_LANE:
            return page(self._connection, position - 1, limit, wanted, to)
        if self._connection.execute("select 1 from feed where account = %s limit 1", (lane,)).fetchone():
            of_account = msgspec.structs.replace(wanted, accounts=(lane,))
            return page(self._connection, position - 1, limit, of_account, to)
        found = page(self._connection, position - 1, limit, wanted, to)
        return Page([row for row in found.rows if lane_of(row) == lane], found.examined)

    def prune(self, now: datetime) -> int:
        """Let go of attempts older than thirty days; how many."""
        sql = "delete from delivery_log where at < %s"
        return self._connection.execute(sql, (now - timedelta(days=LOG_DAYS),)).rowcount


def lane_of(row: FeedRow) -> UUID:
    """What keeps its order together: the events of an account, else of a subject."""
    return row.account or row.subject


def oldest_after(connection: psycopg.Connection, after: int, wanted: StreamFilter) -> tuple[datetime | None, int]:
    """When the oldest event after a position was recorded that fits a filter, None where there is none; and the
    position up to which there is none."""
    newest = feed_head(connection)
    while after < newest:
        found = page(connection, after, 1, wanted, newest)
        if found.rows:
            return found.rows[0].recorded_at, found.rows[0].position - 1
        after = found.examined
    return None, after


def oldest_parked(connection: psycopg.Connection, subscription: UUID) -> datetime | None:
    """When the oldest event was recorded that a lane owes."""
    found: tuple[datetime | None] = connection.execute(
        "select min(recorded_at) from feed join delivery_lanes using (position) where subscription = %s",
        (subscription,),
    ).fetchone() or (None,)
    return found[0]
