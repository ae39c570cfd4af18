"""The access log: sign-ins, refusals, reads of personal data and exports, of HTTP and the command line alike."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from api.cli import auditing, backing, questions, reading
from api.cli.session import FIRST_ADMIN
from api.store import IDLE, AccessLog
from domain.journal.connections import pool_of
from domain.keys import RANDOM_BYTES, make_key
from domain.member import Role
from tests.api.command_line import CommandLine, company_system
from tests.api.office import Office, open_office
from tests.conftest import new_database

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            yield opened


@pytest.fixture
def kams(database_url: str, valkey_url: str, tmp_path: Path) -> CommandLine:
    made = company_system(database_url, valkey_url, tmp_path / "home")
    reading.add(made.app)
    questions.add(made.app)
    return made


def logged(url: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute("select kind, method, path, status, rule from access_log order by id").fetchall()


def test_the_first_use_of_a_key_is_a_sign_in_and_so_is_one_after_half_an_hour(database_url: str) -> None:
    pool = pool_of(database_url, 1)
    first, second = AccessLog(pool), AccessLog(pool)  # two processes
    moments = [0, 20, 40, 71, 100, 131]
    assert [first.signs_in("a", NOON + timedelta(minutes=each)) for each in moments] == [
        True, False, False, True, False, True,
    ]  # fmt: skip
    assert second.signs_in("a", NOON + timedelta(minutes=132)) is False
    assert second.signs_in("b", NOON) is True
    assert first.signs_in("b", NOON + timedelta(seconds=1)) is False
    assert first.signs_in("a", NOON + timedelta(minutes=132) + IDLE + timedelta(seconds=1)) is True
    pool.close()


def test_a_sign_in_is_noted_once_over_http(office: Office) -> None:
    office.member("fresh", Role.MANAGER)
    for _ in range(3):
        office.get("/funnel", "fresh")
    assert [line for line in office.log() if line[1] == office.members["fresh"]] == [
        ("signed_in", office.members["fresh"], 200, "session")
    ]


def test_a_feed_with_personal_data_is_an_export(office: Office) -> None:
    office.post(f"/accounts/{office.ids['own']}/stakeholders/add", {"stakeholder_id": str(uuid4()), "name": "Li Lei"})
    office.get("/events", limit=1000)
    assert office.log()[0] == ("exported", office.members["manager"], 200, "events")
    before = office.log()
    office.get("/events", "forecaster", limit=1000)
    assert [line[0] for line in office.log()[: len(office.log()) - len(before)]] == ["signed_in"]


def test_a_path_holds_identifiers_but_no_names(office: Office) -> None:
    found = uuid4()
    office.get("/members/Wang Xiaoming", "auditor")
    office.get(f"/accounts/{found}")
    office.get(f"/accounts/{office.ids['own']}?known_at=0&as_of=2026-01-31")
    office.client.get("/members/Wang Xiaoming", headers={"Authorization": "Bearer kams_wrong"})
    with office.journal.pool.connection() as connection:
        paths = [path for (path,) in connection.execute("select path from access_log order by id desc limit 4")]
    assert "/members/{id}" in paths
    assert f"/accounts/{found}" in paths
    assert not [path for path in paths if "Wang" in path or "?" in path]


def test_a_command_that_opens_names_is_noted_as_one_that_read_them(kams: CommandLine) -> None:
    url = kams.environment["KAMS_DATABASE_URL"]
    assert kams("members", "list").code == 0
    assert logged(url) == [
        ("signed_in", "COMMAND", "kams members list", 200, "session"),
        ("personal", "COMMAND", "kams members list", 200, "members list"),
    ]
    assert kams("members", "list", "--json").code == 0
    assert logged(url)[2:] == [("exported", "COMMAND", "kams members list", 200, "members list")]


def test_a_question_about_what_is_not_there_is_noted_without_its_words(kams: CommandLine) -> None:
    answer = kams("account", "Wang Xiaoming")
    assert answer.code == 1
    assert logged(kams.environment["KAMS_DATABASE_URL"])[1:] == [
        ("refused", "COMMAND", "kams account", 404, "NotFound")
    ]


def test_a_command_is_noted_with_the_identifiers_of_what_it_named_and_no_name(kams: CommandLine) -> None:
    auditing.add(kams.app)
    registered = (
        "command",
        "account",
        "new",
        "register",
        "--json",
        "--set",
        "name=Nova Steel",
        "--set",
        "external_id=A-1",
    )
    given = kams(*registered)
    assert given.code == 0, given.err
    account = given.json["id"]
    person = uuid4()
    words = ("stakeholders.add", "--set", f"stakeholder_id={person}", "--set", "name=Han Meimei")
    assert kams("command", "account", "A-1", *words).code == 0
    for words in (("audit", "replay", "Nova Steel"), ("audit", "trail", "A-1"), ("audit", "trail", "--actor", "admin")):
        assert kams(*words).code == 0
    paths = [line[2] for line in logged(kams.environment["KAMS_DATABASE_URL"])]
    assert paths[-3:] == [
        f"kams audit replay {account}",
        f"kams audit trail {account}",
        f"kams audit trail {FIRST_ADMIN}",
    ]
    assert not [path for path in paths if "Nova" in path or "A-1" in path]
    assert kams("account", "A-1").code == 0
    about = [line["about"] for line in kams("audit", "log", "--json", "--limit", "4").json["lines"]]
    assert about == [["Nova Steel"], ["First admin"], ["Nova Steel"], ["Nova Steel"]]
    shown = kams("audit", "log", "--limit", "1", COLUMNS="200").out
    assert "kams account" in kams("audit", "log", COLUMNS="200").out
    assert "about" in shown


def test_an_evidence_pack_names_who_read_on_the_command_line(kams: CommandLine, tmp_path: Path) -> None:
    auditing.add(kams.app)
    assert kams("command", "account", "new", "register", "--set", "name=Nova", "--set", "external_id=A-1").code == 0
    assert kams("command", "account", "new", "register", "--set", "name=Other", "--set", "external_id=A-2").code == 0
    for account in ("A-1", "A-2"):
        assert kams("audit", "replay", account).code == 0
    page = tmp_path / "nova.html"
    assert kams("audit", "report", "A-1", "--out", str(page)).code == 0
    assert page.read_text(encoding="utf-8").count("COMMAND kams audit replay") == 1


def test_a_wrong_key_is_noted(kams: CommandLine) -> None:
    wrong = make_key(os.urandom(RANDOM_BYTES)).text
    assert kams("funnel", KAMS_KEY=wrong).code == 1
    assert logged(kams.environment["KAMS_DATABASE_URL"]) == [("refused", "COMMAND", "kams funnel", 401, "NotSignedIn")]


def test_a_command_without_personal_data_leaves_nothing_but_the_sign_in(kams: CommandLine) -> None:
    assert kams("funnel", "--json").code == 0
    assert [line[0] for line in logged(kams.environment["KAMS_DATABASE_URL"])] == ["signed_in"]


def test_a_backup_is_an_export_though_it_asks_for_no_key(kams: CommandLine, tmp_path: Path) -> None:
    backing.add(kams.app)
    saved = kams("backup", f"{tmp_path}/saved/", "--json")
    assert saved.code == 0, saved.err
    assert ("exported", "COMMAND", "kams backup", 200, "backup") in logged(kams.environment["KAMS_DATABASE_URL"])
