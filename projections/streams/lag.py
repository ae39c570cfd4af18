"""How far a subscription is behind: by the oldest event that it lacks."""

from __future__ import annotations

from datetime import datetime

import msgspec
import psycopg

from domain.journal.journal import Journal
from domain.rights import Newest, Rights
from domain.subscription.subscription import StreamFilter, Subscription, Transport
from projections.streams.deliveries import DeliveryStore, Standing, oldest_after, oldest_parked
from projections.streams.feed import feed_head
from projections.streams.reach import reached
from projections.streams.valkey_groups import ValkeyStore


class Lag(msgspec.Struct, frozen=True, kw_only=True):
    """How far a subscription was brought and what it lacks: `events` are the positions after its cursor, `seconds` the
    age of the oldest event that was not delivered, 0 where there is none. Events that its owner may not see count until
    they were looked at."""

    cursor: int
    head: int
    events: int
    seconds: float
    standing: Standing


class Lags:
    """Measures lags. What was looked through once for a cursor that stands still is not looked through again."""

    def __init__(self, journal: Journal) -> None:
        self._journal, self._rights = journal, Rights(Newest(journal))
        self._clean: dict[tuple[object, ...], int] = {}

    def of(self, connection: psycopg.Connection, subscription: Subscription, now: datetime) -> Lag:
        """The lag of a subscription: of a webhook's deliveries, or of the slowest group that reads a stream."""
        standing, head = _standing(connection, subscription), feed_head(connection)
        wanted = reached(self._journal, self._rights, subscription.filter)
        owed = [
            self._oldest(connection, subscription, standing.cursor, wanted),
            oldest_parked(connection, subscription.id) if standing.lanes else None,
        ]
        oldest = min((each for each in owed if each is not None), default=None)
        seconds = max(0.0, (now - oldest).total_seconds()) if oldest is not None else 0.0
        cursor = standing.cursor
        return Lag(cursor=cursor, head=head, events=max(0, head - cursor), seconds=seconds, standing=standing)

    def _oldest(
        self, connection: psycopg.Connection, subscription: Subscription, cursor: int, wanted: StreamFilter
    ) -> datetime | None:
        key = (subscription.id, cursor, wanted)
        found, clean = oldest_after(connection, self._clean.get(key, cursor), wanted)
        self._clean = {known: to for known, to in self._clean.items() if known[0] != subscription.id}
        self._clean[key] = clean
        return found


def _standing(connection: psycopg.Connection, subscription: Subscription) -> Standing:
    if subscription.transport is Transport.VALKEY:
        reached_to = ValkeyStore(connection).acknowledged(subscription.id)
        return Standing(cursor=subscription.after if reached_to is None else reached_to)
    return DeliveryStore(connection).known(subscription.id) or Standing(cursor=subscription.after)
