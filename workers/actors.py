"""The tasks, declared where the broker is known."""

from __future__ import annotations

from dataclasses import dataclass

import dramatiq
from dramatiq import Actor, Broker

from workers.projecting import Projecting
from workers.watch import Watch

QUEUE = "projections"


@dataclass(frozen=True)
class Tasks:
    """What may be asked of the workers."""

    catch_up: Actor[[], None]
    retry_parked: Actor[[], None]
    note_findings: Actor[[], None]


def declare(broker: Broker, projecting: Projecting, watch: Watch) -> Tasks:
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

    return Tasks(catch_up, retry_parked, note_findings)
