"""The feed: publishing the journal's events as envelopes, each once, in order, whoever does it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import psycopg

from domain.journal.bell import Bell
from domain.journal.journal import Journal
from domain.journal.locks import AdvisoryLock
from domain.journal.mapper import JournalMapper
from projections.streams.feed_row import COLUMNS, FeedRow
from projections.streams.reading import Page, feed_head, page, pages
from projections.streams.rows import Rows, as_copy
from projections.streams.states import FACTS, STATES

__all__ = ["Feed", "FeedRow", "Page", "brought_up", "feed_head", "page", "pages"]

CHANNEL = "feed"
"""On which is told, after the commit, that there is more in the feed."""
AT_ONCE = 1_000
PATIENCE = 0.05
PAUSE = 0.005
Progress = Callable[[int, int], None]
"""Is told the position reached and the one to reach."""


class Feed:
    """Publishes what the journal has and the feed has not: each event once, in order, whoever does it.

    What is known of the streams is kept in memory: a process has one Feed. Its methods may be called by several
    threads.
    """

    def __init__(self, journal: Journal, *, states: int = STATES, facts: int = FACTS) -> None:
        """`states` and `facts`: how many streams are kept in memory, and how many facts of those that need them."""
        self._journal = journal
        self._rows = Rows(JournalMapper(), states, facts)
        self._lock = threading.Lock()
        self._bell: Bell | None = None

    def head(self) -> int:
        """The newest position of the feed."""
        return self._journal.streams.read(feed_head)

    def journal_head(self) -> int:
        """The newest position of the journal."""
        return self._journal.streams.head()

    def publish(self, most: int = AT_ONCE) -> int:
        """Publish up to so many events, in one transaction; the feed's newest position afterwards. Does nothing while
        another one publishes. Whoever listens on the channel `feed` hears of it soon."""
        if not self._lock.acquire(blocking=False):
            return self.head()
        try:
            with self._journal.pool.connection() as connection:
                before, head = self._published(connection, most)
            if head > before:
                self._ring()
            return head
        finally:
            self._lock.release()

    def _published(self, connection: psycopg.Connection, most: int) -> tuple[int, int]:
        try:
            with connection.transaction():
                found = connection.execute("select pg_try_advisory_xact_lock(%s)", (AdvisoryLock.FEED,)).fetchone()
                head = feed_head(connection)
                return head, self._append(connection, head, most) if found and found[0] else head
        except BaseException:
            self._rows.forget()  # what is in memory is further than the feed
            raise

    def _ring(self) -> None:
        if self._bell is None:
            self._bell = Bell(self._journal.database_url, CHANNEL)
            self._journal.when_closed(self._bell.close)
        self._bell.ring()

    def _append(self, connection: psycopg.Connection, head: int, most: int) -> int:
        rows = self._rows.after(connection, head, most)
        if not rows:
            return head
        with connection.cursor().copy(f"copy feed ({COLUMNS}) from stdin (format binary)".encode()) as copy:
            copy.write(as_copy(rows))
        return rows[-1].position


def brought_up(
    feed: Feed,
    target: int | None = None,
    patience: float = PATIENCE,
    *,
    most: int | None = 20_000,
    progress: Progress | None = None,
) -> int:
    """See that the feed has what the journal holds now (or up to `target`); returns the feed's newest position.

    Waits for the workers as long as it is patient (seconds, anew after each step that they make); then publishes
    itself, up to `most` events (None: all). It may come back with less than `target` where more is lacking, or another
    publisher is at work and does not get on. `progress` is told after each step.
    """
    goal = feed.journal_head() if target is None else target
    head = feed.head()
    last = None if most is None else head + most
    deadline = time.monotonic() + patience
    mine = patience <= 0
    while head < goal and (last is None or head < last):
        reached = feed.publish() if mine else feed.head()
        if reached > head:
            head, deadline = reached, time.monotonic() + patience
            if progress is not None:
                progress(min(head, goal), goal)
            continue
        if mine and time.monotonic() > deadline + patience + 1:
            break
        mine = mine or time.monotonic() >= deadline
        time.sleep(PAUSE)
    return head
