"""The tasks, declared where the broker is known."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import dramatiq
from dramatiq import Actor, Broker
from redis.exceptions import RedisError

from workers.forecasting import Snapshots
from workers.projecting import Projecting
from workers.training import Training
from workers.watch import Watch

QUEUE = "projections"


@dataclass(frozen=True)
class Tasks:
    """What may be asked of the workers."""

    catch_up: Actor[[], None]
    retry_parked: Actor[[], None]
    note_findings: Actor[[], None]
    fit_forecasts: Actor[[], None]
    keep_forecasts: Actor[[], None]


def declare(broker: Broker, projecting: Projecting, watch: Watch, training: Training, snapshots: Snapshots) -> Tasks:
    """Bind the tasks to a broker. One queue for all: every queue costs two pollers."""

    @dramatiq.actor(broker=broker, queue_name=QUEUE)
    def catch_up() -> None:
        """Bring the read models up to date. Safe to send twice, late, or never."""
        projecting.catch_up()

    @dramatiq.actor(broker=broker, queue_name=QUEUE)
    def retry_parked() -> None:
        """Try parked rows again. Safe to send twice, late, or never."""
        projecting.retry_parked()

    @dramatiq.actor(broker=broker, queue_name=QUEUE)
    def note_findings() -> None:
        """Tell subscribers what rules of thumb say. Safe to send twice, late, or never."""
        watch.note_findings()

    @dramatiq.actor(broker=broker, queue_name=QUEUE)
    def fit_forecasts() -> None:
        """Fit the models that are wanted. Safe to send twice, late, or never."""
        training.fit_wanted()

    @dramatiq.actor(broker=broker, queue_name=QUEUE)
    def keep_forecasts() -> None:
        """Keep the forecasts of the week. Safe to send twice, late, or never."""
        snapshots.keep_weekly()

    return Tasks(catch_up, retry_parked, note_findings, fit_forecasts, keep_forecasts)


def waking(broker: Broker) -> Callable[[], object]:
    """What asks the workers, from a process that runs none, to fit the models that are wanted."""

    def wake() -> None:
        message: dramatiq.Message[Any] = dramatiq.Message(
            queue_name=QUEUE, actor_name="fit_forecasts", args=(), kwargs={}, options={}
        )
        with suppress(RedisError, ConnectionError):
            broker.enqueue(message)

    return wake
