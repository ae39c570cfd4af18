"""The course of one stream: its facts in business order, from which the state after any of them can be had.

Kept marks make a step back as quick as one forward; a fact that comes late, or goes, spoils only the marks after it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from domain.aggregate import ROOTS, Aggregate, Event, Recorded, Withdrawal
from domain.changes import Change, changes, taken_back
from domain.decodable import decodable

EVERY = 100
"""Facts from one kept mark to the next, as long as a mark is small."""
BYTES_PER_FACT = 512
"""A mark of a large state is worth as many more facts."""


class Course:
    """The facts of a stream by (occurred_at, version); withdrawn ones keep their place and change nothing.

    The aggregate that `state` hands out is the course's own: it is as asked for until the next question.
    """

    def __init__(self, aggregate_id: UUID, facts: Iterable[Recorded] = (), withdrawn: Iterable[int] = ()) -> None:
        self.id = aggregate_id
        self.facts = sorted(facts, key=_order)
        self.withdrawn = set(withdrawn)
        self._keys = [_order(fact) for fact in self.facts]
        self._marks: list[tuple[int, int, bytes]] = []
        self._at = 0
        self._state: Aggregate | None = None

    def __len__(self) -> int:
        return len(self.facts)

    @property
    def root(self) -> type[Aggregate]:
        """What kind of aggregate it is."""
        return ROOTS[self.facts[0].event.topic.partition(".")[0]]

    def state(self, count: int) -> Aggregate:
        """The state after so many of the facts; its version is the greatest of theirs."""
        state = self._from(count)
        while self._at < count:
            self._fold(state, self.facts[self._at])
            if self._at >= self._next_mark:
                self._marks.append((self._at, state.version, _encode(state)))
        return state

    def changes(self, count: int) -> list[Change]:
        """What the last of so many facts changes; a withdrawn one changes nothing. The state is at hand afterwards."""
        fact, state = self.facts[count - 1], self.state(count - 1)
        if fact.position in self.withdrawn:
            self.state(count)
            return []
        version = state.version
        found = changes(state, fact)
        state.version = max(version, fact.originator_version)
        self._at += 1
        return found

    def add(self, fact: Recorded) -> int:
        """Put a fact in its place; returns how many there are up to it."""
        place = bisect_right(self._keys, _order(fact))
        self.facts.insert(place, fact)
        self._keys.insert(place, _order(fact))
        self._spoil(place)
        return place + 1

    def withdraw(self, position: int) -> Event | None:
        """Take back the fact at a position; returns what it stated, None where there is no such fact."""
        place = next((n for n, fact in enumerate(self.facts) if fact.position == position), None)
        if place is None:
            return None
        self.withdrawn.add(position)
        self._spoil(place)
        return self.facts[place].event

    def take(self, fact: Recorded) -> int:
        """Take in a fact as it was recorded, after all that are here; returns how many there are up to it."""
        if isinstance(fact.event, Withdrawal):
            self.withdraw(fact.event.position)
        return self.add(fact)

    def recorded(self, fact: Recorded) -> list[Change]:
        """Take in a fact as it was recorded, and say what it changed by what was known then: a late fact the state of
        its own moment, a withdrawal the newest one."""
        if not isinstance(fact.event, Withdrawal):
            return self.changes(self.take(fact))
        before = self.kept() if self.facts else None
        event = self.withdraw(fact.event.position)
        found = taken_back(before, self.state(len(self)), event) if before and event else []
        self.add(fact)
        return found

    def kept(self) -> Aggregate:
        """The newest state, to be kept."""
        return _decode(self.root, _encode(self.state(len(self))))

    def _fold(self, state: Aggregate, fact: Recorded) -> None:
        if fact.position not in self.withdrawn:
            version = state.version
            state.fold(fact)
            state.version = max(version, fact.originator_version)
        self._at += 1

    def _from(self, count: int) -> Aggregate:
        """The nearest state at hand from which the facts lead to that after so many."""
        kept = bisect_right(self._marks, count, key=lambda mark: mark[0]) - 1
        if self._state is None or self._at > count or (kept >= 0 and self._marks[kept][0] > self._at):
            self._at, version, state = self._marks[kept] if kept >= 0 else (0, 0, b"")
            self._state = _decode(self.root, state) if state else self.root(id=self.id)
            self._state.version = version
        return self._state

    @property
    def _next_mark(self) -> int:
        if not self._marks:
            return EVERY
        last, _, state = self._marks[-1]
        return last + max(EVERY, len(state) // BYTES_PER_FACT)

    def _spoil(self, place: int) -> None:
        while self._marks and self._marks[-1][0] > place:
            self._marks.pop()
        if self._at > place:
            self._state = None


def _order(fact: Recorded) -> tuple[datetime, int]:
    return fact.occurred_at, fact.originator_version


_encode = msgspec.msgpack.Encoder().encode


def _decode(root: type[Aggregate], state: bytes) -> Aggregate:
    return msgspec.msgpack.decode(state, type=decodable(root))


def recorded_changes(history: Iterable[Recorded], positions: Iterable[int]) -> dict[int, list[Change]]:
    """What the facts at some positions of a stream changed, by what was known when each was recorded.

    A late fact changes the state of its own moment; a withdrawal the newest one. `history` is in order of recording.
    """
    found: dict[int, list[Change]] = {}
    missing = set(positions)
    course: Course | None = None
    for fact in history:
        course = course or Course(fact.originator_id)
        if fact.position in missing:
            found[fact.position] = course.recorded(fact)
            missing.discard(fact.position)
        else:
            course.take(fact)
        if not missing:
            break
    return found
