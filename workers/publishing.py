"""What a worker does to the feed: it publishes what was recorded, batch by batch, in a thread of its own."""

from __future__ import annotations

import threading

import psycopg
import structlog

from domain.journal.journal import Journal
from projections.streams.feed import Feed

BATCH = 2_000
"""Events in one transaction: enough for speed; few enough that SIGTERM and whoever waits for the newest wait little."""
TOLD_EVERY = 50_000

log = structlog.get_logger()


class Publishing:
    """Brings the feed up to the journal. Safe to call from several threads and processes: one publishes at a time."""

    def __init__(self, journal: Journal, batch: int = BATCH) -> None:
        self.feed = Feed(journal)
        self._pool = journal.pool
        self._batch = batch
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Finish the batch in hand, and begin no other."""
        self._stopping.set()

    def publish(self) -> None:
        """Publish all that the journal has, or as far as another publisher leaves it to this one."""
        told = head = -1
        try:
            while not self._stopping.is_set():
                reached = self.feed.publish(self._batch)
                if reached == head or reached == self.feed.journal_head():
                    return
                head = reached
                told = self._tell(told, head)
            log.info("stopped publishing after the batch in hand", position=head)
        except psycopg.OperationalError:
            self._pool.check()  # one dead connection is seldom alone: let go of all of them at once
            raise

    def _tell(self, told: int, head: int) -> int:
        """A long way is told of from time to time."""
        if told >= 0 and head - told < TOLD_EVERY:
            return told
        if told >= 0:
            log.info("publishing", position=head, goal=self.feed.journal_head())
        return head
