"""Scheduled work from timers in PostgreSQL, run by whichever worker holds the lease."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

import psycopg
import structlog
from cronsim import CronSim

from workers.clock import now_utc
from workers.store import WorkerStore

TICK_SECONDS = 1.0
LEASE_SECONDS = 10
REPORT_EVERY_TICKS = 5

log = structlog.get_logger()
Jobs = Mapping[str, tuple[str, Callable[[], object]]]


class Schedule(threading.Thread):
    """Reports this worker alive and, while it holds the lease, does what is due.

    `jobs` maps a name to a cron expression (UTC) and what to do; a job must be safe to repeat: a worker that dies in
    the middle of one leaves its timer due.
    """

    def __init__(
        self,
        database_url: str,
        worker: UUID,
        jobs: Jobs,
        clock: Callable[[], datetime] = now_utc,
        tick: float = TICK_SECONDS,
    ) -> None:
        super().__init__(name="schedule", daemon=True)
        self._url = database_url
        self._worker = worker
        self._jobs = jobs
        self._clock = clock
        self._tick = tick
        self._stopping = threading.Event()

    def stop(self) -> None:
        """End after the job in hand."""
        self._stopping.set()

    def run(self) -> None:
        """Tick until stopped; a lost connection is made anew."""
        while not self._stopping.is_set():
            try:
                with psycopg.connect(self._url, autocommit=True) as connection:
                    self._tick_on(WorkerStore(connection))
            except psycopg.Error as error:
                log.warning("schedule cannot reach the database", reason=str(error).strip())
                self._stopping.wait(self._tick)

    def _tick_on(self, store: WorkerStore) -> None:
        ticks = 0
        while not self._stopping.is_set():
            if ticks % REPORT_EVERY_TICKS == 0:
                store.report_alive(self._worker)
            if store.lease("schedule", self._worker, LEASE_SECONDS):
                self.run_due(store)
            ticks += 1
            self._stopping.wait(self._tick)
        store.report_gone(self._worker)

    def run_due(self, store: WorkerStore) -> list[str]:
        """Do every job that is due, once; returns their names."""
        now, done = self._clock(), []
        for name, (expression, job) in self._jobs.items():
            with store.due(name, now, next(CronSim(expression, now))) as is_due:
                if is_due:
                    self._do(name, job)
                    done.append(name)
        return done

    def _do(self, name: str, job: Callable[[], object]) -> None:
        try:
            job()
        except Exception:
            log.exception("job failed", job=name)
