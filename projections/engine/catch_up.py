"""Bringing read models up to the journal: groups at one position share reading and decoding.

While the database writes one batch, the next is read and decoded in a thread. Every model of a group folds and
commits in a transaction of its own, and leaves the group when another projector is at work on it or it fails.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import psycopg
from psycopg_pool import ConnectionPool

from domain.journal.reading import end_of_append, head
from projections.engine.errors import NotMigrated
from projections.engine.facts import Batch, Facts
from projections.engine.projector import Projector, move_on

BATCH = 20_000
FEW = 500
THREADS = 4
"""How many models fold at once: enough to keep the database busy while Python folds; each holds what it will write."""
Progress = Callable[[int, int], None]


class CatchUp:
    """Runs projectors until they stand where the journal stands."""

    def __init__(self, pool: ConnectionPool, facts: Facts, batch: int = BATCH) -> None:
        self._pool = pool
        self._facts = facts
        self._batch = batch
        self._threads = max(1, min(THREADS, pool.max_size - 2))

    def run(
        self, projectors: Sequence[Projector], until: int | None = None, progress: Progress | None = None
    ) -> dict[Projector, int]:
        """Take in all events up to `until` (default: the newest at the start); returns who stands where.

        A model on which another projector is at work is left to it. One that fails does not stop the others;
        its error is raised in the end. `progress` is told the position and the goal after each batch.
        """
        with self._pool.connection() as connection:
            newest = head(connection)
            goal = newest if until is None else min(end_of_append(connection, until), newest)
            standing = positions(connection, projectors)
        reached = dict(standing)
        failures: list[Exception] = []
        with patient_collector():
            while behind := {p: at for p, at in standing.items() if at < goal}:
                low = min(behind.values())
                group = [p for p, at in behind.items() if at == low]
                to = min([goal, *(at for at in behind.values() if at > low)])
                for batch in self._batches(low, to, group):
                    self._apply(batch, group, standing, failures)
                    reached.update(standing)
                    group = [p for p in group if standing.get(p) == batch.to]
                    if progress is not None:
                        progress(min(reached.values()), goal)
                    if not group:
                        break
        if failures:
            for other in failures[1:]:
                failures[0].add_note(f"Another model failed, too: {other}")
            raise failures[0]
        return reached

    def _apply(
        self, batch: Batch, group: list[Projector], standing: dict[Projector, int], failures: list[Exception]
    ) -> None:
        """Give the batch to every model of the group: first to those that it concerns, somebody may be waiting for
        them; the others move on all at once."""
        concerned = [p for p in group if p.plan.concerned(batch)]
        idle = [p for p in group if p not in concerned]
        self._fold(batch, concerned, standing, failures)
        if idle:
            with self._pool.connection() as connection:
                moved = move_on(connection, idle, batch)
            standing.update(dict.fromkeys(moved, batch.to))
            self._fold(batch, [p for p in idle if p not in moved], standing, failures)

    def _fold(
        self, batch: Batch, projectors: list[Projector], standing: dict[Projector, int], failures: list[Exception]
    ) -> None:
        """Each model in a transaction of its own; a large batch into several at once."""
        answers: dict[Projector, Callable[[], int | None]]
        if len(projectors) > 1 and len(batch.envelopes) > FEW:
            with ThreadPoolExecutor(self._threads) as threads:
                answers = {p: threads.submit(self._apply_to, p, batch).result for p in projectors}
        else:
            answers = {p: partial(self._apply_to, p, batch) for p in projectors}
        for projector, answer in answers.items():
            try:
                stands = answer()
            except Exception as error:  # noqa: BLE001 it must not stop the other models; raised in the end
                failures.append(error)
                stands = None
            if stands is None:
                del standing[projector]
            else:
                standing[projector] = stands

    def _apply_to(self, projector: Projector, batch: Batch) -> int | None:
        with self._pool.connection() as connection:
            return projector.apply(connection, batch)

    def _batches(self, after: int, to: int, group: list[Projector]) -> Iterator[Batch]:
        """The batches between two positions, the next one being read while one is applied."""
        if to - after <= self._batch:
            yield self._read(after, to, group)
            return
        with ThreadPoolExecutor(1) as reader:
            coming: Future[Batch] = reader.submit(self._read, after, to, group)
            while True:
                batch = coming.result()
                if batch.to < to:
                    coming = reader.submit(self._read, batch.to, to, group)
                yield batch
                if batch.to >= to:
                    return

    def _read(self, after: int, to: int, group: list[Projector]) -> Batch:
        with self._pool.connection() as connection:
            end = batch_end(connection, after, to, self._batch)
            return self._facts.between(connection, after, end, [p.plan for p in group])


def batch_end(connection: psycopg.Connection, after: int, to: int, size: int) -> int:
    """Where a batch of about `size` events ends: with an append, and not after `to`."""
    return min(to, end_of_append(connection, after + size)) if to - after > size else to


def positions(connection: psycopg.Connection, projectors: Sequence[Projector]) -> dict[Projector, int]:
    """Where the models stand. Raises NotMigrated where one has no tables yet."""
    rows = connection.execute("select model, version, rebuilding, position from projections")
    found = {(model, version, rebuilding): int(position) for model, version, rebuilding, position in rows}
    for projector in projectors:
        if projector.store.identity not in found:
            raise NotMigrated(model=projector.plan.name, version=projector.plan.model.version)
    return {projector: found[projector.store.identity] for projector in projectors}


def address(pool: ConnectionPool) -> str:
    """The address that a pool connects to."""
    return pool.conninfo() if callable(pool.conninfo) else pool.conninfo or ""


@contextmanager
def patient_collector() -> Iterator[None]:
    """Let Python's cyclic collector run rarely: a batch makes many objects, and no cycles."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)
