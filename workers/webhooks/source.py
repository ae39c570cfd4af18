"""What is to be delivered to a subscription: read from the feed by the rights that its owner has at that moment."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from uuid import UUID

import msgspec
from psycopg_pool import ConnectionPool

from domain.journal.journal import Journal
from domain.rights import Newest, Rights
from domain.subscription.subscription import Order, Subscription
from domain.visibility import Visibility
from projections.streams.deliveries import EVERY_LANE, DeliveryStore, Parked, lane_of
from projections.streams.feed import FeedRow, page
from projections.streams.receiver import Receiver
from workers.webhooks.lanes import Item

AT_ONCE = 128
OF_A_LANE = 32


class _Named(msgspec.Struct):
    id: str


_named = msgspec.json.Decoder(_Named).decode


class Source:
    """Reads for one subscription; to be called in threads. `visibility` is asked each time."""

    def __init__(
        self, journal: Journal, pool: ConnectionPool, subscription: Subscription, visibility: Callable[[], Visibility]
    ) -> None:
        self._rights, self._people, self._pool = Rights(Newest(journal)), journal.people, pool
        self._filter, self._strict = subscription.filter, subscription.order is Order.STRICT
        self._personal, self._visibility = subscription.personal, visibility

    def after(self, position: int, most: int) -> tuple[list[Item], int]:
        """What comes after a position, and the last one looked at."""
        with self._pool.connection() as connection:
            found = page(connection, position, min(most, AT_ONCE), self._filter)
        return self._items(found.rows), found.examined

    def owed(self, lane: Parked, to: int) -> tuple[list[Item], int]:
        """What a lane that waits owes, up to a position."""
        with self._pool.connection() as connection:
            found = DeliveryStore(connection).owed(self._filter, lane.lane, lane.position, to, OF_A_LANE)
        return self._items(found.rows), found.examined

    def between(self, after: int, to: int, most: int) -> tuple[list[Item], int]:
        """What lies between two positions, and the last one looked at."""
        with self._pool.connection() as connection:
            found = page(connection, after, most, self._filter, to)
        return self._items(found.rows), found.examined

    def again(self, position: int) -> Item | None:
        """One event as it may be delivered now; None where it may not be any more, or is not for the subscription."""
        found, _ = self.between(position - 1, position, 1)
        return found[0] if found else None

    def _items(self, rows: Sequence[FeedRow]) -> list[Item]:
        if not rows:
            return []
        self._people.look()
        receiver = Receiver(self._rights, self._people, self._visibility())
        seen = receiver.seen(rows)
        now = time.monotonic()
        return [self._item(row, body, now) for row, body in zip(seen, receiver.events(seen), strict=True)]

    def _item(self, row: FeedRow, body: bytes, now: float) -> Item:
        lane: UUID = EVERY_LANE if self._strict else lane_of(row)
        return Item(row.position, lane, _named(body).id, body, self._personal and row.sealed is not None, now)
