"""Rebuilding a model beside itself, comparing row by row, and swapping; and folding parked rows again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import psycopg
from psycopg_pool import ConnectionPool

from domain.journal.locks import AdvisoryLock
from projections.engine import parking
from projections.engine.catch_up import BATCH, CatchUp, address, batch_end, positions
from projections.engine.errors import RebuildUnderWay
from projections.engine.facts import Batch, Facts
from projections.engine.parking import Waiting
from projections.engine.projector import Projector, configure
from projections.engine.routing import Routing
from projections.engine.store import CURRENT_PARTS, PAST_PARTS, Store, sql

EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a rebuild found: how many rows and versions there are, and which rows were not as they should be."""

    model: str
    version: int
    position: int
    rows: int
    versions: int
    differing: int
    examples: tuple[UUID, ...]

    @property
    def equal(self) -> bool:
        """Whether the rows were what the journal says."""
        return self.differing == 0


@dataclass(frozen=True, slots=True)
class Retried:
    """What a retry of parked rows came to."""

    model: str
    rows: int
    still_parked: int


class Rebuilding:
    """Rebuilds and mends models; every projector goes on meanwhile."""

    def __init__(self, pool: ConnectionPool, facts: Facts, catch_up: CatchUp) -> None:
        self._pool = pool
        self._facts = facts
        self._catch_up = catch_up

    def rebuild(self, live: Projector, *, swap: bool = True) -> Comparison:
        """Fold the whole journal into fresh tables, compare them with the live ones, put them in their place; without
        `swap` the fresh ones go and the live ones stay as they are."""
        fresh = Projector(live.plan, self._facts, Store(live.plan, rebuilding=True))
        with self._alone(live):
            with self._pool.connection() as connection, connection.transaction():
                fresh.store.drop(connection)
                fresh.store.create(connection)
            while True:
                self._catch_up.run([live, fresh])
                with self._pool.connection() as connection, connection.transaction():
                    found = self._compared(connection, live, fresh, swap=swap)
                if found is not None:
                    return found

    def _compared(
        self, connection: psycopg.Connection, live: Projector, fresh: Projector, *, swap: bool
    ) -> Comparison | None:
        """Compare, and swap if wanted, where both stand at one position; None where the live one is behind."""
        stands = live.wait_for_lock(connection)
        self._catch_up.run([fresh], until=stands)
        if positions(connection, [fresh])[fresh] != stands:
            return None
        fresh.store.build_indexes(connection)
        found = compare(connection, live.store, fresh.store, stands)
        if swap:
            owner = live.store.owner(connection)
            live.store.drop(connection)
            fresh.store.become(connection, live.store)
            live.store.belong_to(connection, owner)
        else:
            fresh.store.drop(connection)
        return found

    @contextmanager
    def _alone(self, live: Projector) -> Iterator[None]:
        """Only one rebuild of a model at a time, wherever it is started."""
        name, version, _ = live.store.identity
        with psycopg.connect(address(self._pool), autocommit=True) as connection:
            asked = (AdvisoryLock.REBUILD, f"{name}_v{version}")
            (free,) = connection.execute("select pg_try_advisory_lock(%s, hashtext(%s))", asked).fetchone() or (False,)
            if not free:
                raise RebuildUnderWay(model=name)
            yield

    def retry(self, live: Projector) -> Retried:
        """Wipe the parked rows whole and fold their events by position, as the model's position knows them.

        A poison event that has been withdrawn since is left out: withdrawing it is one way to mend.
        """
        of = live.store.identity
        with self._pool.connection() as connection, connection.transaction():
            stands = live.wait_for_lock(connection)
            configure(connection)
            keys, withdrawn = self._parked(connection, live, stands)
            live.store.wipe(connection, list(keys))
            parking.release(connection, of)
            for batch in self._told(connection, live, keys, stands):
                batch.leave_out(withdrawn)
                waits = parking.waiting(connection, of)
                routed = Routing(live.plan, self._facts, batch, waits).route(connection)
                live.fold(connection, routed.only(keys), waits)
            live.move(connection, stands)
            left = len(parking.waiting(connection, of).all)
        return Retried(live.plan.name, len(keys), left)

    def _parked(self, connection: psycopg.Connection, live: Projector, stands: int) -> tuple[set[bytes], set[int]]:
        """The parked rows, those of parked streams as far as their events can be read, and the poison withdrawn."""
        plan = live.plan
        waits = parking.waiting(connection, live.store.identity)
        poison = parking.poison(connection, live.store.identity)
        streams = waits.streams | {fact.stream for fact in self._facts.at(connection, poison).values()}
        batch = self._facts.of_streams(connection, streams, stands)
        withdrawn = {e.event.position for e in batch.envelopes if e.topic in plan.withdrawals} & poison
        batch.leave_out(withdrawn)
        batch.envelopes = [e for e in batch.envelopes if e.stream in waits.streams]
        routed = Routing(plan, self._facts, batch, Waiting()).route(connection)
        return waits.all | routed.coming.keys(), withdrawn

    def _told(self, connection: psycopg.Connection, live: Projector, keys: set[bytes], stands: int) -> Iterator[Batch]:
        """The events that may concern some rows: those of their streams where a key is a stream, else all."""
        if live.plan.by_stream:
            yield self._facts.of_streams(connection, keys, stands)
            return
        after = 0
        while keys and after < stands:
            batch = self._facts.between(connection, after, batch_end(connection, after, stands, BATCH), [live.plan])
            yield batch
            after = batch.to


def compare(connection: psycopg.Connection, live: Store, fresh: Store, stands: int) -> Comparison:
    """Rows and versions that only one of the two has."""
    differing: set[UUID] = set()
    counts = []
    own = [f'"{column.name}"' for column in live.plan.shape.columns]
    for left, right, parts in (
        (live.table, fresh.table, CURRENT_PARTS),
        (live.history, fresh.history, PAST_PARTS),
    ):
        names = ", ".join(["key", *parts, *own])
        one = f"select key from (select {names} from {left} except all select {names} from {right}) a"
        other = f"select key from (select {names} from {right} except all select {names} from {left}) b"
        differing.update(key for (key,) in connection.execute(sql(f"{one} union {other}")))
        (count,) = connection.execute(sql(f"select count(*) from {right}")).fetchone() or (0,)
        counts.append(int(count))
    name, version, _ = live.identity
    examples = tuple(sorted(differing)[:EXAMPLES])
    return Comparison(name, version, stands, counts[0], counts[1], len(differing), examples)
