"""The journal: commands are decided on the state of their moment and appended; histories are read."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID, uuid4

import msgspec
import psycopg
from eventsourcing.application import Application
from eventsourcing.persistence import InfrastructureFactory, IntegrityError, Mapper, TrackingRecorder
from eventsourcing.utils import Environment, EnvType

from domain.aggregate import END_OF_TIME, Aggregate, Recorded, decide, withdraw, withdrawable
from domain.errors import JournalError, KamsError, RepeatedDifferently
from domain.journal.append import Append, Appended
from domain.journal.bulk import Bulk, append_in_bulk
from domain.journal.connections import JournalUnreachable, once_more, pool_for_questions, pool_of
from domain.journal.context import Context, Outcome
from domain.journal.mapper import JournalMapper, row_of
from domain.journal.people import People
from domain.journal.recorder import JournalFactory, JournalRecorder
from domain.journal.states import SNAPSHOT_EVERY, SNAPSHOTS_KEPT, Mark, States, encoded, folded, snapshot_topic
from domain.journal.streams import Streams
from domain.journal.wrapping import Wrapping
from domain.journal.writer import Writer

A = TypeVar("A", bound=Aggregate)
Decided = tuple[A, list[Recorded]]
"""An aggregate with what it wants recorded, and the facts that are recorded before these."""

TRIES = 20
VIEWS = 24
"""Questions answered at once by a process; one that compares two moments counts twice."""
TURNS = 64

KEEP_SNAPSHOTS = """
with kept as (insert into snapshots
    select %(id)s, version, %(topic)s, state from unnest(%(versions)s::int[], %(states)s::bytea[]) m(version, state)
    on conflict (aggregate_id, version) do update set topic = excluded.topic, state = excluded.state)
