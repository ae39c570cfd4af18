"""Commands on their way to POST /commands: each with a key of its own, sent again until it is answered."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec

from api.client.course import FIRST_PAUSE, LONGEST_PAUSE, TEMPORARY
from api.client.errors import CommandRefused, Lost, NotAnswered, NotKnown, NotReached, said
from domain.decodable import decodable

MOST = 1_000
LARGEST = 4_000_000
"""Bytes of commands in one request; the server takes five million."""
PATIENCE = 60.0
SHORTEST_SILENCE = 10.0
UNAVAILABLE = 503


class CommandResult(msgspec.Struct, kw_only=True):
    """What became of a command: `id`, `version` and `position` where it was accepted (200, 201), else `problem`.
    `repeated`: it had been recorded before, by the same key. `key` and `secret` are shown here, once."""

    index: int
    status: int
    id: UUID | None = None
    version: int = 0
    position: int = 0
    positions: tuple[int, ...] = ()
    recorded_at: datetime | None = None
    repeated: bool = False
    key: str | None = None
    secret: str | None = None
    problem: dict[str, Any] = {}

    @property
    def accepted(self) -> bool:
        """Whether it was."""
        return not self.problem


class _Answer(msgspec.Struct):
    results: list[CommandResult]


def stated_command(
    aggregate: str,
    command: str,
    body: Mapping[str, Any] | None = None,
    *,
    of: str | UUID | None = None,
    occurred_at: str | date | datetime | None = None,
    note: str | None = None,
    idempotency_key: str | None = None,
    if_match: int | None = None,
) -> dict[str, Any]:
    """A command as POST /commands takes it."""
    optional = {
        "id": of if of is None else str(of),
        "occurred_at": occurred_at.isoformat() if isinstance(occurred_at, date | datetime) else occurred_at,
        "note": note,
        "idempotency_key": idempotency_key,
        "if_match": if_match,
    }
    stated = {name: value for name, value in optional.items() if value is not None}
    return {"aggregate": aggregate, "command": command, "body": dict(body or {}), **stated}


def accepted_of(result: CommandResult, given: Mapping[str, Any]) -> CommandResult:
    """The result of an accepted command. Raises CommandRefused."""
    if result.accepted:
        return result
    command = f"{given['aggregate']} {given['command']}"
    raise CommandRefused(command=command, status=result.status, reason=said(result.problem), problem=result.problem)


class Batch:
    """Commands of which some are answered: without any input or output, both clients drive it."""

    def __init__(self, commands: Iterable[Mapping[str, Any]], patience: float) -> None:
        """`silence`: how long an answer is waited for (seconds)."""
        self.results: list[CommandResult] = []
        keyed = [{**each, "idempotency_key": each.get("idempotency_key") or str(uuid4())} for each in commands]
        self._keys = [str(each["idempotency_key"]) for each in keyed]
        self._commands = [msgspec.json.encode(each) for each in keyed]
        self._patience, self._since, self._failures, self._reached = patience, time.monotonic(), 0, False
        self.silence = max(patience, SHORTEST_SILENCE)

    def ask(self) -> bytes:
        """The body of the next request: what is not answered yet, as much as fits. Empty where nothing is left."""
        size = 0
        chosen: list[bytes] = []
        for command in self._commands[len(self.results) : len(self.results) + MOST]:
            size += len(command) + 1
            if chosen and size > LARGEST:
                break
            chosen.append(command)
        return b'{"commands":[' + b",".join(chosen) + b"]}" if chosen else b""

    def answered(self, body: bytes) -> None:
        """Take results. From the first one for which the database did not answer, all are asked for again."""
        self._reached = True
        try:
            found = msgspec.json.decode(body, type=decodable(_Answer)).results
        except msgspec.MsgspecError as error:
            self._failed(NotAnswered(url="POST /commands", status=200, reason=str(error)))
            return
        if not found:
            self._failed(NotAnswered(url="POST /commands", status=200, reason="no results"))
            return
        first = len(self.results)
        for result in found:
            if result.status == UNAVAILABLE:
                problem = result.problem
                self._failed(
                    NotAnswered(url="POST /commands", status=UNAVAILABLE, reason=said(problem), problem=problem),
                    got_on=len(self.results) > first,
                )
                return
            self.results.append(msgspec.structs.replace(result, index=len(self.results)))
        self._got_on()

    def refused(self, error: NotAnswered) -> None:
        """The whole request was refused. Raises it, unless it may be taken later."""
        self._reached = True
        if error.details["status"] not in TEMPORARY:
            raise error
        self._failed(error)

    def cut(self, error: Exception) -> None:
        """The connection broke: nobody knows what was recorded, and the keys make that harmless. Raises NotReached
        where nobody ever took a connection, NotKnown once there is no patience left."""
        reason = error.details["reason"] if isinstance(error, NotReached) else error
        if isinstance(error, NotReached) and not (self._reached or isinstance(reason, Lost)):
            raise error
        self._reached = True
        keys = self._keys[len(self.results) :]
        url = error.details["url"] if isinstance(error, NotReached) else "KAMS"
        self._failed(
            NotKnown(
                url=url,
                seconds=round(self._patience),
                reason=reason,
                idempotency_key=keys[0],
                idempotency_keys=keys,
            )
        )

    def pause(self) -> float:
        """How long to wait before the next request (seconds)."""
        if not self._failures:
            return 0.0
        left = max(0.0, self._since + self._patience - time.monotonic()) + FIRST_PAUSE
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self._failures - 1, 12))
        return min(left, longest * random.uniform(0.5, 1.0))

    def _failed(self, error: Exception, *, got_on: bool = False) -> None:
        if got_on:
            self._got_on()
        self._failures += 1
        if time.monotonic() - self._since > self._patience:
            raise error

    def _got_on(self) -> None:
        self._since, self._failures = time.monotonic(), 0
