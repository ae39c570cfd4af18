"""What is to be delivered to a subscription: read from the feed by the rights that its owner has at that moment."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from uuid import UUID

import msgspec
from psycopg_pool import ConnectionPool

from domain.decodable import decodable
from domain.journal.journal import Journal
from domain.rights import Newest, Rights
from domain.subscription.subscription import Order, StreamFilter, Subscription
from domain.visibility import Visibility
from projections.streams.deliveries import EVERY_LANE, DeliveryStore, Parked, lane_of
from projections.streams.feed import FeedRow, page
from projections.streams.reach import reached
from projections.streams.receiver import Receiver
from workers.exports import Exports
from workers.webhooks.lanes import Item

AT_ONCE = 128
OF_A_LANE = 32


class _Named(msgspec.Struct):
    id: str


_named = msgspec.json.Decoder(decodable(_Named)).decode


class Source:
    """Reads for one subscription; to be called in threads. `visibility` is asked each time, after what it is about was
    read: what it raises keeps that back."""

    def __init__(
        self,
        journal: Journal,
        pool: ConnectionPool,
        subscription: Subscription,
        visibility: Callable[[], Visibility],
        exports: Exports,
    ) -> None:
        self._subscription, self._exports = subscription, exports
        self._journal, self._rights, self._pool = journal, Rights(Newest(journal)), pool
        self._stated, self._strict = subscription.filter, subscription.order is Order.STRICT
        self._personal, self._visibility = subscription.personal, visibility

    def after(self, position: int, most: int) -> tuple[list[Item], int]:
        """What comes after a position, and the last one looked at."""
        wanted = self._wanted()
        with self._pool.connection() as connection:
            found = page(connection, position, min(most, AT_ONCE), wanted)
        return self._items(found.rows), found.examined

    def owed(self, lane: Parked, to: int) -> tuple[list[Item], int]:
        """What a lane that waits owes, up to a position."""
        wanted = self._wanted()
        with self._pool.connection() as connection:
            found = DeliveryStore(connection).owed(wanted, lane.lane, lane.position, to, OF_A_LANE)
        return self._items(found.rows), found.examined

    def between(self, after: int, to: int, most: int) -> tuple[list[Item], int]:
        """What lies between two positions, and the last one looked at."""
        wanted = self._wanted()
        with self._pool.connection() as connection:
            found = page(connection, after, most, wanted, to)
        return self._items(found.rows), found.examined

    def again(self, position: int) -> Item | None:
        """One event as it may be delivered now; None where it may not be any more, or is not for the subscription."""
        found, _ = self.between(position - 1, position, 1)
        return found[0] if found else None

    def _wanted(self) -> StreamFilter:
        return reached(self._journal, self._rights, self._stated)

    def _items(self, rows: Sequence[FeedRow]) -> list[Item]:
        visibility = self._visibility()
        if not rows:
            return []
        self._journal.people.look()
        receiver = Receiver(self._rights, self._journal.people, visibility)
        seen, now = receiver.seen(rows), time.monotonic()
        events = receiver.events(seen)
        if receiver.opened:
            self._exports.note(self._subscription)
        return [self._item(row, body, now) for row, body in zip(seen, events, strict=True)]

    def _item(self, row: FeedRow, body: bytes, now: float) -> Item:
        lane: UUID = EVERY_LANE if self._strict else lane_of(row)
        return Item(row.position, lane, _named(body).id, body, self._personal and row.sealed is not None, now)
