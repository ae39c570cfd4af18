"""A company whose integrator reads Valkey streams: a feed that grows, publishers, consumers that acknowledge."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import redis

from domain.commands import Commands, command_type
from domain.journal.context import Context
from domain.journal.journal import Journal
from domain.member import Member, Role
from domain.subscription.subscription import StreamFilter, Subscription, Transport
from projections.streams.feed import Feed, feed_head, pages
from projections.streams.valkey_groups import Noted, ValkeyStore
from tests.benchmarks.workload import deals
from workers.valkey.publisher import Limits, Publisher
from workers.valkey.stream import Scripts, State, Stream

NOW = Context(at=datetime(2026, 3, 2, 9, tzinfo=UTC))
NAME = "erp"
KEY = "kams:stream:erp"
AT = "kams:stream-at:{kams:stream:erp}"
ALL = StreamFilter()


class Integrator:
    """A journal, its feed, a subscription and a client of Valkey. Time stands still unless it is told to pass."""

    def __init__(self, database_url: str, valkey_url: str, **stated: Any) -> None:
        self.journal, self.url = Journal(database_url), valkey_url
        self.valkey = redis.Redis.from_url(valkey_url)
        self.feed = Feed(self.journal)
        self._deals = deals()
        self.owner = self.gives(Member, uuid4(), "invite", name="Ina")
        self.gives(Member, self.owner, "grant_role", role=Role.INTEGRATOR)
        body = {"name": NAME, "owner": self.owner, "transport": Transport.VALKEY, "filter": ALL, **stated}
        self.key = self.gives(Subscription, uuid4(), "open", **body)

    def close(self) -> None:
        self.valkey.close()
        self.journal.close()

    def gives(self, root: Any, aggregate_id: UUID, command: str, /, **body: Any) -> UUID:
        body = command_type(root, command).body(**body)
        return Commands(self.journal).give(root, aggregate_id, command, body, NOW).aggregate

    def grows(self, events: int) -> int:
        """At least so many more; the feed's newest position."""
        recorded = 0
        while recorded < events:
            append = list(itertools.chain.from_iterable(itertools.islice(self._deals, 5)))
            self.journal.append_in_bulk(append, uuid4())
            recorded += len(append)
        return self.published()

    def published(self) -> int:
        head = -1
        while (reached := self.feed.publish()) != head:
            head = reached
        return head

    @property
    def subscription(self) -> Subscription:
        return self.journal.known(Subscription, self.key)

    def publisher(self, **limits: int) -> Publisher:
        ticks = itertools.count()
        return Publisher(self.journal, Scripts(self.valkey), Limits(**limits), lambda: float(next(ticks)))

    def brings(self, publisher: Publisher | None = None, **limits: int) -> State:
        """Bring the stream up to the feed; how it is then."""
        publisher = publisher or self.publisher(**limits)
        with self.journal.pool.connection() as connection:
            while publisher.bring(connection, self.subscription):
                pass
        return self.state

    @property
    def state(self) -> State:
        return Stream(Scripts(self.valkey), NAME).look()

    def asks(self, group: str, position: int) -> None:
        with self.journal.pool.connection() as connection:
            ValkeyStore(connection).ask(self.key, group, position, 0)

    def noted(self) -> dict[str, Noted]:
        with self.journal.pool.connection() as connection:
            return {each.name: each for each in ValkeyStore(connection).groups(self.key)}

    def in_feed(self, after: int = 0, wanted: StreamFilter = ALL) -> list[int]:
        with self.journal.pool.connection() as connection:
            found = pages(connection, after, feed_head(connection), wanted)
            return [row.position for page in found for row in page.rows]

    def positions_of(self, kind: str) -> list[int]:
        """Where the feed has events of a type."""
        return self.in_feed(0, StreamFilter(types=(kind,)))

    def in_stream(self) -> list[int]:
        found = self.valkey.xrange(KEY)
        positions = [int(entry.partition(b"-")[0]) for entry, _ in found]
        assert [json.loads(fields[b"event"])["position"] for _, fields in found] == positions
        return positions

    def reads(self, group: str, most: int = 10_000, consumer: str = "a") -> list[bytes]:
        """What a consumer is handed next."""
        found = self.valkey.xreadgroup(group, consumer, {KEY: ">"}, count=most)
        return [entry for _, entries in found for entry, _ in entries]

    def acknowledges(self, group: str, entries: list[bytes]) -> None:
        self.valkey.xack(KEY, group, *entries)


def places(entries: list[bytes]) -> list[int]:
    return [int(entry.partition(b"-")[0]) for entry in entries]


class Consumer(threading.Thread):
    """One of a group: acknowledges what it read; where the group is gone it waits until it is back."""

    def __init__(self, url: str, group: str, name: str, stopping: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self._url, self._group, self._stopping = url, group, stopping
        self.seen: list[int] = []

    def run(self) -> None:
        with redis.Redis.from_url(self._url) as valkey:
            while not self._stopping.is_set():
                try:
                    self._read(valkey)
                except redis.ResponseError:
                    self._stopping.wait(0.01)

    def _read(self, valkey: redis.Redis) -> None:
        found = valkey.xreadgroup(self._group, self.name, {KEY: ">"}, count=50, block=50)
        for _, entries in found or ():
            for entry, fields in entries:
                self.seen.append(int(json.loads(fields[b"event"])["position"]))
                valkey.xack(KEY, self._group, entry)


@contextmanager
def consumers(url: str, group: str, count: int) -> Iterator[list[Consumer]]:
    stopping = threading.Event()
    made = [Consumer(url, group, f"consumer-{number}", stopping) for number in range(count)]
    for each in made:
        each.start()
    try:
        yield made
    finally:
        stopping.set()
        for each in made:
            each.join()
