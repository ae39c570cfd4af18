"""What a worker does to Valkey streams: while it holds the lease it fills them, subscription by subscription."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import psycopg
import redis
import structlog

from domain.journal.journal import Journal
from domain.subscription.subscription import Subscription, Transport
from projections.streams.subscriptions import OwnerMayNot, subscriptions
from projections.streams.valkey_groups import ValkeyStore
from workers.clock import now_utc
from workers.disabling import disable
from workers.store import WorkerStore
from workers.valkey.publisher import Limits, Publisher
from workers.valkey.stream import Scripts

LEASE = "valkey streams"
LEASE_SECONDS = 10
FOLLOWED_SECONDS = 1.0
"""Positions are noted so often, whether the feed grows or not."""
SECONDS_TO_CONNECT, SECONDS_TO_ANSWER = 5, 20

log = structlog.get_logger()


class Streams:
    """Fills the streams. A Valkey that is away is told of once; what it lacks is found when it is back."""

    def __init__(
        self,
        journal: Journal,
        redis_url: str,
        worker: UUID,
        limits: Limits = Limits(),  # noqa: B008 a constant
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        self._journal, self._worker, self._clock = journal, worker, clock
        self._client = redis.Redis.from_url(
            redis_url, socket_timeout=SECONDS_TO_ANSWER, socket_connect_timeout=SECONDS_TO_CONNECT
        )
        self._publisher = Publisher(journal, Scripts(self._client), limits)
        self._stopping = threading.Event()
        self._withheld: set[UUID] = set()
        self._away = ""

    def stop(self) -> None:
        """Finish the turn in hand, and begin no other."""
        self._stopping.set()

    def close(self) -> None:
        """Close the connection to Valkey."""
        self._client.close()

    def publish(self) -> None:
        """Bring all streams up to the feed, or leave it to the worker that holds the lease."""
        known = [each for each in subscriptions(self._journal) if each.transport is Transport.VALKEY]
        if not known:
            return
        with self._journal.pool.connection() as connection:
            try:
                self._publish(connection, known)
                self._tell("")
            except redis.RedisError as error:
                self._tell(str(error))

    def _publish(self, connection: psycopg.Connection, known: list[Subscription]) -> None:
        store = WorkerStore(connection)
        there = ValkeyStore(connection).streams()
        waiting = [each for each in known if each.runs]
        over = [each for each in known if each.ended and each.id in there]
        disabled = {each.id: each for each in known if each.disabled and not each.ended}
        self._withheld &= disabled.keys()
        while not self._stopping.is_set() and store.lease(LEASE, self._worker, LEASE_SECONDS):
            for each in over:
                self._publisher.end(connection, each)
            for key in disabled.keys() - self._withheld:
                self._withhold(connection, disabled[key], disabled[key].disabled)
            waiting = [each for each in waiting if self._turn(store, connection, each)]
            if not waiting:
                return
            over = []

    def _turn(self, store: WorkerStore, connection: psycopg.Connection, subscription: Subscription) -> bool:
        if self._stopping.is_set() or not store.lease(LEASE, self._worker, LEASE_SECONDS):
            return False
        try:
            return self._publisher.bring(connection, subscription)
        except OwnerMayNot as reason:
            disable(self._journal, subscription, str(reason), self._clock())
            self._withhold(connection, subscription, str(reason))
            return False

    def _withhold(self, connection: psycopg.Connection, subscription: Subscription, reason: str) -> None:
        self._publisher.withhold(connection, subscription, reason)
        self._withheld.add(subscription.id)

    def _tell(self, away: str) -> None:
        if away and not self._away:
            log.warning("Valkey is away: streams wait", reason=away)
        elif self._away and not away:
            log.info("Valkey is back: streams go on")
        self._away = away
