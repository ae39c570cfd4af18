"""A journal that tests write into directly, and engines over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from uuid import UUID

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from domain.aggregate import Event, Recorded
from domain.journal.mapper import JournalMapper, encode_state
from projections import kept_columns
from projections.engine import Engine, ReadModel
from tests.conftest import new_database
from tests.projections import sample
from tests.projections.naive import Fact

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
MODELS_TABLES = """
select c.relname from projections p join pg_class c
    on c.relname in (p.model || '_v' || p.version, p.model || '_v' || p.version || '_history')
where c.relkind = 'r' order by 1"""
PLAN_ONCE = "-c plan_cache_mode=force_generic_plan"
PREPARED = 2_000
LARGE = 64  # pages; a smaller table is emptied row by row, for what is planned for a truncated one is planned anew
Told = tuple[UUID, Event, datetime]


class Connections:
    """Connections to one database, kept from one question and one test to the next: a new one costs more than most
    questions, as does a plan for what is asked again."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.spare: list[psycopg.Connection] = []
        self.opened = ExitStack()

    @cached_property
    def writing(self) -> psycopg.Connection:
        """For who writes into the journal."""
        return self.opened.enter_context(closing(psycopg.connect(self.url, autocommit=True)))

    @cached_property
    def pool(self) -> ConnectionPool:
        """For engines."""
        how = {"autocommit": True, "options": PLAN_ONCE}
        pool = ConnectionPool(self.url, min_size=1, max_size=8, kwargs=how, configure=keep_prepared, open=True)
        return self.opened.enter_context(closing(pool))

    @contextmanager
    def reading(self) -> Iterator[psycopg.Connection]:
        """For one question."""
        connection = self.spare.pop() if self.spare else self._another()
        try:
            with connection.transaction():
                yield connection
        finally:
            if not connection.closed:
                self.spare.append(connection)

    def _another(self) -> psycopg.Connection:
        connection = self.opened.enter_context(closing(psycopg.connect(self.url, options=PLAN_ONCE)))
        keep_prepared(connection)
        return connection

    def close(self) -> None:
        """Nobody asks any more."""
        self.opened.close()


def keep_prepared(connection: psycopg.Connection) -> None:
    """What is asked a second time is prepared, for every model and every question."""
    connection.prepare_threshold, connection.prepared_max = 1, PREPARED


class Journal:
    """Appends facts by COPY; a call is an append, so one step of knowledge."""

    def __init__(self, connections: Connections) -> None:
        self.connections = connections
        self.url = connections.url
        self.connection = connections.writing
        self.reading = connections.reading
        self.facts: list[Fact] = []
        self.versions: dict[UUID, int] = {}
        self.appends = 0

    def append(self, *told: Told) -> int:
        """Record facts together; returns their step."""
        return self.append_all([told])

    def append_all(self, appends: Sequence[Sequence[Told]]) -> int:
        """Record many appends at once, each of them a step."""
        rows = []
        for told in appends:
            self.appends += 1
            step = len(self.facts) + len(told)
            for stream, event, at in told:
                position = len(self.facts) + 1
                self.facts.append(Fact(position, step, stream, event, at))
                rows.append(self._row(position, stream, event, at))
        with self.connection.cursor().copy(
            "copy events (position, recorded_at, aggregate_id, version, topic, state) from stdin (format binary)"
        ) as copy:
            copy.set_types(["int8", "timestamptz", "uuid", "int4", "text", "bytea"])
            for row in rows:
                copy.write_row(row)
        return len(self.facts)

    def _row(self, position: int, stream: UUID, event: Event, at: datetime) -> tuple[object, ...]:
        version = self.versions[stream] = self.versions.get(stream, 0) + 1
        fact = Recorded(originator_id=stream, originator_version=version, event=event, occurred_at=at)
        recorded_at = START + timedelta(days=1000, milliseconds=self.appends)
        return position, recorded_at, stream, version, event.topic, encode_state(fact)

    def forge(self, position: int, *, topic: str | None = None, state: bytes | None = None) -> None:
        """Change a stored event behind the program's back."""
        with self.triggers_asleep():
            self.connection.execute(
                "update events set topic = coalesce(%s, topic), state = coalesce(%s, state) where position = %s",
                (topic, state, position),
            )

    @contextmanager
    def triggers_asleep(self) -> Iterator[None]:
        """Nothing refuses a change of the journal meanwhile; to disable triggers has everything planned anew."""
        with self.connection.transaction():
            self.connection.execute("set local session_replication_role = replica")
            yield

    def empty(self) -> None:
        """Begin anew."""
        with self.triggers_asleep():
            empty(self.connection, ["events"])
        self.facts.clear()
        self.versions.clear()
        self.appends = 0

    def wipe(self) -> None:
        """Remove everything from the journal and from all read models."""
        self.empty()
        models = [table for (table,) in self.connection.execute(MODELS_TABLES)]
        empty(self.connection, ["claims", "snapshots", "parked", *models])
        self.connection.execute(
            "update projections set position = 0, changed_at = clock_timestamp() where position > 0"
        )

    def forget(self, models: Sequence[ReadModel]) -> None:
        """Empty the tables of read models, which then begin anew."""
        empty(self.connection, [*(table for model in models for table in (model.table, model.history)), "parked"])
        self.connection.execute("update projections set position = 0, changed_at = clock_timestamp()")


