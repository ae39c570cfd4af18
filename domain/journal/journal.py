"""The journal: commands are decided on the state of their moment and appended; histories are read."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID, uuid4

import msgspec
from eventsourcing.application import Application
from eventsourcing.persistence import (
    ApplicationRecorder,
    InfrastructureFactory,
    IntegrityError,
    Mapper,
    TrackingRecorder,
)
from eventsourcing.utils import Environment, EnvType
from psycopg_pool import ConnectionPool

from domain.aggregate import Aggregate, Recorded, decide, withdraw, withdrawable
from domain.errors import Conflict, JournalError, Refused, RepeatedDifferently
from domain.journal.bulk import append_in_bulk
from domain.journal.context import Context, Outcome
from domain.journal.mapper import JournalMapper
from domain.journal.people import People
from domain.journal.recorder import JournalFactory, JournalRecorder
from domain.journal.states import SNAPSHOT_EVERY, States, encoded, snapshot_topic
from domain.journal.streams import Streams
from domain.journal.writer import Append, Appended, Writer

A = TypeVar("A", bound=Aggregate)

TRIES = 10
TURNS = 64


class TooBusy(JournalError):
    """The {kind} {id} is being changed by too many at once: try again."""


class Journal(Application[UUID]):
    """An event-sourced application of the library on our own recorder and mapper."""

    name = "journal"

    def __init__(self, database_url: str, *, pool_size: int = 10) -> None:
        self.database_url = database_url
        self.pool = ConnectionPool(database_url, min_size=1, max_size=pool_size, kwargs={"autocommit": True}, open=True)
        self.writer = Writer(database_url)
        self.people = People(self.pool)
        self._states = States()
        self._looked_at = States()
        self._turns = [threading.Lock() for _ in range(TURNS)]
        super().__init__()
        self.streams = Streams(self._recorder, self.events)

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        """Nothing is read from the process's environment here."""
        return Environment(name, env or {})

    def construct_factory(self, env: Environment) -> InfrastructureFactory[TrackingRecorder]:
        """A factory that hands out the journal's recorder."""
        return JournalFactory(JournalRecorder(self.pool, self.writer))

    def construct_mapper(self) -> Mapper[UUID]:
        """Typed MessagePack."""
        return JournalMapper()

    def close(self) -> None:
        """Finish what waits to be appended and let the connections go."""
        super().close()
        self.writer.close()
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
    ) -> Outcome:
        """Take a fact back; `replacement` is the decision that records what holds instead, and its moment."""

        def decided(_: A | None) -> tuple[A, list[Recorded]]:
            history = self.streams.history(aggregate_id)
            withdrawable(history, position)
            taken_back = Recorded(
                originator_id=aggregate_id,
                originator_version=len(history) + 1,
                event=vars(root)["FactWithdrawn"](position=position, reason=reason),
                occurred_at=context.at,
            )
            if replacement is not None:
                instead, moment = replacement
                return decide(root, aggregate_id, [*history, taken_back], moment, instead), [taken_back]
            aggregate = withdraw(root, aggregate_id, history, position)
            aggregate.version += 1
            return aggregate, [taken_back]

        return self._settle(root, aggregate_id, context, decided, {}, causation_id=position)

    def append_in_bulk(self, facts: Sequence[Recorded], command_id: UUID) -> Appended:
        """Append decided facts as one step; see `bulk.append_in_bulk`."""
        with self.pool.connection() as connection:
            appended = append_in_bulk(connection, facts, command_id)
        self.forget_states({fact.originator_id for fact in facts})
        self.writer.ring()
        return appended

    def _decided(
        self, root: type[A], aggregate_id: UUID, state: A | None, decision: Callable[[A], None], context: Context
    ) -> A:
        newest = state if state is not None else self.streams.state(root, aggregate_id)
        if context.version is not None and context.version != newest.version:
            raise Conflict(kind=root.__name__, version=newest.version, expected=context.version)
        if context.at < newest.latest:
            return decide(root, aggregate_id, self.streams.history(aggregate_id), context.at, decision)
        newest.at(context.at)
        decision(newest)
        return newest

    def _settle(
        self,
        root: type[A],
        aggregate_id: UUID,
        context: Context,
        decided: Callable[[A | None], tuple[A, list[Recorded]]],
        relies_on: dict[UUID, int],
        causation_id: int | None = None,
    ) -> Outcome:
        if context.command_id is not None and (first := self.repeated(context)) is not None:
            return first
        context = _with_command_id(context)
        for attempt in range(TRIES):
            with self._turns[aggregate_id.int % TURNS]:
                state = self._states.take(aggregate_id)
                try:
                    aggregate, before = decided(state if isinstance(state, root) else None)
                except (Refused, Conflict):
                    if self._forgotten_as_stale({**relies_on, **_version_of(state)}):
                        continue
                    raise
                if not (before or aggregate.pending):
                    if self._forgotten_as_stale({**relies_on, aggregate_id: aggregate.version}):
                        continue
                    self._states.keep(aggregate)
                    return Outcome(aggregate=aggregate_id, version=aggregate.version, position=self.streams.head())
                outcome = self._recorded(root, aggregate, before, context, relies_on, causation_id)
            if outcome is not None:
                return outcome
            self._forgotten_as_stale(relies_on)
            time.sleep(random.random() * 0.002 * (attempt + 1))
        raise TooBusy(kind=root.__name__, id=aggregate_id)

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
        facts = [context.stamp(fact, causation_id) for fact in [*before, *aggregate.collect_events()]]
        try:
            appended = self._append(facts, context, {**relies_on, aggregate.id: facts[0].originator_version - 1})
        except IntegrityError:
            return None
        if appended.repeated:
            return _outcome(aggregate, appended)
        self._keep(root, aggregate, len(facts))
        return _outcome(aggregate, appended)

    def _append(self, facts: Sequence[Recorded], context: Context, guards: dict[UUID, int]) -> Appended:
        assert context.command_id is not None  # noqa: S101 given by _with_command_id
        claims = [(n, claim) for n, fact in enumerate(facts) for claim in fact.event.claims(fact.originator_id)]
        rows = [self.mapper.to_stored_event(fact) for fact in facts]
        return self.writer.append(Append(context.command_id, context.digest, rows, guards, claims))

    def _keep(self, root: type[A], aggregate: A, new: int) -> None:
        self._states.keep(aggregate)
        if aggregate.version // SNAPSHOT_EVERY != (aggregate.version - new) // SNAPSHOT_EVERY:
            self._take_snapshot(root, aggregate)

    def _take_snapshot(self, root: type[A], aggregate: A) -> None:
        row = (aggregate.id, aggregate.version, snapshot_topic(root), encoded(aggregate))
        with self.pool.connection() as connection:
            connection.execute(
                "insert into snapshots values (%s, %s, %s, %s) on conflict (aggregate_id) do update"
                " set version = excluded.version, topic = excluded.topic, state = excluded.state"
                " where snapshots.version <= excluded.version or snapshots.topic <> excluded.topic",
                row,
            )

    def repeated(self, context: Context) -> Outcome | None:
        """The result of the command's first try, if there was one."""
        sql = (
            "select position, recorded_at, aggregate_id, version, command_digest from events"
            " where command_id = %s and command_digest is not null"
        )
        found = self.streams.read(lambda c: c.execute(sql, (context.command_id,), prepare=True).fetchone())
        if found is None:
            return None
        first, recorded_at, aggregate_id, version, digest = found
        if digest != context.digest:
            raise RepeatedDifferently(command_id=context.command_id)
        sql = "select max(position), max(version) from events where command_id = %s and position between %s and %s"
        last, version = self.streams.read(
            lambda c: c.execute(sql, (context.command_id, first, first + 999)).fetchone()
        ) or (first, version)
        return _outcome_of(aggregate_id, version, Appended(first, last, recorded_at, repeated=True))

    @property
    def _recorder(self) -> JournalRecorder:
        recorder: ApplicationRecorder = self.recorder
        assert isinstance(recorder, JournalRecorder)  # noqa: S101 made by our factory
        return recorder

    # Looking

    def known(self, root: type[A], aggregate_id: UUID) -> A:
        """A state to look at while deciding about another aggregate, kept in memory and never changed. Whoever
        records something because of it relies on its version (`relies_on` of `run`)."""
        found = self._looked_at.get(aggregate_id)
        if not isinstance(found, root):
            found = self.streams.state(root, aggregate_id)
            self._looked_at.keep(found)
        return found

    def forget_states(self, aggregate_ids: set[UUID]) -> None:
        """Drop kept states of aggregates that were written by another way."""
        self._states.drop(aggregate_ids)
        self._looked_at.drop(aggregate_ids)


def _version_of(state: Aggregate | None) -> dict[UUID, int]:
    return {} if state is None else {state.id: state.version}


def _with_command_id(context: Context) -> Context:
    if context.command_id is not None:
        return context
    command_id = uuid4()
    return msgspec.structs.replace(context, command_id=command_id, digest=command_id.bytes)


def _outcome(aggregate: Aggregate, appended: Appended) -> Outcome:
    return _outcome_of(aggregate.id, aggregate.version, appended)


def _outcome_of(aggregate_id: UUID, version: int, appended: Appended) -> Outcome:
    return Outcome(
        aggregate=aggregate_id,
        version=version,
        position=appended.last,
        positions=tuple(range(appended.first, appended.last + 1)),
        recorded_at=appended.recorded_at,
        repeated=appended.repeated,
    )
