"""Diffs between two moments and between two states of knowledge, over HTTP and in the terminal."""

from __future__ import annotations

import csv as spreadsheets
import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from api.cli import auditing
from tests.api.command_line import CommandLine, company_system
from tests.api.office import Office, open_office
from tests.conftest import new_database


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            yield opened


@pytest.fixture(scope="module")
def deal(office: Office) -> UUID:
    """An opportunity of Nova's of 100, of 300 from March on; told only later that it was of 200 from February on."""
    account = office.ids["Nova"] = office.account("Nova", manager="manager")
    body = {"account": str(account), "title": "Pumps", "occurred_at": "2026-01-07", "close_on": "2026-03-31"}
    body |= {"amount": {"amount": "100", "currency": "EUR"}, "external_id": "O-1", "process": "plain"}
    key = UUID(office.post("/opportunities", body).json()["id"])
    office.ids["revised"] = revise(office, key, 300, "2026-03-01")
    office.ids["then"] = office.journal.streams.head()  # type: ignore[assignment]
    office.ids["late"] = revise(office, key, 200, "2026-02-01")
    office.caught_up()
    return key


def revise(office: Office, deal: UUID, amount: int, day: str) -> Any:
    body = {"amount": {"amount": str(amount), "currency": "EUR"}, "reason": "volume", "occurred_at": day}
    answer = office.post(f"/opportunities/{deal}/revise-amount", body)
    assert answer.status_code == 200, answer.text
    return answer.json()["position"]


def diffed(office: Office, **asked: Any) -> dict[str, Any]:
    answer = office.get("/audit/diff", "auditor", **{"account": str(office.ids["Nova"]), **asked})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_between_two_moments_the_bridge_the_forecast_and_the_facts_tell_the_same(office: Office, deal: UUID) -> None:
    found = diffed(office, **{"from": "2026-01-31", "to": "2026-03-15"})
    bridge, forecast = found["bridge"], found["forecast"]
    assert (bridge["start"], bridge["increased"], bridge["end"]) == ("100.00", "200.00", "300.00")
    (item,) = bridge["items"]
    assert item["positions"] == [office.ids["late"], office.ids["revised"]] or sorted(item["positions"]) == sorted(
        [office.ids["late"], office.ids["revised"]]
    )
    assert (forecast["period"], forecast["start"]["pipeline"], forecast["end"]["pipeline"]) == (
        "2026-Q1", "100.00", "300.00",
    )  # fmt: skip
    (move,) = forecast["moves"]
    assert (move["opportunity"], move["changes"]["pipeline"]) == (str(deal), "200.00")
    assert Decimal(forecast["start"]["weighted"]) + Decimal(move["changes"]["weighted"]) == Decimal(
        forecast["end"]["weighted"]
    )
    assert [(fact["position"], fact["changes"][0]["after"]["amount"]) for fact in found["facts"]] == [
        (office.ids["late"], "200.00"),
        (office.ids["revised"], "300.00"),
    ]
    assert found["facts"][0]["late_days"] > 100
    assert (found["since"], found["not_shown"]) == ("2026-01-31T15:59:59.999999Z", 0)
    short = diffed(office, limit=1, **{"from": "2026-01-31", "to": "2026-03-15"})
    assert (len(short["facts"]), short["not_shown"]) == (1, 1)


def test_between_two_states_of_knowledge_the_late_fact_makes_the_difference(office: Office, deal: UUID) -> None:
    found = diffed(office, known_from=office.ids["then"], as_of="2026-02-15")
    assert found["known_since"]["position"] == office.ids["then"]
    bridge = found["bridge"]
    assert (bridge["start"], bridge["increased"], bridge["end"]) == ("100.00", "100.00", "200.00")
    assert [item["positions"] for item in bridge["items"]] == [[office.ids["late"]]]
    assert [move["positions"] for move in found["forecast"]["moves"]] == [[office.ids["late"]]]
    assert [fact["position"] for fact in found["facts"]] == [office.ids["late"]]
    nothing = diffed(office, known_from=office.ids["then"], known_to=office.ids["then"], as_of="2026-02-15")
    assert (nothing["bridge"]["items"], nothing["forecast"]["moves"], nothing["facts"]) == ([], [], [])