def empty(connection: psycopg.Connection, tables: Sequence[str]) -> None:
    """Remove all rows from tables, in most of which there are none."""
    looked = " union all ".join(
        f"select '{table}', pg_relation_size('{table}') / 8192 where exists (select from {table})" for table in tables
    )
    used = connection.execute(looked.encode(), prepare=True).fetchall()
    if large := [table for table, pages in used if pages > LARGE]:
        connection.execute(f"truncate {', '.join(large)}".encode())
    for table, pages in used:
        if pages <= LARGE:
            connection.execute(f"delete from {table}".encode())


def dump(connection: psycopg.Connection, model: ReadModel) -> dict[str, list[str]]:
    """All that a model's tables hold, as text."""
    found = {}
    for table in (model.table, model.history):
        found[table] = [text for (text,) in connection.execute(f"select t::text from {table} t order by 1")]
    sql = "select (key, whole_stream, position, error)::text from parked where model = %s order by 1"
    found["parked"] = [text for (text,) in connection.execute(sql, (model.name,))]
    return found


@pytest.fixture
def sample_events() -> Iterator[None]:
    with sample.known():
        yield


@pytest.fixture
def fresh_journal(migrated_url: str, sample_events: None) -> Iterator[Journal]:
    """An empty journal in a database of its own, for a test that changes tables or makes some."""
    with closing(Connections(migrated_url)) as connections:
        yield Journal(connections)


@pytest.fixture(scope="session")
def reused(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Connections]:
    """A database with the tables of all read models, for one test after the other: to copy it takes longer than most
    tests."""
    for url in new_database(postgres_url, next(fresh_names)):
        with closing(Connections(url)) as connections:
            yield connections


@pytest.fixture
def journal(reused: Connections, sample_events: None) -> Journal:
    """An empty journal, and nothing in the read models."""
    journal = Journal(reused)
    journal.wipe()
    kept_columns.forget("test_")
    return journal


EngineOf = Callable[..., Engine]


@pytest.fixture
def engine_of(journal: Journal) -> Iterator[EngineOf]:
    """Makes engines over the journal, migrated; closes them in the end."""
    with ExitStack() as opened:

        def make(*models: ReadModel, batch: int = 20_000) -> Engine:
            engine = Engine(journal.connections.pool, models or sample.MODELS, JournalMapper(), batch=batch)
            opened.callback(engine.close)
            engine.migrate()
            return engine

        yield make


@pytest.fixture
def engine(engine_of: EngineOf) -> Engine:
    """An engine over the sample's models."""
    return engine_of()


def fresh(journal: Journal, engine_of: EngineOf, *, batch: int) -> Engine:
    """An engine over the sample's models and new tables."""
    tables = ["projections", "parked", *(table for m in sample.MODELS for table in (m.table, m.history))]
    journal.connection.execute(f"drop table if exists {', '.join(tables)}")
    journal.connection.execute("delete from migrations where name like 'projections.engine/%'")
    return engine_of(batch=batch)
