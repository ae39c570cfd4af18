"""The access log of what leaves by itself: personal data that subscriptions bring."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from uuid import UUID, uuid4

from psycopg_pool import ConnectionPool

from domain.subscription.subscription import Subscription
from projections.access_log import Access, note

EVERY = 3_600.0
"""Seconds between two lines of a subscription."""


class Exports:
    """Notes that a subscription took personal data away, each hour once, before it does. A worker has one; its
    subscriptions may be served by several threads."""

    def __init__(self, pool: ConnectionPool, clock: Callable[[], float] = time.monotonic) -> None:
        self._pool, self._clock = pool, clock
        self._told: dict[UUID, float] = {}
        self._lock = threading.Lock()

    def note(self, subscription: Subscription) -> None:
        """Personal data is about to leave for its owner."""
        key, now = subscription.id, self._clock()
        with self._lock:
            if key in self._told and now - self._told[key] < EVERY:
                return
            with self._pool.connection() as connection:
                note(connection, _line(subscription))
            self._told[key] = now


def _line(subscription: Subscription) -> Access:
    transport = subscription.transport.value
    return Access(
        kind="exported",
        method=transport.upper(),
        path=f"/subscriptions/{subscription.id}",
        status=200,
        correlation_id=uuid4(),
        member=subscription.owner,
        rule=f"subscription.{transport}",
    )
