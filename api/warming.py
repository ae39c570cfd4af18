"""What is worked out of a whole company before anybody asks for it: nobody waits for the first answer of a process, nor
for that of a new day."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

import structlog
from psycopg_pool import PoolClosed

from api.problems import UNREACHABLE
from domain.visibility import Visibility
from projections.cooling import DAYS
from projections.health_scores import days_ago, kept_scores
from projections.view import Reader, View

FIRST_SECONDS, EVERY_SECONDS = 1.0, 30.0
log = structlog.get_logger()


class Warming:
    """Asks in the background what the first pages are made of: at once, and again every so many seconds."""

    def __init__(self, reader: Reader, clock: Callable[[], datetime]) -> None:
        self._reader, self._clock = reader, clock
        self._stopping = threading.Event()

    @asynccontextmanager
    async def running(self, _: object) -> AsyncIterator[None]:
        """While the application lives."""
        self._stopping.clear()
        thread = threading.Thread(target=self._run, name="warming", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            await asyncio.to_thread(thread.join)

    def _run(self) -> None:
        wait = FIRST_SECONDS
        while not self._stopping.wait(wait):
            wait = EVERY_SECONDS
            try:
                self.warm()
            except (*UNREACHABLE, PoolClosed) as error:
                log.warning("nothing is worked out ahead", reason=str(error).strip())

    def warm(self) -> None:
        """Ask once, if read models lag behind nothing."""
        for ask in (_present, _before):
            if self._stopping.is_set():
                return
            with self._reader.view(Visibility.whole(), now=self._clock()) as view:
                if view.complete and view.policies.company.currency:
                    ask(view)


def _present(view: View) -> None:
    kept_scores(view)


def _before(view: View) -> None:
    kept_scores(view.at(days_ago(view, DAYS)))
