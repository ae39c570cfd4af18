"""The one writer of a process: what waits is committed together, each command answered for itself."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import psycopg

from domain.errors import JournalError
from domain.journal.append import APPEND, Append, Appended, answer, arguments, claims_of
from domain.journal.bell import Bell
from domain.journal.connections import JournalUnreachable as JournalUnreachable
from domain.journal.connections import connect, is_lost

MOST_AT_ONCE = 64
MOST_SECONDS_TO_GATHER = 0.0005


class JournalClosed(JournalError):
    """The journal is closed in this process: nothing can be appended any more."""


@dataclass(slots=True)
class _Waiting:
    append: Append
    answer: Future[Appended] = field(default_factory=Future)


class Writer:
    """A thread that appends on a connection of its own, and tells listeners after the commit on another."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._connection: psycopg.Connection | None = None
        self._closed = False
        self._door = threading.Lock()
        self._bell = Bell(database_url)
        self._thread = threading.Thread(target=self._work, name="journal-writer", daemon=True)
        self._thread.start()

    def append(self, append: Append) -> Appended:
        """Record a command's events.

        Raises IntegrityError on a version conflict, a Refused for a taken claim, RepeatedDifferently,
        JournalUnreachable, JournalClosed.
        """
        claims_of(append.events)  # one that claims the same thing twice must not reach its neighbours
        waiting = _Waiting(append)
        with self._door:
            if self._closed:
                raise JournalClosed
            self._waiting.put(waiting)
        return waiting.answer.result()

    def ring(self) -> None:
        """Tell listeners that there is something new, soon."""
        self._bell.ring()

    def close(self) -> None:
        """Finish what waits, then end."""
        with self._door:
            self._closed = True
            self._waiting.put(None)
        self._thread.join()
        self._bell.close()
        self._drop()

    def _work(self) -> None:
        group: list[_Waiting] = []
        while (first := self._waiting.get()) is not None:
            self._gather(len(group))
            group, ended = [first], False
            while len(group) < MOST_AT_ONCE and not self._waiting.empty():
                following = self._waiting.get()
                if following is None:
                    ended = True
                    break
                group.append(following)
            for together in independent(group):
                self._answer(together)
            if ended:
                return

    def _gather(self, before: int) -> None:
        """Those who were answered together mostly come back together: wait a moment until they have."""
        if before > 1:
            until = time.perf_counter() + MOST_SECONDS_TO_GATHER
            while self._waiting.qsize() < before - 1 and time.perf_counter() < until:
                time.sleep(MOST_SECONDS_TO_GATHER / 10)

    def _answer(self, group: list[_Waiting]) -> None:
        try:
            rows = self._append(arguments([waiting.append for waiting in group]))
        except psycopg.OperationalError as error:
            for waiting in group:
                waiting.answer.set_exception(JournalUnreachable(reason=str(error).strip()))
            return
        except Exception as error:  # noqa: BLE001 whoever waits must be answered, and the thread must go on
            self._answer_one_by_one(group, error)
            return
        for waiting, row in zip(group, rows, strict=True):
            _settle(waiting, row)
        self._bell.ring()

    def _answer_one_by_one(self, group: list[_Waiting], error: Exception) -> None:
        """A group failed as a whole: find out whose fault it was."""
        if len(group) == 1:
            group[0].answer.set_exception(error)
            return
        for waiting in group:
            self._answer([waiting])

    def _append(self, columns: list[list[Any]]) -> list[tuple[Any, ...]]:
        """One call; once more on a new connection if the old one died, which command ids make harmless."""
        try:
            return self._call(columns)
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            if not is_lost(error):
                raise
            self._drop()
            return self._call(columns)

    def _call(self, columns: list[list[Any]]) -> list[tuple[Any, ...]]:
        if self._connection is None:
            self._connection = connect(self._url)
        return self._connection.execute(APPEND, columns, prepare=True, binary=True).fetchall()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def independent(group: Sequence[_Waiting]) -> list[list[_Waiting]]:
    """The commands in their order, parted where one touches a stream, a claim or an id of one before it."""
    parts: list[list[_Waiting]] = [[]]
    touched: set[Any] = set()
    for waiting in group:
        append = waiting.append
        events = append.events
        writes = {append.command_id, *(e.originator_id for e in events), *(c for e in events for c in e.claims)}
        if not touched.isdisjoint(writes.union(append.guards)):
            parts.append([])
            touched = set()
        parts[-1].append(waiting)
        touched |= writes
    return parts


def _settle(waiting: _Waiting, row: tuple[Any, ...]) -> None:
    found = answer(waiting.append, row, len(waiting.append.events))
    if isinstance(found, Appended):
        waiting.answer.set_result(found)
    else:
        waiting.answer.set_exception(found)
