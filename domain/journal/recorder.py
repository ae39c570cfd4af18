"""The library's recorder on our own tables: one path for every append, plain SQL for every read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, LiteralString, TypeVar
from uuid import UUID, uuid4

import psycopg
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    Notification,
    ProcessRecorder,
    StoredEvent,
    Subscription,
    TrackingRecorder,
)
from psycopg_pool import ConnectionPool

from domain.errors import JournalError
from domain.journal.append import Append, guards_of
from domain.journal.connections import once_more
from domain.journal.mapper import Row
from domain.journal.writer import Writer

T = TypeVar("T")

COLUMNS = "position, recorded_at, aggregate_id, command_id, version, topic, state"


class NotOffered(JournalError):
    """KAMS does not use this part of the library: projections and subscriptions have an engine of their own."""


def to_row(columns: tuple[Any, ...]) -> Row:
    """The row of the journal from its columns, in the order of COLUMNS."""
    position, recorded_at, aggregate_id, command_id, version, topic, state = columns
    return Row(aggregate_id, version, topic, state, position, recorded_at, command_id)


class JournalRecorder(ApplicationRecorder):
    """Appends through the process's writer; reads through a pool."""

    def __init__(self, pool: ConnectionPool, writer: Writer) -> None:
        super().__init__()
        self.pool = pool
        self.writer = writer

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> list[int]:
        """Record events as one command, on the versions before them; returns their positions."""
        rows = [event for event in stored_events if isinstance(event, Row)]
        command_id = kwargs.get("command_id") or uuid4()
        appended = self.writer.append(Append(command_id, command_id.bytes, rows, guards_of(rows)))
        return list(range(appended.first, appended.last + 1))

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """A stream's events by version."""
        sql = (
            f"select {COLUMNS} from events where aggregate_id = %s and version > %s and version <= %s"
            " order by version " + ("desc" if desc else "asc") + " limit %s"
        )
        bounds = (originator_id, gt or 0, lte or 2**31 - 1, limit)
        return self.rows(sql, bounds)

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Events by position; all bounds inclusive unless said otherwise."""
        first = (start or 1) + (0 if inclusive_of_start else 1)
        sql = (
            f"select {COLUMNS} from events where position between %s and %s"
            " and (%s or topic = any(%s)) order by position limit %s"
        )
        rows = self.rows(sql, (first, stop or 2**62, not topics, list(topics), limit))
        return [Notification(r.originator_id, r.originator_version, r.topic, r.state, r.position) for r in rows]

    def max_notification_id(self) -> int | None:
        """The newest position; None in an empty journal."""
        found = self.read(lambda connection: connection.execute("select max(position) from events").fetchone())
        return found[0] if found else None

    def rows(self, sql: LiteralString, parameters: Sequence[Any]) -> list[Row]:
        """The rows of a query over COLUMNS."""

        def query(connection: psycopg.Connection) -> list[Row]:
            found = connection.cursor(binary=True).execute(sql, parameters, prepare=True)
            return [to_row(columns) for columns in found.fetchall()]

        return self.read(query)

    def columns(self, sql: LiteralString, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        """The columns of a query over COLUMNS, for whoever needs no rows."""
        return self.read(
            lambda connection: connection.cursor(binary=True).execute(sql, parameters, prepare=True).fetchall()
        )

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        """Not offered: it ends when its connection dies. Workers follow the journal themselves."""
        raise NotOffered

    def read(self, query: Callable[[psycopg.Connection], T]) -> T:
        """The answer of a reading query. Raises JournalUnreachable."""
        return once_more(self.pool, query)


class JournalFactory(InfrastructureFactory[TrackingRecorder]):
    """Hands the one recorder to the library."""

    def __init__(self, recorder: JournalRecorder) -> None:
        super().__init__({})
        self._recorder = recorder

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        """Not offered: snapshots have a table of their own."""
        raise NotOffered

    def application_recorder(self) -> ApplicationRecorder:
        """The journal's recorder."""
        return self._recorder

    def tracking_recorder(self, tracking_recorder_class: Any = None) -> TrackingRecorder:
        """Not offered."""
        raise NotOffered

    def process_recorder(self) -> ProcessRecorder:
        """Not offered."""
        raise NotOffered