def test_of_a_whole_company_the_facts_are_those_of_what_contributes(office: Office, deal: UUID) -> None:
    moments = {"from": "2026-01-31", "to": "2026-03-15"}
    everything = office.get("/audit/diff", "auditor", **moments).json()
    assert {fact["subject"] for fact in everything["facts"]} == {str(deal)}
    owned = office.get("/audit/diff", "admin", owner="colleague", **moments).json()
    assert (owned["facts"], [move["name"] for move in owned["health"]]) == ([], [])
    placed = office.get("/audit/diff", "admin", territory="south", **moments).json()
    assert placed["bridge"]["items"] == []


def test_a_diff_is_the_auditors_and_the_admins(office: Office) -> None:
    statuses = {who: office.get("/audit/diff", who, **{"from": "2026-01-31"}).status_code for who in office.keys}
    allowed = {who for who, status in statuses.items() if status == 200}
    assert allowed == {"auditor", "admin"}
    assert set(statuses.values()) == {200, 403}


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"to": "2026-01-31"},
        {"from": "2026-01-31", "known_from": "1"},
        {"from": "2026-01-31", "as_of": "2026-02-01"},
        {"known_from": "1", "known_at": "2"},
        {"from": "2026-02-01", "to": "2026-01-01"},
        {"known_from": "9", "known_to": "3"},
        {"from": "2026-01-31", "period": "2026-Q9"},
    ],
)
def test_what_makes_no_diff_is_refused(office: Office, asked: dict[str, str]) -> None:
    assert office.get("/audit/diff", "auditor", **asked).status_code == 422


# --- in the terminal


@pytest.fixture
def kams(postgres_url: str, valkey_url: str, tmp_path: Path, fresh_names: Iterator[str]) -> Iterator[CommandLine]:
    for url in new_database(postgres_url, next(fresh_names)):
        made = company_system(url, valkey_url, tmp_path / "home")
        auditing.add(made.app)
        named = ["--set", "name=Nova", "--set", "external_id=A-1"]
        made("command", "account", "new", "register", *named, "--on", "2025-01-01")
        money = 'amount={"amount": "100", "currency": "EUR"}'
        values = ["account=A-1", "title=Pumps", "external_id=O-1", "process=plain", "close_on=2025-03-31", money]
        made("command", "opportunity", "new", "open", *(x for v in values for x in ("--set", v)), "--on", "2025-01-02")
        revised = ["--set", money.replace("100", "300"), "--set", "reason=volume"]
        assert made("command", "opportunity", "O-1", "revise_amount", *revised, "--on", "2025-03-01").code == 0
        yield made


def test_a_diff_in_the_terminal(kams: CommandLine) -> None:
    shown = kams("audit", "diff", "--from", "2025-01-31", "--to", "2025-03-15")
    assert shown.code == 0, shown.err
    told = ["start 100.00", "+ increased 200.00", "end 300.00", "Forecast of 2025-Q1", "O-1 Pumps"]
    for words in (*told, "Facts that changed amounts"):
        assert words in " ".join(shown.out.split())
    assert kams("audit", "diff", "--from", "2025-01-31", "--json").json["bridge"]["end"] == "300.00"
    text = kams("audit", "diff", "--from", "2025-01-31", "--csv").out
    (row,) = spreadsheets.DictReader(io.StringIO(text))
    assert (row["fact"], row["path"], row["reason"]) == ("Opportunity.AmountRevised", "amount", "volume")
    assert (row["before"], row["after"]) == tuple(f'{{"amount":"{each}.00","currency":"EUR"}}' for each in (100, 300))
    known = kams("audit", "diff", "--known-from", "1", "--as-of", "2025-03-15")
    assert "known at 1 and at" in known.out
    assert "No fact in between changed an open amount" in kams("audit", "diff", "--from", "2025-05-01").out


def test_wrong_use_of_a_diff_in_the_terminal(kams: CommandLine) -> None:
    asked = [
        [], ["--to", "2025-01-01"], ["--from", "2025-01-01", "--known-from", "3"],
        ["--known-from", "3", "--known-at", "4"],
        ["--from", "2025-01-01", "--as-of", "2025-01-03"], ["--from", "2025-02-01", "--to", "2025-01-01"],
        ["--known-from", "5", "--known-to", "2"],
    ]  # fmt: skip
    assert [kams("audit", "diff", *words).code for words in asked] == [2] * len(asked)
