"""`kams command --batch`: many commands from a file, row by row."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.api.command_line import CommandLine, company_system
from tests.conftest import new_database


@pytest.fixture
def kams(postgres_url: str, valkey_url: str, fresh_names: Iterator[str], tmp_path: Path) -> Iterator[CommandLine]:
    from api.cli.session import make_tables

    for url in new_database(postgres_url, next(fresh_names)):
        make_tables(url)
        yield company_system(url, valkey_url, tmp_path / "home")


def lines(*commands: Any) -> str:
    return "\n".join(each if isinstance(each, str) else json.dumps(each) for each in commands) + "\n"


def test_a_file_of_commands_is_given_row_by_row_and_once(kams: CommandLine, tmp_path: Path) -> None:
    account, file = str(uuid4()), tmp_path / "commands.jsonl"
    registered = {"aggregate": "account", "command": "register", "id": account, "body": {"name": "Acme"}}
    visited = {"aggregate": "account", "command": "visits.log", "id": account, "body": {"visit_id": str(uuid4())}}
    file.write_text(lines(registered, "", visited))
    first = kams("command", "--batch", str(file))
    assert first.code == 0, first.err
    assert "account visits.log" in first.out
    assert "2 recorded, 0 recorded before, 0 so already, 0 refused" in first.err
    again = kams("command", "--batch", str(file), "--json")
    assert [(each["status"], each["repeated"]) for each in again.json["results"]] == [(201, True), (200, True)]


def test_what_is_refused_is_said_and_the_rest_is_recorded(kams: CommandLine) -> None:
    account = str(uuid4())
    given = lines(
        {"aggregate": "account", "command": "register", "id": account, "body": {"name": "Acme"}},
        {"aggregate": "account", "command": "visits.log", "id": account, "body": {"minutes": "long"}},
        "no json",
        {"aggregate": "account", "command": "change_profile", "id": account, "body": {"name": "Acme Ltd"}},
    )
    answer = kams("command", "--batch", "-", given=given, COLUMNS="200")
    assert answer.code == 1
    assert "2 recorded, 0 recorded before, 0 so already, 2 refused" in answer.err
    assert "body.minutes: `long` is not accepted" in answer.out
    assert "the line: expected an object" in answer.out
    again = kams("command", "--batch", "-", given=given)
    assert "0 recorded, 2 recorded before, 0 so already, 2 refused" in again.err
    other = kams("command", "--batch", "-", "--once", "another key", given=given)
    assert "0 recorded, 0 recorded before, 1 so already, 3 refused" in other.err


def test_a_file_that_is_not_there_is_wrong_use(kams: CommandLine, tmp_path: Path) -> None:
    answer = kams("command", "--batch", str(tmp_path / "none.jsonl"))
    assert answer.code == 2
    assert "cannot be read: No such file" in answer.err
