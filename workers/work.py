"""A worker process: follower, tasks and schedule, until it is told to stop."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from functools import partial
from uuid import UUID, uuid4

import structlog
from dramatiq import Worker
from dramatiq.brokers.redis import RedisBroker
from redis.exceptions import RedisError

from domain.journal.forgetting import complete
from domain.journal.forgotten import Register
from domain.journal.journal import Journal
from projections.engine import Engine
from projections.view import Reader
from workers.access_log import AccessSealing
from workers.actors import Tasks, declare
from workers.breaches import Breaches
from workers.broker import NAMESPACE, make_broker
from workers.digests import Digests
from workers.follower import Follower
from workers.forecasting import Snapshots
from workers.health_days import EVERY_SECONDS, HealthDays
from workers.periodic import Periodic
from workers.projecting import Projecting
from workers.publishing import Publishing
from workers.schedule import Jobs, Schedule
from workers.sealing import SealWork
from workers.training import Training
from workers.valkey.streams import FOLLOWED_SECONDS, Streams
from workers.watch import Watch
from workers.webhooks.engine import Webhooks
from workers.webhooks.lagging import LagAlarm, prune_log

WORKER_TIMEOUT_MS = 1000
STOP_MS = 10_000
DIGEST_SECONDS = 60
EVERY_TEN_MINUTES = "*/10 * * * *"
EVERY_MINUTE = "* * * * *"
EVERY_HOUR = "4 * * * *"
EVERY_NIGHT = "17 2 * * *"

log = structlog.get_logger()


class WorkerProcess:
    """Everything a worker runs. Without Valkey it still projects; the tasks wait until Valkey is back."""

    def __init__(
        self,
        database_url: str,
        redis_url: str | None,
        engine: Engine,
        journal: Journal,
        threads: int = 2,
        namespace: str = NAMESPACE,
        seal: SealWork | None = None,
        register: Register | None = None,
        webhooks: Callable[[UUID], Webhooks] | None = None,
        digests: Digests | None = None,
    ) -> None:
        worker = uuid4()
        self._digests = Periodic("digests", database_url, digests.send_due, DIGEST_SECONDS) if digests else None
        self._seal = seal
        self._webhooks = webhooks(worker) if webhooks is not None else None
        self._projecting = Projecting(engine)
        watch = Watch(journal, Reader(journal, engine))
        sealing = AccessSealing(journal)
        training = Training(journal, Reader(journal, engine))
        snapshots = Snapshots(journal, Reader(journal, engine))
        self._health_days = HealthDays(Reader(journal, engine))
        self._days = Periodic("health days", database_url, self._health_days.keep, EVERY_SECONDS)
        self._publishing = Publishing(journal)
        self._follower = Follower(database_url, self._projecting.catch_up)
        self._publisher = Follower(database_url, self._publishing.publish, what="feed")
        self._broker: RedisBroker | None = None
        self._streams: Streams | None = None
        tasks = None
        if redis_url is not None:
            self._streams = Streams(journal, redis_url, worker)
            self._filler = Follower(database_url, self._streams.publish, FOLLOWED_SECONDS, "feed", "Valkey streams")
            self._broker = make_broker(redis_url, namespace)
            tasks = declare(self._broker, self._projecting, watch, training, snapshots)
            self._worker = Worker(self._broker, worker_timeout=WORKER_TIMEOUT_MS, worker_threads=threads)
        here: Jobs = {
            "breaches": (EVERY_MINUTE, Breaches(journal, Reader(journal, engine)).note),
            "finish_forgetting": (EVERY_MINUTE, partial(complete, journal, register)),
            "note_lags": (EVERY_MINUTE, LagAlarm(journal).note),
            "prune_delivery_log": (EVERY_NIGHT, partial(prune_log, journal)),
            "publish_feed": (EVERY_MINUTE, self._publishing.publish),
        }
        timed = jobs(self._projecting, watch, sealing, training, snapshots, tasks)
        self._schedule = Schedule(database_url, worker, {**timed, **here})

    def start(self) -> None:
        """Begin to follow the journal, take tasks and watch the timers."""
        gc.set_threshold(50_000, 20, 50)
        if self._broker is not None:
            self._broker.emit_after("process_boot")  # else time limits never start
            self._worker.start()
        self._follower.start()
        self._publisher.start()
        if self._streams is not None:
            self._filler.start()
        self._schedule.start()
        self._days.start()
        if self._seal is not None:
            self._seal.start()
        if self._webhooks is not None:
            self._webhooks.start()
        if self._digests is not None:
            self._digests.start()
        log.info("worker started")

    def stop(self) -> None:
        """Finish the batch in hand and end."""
        self._projecting.stop()
        self._publishing.stop()
        self._follower.stop()
        self._publisher.stop()
        if self._streams is not None:
            self._streams.stop()
            self._filler.stop()
        self._schedule.stop()
        self._health_days.stop()
        self._days.stop()
        if self._seal is not None:
            self._seal.stop()
        if self._webhooks is not None:
            self._webhooks.stop()
        if self._digests is not None:
            self._digests.stop()
        if self._broker is not None:
            self._worker.stop(timeout=STOP_MS)
            self._broker.close()
        self._follower.join()
        self._publisher.join()
        if self._streams is not None:
            self._filler.join()
            self._streams.close()
        self._schedule.join()
        self._days.join(STOP_MS / 1000)
        if self._seal is not None:
            self._seal.join(STOP_MS / 1000)
        if self._webhooks is not None:
            self._webhooks.join(STOP_MS / 1000)
        if self._digests is not None:
            self._digests.join(STOP_MS / 1000)
        log.info("worker stopped")

    def run_until(self, stopping: threading.Event) -> None:
        """Work until the event is set."""
        self.start()
        try:
            stopping.wait()
        finally:
            self.stop()


def jobs(
    projecting: Projecting,
    watch: Watch,
    sealing: AccessSealing,
    training: Training,
    snapshots: Snapshots,
    tasks: Tasks | None,
) -> Jobs:
    """What is done by the clock: handed to any machine's worker, and done here while there is no Valkey."""
    catch_up: Callable[[], object] = projecting.catch_up
    retry_parked: Callable[[], object] = projecting.retry_parked
    note_findings: Callable[[], object] = watch.note_findings
    fit_forecasts: Callable[[], object] = training.fit_wanted
    keep_forecasts: Callable[[], object] = snapshots.keep_weekly
    if tasks is not None:
        keep_forecasts = through_valkey(tasks.keep_forecasts.send, keep_forecasts)
        note_findings = through_valkey(tasks.note_findings.send, note_findings)
        catch_up = through_valkey(tasks.catch_up.send, catch_up)
        retry_parked = through_valkey(tasks.retry_parked.send, retry_parked)
        fit_forecasts = through_valkey(tasks.fit_forecasts.send, fit_forecasts)
    return {
        "catch_up": (EVERY_MINUTE, catch_up),
        "retry_parked": (EVERY_TEN_MINUTES, retry_parked),
        "note_findings": (EVERY_TEN_MINUTES, note_findings),
        "fit_forecasts": (EVERY_MINUTE, fit_forecasts),
        "fit_forecast_of_today": (EVERY_NIGHT, training.fit_now),
        "keep_forecasts": (EVERY_TEN_MINUTES, keep_forecasts),
        "seal_access_log": (EVERY_HOUR, sealing.seal_hours),
    }


def through_valkey(send: Callable[[], object], otherwise: Callable[[], object]) -> Callable[[], object]:
    """A job that hands its work to any machine's worker, and does it here while Valkey is away."""

    def job() -> object:
        try:
            return send()
        except RedisError:
            return otherwise()

    return job
