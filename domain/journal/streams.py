"""Streams of the journal as they are read: histories, states, claims."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from threading import Lock
from typing import Final, TypeVar
from uuid import UUID

import msgspec
import psycopg
from eventsourcing.persistence import EventStore

from domain.aggregate import END_OF_TIME, Aggregate, Recorded, Withdrawal, fold
from domain.changes import Change
from domain.claims import Claim
from domain.errors import Conflict, NotFound
from domain.journal.mapper import JournalMapper
from domain.journal.recorder import COLUMNS, JournalRecorder
from domain.journal.states import decoded, folded, snapshot_topic
from domain.language.catalogue import event_words, say

A = TypeVar("A", bound=Aggregate)
T = TypeVar("T")


HOLDS: Final = "exists (select from unnest(%s::bytea[]) named where position(named in state) > 0)"
NAMING: Final = f"select distinct aggregate_id from events where {HOLDS}"
MOST_IN_BETWEEN = 100
MOST_SAID = 10
MOST_CHANGES = 5_000


class InBetween(msgspec.Struct, frozen=True):
    """A fact that came between the version that somebody states and the newest one."""

    position: int
    topic: str
    actor: UUID | None
    occurred_at: datetime

    def __str__(self) -> str:
        return self.told({})

    def told(self, names: Mapping[UUID, str]) -> str:
        """What happened, on which day, and by whom where there is a name."""
        fact, who = event_words(self.topic), names.get(self.actor) if self.actor else None
        if who:
            return say("{fact} on {day} by {who}", fact=fact, day=self.occurred_at.date(), who=who)
        return say("{fact} on {day}", fact=fact, day=self.occurred_at.date())


class Told:
    """The newest facts in between, in words, the newest first, and how many there are beside them. A door that may
    open the names of who recorded them puts these into `names`."""

    def __init__(self, newest: Sequence[InBetween], more: int) -> None:
        self.newest, self.more = newest, more
        self.names: dict[UUID, str] = {}

    def __str__(self) -> str:
        said = [fact.told(self.names) for fact in self.newest]
        if self.more > 0:
            said.append(say("and {more} more", more=self.more))
        return "; ".join(said) or say("nothing, that version was not reached yet")


Position = tuple[int, UUID, datetime]


class KeptChanges:
    """What facts changed that were asked for of late."""

    def __init__(self) -> None:
        self._known = OrderedDict[Position, tuple[Change, ...]]()
        self._lock = Lock()

    def get(self, fact: Position) -> tuple[Change, ...] | None:
        """What is kept of a fact."""
        with self._lock:
            if (found := self._known.get(fact)) is not None:
                self._known.move_to_end(fact)
            return found

    def put(self, fact: Position, changes: tuple[Change, ...]) -> None:
        """Keep it; of so many facts the longest unused are forgotten."""
        with self._lock:
            self._known[fact] = changes
            while len(self._known) > MOST_CHANGES:
                self._known.popitem(last=False)


class Streams:
    """Reads aggregates; decides nothing. `changes` keeps what facts changed, for `changes_at`."""

    def __init__(self, recorder: JournalRecorder, events: EventStore[UUID]) -> None:
        self._recorder = recorder
        self._events = events
        assert isinstance(events.mapper, JournalMapper)
        self._mapper = events.mapper
        self.changes = KeptChanges()

    def read(self, query: Callable[[psycopg.Connection], T]) -> T:
        """The answer of a reading query."""
        return self._recorder.read(query)

    def head(self) -> int:
        """The newest position; 0 in an empty journal."""
        return self._recorder.max_notification_id() or 0

    def history(self, aggregate_id: UUID) -> list[Recorded]:
        """Everything recorded about an aggregate, in the order of recording."""
        return [_recorded(fact) for fact in self._events.get(aggregate_id)]

    def histories(self, aggregate_ids: Iterable[UUID], to: int = 2**62) -> dict[UUID, list[Recorded]]:
        """The histories of many aggregates, in one query; those without events are left out. `to`: as they were
        recorded up to that position."""
        found: dict[UUID, list[Recorded]] = {}
        sql = (
            "select "
            + COLUMNS
            + " from events where aggregate_id = any(%s) and position <= %s order by aggregate_id, version"
        )
        fact = self._mapper.fact
        for columns in self._recorder.columns(sql, (list(aggregate_ids), to)):
            found.setdefault(columns[2], []).append(fact(*columns))
        return found

    def openings(self, aggregate_ids: Iterable[UUID]) -> dict[UUID, Recorded]:
        """The first fact of each of many aggregates, in one query; those without events are left out."""
        sql = "select " + COLUMNS + " from events where aggregate_id = any(%s) and version = 1"
        wanted = list(aggregate_ids)
        rows = self._recorder.rows(sql, (wanted,)) if wanted else []
        facts = [_recorded(self._events.mapper.to_domain_event(row)) for row in rows]
        return {fact.originator_id: fact for fact in facts}

    def told_at(self, positions: Collection[int]) -> list[Position]:
        """Which facts the journal has at some positions: each with its stream, and when it was recorded."""
        sql = "select position, aggregate_id, recorded_at from events where position = any(%s)"
        return self.read(lambda c: c.execute(sql, (list(positions),)).fetchall())

    def place_of(self, position: int) -> tuple[UUID, datetime] | None:
        """The stream of the event at a position and when it was recorded, even where the event cannot be read."""
        sql = "select aggregate_id, recorded_at from events where position = %s"
        return self.read(lambda c: c.execute(sql, (position,)).fetchone())

    def facts(self, after: int, limit: int, topics: Sequence[str] = ()) -> list[Recorded]:
        """Facts after a position, in the order of recording; of the given stored names, or all."""
        sql = (
            "select "
            + COLUMNS
            + " from events where position > %s and (%s or topic = any(%s)) order by position limit %s"
        )
        rows = self._recorder.rows(sql, (after, not topics, list(topics), limit))
        return [_recorded(self._events.mapper.to_domain_event(row)) for row in rows]

    def at(self, positions: Iterable[int]) -> dict[int, Recorded]:
        """The facts at some positions, in one query; positions where nothing is recorded are left out."""
        sql = "select " + COLUMNS + " from events where position = any(%s)"
        rows = self._recorder.rows(sql, (sorted(set(positions)),))
        facts = [_recorded(self._events.mapper.to_domain_event(row)) for row in rows]
        return {fact.position: fact for fact in facts}

    def mentioning(self, people: Collection[UUID], keys: Collection[UUID]) -> list[Recorded]:
        """The facts that name people, and, in streams of such facts, those whose texts are sealed under `keys`, in the
        order of recording. Reads the whole journal, within the database."""
        streams = [*people, *(key for (key,) in self.read(lambda c: c.execute(NAMING, (_raw(people),)).fetchall()))]
        sql = f"select {COLUMNS} from events where aggregate_id = any(%s) and ({HOLDS}) order by position"
        rows = self._recorder.rows(sql, (streams, [*_raw(people), *_raw(keys)]))
        return [_recorded(self._events.mapper.to_domain_event(row)) for row in rows]

    def claimed(self, kind: str, scope: str, values: Sequence[str]) -> dict[str, UUID]:
        """Which aggregates hold these claims."""
        sql = "select value, aggregate_id from claims where kind = %s and scope = %s and value = any(%s)"
        return dict(self.read(lambda c: c.execute(sql, (kind, scope, list(values))).fetchall()))

    def all_claimed(self, kind: str, scope: str) -> dict[str, UUID]:
        """All values claimed of a kind within a scope, and the aggregates that hold them."""
        sql = "select value, aggregate_id from claims where kind = %s and scope = %s"
        return dict(self.read(lambda c: c.execute(sql, (kind, scope)).fetchall()))

    def find(self, claim: Claim) -> UUID:
        """The aggregate that holds a claim; raises NotFound."""
        found = self.claimed(claim.kind, claim.scope, [claim.value])
        if not found:
            raise NotFound(kind=claim.kind, key=claim.value)
        return found[claim.value]

    def holder(self, claim: Claim) -> tuple[UUID, int] | None:
        """The aggregate that holds a claim and the position of the fact that claimed it; None where nobody does."""
        sql = "select aggregate_id, position from claims where kind = %s and scope = %s and value = %s"
        return self.read(lambda c: c.execute(sql, (claim.kind, claim.scope, claim.value)).fetchone())

    def state(self, root: type[A], aggregate_id: UUID) -> A:
        """The newest state, from a snapshot where one is enough; an unopened aggregate if nothing is recorded."""
        return folded(root, aggregate_id, *self.continued(root, aggregate_id, END_OF_TIME))[0]

    def continued(self, root: type[A], aggregate_id: UUID, moment: datetime) -> tuple[A | None, list[Recorded]]:
        """The newest snapshot that a fact at `moment` can start from, and all that was recorded since.

        It ends by the moment, and whatever was recorded since only continues it: nothing lies before its end, nothing
        takes back what it holds. Where there is none: None and the whole history.
        """
        snapshots = self.read(lambda c: _snapshots(c, root, aggregate_id))
        since: list[Recorded] = []
        read_to: int | None = None
        for version, state in snapshots:
            base = decoded(root, state)
            if base.latest > moment:
                continue
            since = self._between(aggregate_id, version, read_to) + since
            read_to = version
            if _continue(since, base.latest):
                return _as(root, base), since
            moment = min(moment, *(fact.occurred_at for fact in since))
        return None, self._between(aggregate_id, 0, read_to) + since

    def _between(self, aggregate_id: UUID, after: int, to: int | None) -> list[Recorded]:
        return [_recorded(fact) for fact in self._events.get(aggregate_id, gt=after, lte=to)]

    def state_at(self, root: type[A], aggregate_id: UUID, moment: datetime, known_at: int | None = None) -> A:
        """The state as of a moment, as far as it was known at a position."""
        base: A | None = None
        if known_at is None:
            base, history = self.continued(root, aggregate_id, moment)
        else:
            history = self.history(aggregate_id)
        known = [fact for fact in history if known_at is None or fact.position <= known_at]
        gone = {fact.event.position for fact in known if isinstance(fact.event, Withdrawal)}
        facts = [fact for fact in known if fact.occurred_at <= moment and fact.position not in gone]
        return fold(root, aggregate_id, facts, base)

    def conflict(self, root: type[Aggregate], aggregate_id: UUID, version: int, expected: int) -> Conflict:
        """The refusal of a stated version that is not the newest: it says what came in between."""
        found = [*map(_between, self._events.get(aggregate_id, gt=expected, limit=MOST_IN_BETWEEN))]
        newest = [*map(_between, self._events.get(aggregate_id, gt=expected, desc=True, limit=MOST_SAID))]
        told = Told(newest, version - expected - len(newest))
        return Conflict(kind=root.__name__, version=version, expected=expected, in_between=told, facts=found)

    def newest_versions(self, aggregate_ids: Sequence[UUID]) -> dict[UUID, int]:
        """The newest version of each stream; 0 where nothing is recorded."""
        sql = (
            "select id, coalesce((select version from events where aggregate_id = id order by version desc limit 1), 0)"
            " from unnest(%s::uuid[]) id"
        )
        return dict(self.read(lambda c: c.execute(sql, (list(aggregate_ids),), prepare=True).fetchall()))


def _snapshots(connection: psycopg.Connection, root: type[Aggregate], aggregate_id: UUID) -> list[tuple[int, bytes]]:
    sql = "select version, state from snapshots where aggregate_id = %s and topic = %s order by version desc"
    return connection.execute(sql, (aggregate_id, snapshot_topic(root)), prepare=True, binary=True).fetchall()


def _between(stored: object) -> InBetween:
    fact = _recorded(stored)
    return InBetween(fact.position, fact.event.topic, fact.actor, fact.occurred_at)


def _raw(identifiers: Iterable[UUID]) -> list[bytes]:
    return [each.bytes for each in identifiers]


def _recorded(fact: object) -> Recorded:
    assert isinstance(fact, Recorded)
    return fact


def _as(root: type[A], aggregate: Aggregate) -> A:
    assert isinstance(aggregate, root)
    return aggregate


def _continue(facts: list[Recorded], latest: datetime) -> bool:
    """Whether facts only continue a state that ends at `latest`: none is earlier, none takes back what it holds."""
    there = {fact.position for fact in facts}
    return all(
        fact.occurred_at >= latest and not (isinstance(fact.event, Withdrawal) and fact.event.position not in there)
        for fact in facts
    )
