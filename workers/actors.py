"""The tasks, declared where the broker is known."""

from __future__ import annotations

from dataclasses import dataclass

import dramatiq
from dramatiq import Actor, Broker

from projections.engine import Engine


@dataclass(frozen=True)
class Tasks:
    """What may be asked of the workers."""

    catch_up: Actor[[], None]
    retry_parked: Actor[[], None]


def retry_all(engine: Engine) -> None:
    """Fold the parked rows of every model again."""
    for model in engine.models:
        engine.retry(model)


def declare(broker: Broker, engine: Engine) -> Tasks:
    """Bind the tasks to a broker."""

    @dramatiq.actor(broker=broker, queue_name="projections")
    def catch_up() -> None:
        """Bring the read models up to date. Safe to send twice, late, or never."""
        engine.catch_up()

    @dramatiq.actor(broker=broker, queue_name="projections")
    def retry_parked() -> None:
        """Try parked rows again. Safe to send twice, late, or never."""
        retry_all(engine)

    return Tasks(catch_up, retry_parked)
