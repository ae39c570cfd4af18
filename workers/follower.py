"""Follows the journal: LISTEN for speed, a poll for certainty."""

from __future__ import annotations

import threading
from collections.abc import Callable

import psycopg
import structlog

POLL_SECONDS = 2.0
PAUSE_AFTER_FAULT = 1.0

log = structlog.get_logger()


class Follower(threading.Thread):
    """Calls `catch_up` after every commit it hears of, and at least every two seconds.

    A dead connection is replaced; what was recorded meanwhile is found by the poll.
    """

    def __init__(self, database_url: str, catch_up: Callable[[], object], poll: float = POLL_SECONDS) -> None:
        super().__init__(name="journal-follower", daemon=True)
        self._url = database_url
        self._catch_up = catch_up
        self._poll = poll
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Finish the batch in hand, then end."""
        self._stopping.set()

    def run(self) -> None:
        """Follow until stopped."""
        while not self._stopping.is_set():
            try:
                with psycopg.connect(self._url, autocommit=True) as connection:
                    self._follow(connection)
            except psycopg.Error as error:
                log.warning("journal not reachable", reason=str(error).strip())
                self._stopping.wait(PAUSE_AFTER_FAULT)

    def _follow(self, connection: psycopg.Connection) -> None:
        connection.execute("listen journal")
        while not self._stopping.is_set():
            self._catch_up()
            # Every notification that came while the batch was projected is covered by the next catch-up.
            for _ in connection.notifies(timeout=self._poll, stop_after=1):
                break
