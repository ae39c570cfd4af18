"""An import that is killed at every tenth of its way and started again records what an unbroken one records."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from api.importing import Importer
from domain.journal.journal import Journal
from domain.journal.mapper import JournalMapper
from projections import READ_MODELS
from projections.engine import Engine
from tests.conftest import new_database
from tests.killed_imports import killed_import

ON = date(2025, 12, 31)
NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
APPEND = 40
DEALS = 120
UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


def table(folder: Path, name: str, header: str, rows: Iterator[tuple[Any, ...]]) -> None:
    with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header.split(","))
        writer.writerows(rows)


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some 500 rows: accounts, people of ours and of theirs, deals, visits."""
    folder = tmp_path_factory.mktemp("export")
    accounts = range(40)
    table(folder, "members", "name,external_id,roles", ((f"Ours {n}", f"M-{n}", "manager") for n in range(10)))
    table(folder, "accounts", "name,external_id,currency", ((f"Account {n}", f"A-{n}", "EUR") for n in accounts))
    table(
        folder,
        "stakeholders",
        "account,external_id,name,title",
        ((f"A-{n % 40}", f"S-{n}", f"Person {n}", "Buyer") for n in range(120)),
    )
    table(
        folder,
        "opportunities",
        "external_id,account,title,amount,currency,owner,process,stage,opened_on,close_on,closed_on,signed_amount",
        (deal(n) for n in range(DEALS)),
    )
    table(
        folder,
        "visits",
        "external_id,account,start,status,minutes,what,purpose,our_people,stakeholders,outcome",
        (visit(n) for n in range(200)),
    )
    return folder


def deal(n: int) -> tuple[Any, ...]:
    ended = ("won", f"2025-{n % 9 + 2:02}-20") if n % 4 == 0 else ("proposal", "")
    whose = (f"O-{n}", f"A-{n % 40}", f"Line {n}", 1000 + n, "EUR", f"M-{n % 10}", "plain")
    return (*whose, ended[0], f"2025-{n % 9 + 1:02}-03", "2026-09-30", ended[1], 900 + n if ended[1] else "")


def visit(n: int) -> tuple[Any, ...]:
    when = f"2025-{n % 9 + 1:02}-11T10:00:00+00:00"
    return (
        f"V-{n}",
        f"A-{n % 40}",
        when,
        "logged",
        60,
        "site_visit",
        "information",
        "M-1",
        f"S-{n % 40}",
        f"Went well {n}",
    )


def imported(database_url: str, export: Path, refused_to: Path) -> Any:
    journal = Journal(database_url)
    try:
        importer = Importer(journal, clock=lambda: NOW, append=APPEND)
        return importer.run([export], on=ON, refused_to=refused_to)
    finally:
        journal.close()


def rows_of(database_url: str) -> dict[str, list[str]]:
    """Every version of every row as the facts have it: identifiers by their external names, nothing that is sealed
    under a key of its own, and nothing that says when it was learnt."""
    engine = Engine(database_url, READ_MODELS, JournalMapper())
    try:
        engine.catch_up()
        assert engine.status().complete
        with psycopg.connect(database_url) as connection:
            return {model.name: _rows(connection, model, _names(connection)) for model in READ_MODELS}
    finally:
        engine.close()


def _names(connection: psycopg.Connection) -> dict[str, str]:
    claims = connection.execute("select aggregate_id, kind, value from claims order by kind, value")
    return {str(key): f"{kind} {value}" for key, kind, value in claims}


def _rows(connection: psycopg.Connection, model: Any, names: dict[str, str]) -> list[str]:
    sealed = {field for field, kind in model.row.__annotations__.items() if "Sealed" in str(kind)}
    found = []
    for now_or_then, end in ((model.table, "null"), (model.history, "valid_to")):
        living = "" if now_or_then == model.table else " where retracted_at = 9223372036854775807"
        sql = f"select to_jsonb(t), {end} from {now_or_then} t{living}"
        for row, to in connection.execute(sql.encode()):
            kept = {name: value for name, value in row.items() if name not in sealed and name not in TIMES}
            text = json.dumps([kept, str(to)], sort_keys=True, ensure_ascii=False)
            found.append(UUID.sub(lambda match: names.get(match[0], "?"), text))
    return sorted(found)


TIMES = {"known_from", "cause", "last_at", "ended_at", "retracted_at", "valid_to", "key"}


@pytest.fixture(scope="module")
def unbroken(
    postgres_url: str, export: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Any, Any, str]]:
    """The report and the rows of an import that nothing disturbed."""
    for url in new_database(postgres_url, "unbroken_import"):
        report = imported(url, export, tmp_path_factory.mktemp("refused") / "refused.csv")
        yield report, rows_of(url)


def test_an_unbroken_import_takes_every_row(unbroken):
    report, rows = unbroken
    assert (report.rows, report.refused) == (490, 0)
    assert report.events > 10 * APPEND
    assert len(rows["funnel"]) >= DEALS


@pytest.mark.parametrize("tenth", range(1, 10))
def test_an_import_killed_on_its_way_goes_on_where_it_stopped(unbroken, database_url, export, tmp_path, tenth):
    report, rows = unbroken
    at = report.events * tenth // 10
    assert killed_import(database_url, export, on=ON, now=NOW, append=APPEND, at=at) == -9
    again = imported(database_url, export, tmp_path / "refused.csv")
    assert again.refused == 0
    assert 0 < again.events < report.events
    assert rows_of(database_url) == rows
    assert imported(database_url, export, tmp_path / "refused.csv").events == 0
