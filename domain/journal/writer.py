"""The one writer of a process: what waits is committed together, each command answered for itself."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.persistence import IntegrityError, StoredEvent

from domain.claims import AlreadyClaimed, Claim
from domain.errors import JournalError, RepeatedDifferently

MOST_AT_ONCE = 64
NOTIFY_PAUSE = 0.005
CHANNEL = "journal"
APPEND = (
    "select * from append_commands(%b::uuid[], %b::bytea[], %b::int4[], %b::uuid[], %b::int4[], %b::int4[], %b::int4[],"
    " %b::text[], %b::text[], %b::text[], %b::int4[], %b::uuid[], %b::int4[], %b::text[], %b::bytea[])"
)


class JournalUnreachable(JournalError):
    """The journal's database does not answer: {reason}. Nothing was acknowledged; repeat the command."""


@dataclass(frozen=True, slots=True)
class Append:
    """What one command wants recorded: its events, in order, and what they stand on.

    `guards` are the versions at which aggregates must stand (0: must not exist); `claims` name, beside each
    claim, which of the events makes it (counted from 0).
    """

    command_id: UUID
    digest: bytes
    events: Sequence[StoredEvent]
    guards: dict[UUID, int]
    claims: Sequence[tuple[int, Claim]] = ()


@dataclass(frozen=True, slots=True)
class Appended:
    """Where the events of a command lie; `repeated` if they were recorded by an earlier try."""

    first: int
    last: int
    recorded_at: datetime
    repeated: bool = False


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
        self._thread = threading.Thread(target=self._work, name="journal-writer", daemon=True)
        self._bell = Bell(database_url)
        self._thread.start()

    def append(self, append: Append) -> Appended:
        """Record a command's events. Raises IntegrityError on a version conflict, a Refused for a taken claim."""
        waiting = _Waiting(append)
        self._waiting.put(waiting)
        return waiting.answer.result()

    def ring(self) -> None:
        """Tell listeners that there is something new, soon."""
        self._bell.ring()

    def close(self) -> None:
        """Finish what waits, then end."""
        self._waiting.put(None)
        self._thread.join()
        self._bell.close()
        if self._connection is not None:
            self._connection.close()

    def _work(self) -> None:
        while (first := self._waiting.get()) is not None:
            group, ended = [first], False
            while len(group) < MOST_AT_ONCE and not self._waiting.empty():
                following = self._waiting.get()
                if following is None:
                    ended = True
                    break
                group.append(following)
            self._answer(group)
            if ended:
                return

    def _answer(self, group: list[_Waiting]) -> None:
        try:
            rows = self._append(*arrays([waiting.append for waiting in group]))
        except psycopg.OperationalError as error:
            for waiting in group:
                waiting.answer.set_exception(JournalUnreachable(reason=str(error).strip()))
            return
        except psycopg.Error as error:
            self._answer_one_by_one(group, error)
            return
        for waiting, row in zip(group, rows, strict=True):
            _settle(waiting, row)
        self._bell.ring()

    def _answer_one_by_one(self, group: list[_Waiting], error: psycopg.Error) -> None:
        """The server refused a group as a whole: find out whose fault it was."""
        if len(group) == 1:
            group[0].answer.set_exception(error)
            return
        for waiting in group:
            self._answer([waiting])

    def _append(self, *columns: list[Any]) -> list[tuple[Any, ...]]:
        """One call; once more on a new connection if the old one died, which command ids make harmless."""
        try:
            return self._call(columns)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            self._drop()
            return self._call(columns)

    def _call(self, columns: Sequence[list[Any]]) -> list[tuple[Any, ...]]:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self._url, autocommit=True)
        return self._connection.execute(APPEND, columns, prepare=True, binary=True).fetchall()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def arrays(group: Sequence[Append]) -> list[list[Any]]:
    """The arguments of the SQL function append_commands for a group of commands."""
    guards = [(c, *guard) for c, a in enumerate(group, 1) for guard in a.guards.items()]
    claims = [(c, e + 1, k.kind, k.scope, k.value) for c, a in enumerate(group, 1) for e, k in _shifted(group, c, a)]
    events = [(c, e) for c, a in enumerate(group, 1) for e in a.events]
    return [
        [a.command_id for a in group],
        [a.digest for a in group],
        [c for c, _, _ in guards],
        [i for _, i, _ in guards],
        [v for _, _, v in guards],
        [c for c, *_ in claims],
        [e for _, e, *_ in claims],
        [k for _, _, k, _, _ in claims],
        [s for _, _, _, s, _ in claims],
        [v for _, _, _, _, v in claims],
        [c for c, _ in events],
        [e.originator_id for _, e in events],
        [e.originator_version for _, e in events],
        [e.topic for _, e in events],
        [e.state for _, e in events],
    ]


def _shifted(group: Sequence[Append], number: int, append: Append) -> list[tuple[int, Claim]]:
    """The claims of a command with event numbers that count over the whole group."""
    if not append.claims:
        return []
    before = sum(len(a.events) for a in group[: number - 1])
    return [(before + event, claim) for event, claim in append.claims]


def _settle(waiting: _Waiting, row: tuple[Any, ...]) -> None:
    outcome, first, last, at, detail = row
    if outcome in ("recorded", "repeated"):
        waiting.answer.set_result(Appended(first, last, at, repeated=outcome == "repeated"))
    elif outcome == "different":
        waiting.answer.set_exception(RepeatedDifferently(command_id=waiting.append.command_id))
    elif outcome == "claimed":
        kind, scope, value, aggregate, position = json.loads(detail)
        waiting.answer.set_exception(
            AlreadyClaimed(kind=kind, scope=scope, value=value, aggregate=aggregate, position=position)
        )
    else:
        waiting.answer.set_exception(IntegrityError(detail))


class Bell:
    """NOTIFY after the commit, on a connection of its own, at most every 5 ms: inside the transaction it would
    serialise the whole server. A lost ring costs one poll."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._rung = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="journal-bell", daemon=True)
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
        connection: psycopg.Connection | None = None
        rung = False
        while not self._closing.is_set() or rung:
            if not rung:
                self._rung.wait()
                rung = not self._closing.is_set() or self._rung.is_set()
            self._rung.clear()
            try:
                connection = connection or psycopg.connect(self._url, autocommit=True)
                connection.execute(f"notify {CHANNEL}")
            except psycopg.Error:
                connection = None  # the poll covers a lost notification
            rung = False
            self._closing.wait(NOTIFY_PAUSE)
        if connection is not None:
            connection.close()
