"""What earlier imports recorded: every imported fact names the row that it comes from.

`source` is nine bytes: the digest of the row's content, the number of its kind (five bits), and the number of the fact
within the row (three bits).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

import msgspec

from api.importing.kinds import KINDS
from api.importing.kinds.row import Kind
from domain.aggregate import Event, Recorded

BY_NUMBER = {kind.number: kind for kind in KINDS.values()}


class Taken(msgspec.Struct):
    """The newest row about one thing: its digest, which of its facts are recorded, by a completed import or not."""

    digest: bytes
    numbers: set[int]
    complete: bool


class Past:
    """The rows that were imported, as far as the streams that an import loads tell."""

    def __init__(self, is_complete: Callable[[UUID], bool]) -> None:
        self._is_complete = is_complete
        self._known: dict[UUID | None, bool] = {None: True}
        self._newest: dict[tuple[UUID, int, str], Taken] = {}
        self._sources: set[bytes] = set()

    def learn(self, history: Iterable[Recorded]) -> None:
        """Take note of a stream, in the order of recording."""
        for fact in history:
            if fact.source is not None:
                self._sources.add(fact.source)
                self._note(fact, fact.source)

    def has(self, source: bytes) -> bool:
        """Whether the fact of a dated row, which stands for itself, is recorded."""
        return source in self._sources

    def newest(self, aggregate_id: UUID, kind: Kind, child: str, digest: bytes) -> Taken | None:
        """What is recorded of a row, if it is the newest one about its thing."""
        taken = self._newest.get((aggregate_id, kind.number, child)) if self._newest else None
        return taken if taken and taken.digest == digest else None

    def _note(self, fact: Recorded, source: bytes) -> None:
        kind, step = kind_of_source(source), source[8] & 7
        if kind is None:
            return
        about = (fact.originator_id, kind.number, child_of(kind, fact.event))
        taken = self._newest.get(about)
        if taken is None or taken.digest != source[:8]:
            taken = self._newest[about] = Taken(source[:8], set(), False)
        taken.numbers.add(step)
        taken.complete = taken.complete or self._complete(fact.correlation_id)

    def _complete(self, run: UUID | None) -> bool:
        if run not in self._known:
            assert run is not None
            self._known[run] = self._is_complete(run)
        return self._known[run]


def source_of(digest: bytes, kind: Kind, step: int) -> bytes:
    """The nine bytes that a fact carries."""
    return digest + bytes([kind.number << 3 | step])


def kind_of_source(source: bytes) -> Kind | None:
    """The kind of row that a fact comes from."""
    return BY_NUMBER.get(source[8] >> 3)


def child_of(kind: Kind, event: Event) -> str:
    """Which part of its aggregate an event is about, in the terms of a kind of row."""
    return child(*(getattr(event, field, "") for field in kind.child))


def child(*parts: Any) -> str:
    """The same from the values themselves."""
    return "\n".join(map(str, parts))
