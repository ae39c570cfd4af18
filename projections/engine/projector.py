"""One batch into one model: routed to rows, folded, written, the position moved, in one transaction."""

from __future__ import annotations

import psycopg

from projections.engine import parking
from projections.engine.errors import NotMigrated
from projections.engine.facts import Batch, Broken, Facts
from projections.engine.fold import (
    NEVER,
    Current,
    Entry,
    Poisoned,
    Timeline,
    Written,
    append,
    in_order,
    merge,
    write_timeline,
)
from projections.engine.model import Envelope, Plan
from projections.engine.parking import Waiting
from projections.engine.routing import Routed, Routing
from projections.engine.store import OF, Store


class Projector:
    """Folds batches into the tables of one version of a model."""

    def __init__(self, plan: Plan, facts: Facts, store: Store) -> None:
        self.plan = plan
        self.facts = facts
        self.store = store

    def lock(self, connection: psycopg.Connection) -> tuple[int, bool] | None:
        """The model's position, held to the end of the transaction, and whether anything of it is parked.

        None if another projector holds it. The settings of a projecting transaction are made on the way.
        """
        found = connection.execute(_LOCK, self.store.identity).fetchone()
        return None if found is None else (int(found[0]), bool(found[1]))

    def wait_for_lock(self, connection: psycopg.Connection) -> int:
        """The model's position, held to the end of the transaction, after whoever holds it now."""
        statement = f"select position from projections where {OF} for update"
        found = connection.execute(statement, self.store.identity).fetchone()
        if found is None:
            raise NotMigrated(model=self.plan.name, version=self.plan.model.version)
        return int(found[0])

    def apply(self, connection: psycopg.Connection, batch: Batch) -> int | None:
        """Take the batch in, if the model stands where it begins; returns where the model stands then.

        None if another projector is at work on the model.
        """
        with connection.transaction():
            locked = self.lock(connection)
            if locked is None:
                return None
            position, parked = locked
            if position != batch.after:
                return position
            waits = parking.waiting(connection, self.store.identity) if parked else Waiting()
            self.fold(connection, Routing(self.plan, self.facts, batch, waits).route(connection), waits)
            self.move(connection, batch.to)
        return batch.to

    def finish(self, connection: psycopg.Connection) -> bool:
        """Build the as-of indexes, if nobody is at it; returns whether they are there."""
        found = connection.execute(
            f"select indexed from projections where {OF} for update skip locked", self.store.identity
        ).fetchone()
        if found is None:
            return False
        if not found[0]:
            connection.execute("set local synchronous_commit = off")
            self.store.build_indexes(connection)
        return True

    def move(self, connection: psycopg.Connection, position: int) -> None:
        """The model stands at a position now, its rows changed."""
        moved = f"update projections set position = %s, changed_at = clock_timestamp() where {OF}"
        connection.execute(moved, (position, *self.store.identity))

    def fold(self, connection: psycopg.Connection, routed: Routed, waits: Waiting) -> None:
        """Fold routed events into the tables; park the rows that cannot take theirs."""
        keys = list(routed.coming.keys() | routed.going.keys())
        if keys:
            written = Written()
            current = self.store.current(connection, keys)
            careful = self._append(routed, current, written)
            if careful:
                self._merge(connection, routed.only(careful), current, waits, written)
            self.store.write(connection, written)
        parking.park(connection, self.store.identity, waits)

    def _append(self, routed: Routed, current: dict[bytes, Current], written: Written) -> set[bytes]:
        """Fold the rows whose events come in order; returns the other rows, which want more care."""
        careful = set(routed.going)
        for key, envelopes in routed.coming.items():
            now = current.get(key)
            if key in careful or not in_order(envelopes, now.last_at if now else NEVER):
                careful.add(key)
                continue
            history = len(written.history)
            try:
                append(self.plan, key, now, envelopes, written)
            except Exception:  # noqa: BLE001 folded again step by step, which finds the poison event and parks it
                del written.history[history:]
                careful.add(key)
        return careful

    def _merge(
        self,
        connection: psycopg.Connection,
        routed: Routed,
        current: dict[bytes, Current],
        waits: Waiting,
        written: Written,
    ) -> None:
        """Fold the rows with late or withdrawn events: load their timelines and the events of these."""
        since: dict[bytes, int] = {}
        for key in routed.coming.keys() | routed.going.keys():
            moments = [e.at for e in routed.coming.get(key, ())]
            since[key] = min([*moments, *(e.at for _, e in routed.going.get(key, ()))])
        loaded = self.store.timelines(connection, since)
        timelines = {key: timeline(loaded.get(key, []), current.get(key)) for key in since}
        facts: dict[int, Envelope | Broken] = {e.position: e for of in routed.coming.values() for e in of}
        causes = {entry.cause for of in timelines.values() for entry in of.entries}
        facts.update(self.facts.at(connection, causes))
        for key, row in timelines.items():
            try:
                self._merge_steps(row, routed.coming.get(key, []), routed.going.get(key, []), facts)
            except Poisoned as poison:
                waits.park_key(key, poison.position, poison.error)
            write_timeline(self.plan.shape, key, row, written)

    def _merge_steps(
        self,
        row: Timeline,
        coming: list[Envelope],
        going: list[tuple[int, Envelope]],
        facts: dict[int, Envelope | Broken],
    ) -> None:
        steps: dict[int, tuple[list[Envelope], set[int]]] = {}
        for envelope in coming:
            steps.setdefault(envelope.step, ([], set()))[0].append(envelope)
        for known, envelope in going:
            steps.setdefault(known, ([], set()))[1].add(envelope.position)
        for step in sorted(steps):
            merge(self.plan, row, *steps[step], step, facts)


