"""Leaf hashes read from the server's bytes are those that `entries.entry` defines."""

import itertools
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.journal.reading import microseconds
from domain.seal import leaves
from domain.seal.entries import UNIX_TO_2000, entry, state_digest
from domain.seal.leaves import EventUnreadable, PositionMissing, Row, leaf_hashes, rows_between, runs
from domain.seal.merkle import leaf_hash

START = datetime(2026, 3, 2, 9, 0, 0, 7, tzinfo=UTC)
COLUMNS = "position, recorded_at, version, aggregate_id, command_id, topic, command_digest, state"


@pytest.fixture
def connection(migrated_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(migrated_url, autocommit=True) as connection:
        yield connection


def store(connection, position, *, at=None, version=1, command=None, topic="Ledger.Put", digest=None, state=b"x"):
    at = START + timedelta(seconds=position) if at is None else at
    row = (position, at, version, uuid4(), command, topic, digest, state)
    connection.execute(f"insert into events ({COLUMNS}) values (%s, %s, %s, %s, %s, %s, %s, %s)", row)


def by_definition(connection: psycopg.Connection) -> list[bytes]:
    return [
        leaf_hash(
            entry(
                position,
                microseconds(at) + UNIX_TO_2000,
                version,
                stream.bytes,
                command and command.bytes,
                topic.encode(),
                digest,
                state_digest(state),
            )
        )
        for position, at, version, stream, command, topic, digest, state in connection.execute(
            f"select {COLUMNS} from events order by position"
        )
    ]


def hashes(connection: psycopg.Connection, after: int, to: int) -> list[bytes]:
    return list(itertools.chain.from_iterable(leaf_hashes(connection, after, to)))


def test_a_leaf_hash_is_that_of_the_entry_whatever_the_columns_hold(connection) -> None:
    chance = random.Random(4)
    topics = ["", "Ledger.Put", "客户.已登记", "x" * 65_535]
    for position in range(1, 201):
        store(
            connection,
            position,
            at=START + timedelta(microseconds=chance.randrange(-(10**16), 10**16)),
            version=chance.choice([0, 1, 2**31 - 1]),
            command=UUID(int=0) if position == 9 else chance.choice([None, uuid4()]),
            topic=chance.choice(topics),
            digest=chance.choice([None, b"", chance.randbytes(16), chance.randbytes(65_535)]),
            state=chance.randbytes(chance.choice([0, 1, 63, 64, 5_000])),
        )
    expected = by_definition(connection)
    assert len(set(expected)) == 200
    assert hashes(connection, 0, 200) == expected
    assert hashes(connection, 37, 150) == expected[37:150]
    assert {position: row.leaf(position) for position, row in rows_between(connection, 5, 9).items()} == {
        position: expected[position - 1] for position in range(5, 10)
    }


def test_no_events_have_no_leaf_hashes(connection) -> None:
    assert hashes(connection, 0, 0) == []


@pytest.mark.parametrize(("to", "missing"), [(5, 3), (7, 3), (3, 3)])
def test_a_missing_position_is_named(connection, to: int, missing: int) -> None:
    for position in (1, 2, 4, 5):
        store(connection, position)
    with pytest.raises(PositionMissing, match=f"no event at position {missing}"):
        hashes(connection, 0, to)
    assert [(run.first, run.end) for run in runs(connection, 0, 9)] == [(1, 2), (4, 5)]


def test_what_no_event_holds_is_named(connection) -> None:
    store(connection, 1)
    store(connection, 2, topic="x" * 65_536)
    store(connection, 3, version=-1)
    store(connection, 4, digest=bytes(65_536))
    store(connection, 5)
    (run,) = runs(connection, 0, 5)
    assert run.unreadable == [2, 3, 4]
    assert [run.hashes[0], run.hashes[4]] == [
        row.leaf(n) for n, row in rows_between(connection, 1, 5).items() if n in (1, 5)
    ]
    assert [rows_between(connection, n, n)[n].leaf(n) for n in (2, 3, 4)] == [None] * 3
    with pytest.raises(EventUnreadable, match="event at position 2"):
        hashes(connection, 0, 5)


def test_a_clock_that_ran_backwards_is_noticed_and_one_append_has_one_moment(connection) -> None:
    one, other = uuid4(), uuid4()
    moments = [(0, one), (0, one), (1, other), (1, one), (3, one), (2, one), (4, None), (4, None)]
    for position, (second, command) in enumerate(moments, 1):
        store(connection, position, at=START + timedelta(seconds=second), command=command)
    (run,) = runs(connection, 0, 8)
    assert run.backwards == [4, 6]
    (first,), (rest,) = runs(connection, 0, 3), runs(connection, 3, 8)
    assert rest.backwards == [6]
    (rest,) = runs(connection, 3, 8, before=first.newest)
    assert rest.backwards == [4, 6]


def test_many_events_come_in_parts(connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaves, "STEP", 4)
    for position in range(1, 10):
        store(connection, position)
    found = list(leaf_hashes(connection, 0, 9))
    assert [len(part) for part in found] == [4, 4, 1]
    assert list(itertools.chain(*found)) == by_definition(connection)


def test_events_are_hashed_as_if_they_stood_elsewhere(connection) -> None:
    store(connection, 1)
    store(connection, 2)
    (run,) = runs(connection, 1, 2, moved=5)
    assert (run.first, run.hashes) == (7, [rows_between(connection, 2, 2)[2].leaf(7)])


def test_a_row_takes_columns_of_another() -> None:
    one, other = Row(1, 2, b"a", b"b", "c", b"d", b"e"), Row(6, 7, b"f", b"g", "h", b"i", b"j")
    assert one.with_columns_of(other, ("version", "topic")) == Row(1, 7, b"a", b"b", "h", b"d", b"e")


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ("pg_terminate_backend", psycopg.OperationalError),
        ("pg_cancel_backend", psycopg.errors.QueryCanceled),
    ],
)
def test_what_ends_the_reading_of_events_is_said(connection, migrated_url: str, how: str, error) -> None:
    connection.execute(
        "insert into events (position, recorded_at, version, aggregate_id, topic, state)"
        " select n, '2026-01-01Z'::timestamptz + n * interval '1 ms', 1, gen_random_uuid(), 'x',"
        " repeat('x', 2000)::bytea from generate_series(1, 20000) n"
    )
    reader = psycopg.connect(migrated_url, autocommit=True)
    rows = leaves._rows(reader, 0, 20_000)
    next(rows)
    connection.execute(f"select {how}({reader.info.backend_pid})".encode())
    with pytest.raises(error):
        list(rows)
    reader.close()
