"""States of streams as of a position, kept in memory from one publish to the next.

A fact that follows on the newest state of its stream is folded into it once. For one that comes late, or takes another
back, the stream's whole course is kept for a while.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

import psycopg

from domain.aggregate import BEGINNING, ROOTS, Aggregate, Recorded, Withdrawal
from domain.changes import Change, changes
from domain.course import Course
from projections.streams.journal_rows import Found, JournalRows, Unreadable, kind_of

STATES = 20_000
"""Streams that are kept."""
FACTS = 200_000
"""Facts of courses that are kept."""
LOADED_AT_ONCE = 20_000
"""Facts loaded by one query, about."""


class Lenient(Course):
    """A course on which a fact that cannot be folded, which no command would have recorded, stops no other."""

    def changes(self, count: int) -> list[Change]:
        """As in a course. Raises whatever the fact raises, but goes on after it."""
        try:
            return super().changes(count)
        except Exception:
            self._at += 1
            raise

    def _fold(self, state: Aggregate, fact: Recorded) -> None:
        before = self._at
        try:
            super()._fold(state, fact)
        except Exception:  # noqa: BLE001 whatever damaged facts raise
            self._at = before + 1


class Known:
    """A stream up to one of its versions, with the latest moment of its facts: its newest state, or its course where
    something came late. Neither where it is broken: an event cannot be read, and no state can be had from there on."""

    __slots__ = ("course", "latest", "state", "version")

    def __init__(
        self, version: int, latest: datetime, state: Aggregate | None = None, course: Lenient | None = None
    ) -> None:
        self.version, self.latest, self.state, self.course = version, latest, state, course

    @property
    def broken(self) -> bool:
        """Whether no state of it can be had."""
        return self.state is None and self.course is None

    def follows(self, fact: Recorded) -> bool:
        """Whether a fact only continues the state."""
        return fact.occurred_at >= self.latest and not isinstance(fact.event, Withdrawal)

    def took(self, fact: Found) -> None:
        """A fact was taken in."""
        self.version = fact.originator_version
        if isinstance(fact, Recorded) and fact.occurred_at > self.latest:
            self.latest = fact.occurred_at

    def newest(self) -> Aggregate | None:
        """The newest state; None where there is none."""
        return self.state if self.course is None else folded(self.course)


class Streams:
    """What is known of streams, each as of the last fact of it that was taken in."""

    def __init__(self, journal: JournalRows, states: int = STATES, facts: int = FACTS) -> None:
        self._journal = journal
        self._most, self._most_facts = states, facts
        self._known: OrderedDict[UUID, Known] = OrderedDict()
        self._courses: OrderedDict[UUID, Lenient] = OrderedDict()
        self._in_courses = 0
        self._broken: set[UUID] = set()
        self._late: set[UUID] = set()

    def forget(self) -> None:
        """Begin anew."""
        for kept in (self._known, self._courses, self._broken, self._late):
            kept.clear()
        self._in_courses = 0

    def forget_broken(self) -> None:
        """Try anew the next time: an event may be mended by then."""
        for stream in self._broken:
            self._known.pop(stream, None)
        self._broken.clear()

    def newest(self, stream: UUID) -> Aggregate | None:
        """The newest state; None where there is none in memory, or none can be had."""
        known = self._known.get(stream)
        return known.newest() if known else None

    def prepare(self, connection: psycopg.Connection, coming: Sequence[Found]) -> int:
        """Load at once what the facts that come need; returns for how many of them."""
        versions: dict[UUID, int] = {}
        latest: dict[UUID, datetime] = {}
        self._late.clear()
        loaded = count = 0
        for fact in coming:
            stream = fact.originator_id
            known = self._known.get(stream)
            if stream not in latest:
                lacking = _lacking(known, fact)
                if loaded and loaded + abs(lacking) > LOADED_AT_ONCE:
                    break
                if lacking:
                    versions[stream] = known.version if known and lacking > 0 else 0
                loaded += abs(lacking)
                latest[stream] = known.latest if known and known.state else BEGINNING
            count += 1
            if isinstance(fact, Unreadable):
                continue
            if not isinstance(fact.event, Withdrawal) and fact.occurred_at >= latest[stream]:
                latest[stream] = fact.occurred_at
            else:
                self._late.add(stream)
                if known and known.state is not None:
                    versions[stream] = 0
        if versions:
            self._load(connection, versions, coming[0].position - 1)
        return count

    def taken(self, connection: psycopg.Connection, fact: Found) -> list[Change] | None:
        """What a fact changed that comes after all that were taken in; None where that cannot be had."""
        stream = fact.originator_id
        known = self._at(connection, fact)
        known.took(fact)
        if known.broken or isinstance(fact, Unreadable):
            self._break(stream, known)
            return None
        try:
            if known.course is None:
                assert known.state is not None
                return changes(known.state, fact)
            self._keep_course(stream, known.course, 1)
            return known.course.recorded(fact)
        except Exception:  # noqa: BLE001 a fact that cannot be folded must not keep back all others
            return None

    def _at(self, connection: psycopg.Connection, fact: Found) -> Known:
        """The stream as it is before a fact."""
        stream, before = fact.originator_id, fact.originator_version - 1
        known = self._known.get(stream)
        if known is None and before == 0:
            self._put(stream, self._new(fact))
        elif known is None or (known.version != before and not known.broken):
            self._load(connection, {stream: 0}, fact.position - 1)
        known = self._known[stream]
        if isinstance(fact, Recorded) and known.state is not None and not known.follows(fact):
            self._late.add(stream)
            self._load(connection, {stream: 0}, fact.position - 1)
            known = self._known[stream]
        self._known.move_to_end(stream)
        return known

    def _new(self, fact: Found) -> Known:
        """A stream before its first fact."""
        if fact.originator_id in self._late:
            return Known(0, BEGINNING, course=Lenient(fact.originator_id))
        root = ROOTS.get(kind_of(fact))
        return Known(0, BEGINNING, root(id=fact.originator_id) if root else None)

    def _load(self, connection: psycopg.Connection, versions: dict[UUID, int], to: int) -> None:
        """Bring streams from a version of each (0: all of it) to a position."""
        again: dict[UUID, int] = {}
        for stream, facts in self._journal.since(connection, versions, to).items():
            known = self._known.get(stream) if versions[stream] else None
            self._let_course_go(stream)
            if known is not None and known.state is not None and not _continued(known, facts):
                again[stream] = 0
            else:
                self._put(stream, known if known and known.state else self._loaded(stream, known, facts))
        if again:
            self._load(connection, again, to)

    def _loaded(self, stream: UUID, known: Known | None, facts: Sequence[Found]) -> Known:
        course = known.course if known and known.course else Lenient(stream)
        for fact in facts:
            if isinstance(fact, Unreadable):
                return Known(facts[-1].originator_version, BEGINNING)
            course.take(fact)
        if not len(course):
            return Known(0, BEGINNING)
        version, latest = max(fact.originator_version for fact in course.facts), course.facts[-1].occurred_at
        if stream in self._late or (known and known.course):
            return Known(version, latest, course=course)
        return Known(version, latest, folded(course))

    def _put(self, stream: UUID, known: Known) -> None:
        self._known[stream] = known
        self._known.move_to_end(stream)
        if known.broken:
            self._broken.add(stream)
        if known.course is not None:
            self._keep_course(stream, known.course, len(known.course))
        if len(self._known) > self._most:
            oldest, _ = self._known.popitem(last=False)
            self._let_course_go(oldest)

    def _keep_course(self, stream: UUID, course: Lenient, more: int) -> None:
        self._courses[stream] = course
        self._courses.move_to_end(stream)
        self._in_courses += more
        while self._in_courses > self._most_facts and len(self._courses) > 1:
            oldest = next(iter(self._courses))
            gone = self._known[oldest]
            gone.state, gone.course = gone.newest(), None
            self._let_course_go(oldest)

    def _let_course_go(self, stream: UUID) -> None:
        course = self._courses.pop(stream, None)
        if course is not None:
            self._in_courses -= len(course)

    def _break(self, stream: UUID, known: Known) -> None:
        known.state = known.course = None
        self._let_course_go(stream)
        self._broken.add(stream)


def folded(course: Course) -> Aggregate | None:
    """The newest state of a course; None where there is none."""
    return course.state(len(course)) if len(course) else None


def _lacking(known: Known | None, fact: Found) -> int:
    """How many facts of a stream before this one are not in memory; negative where there are too many."""
    if known is None:
        return fact.originator_version - 1
    return 0 if known.broken else fact.originator_version - 1 - known.version


def _continued(known: Known, facts: Sequence[Found]) -> bool:
    """Fold facts into a state, as long as they only continue it; whether all did."""
    for fact in facts:
        if isinstance(fact, Unreadable) or not known.follows(fact):
            return False
        assert known.state is not None
        with suppress(Exception):
            known.state.fold(fact)
        known.took(fact)
    return True