def timeline(past: list[Entry], current: Current | None) -> Timeline:
    """What was loaded of a row, in business order."""
    if current is None:
        return Timeline(sorted(past, key=lambda entry: entry.order))
    now = Entry(current.at, current.cause, current.columns, False, current.known_from)
    return Timeline(sorted([*past, now], key=lambda entry: entry.order), current.last_at, [], current.place)


def configure(connection: psycopg.Connection) -> None:
    """Make the settings of a projecting transaction.

    A fresh table has no statistics, and plans that suit none fall to sequential scans: forbid those. Rows and
    position commit together, so a lost commit is only work to be done again.
    """
    connection.execute(f"select {_SETTINGS}")


def move_on(connection: psycopg.Connection, projectors: list[Projector], batch: Batch) -> list[Projector]:
    """Move models that a batch does not concern to its end; returns those that nobody else held or had moved."""
    names, versions, rebuilding = zip(*(p.store.identity for p in projectors), strict=True)
    parameters = (batch.to, batch.after, list(names), list(versions), list(rebuilding))
    rows = connection.execute(_MOVE_ON, parameters)
    moved = set(rows)
    return [p for p in projectors if p.store.identity in moved]


_SETTINGS = ", ".join(
    f"set_config('{name}', '{value}', true)"
    for name, value in {
        "timezone": "UTC",
        "client_min_messages": "warning",
        "synchronous_commit": "off",
        "enable_seqscan": "off",
        "enable_hashjoin": "off",
        "enable_mergejoin": "off",
        "plan_cache_mode": "force_custom_plan",
    }.items()
)
_LOCK = f"""
select p.position, exists (select from parked k
        where (k.model, k.version, k.rebuilding) = (p.model, p.version, p.rebuilding)), {_SETTINGS}
from projections p where {OF} for update skip locked"""
_MOVE_ON = """
update projections p set position = %s from (
    select ctid from projections where position = %s
        and (model, version, rebuilding) in (select * from unnest(%s::text[], %s::int[], %s::bool[]))
    for update skip locked) free, (select set_config('synchronous_commit', 'off', true)) quickly
where p.ctid = free.ctid returning p.model, p.version, p.rebuilding"""
