"""The workers' own tables: who is alive, who holds a lease, which timer is due."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import psycopg

from projections.working import alive_workers


class WorkerStore:
    """SQL of the workers' tables, on a connection given by the caller (autocommit)."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def report_alive(self, worker: UUID) -> None:
        """Say that a worker process lives, and over which connection; workers unseen for an hour are forgotten."""
        self._connection.execute(
            "insert into workers (id, host, pid, backend) values (%s, %s, %s, pg_backend_pid())"
            " on conflict (id) do update set seen_at = clock_timestamp(), backend = excluded.backend",
            (worker, socket.gethostname(), os.getpid()),
        )
        self._connection.execute("delete from workers where seen_at < clock_timestamp() - interval '1 hour'")

    def report_gone(self, worker: UUID) -> None:
        """Say that a worker process ends, and let its leases go."""
        self._connection.execute("delete from workers where id = %s", (worker,))
        self._connection.execute("delete from leases where holder = %s", (worker,))

    def alive(self) -> int:
        """How many worker processes live."""
        return alive_workers(self._connection)

    def lease(self, name: str, holder: UUID, seconds: int) -> bool:
        """Take or prolong a lease; False where somebody else holds it."""
        found = self._connection.execute(
            "insert into leases values (%s, %s, clock_timestamp() + make_interval(secs => %s))"
            " on conflict (name) do update set holder = excluded.holder, until = excluded.until"
            " where leases.holder = excluded.holder or leases.until < clock_timestamp() returning name",
            (name, holder, seconds),
        ).fetchone()
        return found is not None

    @contextmanager
    def due(self, name: str, now: datetime, following: datetime) -> Iterator[bool]:
        """Whether a timer is due, for the time of doing its work: it goes on to `following` when that has ended.

        Nobody else finds it due meanwhile; who dies leaves it due. A timer seen for the first time is only set.
        """
        self._connection.execute("insert into timers values (%s, %s) on conflict do nothing", (name, following))
        with self._connection.transaction():
            found = self._connection.execute(
                "select from timers where name = %s and due_at <= %s for update skip locked", (name, now)
            ).fetchone()
            yield found is not None
            if found is not None:
                self._connection.execute("update timers set due_at = %s where name = %s", (following, name))
