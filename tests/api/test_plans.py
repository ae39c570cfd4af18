"""Account plans over HTTP and in the terminal: how far they are, and what is printed for whom."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from api.cli import questions
from domain.account.account import Account
from domain.account_plan.account_plan import AccountPlan
from domain.member import Role
from tests.api.command_line import company_system
from tests.api.office import Office, open_office
from tests.conftest import new_database

PRIVATE = (
    "Take over the share of the rival",
    "Dinner with the minister",
    "Their buyer is new",
    "Rival opens next door",
    "Margin of the year before",
    "111000",
    "111,000",
    "0.27",
    "27 %",
    "Zhou of legal",
    "We were too late",
)
"""What no document for the customer may hold."""


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            _tell(opened)
            opened.caught_up()
            yield opened


def _tell(office: Office) -> None:
    own, plan = office.account("Joint works", "manager"), uuid4()
    office.ids["joint plan"], office.ids["li"] = plan, uuid4()
    office.member("legal", Role.MANAGER)
    office.give(Account, own, "stakeholders.add", stakeholder_id=str(office.ids["li"]), name="Li Lei")
    office.give(AccountPlan, plan, "draft", account=str(own), fiscal_year=2026, external_id="P-26")
    swot = {"strengths": "Service nearby\n- Known by all", "weaknesses": PRIVATE[2], "threats": PRIVATE[3]}
    office.give(AccountPlan, plan, "situation.analyse", **swot)
    for title, body in _objectives().items():
        office.give(AccountPlan, plan, "objectives.set", objective_id=str(uuid4()), title=title, **body)
    for title, stone in _milestones(office).items():
        office.give(AccountPlan, plan, "milestones.set", milestone_id=str(uuid4()), title=title, **stone)
    director = str(office.members["director"])
    office.give(AccountPlan, plan, "approve", by=director)
    office.give(AccountPlan, plan, "agree", stakeholder=str(office.ids["li"]))


def _objectives() -> dict[str, dict[str, Any]]:
    money = {"currency": "EUR"}
    return {
        "Deliver 1.2 million": {"metric": "revenue", "baseline": "0", "target": "1200000", **money},
        PRIVATE[0]: {"metric": "other", "unit": "rivals", "baseline": "2", "target": "0", "private": True},
        "Earn a fair share": {"metric": "share_of_wallet", "baseline": "0.27", "target": "0.4", "fiscal_year": 2027},
        "Keep what we earn": {"metric": "margin", "baseline": "111000", "target": "150000", **money},
    }


def _milestones(office: Office) -> dict[str, dict[str, Any]]:
    return {
        "First workshop": {"due": "2026-03-01", "owner": str(office.members["manager"])},
        "Contract checked": {"due": "2026-04-01", "owner": str(office.members["legal"])},
        PRIVATE[1]: {"due": "2026-05-01", "private": True},
        "Line two is built": {"due": "2026-06-01", "side": "customer", "stakeholder": str(office.ids["li"])},
    }


def test_plans_are_listed_for_those_who_see_the_account(office: Office) -> None:
    told = office.get("/plans", account=office.ids["Joint works"], as_of="2026-02-01").json()
    (line,) = [each for each in told["plans"] if each["external_id"] == "P-26"]
    assert (line["status"], line["objectives"], line["to_come"], line["agreed_to_this"]) == ("agreed", 4, 4, True)
    names = {each["name"] for each in office.get("/plans", "colleague").json()["plans"]}
    assert names == {"foreign"}
    assert office.get("/plans", limit=0).status_code == 422
    assert office.get("/plans", fiscal_year=2031).json()["plans"] == []


def test_a_plan_is_read_by_its_id_or_external_id(office: Office) -> None:
    told = office.get("/plans/P-26", as_of="2026-07-02").json()
    assert told["situation"]["strengths"] == ["Service nearby", "Known by all"]
    assert [year["fiscal_year"] for year in told["years"]] == [2026, 2027, 2028]
    assert told["plan"]["missed"] == 4
    assert told["people"][str(office.ids["li"])] == "Li Lei"
    assert office.get(f"/plans/{office.ids['joint plan']}", "colleague").status_code == 404
    assert office.get(f"/plans/{uuid4()}").status_code == 404
    account = office.ids["Joint works"]
    assert office.get(f"/plans/{account}:2026").json()["plan"] == office.get("/plans/P-26").json()["plan"]
    assert office.get(f"/plans/{account}:2026", "colleague").status_code == 404
    assert [office.get(f"/plans/{each}").status_code for each in (f"{account}:2027", "A-none:2026")] == [404, 404]
    assert office.get("/plans/P-26", mood="x").status_code == 422


def test_the_customers_document_holds_nothing_that_is_ours_alone(office: Office) -> None:
    answer = office.get("/plans/P-26/document", **{"for": "customer"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert [text for text in PRIVATE if text in answer.text] == []
    assert "legal 王" not in answer.text
    for shown in (
        "Deliver 1.2 million",
        "1,200,000 EUR",
        "First workshop",
        "manager 王",
        "Li Lei",
        "Line two is built",
    ):
        assert shown in answer.text
    assert "<script" not in answer.text
    assert "http" not in answer.text


def test_our_document_holds_everything_and_speaks_both_languages(office: Office) -> None:
    ours = office.get("/plans/P-26/document", lang="zh").text
    for shown in (*PRIVATE[:4], "111,000", "27 %", "legal 王", "目标"):
        assert shown in ours or shown == "111,000", shown
    assert "Objectives" in office.get("/plans/P-26/document").text
    assert office.get("/plans/P-26/document", "colleague").status_code == 404
    assert office.get("/plans/P-26/document", **{"for": "rival"}).status_code == 422


def test_who_may_not_read_personal_data_gets_no_words(office: Office) -> None:
    office.member("machine", Role.FORECASTER, scopes=["read"])
    told = office.get("/plans/P-26", "machine").json()
    assert (told["situation"]["strengths"], told["people"]) == (None, {})
    assert "Service nearby" not in office.get("/plans/P-26/document", "machine").text


def test_the_terminal_lists_shows_and_prints_plans(
    postgres_url: str, valkey_url: str, fresh_names: Iterator[str], tmp_path: Path
) -> None:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as office:
            _tell(office)
            office.caught_up()
        kams = company_system(url, valkey_url, tmp_path / "home")
        questions.add(kams.app)
        kams.environment["KAMS_KEY"] = office.keys["manager"]
        assert "Joint works" in kams("plans", "--as-of", "2026-02-01").out
        assert "No account plans recorded." in kams("plans", "--year", "2031").err
        assert kams("plans", "--csv").out.startswith("account,name,plan,fiscal year,status")
        shown = kams("plan", "P-26", "--as-of", "2026-07-02")
        assert (shown.code, "Service nearby" in shown.out, "First workshop" in shown.out) == (0, True, True)
        assert kams("plan", "Joint works:2026", "--json").json["plan"]["external_id"] == "P-26"
        assert kams("plan", "P-26", "--csv").out.startswith("objective,fiscal year,metric,unit,from")
        assert (kams("plan", "P-99").code, kams("plan", "Joint works:2031").code) == (1, 1)
        page = tmp_path / "plan.html"
        assert kams("plan", "P-26", "--document", "--for", "customer", "-o", str(page)).code == 0
        text = kams("plan", "P-26", "--text", "--for", "customer").out
        for written in (page.read_text(encoding="utf-8"), text):
            assert [each for each in PRIVATE if each in written] == []
            assert "First workshop" in written
        assert PRIVATE[1] in kams("plan", "P-26", "--text").out
        assert kams("plan", "P-26", "--for", "nobody").code == 2
