"""What was asked to be sent again, and test deliveries: the SQL of both who ask and who send."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
import psycopg
from psycopg.rows import dict_row

KINDS = ("range", "dead_letters", "test")
ABANDONED_SECONDS = 60
"""A test that was taken so long ago is anybody's again: who took it died."""


class Redelivery(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be sent again: positions `from_position` to `to_position`, or the dead letters up to there, at most
    `rate` a second. `count` was stated when it was asked for; `cursor` is the last position done."""

    id: int
    subscription: UUID
    kind: Literal["range", "dead_letters", "test"]
    from_position: int
    to_position: int
    rate: float
    count: int
    cursor: int
    sent: int
    failed: int
    asked_by: UUID
    asked_at: datetime
    state: Literal["waiting", "running", "stopped", "done"]
    outcome: str = ""
    status: int | None = None
    latency_ms: float | None = None
    reason: str = ""
    excerpt: str = ""


_COLUMNS = ", ".join(Redelivery.__struct_fields__)


class RedeliveryStore:
    """On a connection given by the caller."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    # Asking

    def ask(
        self,
        subscription: UUID,
        kind: str,
        by: UUID,
        *,
        first: int = 0,
        last: int = 0,
        rate: float = 10.0,
        count: int = 0,
    ) -> Redelivery:
        """Note that something is to be sent again."""
        sql = (
            "insert into redeliveries (subscription, kind, from_position, to_position, rate, count, cursor, asked_by)"
            f" values (%s, %s, %s, %s, %s, %s, %s, %s) returning {_COLUMNS}"
        )
        return self._some(sql, (subscription, kind, first, last, rate, count, max(0, first - 1), by))[0]

    def one(self, subscription: UUID, number: int) -> Redelivery | None:
        """One of a subscription."""
        sql = f"select {_COLUMNS} from redeliveries where subscription = %s and id = %s"
        return next(iter(self._some(sql, (subscription, number))), None)

    def of(self, subscription: UUID, before: int | None, limit: int) -> list[Redelivery]:
        """Those of a subscription, the newest first."""
        sql = f"select {_COLUMNS} from redeliveries where subscription = %s and id < %s order by id desc limit %s"
        return self._some(sql, (subscription, 2**62 if before is None else before, limit))

    def stop(self, subscription: UUID, number: int) -> Redelivery | None:
        """Send no more of it; None where there is no such one. One that has ended stays as it is."""
        self._connection.execute(
            "update redeliveries set state = 'stopped' where subscription = %s and id = %s"
            " and state in ('waiting', 'running')",
            (subscription, number),
        )
        return self.one(subscription, number)

    def dead(self, subscription: UUID, first: int, last: int, limit: int) -> list[int]:
        """Positions of dead letters that were not delivered again, in order."""
        found = self._connection.execute(
            "select position from dead_letters where subscription = %s and position between %s and %s"
            " and redelivered_at is null order by position limit %s",
            (subscription, first, last, limit),
        )
        return [position for (position,) in found]

    # Sending

    def open_of(self, subscription: UUID) -> list[Redelivery]:
        """What is still to be sent again to a subscription, in the order asked for."""
        sql = (
            f"select {_COLUMNS} from redeliveries where subscription = %s and kind <> 'test'"
            " and state in ('waiting', 'running') order by id"
        )
        return self._some(sql, (subscription,))

    def take_test(self) -> Redelivery | None:
        """A test that nobody else does: now ours."""
        sql = (
            "update redeliveries set state = 'running', taken_at = clock_timestamp() where id = (select id from"
            " redeliveries where kind = 'test' and (state = 'waiting' or (state = 'running' and taken_at <"
            " clock_timestamp() - make_interval(secs => %s))) order by id for update skip locked limit 1)"
            f" returning {_COLUMNS}"
        )
        return next(iter(self._some(sql, (ABANDONED_SECONDS,))), None)

    def tested(
        self, number: int, outcome: str, status: int | None, latency_ms: float, reason: str, excerpt: str
    ) -> None:
        """What a test led to: sent, or failed, as all that is sent again."""
        arrived = outcome == "delivered"
        self._connection.execute(
            "update redeliveries set state = 'done', outcome = %s, status = %s, latency_ms = %s, reason = %s,"
            " excerpt = %s, sent = %s, failed = %s where id = %s",
            (outcome, status, latency_ms, reason, excerpt, int(arrived), int(not arrived), number),
        )

    def advance(self, number: int, cursor: int, *, sent: int = 0, failed: int = 0) -> bool:
        """So far it was sent; False where it was stopped meanwhile."""
        found = self._connection.execute(
            "update redeliveries set cursor = greatest(cursor, %s), sent = sent + %s, failed = failed + %s,"
            " state = case when state = 'waiting' then 'running' else state end where id = %s returning state",
            (cursor, sent, failed, number),
        ).fetchone()
        return found is not None and found[0] == "running"

    def finish(self, number: int) -> None:
        """All of it was sent."""
        sql = "update redeliveries set state = 'done' where id = %s and state in ('waiting', 'running')"
        self._connection.execute(sql, (number,))

    def revive(self, subscription: UUID, position: int, at: datetime) -> None:
        """A dead letter was delivered after all."""
        self._connection.execute(
            "update dead_letters set redelivered_at = %s where subscription = %s and position = %s",
            (at, subscription, position),
        )

    def _some(self, sql: str, values: Sequence[object]) -> list[Redelivery]:
        found = self._connection.cursor(row_factory=dict_row).execute(sql.encode(), values).fetchall()
        return [Redelivery(**row) for row in found]
