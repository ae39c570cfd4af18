"""Tables for CDC: what docs/cdc.md promises to Debezium and to tools that poll, with its statements as written."""

from __future__ import annotations

import re
import shutil
import struct
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors

from api.cli.embedded import EmbeddedServers
from api.cli.session import make_tables
from api.cli.settings import Settings
from domain.journal.journal import Journal
from domain.journal.roles import as_role
from projections.publishing import READER
from projections.streams.feed import Feed
from tests.benchmarks.workload import facts
from tests.conftest import FAST, folder_in_memory, new_database

DOCUMENT = (Path(__file__).parents[2] / "docs" / "cdc.md").read_text(encoding="utf-8")
STATEMENTS = re.findall(r"```sql\n(.*?)```", DOCUMENT, re.DOTALL)
COLUMNS = re.findall(r"^\| `(\w+)` \| (\w+) \|", DOCUMENT, re.MULTILINE)


@pytest.fixture(scope="module")
def url(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[str]:
    """A system with 100 events of deals in its feed."""
    for url in new_database(postgres_url, next(fresh_names)):
        publish(url, 100)
        yield url


def publish(url: str, count: int) -> None:
    journal = Journal(url)
    journal.append_in_bulk(facts(count)[:count], uuid4())
    Feed(journal).publish()
    journal.close()


@pytest.fixture
def reader(url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(as_role(url, READER)) as connection:
        yield connection


def test_a_tool_that_polls_gets_every_event_in_order_by_the_statement_in_the_docs(reader: psycopg.Connection) -> None:
    prepared, wins, restored, _ = STATEMENTS
    for statement in prepared.split(";")[:1]:
        reader.execute(statement.encode())
    found = reader.execute("execute following (0)").fetchall()
    assert "execute following (0);" in prepared
    assert [row[0] for row in found] == list(range(1, 101))
    assert found[4][5]["id"] == "5"
    assert reader.execute(b"execute following (90)").fetchall() == found[90:]
    won = [
        (row[0], row[3], row[5]["data"]["fields"]["signed"]["amount"]) for row in found if row[2] == "Opportunity.Won"
    ]
    assert reader.execute(wins.encode()).fetchall() == won
    assert len(won) > 3
    assert reader.execute(restored.encode()).fetchall() == []


def test_the_columns_are_those_of_the_docs(url: str, reader: psycopg.Connection) -> None:
    sql = (
        "select attname, format_type(atttypid, null) from pg_attribute where attrelid = 'feed'::regclass and attnum > 0"
    )
    with psycopg.connect(url) as connection:
        there = [(name, kind) for name, kind in connection.execute(sql + " order by attnum")]
    short = {"timestamp with time zone": "timestamptz"}
    assert [(name, short.get(kind, kind)) for name, kind in there if name != "sealed"] == COLUMNS
    reader.execute(f"select {', '.join(name for name, _ in COLUMNS)} from feed".encode())


@pytest.mark.parametrize("statement", ["select sealed from feed", "delete from feed", "select * from events"])
def test_the_reader_may_do_no_more(reader: psycopg.Connection, statement: str) -> None:
    with pytest.raises((errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction)):
        reader.execute(statement.encode())


@pytest.mark.parametrize("statement", ["update feed set type = ''", "delete from feed", "truncate feed"])
def test_a_row_never_changes(url: str, statement: str) -> None:
    with psycopg.connect(url) as connection, pytest.raises(psycopg.Error) as refused:
        connection.execute(statement.encode())
    assert refused.value.sqlstate == "KA002"


def test_logical_replication_shows_the_inserts_in_the_order_of_positions(system_folder: Path) -> None:
    folder = folder_in_memory()
    options = {**FAST, "wal_level": "logical", "synchronous_commit": "on"}  # what is not flushed is not decoded
    servers = EmbeddedServers(Settings(home=folder / "home"), postgres_options=options, system_folder=system_folder)
    try:
        url = servers.start(want_valkey=False).database_url
        make_tables(url)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(STATEMENTS[-1].encode())
            connection.execute("select pg_create_logical_replication_slot('kams_feed', 'pgoutput')")
            publish(url, 60)
            changes = connection.execute(
                "select data from pg_logical_slot_get_binary_changes('kams_feed', null, null,"
                " 'proto_version', '1', 'publication_names', 'kams_feed')"
            ).fetchall()
    finally:
        servers.stop()
        shutil.rmtree(folder)
    inserted = [first_column(data) for (data,) in changes if data[:1] == b"I"]
    assert inserted == [str(position).encode() for position in range(1, 61)]


def first_column(message: bytes) -> bytes:
    """The first value of an Insert message of pgoutput."""
    kind, length = struct.unpack_from("!si", message, 8)
    assert kind == b"t"
    return message[13 : 13 + length]
