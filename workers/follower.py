"""Follows the journal: LISTEN for speed, a poll for certainty."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

import psycopg
import structlog

POLL_SECONDS = 2.0
PAUSE_AFTER_FAULT = 0.5
KEEPALIVE_SECONDS = 10  # a server that vanished without a word is noticed after a few of these

log = structlog.get_logger()


class Follower(threading.Thread):
    """Calls `catch_up` after every commit it hears of, and at least once per poll (seconds).

    Commits that come while it runs are one further call. A dead connection is replaced; what was recorded meanwhile
    is found at once. A call that fails is logged and made again.
    """

    def __init__(
        self,
        database_url: str,
        catch_up: Callable[[], object],
        poll: float = POLL_SECONDS,
        channel: str = "journal",
        what: str = "read models",
    ) -> None:
        """`channel` is that of the notifications, `what` is named in the log."""
        super().__init__(name=f"{channel}-follower", daemon=True)
        self._channel, self._what = channel, what
        self._url = database_url
        self._catch_up = catch_up
        self._poll = poll
        self._stopping = threading.Event()
        self._waker, self._alarm = socket.socketpair()

    def stop(self) -> None:
        """End, after the call in hand."""
        self._stopping.set()
        with suppress(OSError):  # the thread closes the sockets when it ends
            self._waker.send(b"\0")

    def run(self) -> None:
        """Follow until stopped."""
        while not self._stopping.is_set():
            try:
                with psycopg.connect(
                    self._url,
                    autocommit=True,
                    keepalives_idle=KEEPALIVE_SECONDS,
                    keepalives_interval=KEEPALIVE_SECONDS,
                    keepalives_count=3,
                ) as connection:
                    self._follow(connection)
            except psycopg.Error as error:
                log.warning("journal not reachable", reason=str(error).strip())
            except Exception:
                log.exception("could not be brought up to date", what=self._what)
            self._stopping.wait(PAUSE_AFTER_FAULT)
        self._waker.close()
        self._alarm.close()

    def _follow(self, connection: psycopg.Connection) -> None:
        connection.execute(f"listen {self._channel}".encode())
        while not self._stopping.is_set():
            self._catch_up()
            self._wait(connection)

    def _wait(self, connection: psycopg.Connection) -> None:
        """Until a commit is heard of, the poll is over, or somebody says stop."""
        select.select([connection.fileno(), self._alarm.fileno()], [], [], self._poll)
        # All that came by now is covered by the one call that follows. It raises when the connection has died.
        for _ in connection.notifies(timeout=0):
            pass
