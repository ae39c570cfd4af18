"""The hub of a server: one thread hears of what is recorded, reads it once and hands it to all who follow."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from weakref import WeakValueDictionary

import structlog

from api.access import Asker
from api.auth import Authenticator
from api.streams.audience import Audience, Fanning
from api.streams.frames import Piece
from api.streams.listening import Listening
from api.streams.numbers import StreamNumbers
from api.streams.reading import Feeding
from api.streams.subscriber import RESTORED, SIGNED_OUT, STOPPING, Pace, Subscriber
from domain.journal.journal import Journal
from domain.rights import Rights
from domain.subscription.subscription import StreamFilter
from domain.visibility import Visibility
from projections.streams.feed import Feed
from projections.streams.reading import FeedRow

GLANCE = 0.1
READERS = 6
"""Subscribers who read the table at once; the others wait for their turn."""
HANDED_OVER = 30.0
RIGHTS_CHANGE = ("Member.", "Territories.")

log = structlog.get_logger()


class Hub:
    """Who follows the stream in this process. `edge` is the position up to which everything was handed out, once it
    `hears` at all."""

    def __init__(
        self,
        journal: Journal,
        rights: Rights,
        askers: Authenticator,
        stopping: threading.Event,
        clock: Callable[[], datetime],
        pace: Pace | None = None,
    ) -> None:
        self.pace = pace or Pace()
        self.feed = Feed(journal)
        self.feeding = Feeding(journal, rights, askers, clock)
        self.numbers = StreamNumbers(lambda: len(self._subscribers))
        self.edge = 0
        self.readers = asyncio.Semaphore(READERS)
        self._journal, self._stopping = journal, stopping
        self._fanning = Fanning(rights, journal.people)
        self._subscribers: dict[Subscriber, None] = {}
        self._audiences: WeakValueDictionary[tuple[Visibility, StreamFilter], Audience] = WeakValueDictionary()
        self._listening: Listening | None = None
        self.hears = False

    @asynccontextmanager
    async def running(self, _: object) -> AsyncIterator[None]:
        """While the application lives."""
        self._loop = asyncio.get_running_loop()
        self.readers = asyncio.Semaphore(READERS)
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
            if self._listening is not None:
                self._listening.stop()
                await asyncio.to_thread(self._listening.join, HANDED_OVER)

    def audience_of(self, visibility: Visibility, wanted: StreamFilter) -> Audience:
        """Those who see the same and ask for the same are one audience: made once, sent to each."""
        found = self._audiences.get((visibility, wanted))
        if found is None:
            found = self._audiences[visibility, wanted] = Audience(visibility, wanted)
        return found

    @asynccontextmanager
    async def followed_by(self, subscriber: Subscriber) -> AsyncIterator[None]:
        """While somebody follows; the first one makes the hub listen."""
        self._subscribers[subscriber] = None
        if self._listening is None:
            self.hears = False
            self._listening = Listening(self._journal, self.feed, self, self.edge)
            self._listening.start()
        try:
            yield
        finally:
            self._subscribers.pop(subscriber, None)

    # What the listening thread says

    def begins_at(self, edge: int, epoch: int) -> None:
        """It hears; everything up to this position is in the table. After a restore nobody goes on as if nothing had
        been."""
        self._in_loop(lambda: self._begin(edge, epoch))

    def hand_out(self, after: int, rows: list[FeedRow]) -> None:
        """New rows of the feed, to everybody whom they concern; comes back when they are in the queues."""
        if any(row.type.startswith(RIGHTS_CHANGE) for row in rows):
            self._look_at_keys()
        audiences = {subscriber.audience for subscriber in list(self._subscribers)}
        pieces = self._fanning.pieces(audiences, after, rows)
        self._in_loop(lambda: self._deliver(rows[-1].position, pieces))

    def is_alone(self) -> bool:
        """Whether nobody follows any more: then the thread ends, and the next one begins anew."""
        alone: list[bool] = []
        self._in_loop(lambda: alone.append(self._rest()))
        return alone == [True]

    def _in_loop(self, do: Callable[[], None]) -> None:
        done = threading.Event()

        def doing() -> None:
            try:
                do()
            finally:
                done.set()

        with suppress(RuntimeError):  # the loop is closed: the server has ended
            self._loop.call_soon_threadsafe(doing)
            done.wait(HANDED_OVER)

    # In the loop

    def _begin(self, edge: int, epoch: int) -> None:
        self.edge, self.hears = edge, True
        for subscriber in list(self._subscribers):
            if subscriber.epoch != epoch:
                subscriber.end(RESTORED)
            else:
                subscriber.look_at_the_table()

    def _deliver(self, edge: int, pieces: dict[Audience, Piece]) -> None:
        self.edge = edge
        for subscriber in list(self._subscribers):
            subscriber.offer(pieces.get(subscriber.audience))

    def _rest(self) -> bool:
        if self._subscribers:
            return False
        self._listening = None
        return True

    async def _watch(self) -> None:
        """End everybody when the server stops, and look at the keys again and again."""
        looked_at = time.monotonic()
        while True:
            await asyncio.sleep(GLANCE)
            if self._stopping.is_set():
                for subscriber in list(self._subscribers):
                    subscriber.end(STOPPING)
            elif self._subscribers and time.monotonic() - looked_at > self.pace.key_check:
                looked_at = time.monotonic()
                try:
                    await asyncio.to_thread(self._look_at_keys)
                except Exception:  # whatever it is: the next look is soon
                    log.warning("keys of subscribers could not be looked at", exc_info=True)

    def _look_at_keys(self) -> None:
        """By the rights of now: who may read no more leaves, who sees something else is of another audience."""
        now: dict[str, Asker | None] = {}
        for subscriber in list(self._subscribers):
            key = subscriber.asker.key_id
            if key not in now:
                now[key] = self.feeding.again(subscriber.asker)
        self._in_loop(lambda: self._judge(now))

    def _judge(self, now: dict[str, Asker | None]) -> None:
        for subscriber in list(self._subscribers):
            asker = now.get(subscriber.asker.key_id, subscriber.asker)
            if asker is None:
                subscriber.end(SIGNED_OUT)
            elif asker != subscriber.asker:
                subscriber.asker = asker
                subscriber.audience = self.audience_of(asker.visibility, subscriber.wanted)
