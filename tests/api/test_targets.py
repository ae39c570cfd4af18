"""Targets and attainment over HTTP and in the terminal."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from api.cli import questions
from domain.opportunity.opportunity import Opportunity
from domain.policies.policy import policy_id
from domain.policies.sales_target import SalesTarget
from tests.api.command_line import CommandLine
from tests.api.office import Office, open_office
from tests.conftest import new_database

NOW = datetime(2026, 2, 16, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    """The manager won 600 of 1,000 in the first quarter, the colleague 250 without a target."""
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url, lambda: NOW) as opened:
            for whose, who, amount in (("own", "manager", "600"), ("foreign", "colleague", "250")):
                signed = {"amount": amount, "currency": "EUR"}
                opened.give(Opportunity, opened.ids[f"{whose} deal"], "change_owner", owner=str(opened.members[who]))
                opened.give(Opportunity, opened.ids[f"{whose} deal"], "win", signed=signed)
            target(opened, opened.members["manager"], "1000")
            opened.caught_up()
            yield opened


def target(office: Office, owner: Any, amount: str) -> None:
    stated = {"scope": "owner", "key": str(owner), "period": "2026-Q1"}
    office.give(SalesTarget, policy_id("SalesTarget"), "set_target", **stated,
                amount={"amount": amount, "currency": "EUR"})  # fmt: skip


def first_quarter(office: Office, who: str = "admin", **asked: Any) -> dict[str, Any]:
    answer = office.get("/targets", who, years="2026", **asked)
    assert answer.status_code == 200, answer.text
    return {line["name"]: line["quarters"][0] for line in answer.json()["lines"]}


def test_owners_have_their_targets_and_what_they_won(office: Office) -> None:
    found = first_quarter(office)
    (mine,) = [each for name, each in found.items() if name.startswith("manager")]
    assert (mine["target"], mine["won"], mine["attainment"], mine["gap"]) == ("1000.00", "600.00", "0.6000", "400.00")
    (other,) = [each for name, each in found.items() if name.startswith("colleague")]
    assert (other["target"], other["won"]) == (None, "250.00")
    events = office.get("/events", "admin", after=mine["positions"][0] - 1, limit=1).text
    assert "Opportunity.Won" in events


def test_a_manager_sees_his_own_and_no_colleague(office: Office) -> None:
    assert [name.split()[0] for name in first_quarter(office, "manager")] == ["manager"]
    assert office.get("/targets", "nobody").json()["lines"] == []


def test_other_groupings_years_and_a_single_one(office: Office) -> None:
    mine = str(office.members["manager"])
    assert len(first_quarter(office, only=mine)) == 1
    assert len(first_quarter(office, by="account")) == 2
    whole = office.get("/targets", "admin").json()
    assert (whole["first_year"], whole["last_year"], len(whole["whole"]["quarters"])) == (2025, 2027, 12)
    cut = office.get("/targets", "admin", limit=1).json()
    assert (len(cut["lines"]), cut["not_shown"]) == (1, 1)


@pytest.mark.parametrize("asked", [{"by": "stage"}, {"years": "26"}, {"limit": 0}, {"unknown": "1"}])
def test_what_cannot_be_asked_is_refused_with_its_field(office: Office, asked: dict[str, Any]) -> None:
    answer = office.get("/targets", "admin", **asked)
    assert answer.status_code == 422
    assert next(iter(asked)) in answer.text


def test_years_out_of_order_are_refused(office: Office) -> None:
    answer = office.get("/targets", "admin", years="2027-2025")
    assert (answer.status_code, answer.json()["rule"]) == (422, "YearsOutOfOrder")


@pytest.fixture
def kams(office: Office, monkeypatch: pytest.MonkeyPatch, valkey_url: str, tmp_path: Path) -> CommandLine:
    made = CommandLine({"KAMS_DATABASE_URL": office.journal.pool.conninfo, "KAMS_REDIS_URL": valkey_url,
                        "KAMS_HOME": str(tmp_path), "KAMS_KEY": office.keys["admin"]})  # fmt: skip
    questions.add(made.app)
    return made


def test_the_terminal_shows_shares_by_quarter_and_csv_has_every_figure(kams: CommandLine) -> None:
    shown = kams("targets", "--years", "2026", "--as-of", "2026-02-16")
    assert shown.code == 0, shown.err
    assert "60 %" in shown.out
    rows = list(csv.DictReader(io.StringIO(kams("targets", "--years", "2026", "--csv").out)))
    assert len(rows) == 8
    (mine,) = [row for row in rows if row["target"]]
    assert (mine["quarter"], mine["target"], mine["won"], mine["gap"]) == ("2026-Q1", "1000.00", "600.00", "400.00")
    assert kams("targets", "--years", "1999").out == ""
    assert kams("targets", "--by", "stage").code == 2
    assert kams("targets", "--years", "soon").code == 2


def test_a_target_is_set_from_the_terminal_and_the_old_one_is_shown(kams: CommandLine, office: Office) -> None:
    words = ("targets", "set", "owner", "colleague", "2026-Q3")
    first = kams(*words, "2,000", "--on", "2026-01-05")
    assert first.code == 0, first.err
    assert "Unchanged" in kams(*words, "2000", "--on", "2026-01-06").err
    assert kams(*words, "3000", "--on", "2026-01-07").code == 0
    found = kams("targets", "--years", "2026", "--only", "colleague")
    assert "3,000" in found.out
    assert "2,000" in found.err
    assert kams(*words, "much").code == 2
    assert kams("targets", "set", "stage", "x", "2026-Q3", "1").code == 2
    assert kams("targets", "set", "owner", "nobody at all", "2026-Q3", "1").code == 1
    assert kams("targets", "set", "owner", "colleague", "2026-13", "1").code == 1
