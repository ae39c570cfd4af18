"""Findings and to-do lists over HTTP and in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from api.cli import questions
from tests.api.command_line import CommandLine, company_system
from tests.api.office import Office, open_office
from tests.conftest import new_database

EXPECTED = "was expected to close on 2026-01-01"


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            yield opened


def test_findings_over_http(office: Office) -> None:
    acme = office.account("Finders", manager="manager")
    deal = {"account": str(acme), "title": "line", "process": "plain", "close_on": "2026-01-01"}
    assert office.post("/opportunities", {**deal, "occurred_at": "2025-12-01"}).status_code == 201
    office.caught_up()
    answer = office.get("/findings", account=str(acme), rule="close_date_past", as_of="2026-01-20")
    assert answer.status_code == 200, answer.text
    (line,) = answer.json()["findings"]
    assert (line["kind"], line["name"], line["text"]) == (
        "opportunity",
        "Finders",
        "was expected to close on 2026-01-01",
    )
    assert (line["title"], bool(line["positions"])) == ("line", True)
    assert (
        office.get("/findings", account=str(acme), rule="close_date_past", as_of="2025-12-20").json()["findings"] == []
    )
    refused = office.get("/findings", rule="bad_luck")
    assert (refused.status_code, refused.json()["rule"]) == (422, "RuleUnknown")
    assert "close_date_past" in refused.json()["detail"]


def test_a_to_do_list_over_http(office: Office) -> None:
    acme = office.account("Doers", manager="manager")
    item = {"item_id": str(uuid4()), "text": "send the drawings", "department": "design", "due_on": "2020-01-10"}
    assert office.post(f"/accounts/{acme}/action-items/add", item).status_code == 200
    office.caught_up()
    items = office.get("/todo").json()["items"]
    (todo,) = [each for each in items if each["kind"] == "action_item"]
    assert (todo["name"], todo["text"], todo["due"]) == ("Doers", "send the drawings", "2020-01-10")
    assert todo["reason"].startswith("action item (design), overdue for ")
    cut = office.get("/todo", limit=1).json()
    assert (cut["items"], cut["not_shown"]) == (items[:1], len(items) - 1)
    assert office.get("/todo", limit=0).status_code == 422
    earlier = office.get("/todo", as_of="2026-01-01").json()["items"]
    assert "action_item" not in {each["kind"] for each in earlier}


@pytest.fixture
def kams(postgres_url: str, valkey_url: str, tmp_path: Path, fresh_names: Iterator[str]) -> Iterator[CommandLine]:
    for url in new_database(postgres_url, next(fresh_names)):
        made = company_system(url, valkey_url, tmp_path / "home")
        questions.add(made.app)
        yield made


def test_findings_in_the_terminal(kams: CommandLine) -> None:
    assert "No findings." in kams("findings", "--no-wait").out
    acme = ["--set", "name=Acme", "--set", "external_id=A-1"]
    account = kams("command", "account", "new", "register", *acme, "--on", "2025-01-01", "--json").json["id"]
    values = [f"account={account}", "title=line", "external_id=O-1", "process=plain", "close_on=2026-01-01"]
    kams("command", "opportunity", "new", "open", *(x for v in values for x in ("--set", v)), "--on", "2025-12-01")
    shown = kams("findings", "--as-of", "2026-02-01").out
    assert EXPECTED in shown
    csv = kams("findings", "--as-of", "2026-02-01", "--csv", "--rule", "close_date_past").out
    assert csv.splitlines()[1].startswith("2,close_date_past,Acme,O-1,was expected")
    listed = kams("todo", "--as-of", "2026-02-01").out
    assert EXPECTED in listed
    assert "Nothing to do." in kams("todo", "--as-of", "2024-02-01").out
