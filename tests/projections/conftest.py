"""A journal that tests write into directly, and engines over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from domain.aggregate import Event, Recorded
from domain.journal.mapper import JournalMapper, encode_state
from projections.engine import Engine, ReadModel
from tests.conftest import new_database
from tests.projections import sample
from tests.projections.naive import Fact

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
USED = """
select c.relname from projections p join pg_class c
    on c.relname in (p.model || '_v' || p.version, p.model || '_v' || p.version || '_history')
where c.relkind = 'r' and pg_relation_size(c.oid) > 0"""  # to delete from all takes longer than most tests
PLAN_ONCE = "-c plan_cache_mode=force_generic_plan"
Told = tuple[UUID, Event, datetime]


class Journal:
    """Appends facts by COPY; a call is an append, so one step of knowledge."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.connection = psycopg.connect(url, autocommit=True)
        self.spare: list[psycopg.Connection] = []
        self.facts: list[Fact] = []
        self.versions: dict[UUID, int] = {}
        self.appends = 0

    def close(self) -> None:
        """Nobody reads any more."""
        for connection in (self.connection, *self.spare):
            connection.close()

    @contextmanager
    def reading(self) -> Iterator[psycopg.Connection]:
        """A connection for one question, kept for the next: a new one costs more than most questions, as does a plan
        for a question that is asked again."""
        connection = self.spare.pop() if self.spare else psycopg.connect(self.url, options=PLAN_ONCE)
        connection.prepare_threshold = 1
        try:
            with connection.transaction():
                yield connection
        finally:
            self.spare.append(connection)

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
        self.connection.execute("alter table events disable trigger events_stay")
        self.connection.execute(
            "update events set topic = coalesce(%s, topic), state = coalesce(%s, state) where position = %s",
            (topic, state, position),
        )
        self.connection.execute("alter table events enable trigger events_stay")

    def empty(self) -> None:
        """Begin anew."""
        self.connection.execute("alter table events disable trigger events_stay")
        self.connection.execute("delete from events")
        self.connection.execute("alter table events enable trigger events_stay")
        self.facts.clear()
        self.versions.clear()
        self.appends = 0

    def wipe(self) -> None:
        """Remove everything from the journal and from all read models."""
        self.empty()
        self.connection.execute("delete from claims; delete from snapshots; delete from parked")
        used = [table for (table,) in self.connection.execute(USED)]
        if used:
            self.connection.execute(f"truncate {', '.join(used)}".encode())
        self.connection.execute(
            "update projections set position = 0, changed_at = clock_timestamp() where position > 0"
        )

    def forget(self, models: Sequence[ReadModel]) -> None:
        """Empty the tables of read models, which then begin anew."""
        tables = ", ".join(table for model in models for table in (model.table, model.history))
        self.connection.execute(f"truncate {tables}, parked")
        self.connection.execute("update projections set position = 0, changed_at = clock_timestamp()")


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
    journal = Journal(migrated_url)
    yield journal
    journal.close()


@pytest.fixture(scope="session")
def reused_url(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[str]:
    """A database with the tables of all read models, for one test after the other: to copy it takes longer than most
    tests."""
    yield from new_database(postgres_url, next(fresh_names))


@pytest.fixture
def journal(reused_url: str, sample_events: None) -> Iterator[Journal]:
    """An empty journal, and nothing in the read models."""
    journal = Journal(reused_url)
    journal.wipe()
    yield journal
    journal.close()


EngineOf = Callable[..., Engine]


@pytest.fixture
def engine_of(journal: Journal) -> Iterator[EngineOf]:
    """Makes engines over the journal, migrated; closes them in the end."""
    with ExitStack() as opened:

        def make(*models: ReadModel, batch: int = 20_000) -> Engine:
            engine = Engine(journal.url, models or sample.MODELS, JournalMapper(), batch=batch)
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
