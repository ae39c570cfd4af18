"""Something that is done again and again, each time on a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

import psycopg
import structlog

SECONDS_TO_CONNECT = 10

log = structlog.get_logger()


class Periodic(threading.Thread):
    """Does a job at once and then every so many seconds until stopped. What fails is logged and done again the next
    time; `wake` makes the next time now. With `last` it is done once more at the end."""

    def __init__(
        self,
        name: str,
        database_url: str,
        job: Callable[[psycopg.Connection], object],
        seconds: float,
        *,
        last: bool = False,
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._url = database_url
        self._job = job
        self._seconds = seconds
        self._last = last
        self._stopping = False
        self._woken = threading.Event()

    def stop(self) -> None:
        """End after the job in hand."""
        self._stopping = True
        self._woken.set()

    def wake(self) -> None:
        """Do it now."""
        self._woken.set()

    def run(self) -> None:
        """Do it until stopped."""
        while not self._stopping:
            self._woken.clear()
            self._do()
            if not self._stopping:
                self._woken.wait(self._seconds)
        if self._last:
            self._do()

    def _do(self) -> None:
        try:
            with psycopg.connect(self._url, autocommit=True, connect_timeout=SECONDS_TO_CONNECT) as connection:
                self._job(connection)
        except psycopg.OperationalError as error:
            log.warning("database not reachable", job=self.name, reason=str(error).strip())
        except Exception:
            log.exception("job failed", job=self.name)
