"""A worker process: follower, tasks and schedule, until it is told to stop."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from functools import partial
from uuid import uuid4

import structlog
from dramatiq import Worker
from redis.exceptions import RedisError

from projections.engine import Engine
from workers.actors import declare, retry_all
from workers.broker import make_broker
from workers.follower import Follower
from workers.schedule import Schedule

WORKER_TIMEOUT_MS = 1000
STOP_MS = 30_000
EVERY_TEN_MINUTES = "*/10 * * * *"
EVERY_MINUTE = "* * * * *"

log = structlog.get_logger()


class WorkerProcess:
    """Everything a worker runs. Without Valkey it still projects; the tasks wait until Valkey is back."""

    def __init__(self, database_url: str, redis_url: str | None, engine: Engine, threads: int = 2) -> None:
        gc.set_threshold(50_000, 20, 50)
        self._follower = Follower(database_url, engine.catch_up)
        retry_parked: Callable[[], object] = partial(retry_all, engine)
        catch_up: Callable[[], object] = engine.catch_up
        self._worker: Worker | None = None
        if redis_url is not None:
            self._broker = make_broker(redis_url)
            self._tasks = declare(self._broker, engine)
            self._worker = Worker(self._broker, worker_timeout=WORKER_TIMEOUT_MS, worker_threads=threads)
            retry_parked = through_valkey(self._tasks.retry_parked.send, retry_parked)
            catch_up = through_valkey(self._tasks.catch_up.send, engine.catch_up)
        jobs = {"retry_parked": (EVERY_TEN_MINUTES, retry_parked), "catch_up": (EVERY_MINUTE, catch_up)}
        self._schedule = Schedule(database_url, uuid4(), jobs)

    def start(self) -> None:
        """Begin to follow the journal, take tasks and watch the timers."""
        if self._worker is not None:
            self._broker.emit_after("process_boot")
            self._worker.start()
        self._follower.start()
        self._schedule.start()
        log.info("worker started")

    def stop(self) -> None:
        """Finish the batch in hand and end."""
        self._follower.stop()
        self._schedule.stop()
        if self._worker is not None:
            self._worker.stop(timeout=STOP_MS)
            self._broker.close()
        self._follower.join()
        self._schedule.join()
        log.info("worker stopped")

    def run_until(self, stopping: threading.Event) -> None:
        """Work until the event is set."""
        self.start()
        stopping.wait()
        self.stop()


def through_valkey(send: Callable[[], object], otherwise: Callable[[], object]) -> Callable[[], object]:
    """A job that hands its work to any machine's worker, and does it here while Valkey is away."""

    def job() -> object:
        try:
            return send()
        except RedisError:
            return otherwise()

    return job
