"""Hears of what is recorded: LISTEN for speed, a poll for certainty; reads each new row of the feed once."""

from __future__ import annotations

import select
import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import psycopg
import structlog

from domain.journal.journal import Journal
from domain.journal.restores import epoch
from domain.subscription.subscription import EVERYTHING
from projections.streams.feed import Feed, brought_up
from projections.streams.reading import feed_head, page

if TYPE_CHECKING:
    from api.streams.hub import Hub

POLL_SECONDS = 2.0
PAUSE_AFTER_FAULT = 0.5
KEEPALIVE_SECONDS = 10
WORKERS_FIRST = 0.02
"""Seconds for which workers may publish what was recorded; then it is done here."""
NOBODY_FOR = 60.0
"""Seconds for which nobody is waited for any more after nobody published in that time."""
AT_ONCE = 250

log = structlog.get_logger()


class Listening(threading.Thread):
    """Tells the hub of every new row, in order, from where it begins. A dead connection is replaced; what was recorded
    meanwhile is found."""

    def __init__(self, journal: Journal, feed: Feed, hub: Hub, edge: int) -> None:
        super().__init__(name="stream-listener", daemon=True)
        self._journal, self._feed, self._hub, self._edge = journal, feed, hub, edge
        self._alone_until = 0.0
        self._stopping = threading.Event()
        self._waker, self._alarm = socket.socketpair()

    def stop(self) -> None:
        """End soon."""
        self._stopping.set()
        with suppress(OSError):  # it has ended by itself
            self._waker.send(b"\0")

    def run(self) -> None:
        """Listen until stopped, or until nobody follows any more."""
        while not self._stopping.is_set():
            try:
                with psycopg.connect(
                    self._journal.database_url,
                    autocommit=True,
                    keepalives_idle=KEEPALIVE_SECONDS,
                    keepalives_interval=KEEPALIVE_SECONDS,
                    keepalives_count=3,
                ) as connection:
                    self._listen(connection)
            except psycopg.Error as error:
                log.warning("journal not reachable", reason=str(error).strip())
            except Exception:
                log.exception("live streams could not be brought up to date")
            self._stopping.wait(PAUSE_AFTER_FAULT)
        self._waker.close()
        self._alarm.close()

    def _listen(self, connection: psycopg.Connection) -> None:
        connection.execute("listen journal")
        connection.execute("listen feed")
        self._edge = feed_head(connection)
        self._hub.begins_at(self._edge, epoch(connection))
        while not self._stopping.is_set():
            self._bring_up(connection)
            if not self._wait(connection) and self._hub.is_alone():
                self._stopping.set()

    def _bring_up(self, connection: psycopg.Connection) -> None:
        """Everything that is there, to everybody."""
        if self._hand_out(connection):
            self._alone_until = 0.0  # somebody publishes
        while self._feed.journal_head() > self._edge and not self._stopping.is_set():
            began = time.monotonic()
            patience = WORKERS_FIRST if began > self._alone_until else 0.0
            brought_up(self._feed, self._edge + 1, patience=patience)
            if patience and time.monotonic() - began >= patience:
                self._alone_until = time.monotonic() + NOBODY_FOR
            if not self._hand_out(connection):
                return

    def _hand_out(self, connection: psycopg.Connection) -> bool:
        began = self._edge
        while rows := page(connection, self._edge, AT_ONCE, EVERYTHING).rows:
            self._hub.hand_out(self._edge, rows)
            self._edge = rows[-1].position
        return self._edge > began

    def _wait(self, connection: psycopg.Connection) -> bool:
        """Until something is heard, the poll is over, or somebody says stop; whether anything was heard."""
        heard, _, _ = select.select([connection.fileno(), self._alarm.fileno()], [], [], POLL_SECONDS)
        # All that came by now is covered by the one look that follows. It raises when the connection has died.
        for _ in connection.notifies(timeout=0):
            pass
        return bool(heard)
