"""Tells listeners that there is something new: NOTIFY after the commit, on a connection of its own."""

from __future__ import annotations

import threading

import psycopg

PAUSE = 0.005
CHANNEL = "journal"


class Bell:
    """Rings at most every 5 ms: inside the transaction a NOTIFY would serialise the whole server.

    A ring that is lost with its connection costs one poll of the listeners.
    """

    def __init__(self, database_url: str, channel: str = CHANNEL) -> None:
        self._url = database_url
        self._channel = channel
        self._connection: psycopg.Connection | None = None
        self._rung = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name=f"{channel}-bell", daemon=True)
        self._thread.start()

    def ring(self) -> None:
        """Tell listeners soon."""
        self._rung.set()

    def close(self) -> None:
        """Ring what was rung, then end."""
        self._closing.set()
        self._rung.set()
        self._thread.join()

    def _work(self) -> None:
        closing = False
        while not closing:
            self._rung.wait()
            closing = self._closing.is_set()
            self._rung.clear()
            self._notify()
            self._closing.wait(PAUSE)
        self._hang_up()

    def _notify(self) -> None:
        for _ in range(2):
            try:
                if self._connection is None:
                    self._connection = psycopg.connect(self._url, autocommit=True)
                self._connection.execute(f"notify {self._channel}".encode())
                break
            except psycopg.Error:  # dead since the last ring: once more on a new one, then the listeners' poll serves
                self._hang_up()

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