delete from snapshots where aggregate_id = %(id)s and version <> all(%(versions)s)
    and (topic <> %(topic)s or version < %(oldest)s or (version < %(newest)s and version %% %(every)s > 0))"""

FIRST_TRY = """
select f.command_digest, f.aggregate_id, f.position, l.position, f.recorded_at, l.version
from events f join events l on l.position = end_of_append(f.position)
where f.command_id = %s and f.command_digest is not null"""


class TooBusy(JournalError):
    """The {kind} {id} is being changed by too many at once: try again."""


class Journal(Application[UUID]):
    """An event-sourced application of the library on our own recorder and mapper."""

    name = "journal"

    def __init__(self, database_url: str, *, pool_size: int = 10, people_key: bytes | None = None) -> None:
        """`people_key` wraps the secrets of personal data; without one the database holds them as they are."""
        self.database_url = database_url
        self.pool = pool_of(database_url, pool_size)
        self.views = pool_for_questions(database_url, VIEWS)
        """Connections that are held for a whole question, which asks the other pool meanwhile: were they taken from
        that one, as many questions at once would wait for each other."""
        self.writer = Writer(database_url)
        self.people = People(self.pool, Wrapping(people_key) if people_key else None)
        self._states = States()
        self._looked_at = States()
        self._turns = [threading.Lock() for _ in range(TURNS)]
        self._ends: list[Callable[[], object]] = []
        self._recorder = JournalRecorder(self.pool, self.writer)
        super().__init__()
        self.streams = Streams(self._recorder, self.events)

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        """Nothing is read from the process's environment here."""
        return Environment(name, env or {})

    def construct_factory(self, env: Environment) -> InfrastructureFactory[TrackingRecorder]:
        """A factory that hands out the journal's recorder."""
        return JournalFactory(self._recorder)

    def construct_mapper(self) -> Mapper[UUID]:
        """Typed MessagePack."""
        return JournalMapper()

    def when_closed(self, end: Callable[[], object]) -> None:
        """What is to be ended with the journal."""
        self._ends.append(end)

    def close(self) -> None:
        """Finish what waits to be appended and let the connections go."""
        for end in self._ends:
            end()
        super().close()
        self.writer.close()
        self.views.close()
        self.pool.close()

    # Deciding

    def run(
        self,
        root: type[A],
        aggregate_id: UUID,
        decision: Callable[[A], None],
        context: Context,
        relies_on: dict[UUID, int] | None = None,
    ) -> Outcome:
        """Decide and append. `relies_on` are versions of other streams, filled by the decision each time it runs.

        A command that states no version is decided again on the newest state when it meets a conflict.
        Raises Refused, Conflict, RepeatedDifferently, JournalError.
        """
        return self._settle(
            root,
            aggregate_id,
            context,
            lambda state: (self._decided(root, aggregate_id, state, decision, context), []),
            {} if relies_on is None else relies_on,
        )

    def withdraw(
        self,
        root: type[A],
        aggregate_id: UUID,
        position: int,
        reason: str,
        context: Context,
        replacement: tuple[Callable[[A], None], datetime] | None = None,
        relies_on: dict[UUID, int] | None = None,
    ) -> Outcome:
        """Take a fact back; `replacement` is the decision that records what holds instead, and its moment.

        What the fact claimed is free again. Raises what `run` raises, NothingToWithdraw, AlreadyWithdrawn,
        OpeningStays.
        """

        def decided(_: A | None) -> Decided[A]:
            history = self.streams.history(aggregate_id)
            fact = withdrawable(history, position)
            self._see_that_it_stands_at(root, aggregate_id, history[-1].originator_version, context)
            taken_back = Recorded(
                originator_id=aggregate_id,
                originator_version=history[-1].originator_version + 1,
                event=vars(root)["FactWithdrawn"](position=fact.position, reason=reason),
                occurred_at=context.at,
            )
            if replacement is None:
                return withdraw(root, aggregate_id, history, taken_back), [taken_back]
            instead, moment = replacement
            return decide(root, aggregate_id, [*history, taken_back], moment, instead), [taken_back]

        guards = {} if relies_on is None else relies_on
        return self._settle(root, aggregate_id, context, decided, guards, causation_id=position)

    def append_in_bulk(self, facts: Sequence[Recorded], command_id: UUID) -> Appended:
        """Append decided facts as one step; see `bulk.append_in_bulk`."""
        bulk = Bulk(facts, command_id)
        appended = once_more(self.pool, lambda connection: append_in_bulk(connection, bulk))
        self.forget_states(set(bulk.append.guards))
        self.writer.ring()
        return appended

    def _decided(
        self, root: type[A], aggregate_id: UUID, state: A | None, decision: Callable[[A], None], context: Context
    ) -> A:
        newest = state
        if newest is None or context.at < newest.latest:
            base, since = self.streams.continued(root, aggregate_id, context.at)
            version = max((fact.originator_version for fact in since), default=base.version if base else 0)
            self._see_that_it_stands_at(root, aggregate_id, version, context)
            if any(fact.occurred_at > context.at for fact in since):
                if state is None and base is None:
                    self._folded(root, aggregate_id, None, since)  # for its snapshots: the next may start from one
                return decide(root, aggregate_id, since, context.at, decision, base)
            newest = self._folded(root, aggregate_id, base, since)
        self._see_that_it_stands_at(root, aggregate_id, newest.version, context)
        newest.at(context.at)
        decision(newest)
        return newest

    def _settle(
        self,
        root: type[A],
        aggregate_id: UUID,
        context: Context,
        decided: Callable[[A | None], Decided[A]],
        relies_on: dict[UUID, int],
        causation_id: int | None = None,
    ) -> Outcome:
        context = _with_command_id(context)
        for attempt in range(TRIES):
            with self._turns[aggregate_id.int % TURNS]:
                outcome = self._try(root, aggregate_id, context, decided, relies_on, causation_id)
            if outcome is not None:
                return outcome
            time.sleep(random.random() * 0.002 * (attempt + 1))
        raise TooBusy(kind=root.__name__, id=aggregate_id)

    def _try(
        self,
        root: type[A],
        aggregate_id: UUID,
        context: Context,
        decided: Callable[[A | None], Decided[A]],
        relies_on: dict[UUID, int],
        causation_id: int | None,
    ) -> Outcome | None:
        """Decide once; None where the states on which it was decided were no longer the newest.

        A state is taken out of memory and comes back only when what was decided on it is recorded.
        """
        state = self._states.take(aggregate_id)
        known = state if isinstance(state, root) else None
        before_it = {} if known is None else {aggregate_id: known.version}
        try:
            aggregate, before = decided(known)
        except KamsError:
            if (first := self.repeated(context)) is not None:
                return first
            if self._forgotten_as_stale({**relies_on, **before_it}):
                return None
            raise
        if before or aggregate.pending:
            return self._recorded(root, aggregate, before, context, relies_on, causation_id)
        if (first := self.repeated(context)) is not None:
            return first
        if self._forgotten_as_stale({**relies_on, aggregate_id: aggregate.version}):
            return None
        self._states.keep(aggregate)
        return Outcome(aggregate=aggregate_id, version=aggregate.version, position=self.streams.head())

    def _forgotten_as_stale(self, versions: dict[UUID, int]) -> bool:
        """Whether a decision stood on states that are no longer the newest; those are forgotten."""
        newest = self.streams.newest_versions(list(versions)) if versions else {}
        stale = {aggregate_id for aggregate_id, version in versions.items() if newest[aggregate_id] != version}
        self.forget_states(stale)
        return bool(stale)

    def _recorded(
        self,
        root: type[A],
        aggregate: A,
        before: list[Recorded],
        context: Context,
        relies_on: dict[UUID, int],
        causation_id: int | None,
    ) -> Outcome | None:
        """Append what was decided; None on a version conflict."""
        rows = [row_of(context.stamp(fact, causation_id)) for fact in (*before, *aggregate.collect_events())]
        guards = {**relies_on, aggregate.id: rows[0].originator_version - 1}
        command_id, digest = context.command_id or uuid4(), context.digest
        try:
            appended = self.writer.append(Append(command_id, digest, rows, guards))
        except IntegrityError:
            self._forgotten_as_stale(relies_on)
            return None
        if appended.repeated:
            return self.repeated(context)
        self._keep(root, aggregate, len(rows))
        return _outcome(aggregate.id, aggregate.version, appended)

    def _keep(self, root: type[A], aggregate: A, new: int) -> None:
        self._states.keep(aggregate)
        self._looked_at.drop({aggregate.id})
        if aggregate.version // SNAPSHOT_EVERY != (aggregate.version - new) // SNAPSHOT_EVERY:
            self._keep_snapshots(root, aggregate.id, [Mark(aggregate.version, encoded(aggregate))])

    def _folded(self, root: type[A], aggregate_id: UUID, base: A | None, since: list[Recorded]) -> A:
        """The newest state; the next who asks finds it faster where many facts had to be folded."""
        aggregate, marks = folded(root, aggregate_id, base, since)
        if marks:
            self._keep_snapshots(root, aggregate_id, marks)
        return aggregate

    def _keep_snapshots(self, root: type[Aggregate], aggregate_id: UUID, marks: Sequence[Mark]) -> None:
        """A snapshot is a shorter way and no more: where it cannot be kept, the command is recorded all the same."""
        newest = max(mark.version for mark in marks)
        row = {
            "id": aggregate_id,
            "topic": snapshot_topic(root),
            "versions": [mark.version for mark in marks],
            "states": [mark.state for mark in marks],
            "newest": newest,
            "oldest": newest - SNAPSHOTS_KEPT * SNAPSHOT_EVERY,
            "every": SNAPSHOT_EVERY,
        }
        with contextlib.suppress(psycopg.OperationalError, JournalUnreachable):
            once_more(self.pool, lambda connection: connection.execute(KEEP_SNAPSHOTS, row))

    def repeated(self, context: Context) -> Outcome | None:
        """The result of the command's first try, if there was one. Raises RepeatedDifferently."""
        if context.command_id is None:
            return None
        found = self.streams.read(lambda c: c.execute(FIRST_TRY, (context.command_id,), prepare=True).fetchone())
        if found is None:
            return None
        digest, aggregate_id, first, last, recorded_at, version = found
        if digest != context.digest:
            raise RepeatedDifferently(command_id=context.command_id)
        return _outcome(aggregate_id, version, Appended(first, last, recorded_at, repeated=True))

    def _see_that_it_stands_at(self, root: type[A], aggregate_id: UUID, version: int, context: Context) -> None:
        if context.version is not None and context.version != version:
            raise self.streams.conflict(root, aggregate_id, version, context.version)

    # Looking

    def known(self, root: type[A], aggregate_id: UUID) -> A:
        """A state to look at while deciding about another aggregate, kept in memory and never changed. Whoever
        records something because of it relies on its version (`relies_on` of `run`)."""
        found = self._looked_at.get(aggregate_id)
        if not isinstance(found, root):
            found = self._folded(root, aggregate_id, *self.streams.continued(root, aggregate_id, END_OF_TIME))
            self._looked_at.keep(found)
        return found

    def forget_states(self, aggregate_ids: set[UUID]) -> None:
        """Drop kept states of aggregates that were written by another way."""
        self._states.drop(aggregate_ids)
        self._looked_at.drop(aggregate_ids)


def _with_command_id(context: Context) -> Context:
    if context.command_id is not None:
        return context
    command_id = uuid4()
    return msgspec.structs.replace(context, command_id=command_id, digest=command_id.bytes)


def _outcome(aggregate_id: UUID, version: int, appended: Appended) -> Outcome:
    return Outcome(
        aggregate=aggregate_id,
        version=version,
        position=appended.last,
        positions=tuple(range(appended.first, appended.last + 1)),
        recorded_at=appended.recorded_at,
        repeated=appended.repeated,
    )
