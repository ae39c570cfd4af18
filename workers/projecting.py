"""What a worker does to the read models, until it is told to stop."""

from __future__ import annotations

import threading

import psycopg
import structlog

from projections.engine import Engine

log = structlog.get_logger()


class ToldToStop(Exception):
    """The batch in hand is committed; the next one waits for the next worker."""


class Projecting:
    """Brings read models up to date. Safe to call from several threads: a model in hand elsewhere is left alone."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Finish the batch in hand, and begin no other."""
        self._stopping.set()

    def catch_up(self) -> None:
        """Take in what the read models lack."""
        try:
            self._engine.catch_up(progress=self._see_whether_to_stop)
        except ToldToStop:
            log.info("stopped after the batch in hand")
        except psycopg.OperationalError:
            self._engine.pool.check()  # one dead connection is seldom alone: let go of all of them at once
            raise

    def retry_parked(self) -> None:
        """Fold the parked rows of every model again."""
        parked = {each.model for each in self._engine.status().models if each.parked}
        for model in self._engine.models:
            if model.name in parked and not self._stopping.is_set():
                self._engine.retry(model)

    def _see_whether_to_stop(self, position: int, goal: int) -> None:
        if self._stopping.is_set() and position < goal:
            raise ToldToStop
