"""Keeps the scores of past days, in the background: small steps, and none while read models lag behind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from time import monotonic

import psycopg

from domain.visibility import Visibility
from projections.health_days.keeping import keep_days, lock
from projections.view import Reader
from workers.clock import now_utc

EVERY_SECONDS = 3.0
FIRST_SECONDS = 20.0
"""So long after its start the process has better to do: read models, and whoever opens the first page."""
SECONDS_OF_A_STEP = 0.25
SHARE_OF_REST = 2.0
"""How long it rests after a step, as a share of what the step took: others work in this process, too."""


class HealthDays:
    """Brings what is kept of days up to what is recorded. Of several workers one does it."""

    def __init__(self, reader: Reader, clock: Callable[[], datetime] = now_utc) -> None:
        self._reader, self._clock = reader, clock
        self._stopping = threading.Event()
        self._begins = monotonic() + FIRST_SECONDS

    def stop(self) -> None:
        """Finish the account in hand."""
        self._stopping.set()

    def keep(self, connection: psycopg.Connection) -> None:
        """Steps until nothing is left to do, another worker does it, or read models lag behind."""
        if monotonic() < self._begins or not lock(connection):
            return
        began = monotonic()
        while not self._stopping.is_set() and self._step(connection):
            self._stopping.wait(SHARE_OF_REST * (monotonic() - began))
            began = monotonic()

    def _step(self, connection: psycopg.Connection) -> bool:
        with self._reader.view(Visibility.whole(), now=self._clock()) as view:
            if not view.complete:
                return False
            return keep_days(connection, view, SECONDS_OF_A_STEP, self._stopping.is_set)
