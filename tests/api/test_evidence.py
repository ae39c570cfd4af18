"""The evidence pack over HTTP and in the terminal: what a lawyer finds in it, and who may make it."""

from __future__ import annotations

import base64
import html
import re
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from api.cli import auditing
from domain.seal.exported import verify_export
from tests.api.command_line import CommandLine, company_system
from tests.api.office import Office, open_office
from tests.conftest import new_database
from workers.sealing import Sealing, SealKey


class Sections(HTMLParser):
    """The text of each section by its id, and every tag that was seen."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: dict[str, str] = {}
        self.tags: set[str] = set()
        self._in = ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        if tag == "section":
            self._in = dict(attributes)["id"]
            self.texts[self._in] = ""

    def handle_data(self, data):
        if self._in:
            self.texts[self._in] += " ".join(data.split()) + " "


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            yield opened


@pytest.fixture(scope="module")
def story(office: Office) -> Sections:
    """A deal that passed its gates by an override, a fact recorded late, one taken back."""
    account = office.account("Acme <script>alert(1)</script>", manager="manager")
    person = {"stakeholder_id": str(uuid4()), "name": "Ye Wen"}
    assert office.post(f"/accounts/{account}/stakeholders/add", person).status_code == 200
    deal = {"account": str(account), "title": "Pumps & more", "amount": {"amount": "900.00", "currency": "EUR"}}
    made = office.post("/opportunities", {**deal, "close_on": "2026-03-31", "occurred_at": "2026-01-10"})
    path = f"/opportunities/{made.json()['id']}"
    advance = {"to": "confirmed", "override": "the chairman asked", "occurred_at": "2026-01-20"}
    assert office.post(f"{path}/advance", advance).status_code == 200
    revised = {"amount": {"amount": "950.00", "currency": "EUR"}, "reason": "typing error", "occurred_at": "2026-01-25"}
    wrong = office.post(f"{path}/revise-amount", revised)
    assert wrong.status_code == 200, wrong.text
    won = {**deal, "title": "Valves", "close_on": "2026-02-10", "occurred_at": "2026-01-11"}
    valves = f"/opportunities/{office.post('/opportunities', won).json()['id']}"
    end = office.post(f"{valves}/lose", {"occurred_at": "2026-02-01"})
    assert end.status_code == 200, end.text
    pipes = f"/opportunities/{office.post('/opportunities', {**won, 'title': 'Pipes'}).json()['id']}"
    end = office.post(f"{pipes}/lose", {"reasons": ["price"], "occurred_at": "2026-02-01"})
    assert end.status_code == 200, end.text
    taken_back = {"position": wrong.json()["position"], "reason": "was right before"}
    assert office.post(f"{path}/withdraw", taken_back).status_code == 200
    office.caught_up()
    page = office.get(f"/audit/report/{account}", "auditor", **{"from": "2026-01-01", "to": "2026-12-31"})
    assert page.status_code == 200, page.text
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    office.ids["acme"] = account
    return Sections(page.text)


def test_the_timeline_holds_every_fact(story):
    for words in ("account registered", "opened: title Pumps & more", "stage advanced", "amount revised"):
        assert words in story.texts["timeline"], words


def test_an_override_of_a_gate_stands_with_its_reason(story):
    assert "the chairman asked" in story.texts["overrides"]
    assert "the chairman asked" in story.texts["decisions"]


def test_the_gates_that_a_stage_passed_are_told_in_words(story):
    assert re.search(
        r"gate [\w ]+ \(block real\) not met: 0 % of 80 % reached, open questions: “[^”]+”(, “[^”]+”){4}",
        story.texts["timeline"],
    )


def test_an_end_is_a_decision_even_where_no_reason_is_stated_and_marked_where_it_was_recorded_late(story):
    assert re.search(r"opportunity lost – Valves recorded \d+ days later no reason stated", story.texts["decisions"])
    assert re.search(r"opportunity lost – Pipes recorded \d+ days later reasons: price", story.texts["decisions"])


def test_a_changed_forecast_and_what_was_taken_back_stand_with_their_positions(story):
    assert "950.00 EUR" in story.texts["adjustments"]
    assert re.search(r"taken back at position \d+", story.texts["withdrawn"])
    assert re.search(r"taken back: “.*”, reason was right before", story.texts["timeline"])


def test_what_was_recorded_long_after_it_occurred_is_marked(story):
    assert re.search(r"recorded \d+ days later", story.texts["late"])
    assert "dated into 2026-Q1, recorded after it was over" in story.texts["patterns"]


def test_a_page_runs_no_script_whatever_an_account_is_called(story):
    assert "Acme <script>alert(1)</script>" in story.texts["timeline"]
    assert "script" not in story.tags


def test_a_sealed_pack_holds_the_export_of_the_account_which_proves_itself(office, story, tmp_path):
    unsealed = office.get(f"/audit/report/{office.ids['acme']}", "auditor").text
    assert "Nothing is sealed yet" in Sections(unsealed).texts["proofs"]
    with psycopg.connect(office.journal.database_url, autocommit=True) as connection:
        note = Sealing(SealKey(bytes(range(32)))).seal(connection)
    assert note
    page = office.get(f"/audit/report/{office.ids['acme']}", "auditor").text
    assert note in html.unescape(page)
    attached = re.search(r'href="data:application/zip;base64,([^"]+)"', page)
    export = tmp_path / "attached.zip"
    export.write_bytes(base64.b64decode(attached[1]))
    verdict = verify_export(export)
    assert verdict.ok, verdict
    with zipfile.ZipFile(export) as archive:
        subprocess.run([sys.executable, archive.extract("verify.py", tmp_path), export], check=True)


def test_who_read_the_account_is_named(office, story):
    assert office.get(f"/accounts/{office.ids['acme']}").status_code == 200
    days = {"from": "2026-01-01", "to": "2026-12-31"}
    page = office.get(f"/audit/report/{office.ids['acme']}", "admin", **days)
    seen = Sections(page.text).texts["seen"]
    assert f"GET /accounts/{office.ids['acme']}" in seen
    assert f"GET /audit/report/{office.ids['acme']}" in seen
    assert "manager 王" in seen


@pytest.mark.parametrize("who", ["manager", "director", "forecaster", "integrator"])
def test_only_auditors_and_admins_make_a_pack(office, who):
    answer = office.get(f"/audit/report/{office.ids['own']}", who, **{"from": "2026-01-01", "to": "2026-12-31"})
    assert answer.status_code == 403


def test_days_in_the_wrong_order_are_refused(office):
    answer = office.get(f"/audit/report/{office.ids['own']}", "auditor", **{"from": "2026-02-01", "to": "2026-01-01"})
    assert answer.status_code == 422
    assert "state 2026-02-01 or a later day" in answer.text


@pytest.fixture
def kams(postgres_url: str, valkey_url: str, fresh_names: Iterator[str], tmp_path: Path) -> Iterator[CommandLine]:
    for url in new_database(postgres_url, next(fresh_names)):
        made = company_system(url, valkey_url, tmp_path / "home")
        auditing.add(made.app)
        yield made


def test_the_terminal_writes_a_file_once(kams: CommandLine, tmp_path: Path) -> None:
    assert kams("command", "account", "new", "register", "--set", "name=Acme", "--set", "external_id=A-1").code == 0
    folder = tmp_path / "out"
    folder.mkdir()
    out = folder / "pack.html"
    words = ["audit", "report", "A-1", "--from", "2026-01-01", "--to", "2026-12-31", "--out", str(out)]
    assert kams(*words).code == 0
    assert "Acme" in Sections(out.read_text("utf-8")).texts["timeline"]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    again = kams(*words)
    assert (again.code, "is there already" in again.err) == (1, True)
    assert kams(*words, "--force").code == 0
    assert [each.name for each in folder.iterdir()] == ["pack.html"]
