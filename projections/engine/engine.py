"""The engine: everything that read models have in common, behind one door."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from domain.journal.connections import is_lost, once_more, pool_of
from domain.journal.locks import AdvisoryLock
from domain.journal.mapper import JournalMapper
from domain.journal.migrate import migrate
from domain.journal.reading import head
from projections.engine import parking
from projections.engine.catch_up import BATCH, CatchUp, Progress, address
from projections.engine.errors import ModelChanged
from projections.engine.facts import Facts
from projections.engine.model import Plan, ReadModel
from projections.engine.parking import Parked
from projections.engine.projector import Projector
from projections.engine.rebuild import Comparison, Rebuilding, Retried
from projections.engine.store import Store, drop_tables

CONNECTIONS = 8
BUILDERS = 2
"""How many models get their indexes at once: one Python thread waits for one core of the database."""


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """Where a model stands. `lag_seconds` is the age of the oldest event that it has not taken in yet."""

    model: str
    version: int
    position: int
    lag_seconds: float
    parked: int
    complete: bool


@dataclass(frozen=True, slots=True)
class Status:
    """Where the journal stands, and each read model."""

    head: int
    models: tuple[ModelStatus, ...]

    @property
    def complete(self) -> bool:
        """Whether every model shows all that is recorded."""
        return all(model.complete for model in self.models)


@dataclass(frozen=True, slots=True)
class Rebuild:
    """A model that is rebuilt beside itself, and the position that it has reached."""

    model: str
    version: int
    position: int


class Engine:
    """Runs read models over the journal of one database.

    Given a URL it keeps a pool of its own, to be closed; a pool stays the caller's, and has room for several
    connections at once (two for a rebuild, six to catch up at full speed). `batch` is the number of
    events in a transaction when far behind; rows do not depend on it.
    """

    def __init__(
        self,
        database: str | ConnectionPool,
        models: Sequence[ReadModel],
        mapper: JournalMapper,
        *,
        batch: int = BATCH,
    ) -> None:
        self._owned = isinstance(database, str)
        self.pool = pool_of(database, CONNECTIONS) if isinstance(database, str) else database
        self.models = tuple(models)
        self._facts = Facts(mapper)
        self._catch_up = CatchUp(self.pool, self._facts, batch)
        self._indexed: set[str] = set()
        self._rebuilding = Rebuilding(self.pool, self._facts, self._catch_up)

    @cached_property
    def _projectors(self) -> dict[str, Projector]:
        """Made when first needed: whoever only asks where the models stand does without."""
        plans = [Plan(model) for model in self.models]
        return {plan.name: Projector(plan, self._facts, Store(plan)) for plan in plans}

    def close(self) -> None:
        """Give back what the engine opened itself."""
        if self._owned:
            self.pool.close()

    def migrate(self) -> None:
        """Make the tables of every model version that the code names. Two at once do not collide.

        Raises ModelChanged where a model's columns have changed and its version has not.
        """
        migrate(address(self.pool), ("projections.engine",))
        with self.pool.connection() as connection, connection.transaction():
            connection.execute("select pg_advisory_xact_lock(%s)", (AdvisoryLock.MIGRATION,))
            shapes = {
                (model, version): shape
                for model, version, shape in connection.execute(
                    "select model, version, shape from projections where not rebuilding"
                )
            }
            for projector in self._projectors.values():
                name, version, _ = projector.store.identity
                shape = shapes.get((name, version))
                if shape is None:
                    projector.store.create(connection)
                elif shape != projector.store.shape_text:
                    raise ModelChanged(model=name, version=version, next=version + 1)

    def catch_up(
        self,
        models: Iterable[ReadModel] | None = None,
        until: int | None = None,
        progress: Progress | None = None,
    ) -> dict[str, int]:
        """Take in the events that were not; returns where each model stands. Safe to call twice, late, or never.

        A model on which another projector is at work is left to it. `progress` is told (position, goal). When the
        server has been restarted, dead connections are thrown out and it is tried once more.
        """
        chosen = self._chosen(models)
        try:
            reached = self._catch_up.run(chosen, until, progress)
        except psycopg.Error as error:
            if isinstance(error, PoolTimeout) or not is_lost(error):
                raise
            self.pool.check()
            reached = self._catch_up.run(chosen, until, progress)
        self._build_indexes(chosen, reached)
        return {projector.plan.name: position for projector, position in reached.items()}

    def status(self) -> Status:
        """Where the journal and the models stand; after a restart of the server dead connections are thrown out.

        Raises JournalUnreachable."""
        top, rows = once_more(self.pool, _standing)
        found = {(model, version): (position, float(lag), parked) for model, version, position, lag, parked in rows}
        models = []
        for model in self.models:
            position, lag, parked = found.get((model.name, model.version), (0, 0.0, 0))
            known = (model.name, model.version) in found
            complete = known and parked == 0 and position >= top
            models.append(ModelStatus(model.name, model.version, position, lag, parked, complete))
        return Status(top, tuple(models))

    def rebuilds(self) -> list[Rebuild]:
        """The rebuilds under way, and how far each is."""
        with self.pool.connection() as connection:
            found = connection.execute(_REBUILDS).fetchall()
        return [Rebuild(*row) for row in found]

    def parked(self, model: ReadModel) -> list[Parked]:
        """The dead letters of a model: which rows wait, since which event, and why."""
        with self.pool.connection() as connection:
            return parking.parked(connection, model.name, model.version)

    def rebuild(self, model: ReadModel, *, swap: bool = True) -> Comparison:
        """Fold the journal into fresh tables of the same version, compare row by row, swap if wanted."""
        return self._rebuilding.rebuild(self._projectors[model.name], swap=swap)

    def retry(self, model: ReadModel) -> Retried:
        """Fold the parked rows again from their first event, with what is known at the model's position."""
        return self._rebuilding.retry(self._projectors[model.name])

    def prune(self) -> list[str]:
        """Drop the tables of model versions that the code no longer names; returns the names dropped."""
        named = {(model.name, model.version) for model in self.models}
        with self.pool.connection() as connection, connection.transaction():
            old = [
                (name, version)
                for name, version in connection.execute(
                    "select model, version from projections where not rebuilding order by model, version"
                )
                if (name, version) not in named
            ]
            for name, version in old:
                drop_tables(connection, name, version)
        return [f"{name}_v{version}" for name, version in old]

    def _chosen(self, models: Iterable[ReadModel] | None) -> list[Projector]:
        return [self._projectors[model.name] for model in (self.models if models is None else models)]

    def _build_indexes(self, projectors: list[Projector], reached: dict[Projector, int]) -> None:
        """The as-of indexes are built once a model has reached the journal's head for the first time."""
        new = [projector for projector in projectors if projector.plan.name not in self._indexed]
        if not new:
            return
        with self.pool.connection() as connection:
            ready = set(connection.execute("select model, version, rebuilding from projections where indexed"))
            top = head(connection)
        self._indexed.update(projector.plan.name for projector in new if projector.store.identity in ready)
        there = [p for p in new if p.plan.name not in self._indexed and reached[p] >= top]
        if there:
            with ThreadPoolExecutor(BUILDERS) as builders:
                finished = builders.map(self._finish, there)
                self._indexed.update(p.plan.name for p, done in zip(there, finished, strict=True) if done)

    def _finish(self, projector: Projector) -> bool:
        with self.pool.connection() as connection, connection.transaction():
            return projector.finish(connection)


_REBUILDS = "select model, version, position from projections where rebuilding order by model"
_STATUS = """
select p.model, p.version, p.position,
    coalesce((select greatest(extract(epoch from clock_timestamp() - e.recorded_at), 0)
        from events e where e.position = p.position + 1), 0),
    (select count(*) from parked k where k.model = p.model and k.version = p.version and not k.rebuilding)
from projections p where not p.rebuilding"""


def _standing(connection: psycopg.Connection) -> tuple[int, list[tuple[str, int, int, float, int]]]:
    return head(connection), connection.execute(_STATUS).fetchall()
