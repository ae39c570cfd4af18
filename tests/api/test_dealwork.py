"""The work on a deal over HTTP and in the terminal: what it costs, which quotes are open, what is to be delivered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.cli import questions
from domain.policies.policy import policy_id
from domain.policies.rate_card import RateCard
from tests.api.command_line import CommandLine, company_system
from tests.api.office import Office, open_office
from tests.conftest import new_database

RATES = [{"key": "sales", "name": "Sales", "per_day": {"amount": "600.00", "currency": "EUR"}}]


def eur(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            opened.give(RateCard, policy_id("RateCard"), "define", rates=RATES)
            yield opened


def done(office: Office, deal: UUID, command: str, on: str, /, who: str = "manager", **body: Any) -> None:
    answer = office.post(f"/opportunities/{deal}/{command}", {**body, "occurred_at": on}, who)
    assert answer.status_code == 200, answer.text


def refused(office: Office, deal: UUID, command: str, /, **body: Any) -> tuple[str, str]:
    answer = office.post(f"/opportunities/{deal}/{command}", body)
    assert answer.status_code == 409, answer.text
    return answer.json()["rule"], answer.json()["detail"]


def test_nothing_is_spent_before_a_go_and_the_cost_is_reported_after_it(office: Office) -> None:
    deal = office.opportunity(office.ids["own"], "Costly")
    spend = {"kind": "sales", "person_days": "2.5"}
    assert refused(office, deal, "resources/spend", **spend)[0] == "PursuitUndecided"
    mine = str(office.members["manager"])
    done(office, deal, "pursuit/decide", "2026-01-10", decision="go", by=mine, why="fits", cost_allowed=eur("1000"))
    done(office, deal, "resources/spend", "2026-01-12", **spend)
    rule, detail = refused(office, deal, "resources/spend", kind="magic", person_days="1")
    assert (rule, "it has: sales" in detail) == ("ResourceKindUnknown", True)
    assert office.post(
        f"/opportunities/{deal}/pursuit/decide", {"decision": "go", "by": str(uuid4()), "why": "x"}
    ).json()["rule"] == ("ReferenceUnknown")
    office.caught_up()
    answer = office.get("/cost-of-winning", opportunity=deal, by="owner")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    (line,) = told["opportunities"]
    assert (line["title"], line["cost"], line["exceeded"], line["person_days"]) == (
        "Costly",
        "1500.00",
        ["cost"],
        "2.5",
    )
    assert (told["total"]["cost_of_open"], told["groups"][0]["cost"], told["not_shown"]) == ("1500.00", "1500.00", 0)
    why = office.get("/explain/cost", opportunity=deal, cell="cost").json()
    assert (why["value"], why["shares"][0]["title"]) == ("1500.00", "Costly")
    assert [event["fact"] for event in why["shares"][0]["events"]] == ["Opportunity.ResourceSpent"]
    of_group = office.get("/explain/cost", by="owner", group=told["groups"][0]["key"], opportunity=deal).json()
    assert of_group["value"] == "1500.00"
    assert office.get("/explain/cost", "colleague", opportunity=deal).status_code == 404
    assert "samples_out" in office.get("/explain/cost", cell="mood").json()["detail"]
    assert office.get("/cost-of-winning", opportunity=deal, as_of="2026-01-11").json()["total"]["cost"] == "0.00"
    assert office.get("/cost-of-winning", "colleague", opportunity=deal).status_code == 404
    assert office.get("/cost-of-winning", by="mood").status_code == 422


def test_what_was_said_on_the_way_is_read_by_those_who_may(office: Office) -> None:
    deal, person = office.opportunity(office.ids["own"], "Sealed"), str(uuid4())
    added = {"stakeholder_id": person, "name": "Li Wei", "occurred_at": "2026-01-08"}
    assert office.post(f"/accounts/{office.ids['own']}/stakeholders/add", added).status_code == 200
    done(office, deal, "milestones/reach", "2026-01-10", milestone="need-confirmed", evidence="Mail of Li")
    done(office, deal, "concessions/make", "2026-01-11", asked="Ten off", given="Five off")
    done(office, deal, "win", "2026-01-12", signed=eur("900.00"))
    done(office, deal, "delivery/accept", "2026-01-13", stakeholder=person, remarks="Paint is missing")
    office.caught_up()
    shown = office.get(f"/opportunities/{deal}").json()["opportunity"]
    assert shown["milestones"]["reached"] == {"need-confirmed": {"evidence": "Mail of Li"}}
    assert shown["delivery"]["acceptance"] == {"stakeholder": person, "remarks": "Paint is missing"}
    unread = office.get(f"/opportunities/{deal}", "forecaster").json()["opportunity"]
    assert unread["milestones"]["reached"] == {"need-confirmed": {"evidence": None}}
    told = office.get("/events", "auditor", type="Opportunity.ConcessionMade").json()["events"]
    assert [(each["data"]["fields"]["asked"], each["data"]["fields"]["given"]) for each in told] == [
        ("Ten off", "Five off")
    ]


def test_quotes_are_listed_with_their_follow_up(office: Office) -> None:
    deal = office.opportunity(office.ids["own"], "Quoted")
    lines = [{"product": "pump", "quantity": "3", "unit_price": "100.10", "discount": "0.05"}]
    quote = {"quote_no": "Q-77", "lines": lines, "currency": "EUR", "valid_until": "2026-02-28"}
    done(office, deal, "quotes/issue", "2026-01-10", **quote, follow_up_on="2026-01-20")
    other = office.ids["own deal"]
    assert refused(office, other, "quotes/issue", **quote, occurred_at="2026-01-11")[0] == "AlreadyClaimed"
    office.caught_up()
    told = office.get("/quotes", as_of="2026-01-21").json()
    (line,) = [each for each in told["quotes"] if each["quote_no"] == "Q-77"]
    assert (line["total"], line["discount"], line["follow_up"], line["title"]) == (
        "285.28",
        "0.0500",
        "overdue",
        "Quoted",
    )
    assert office.get("/quotes", "colleague", as_of="2026-01-21").json()["quotes"] == []
    assert office.get("/quotes", as_of="2026-01-09").json()["quotes"] == []
    rule, detail = refused(office, deal, "quotes/accept", quote_no="Q-77", occurred_at="2026-03-01")
    assert (rule, "valid until 2026-02-28" in detail) == ("QuoteExpired", True)
    done(office, deal, "quotes/accept", "2026-02-28", quote_no="Q-77")
    office.caught_up()
    assert office.get("/quotes", all="true").json()["quotes"][0]["status"] == "accepted"


def test_deliveries_are_those_of_what_was_won(office: Office) -> None:
    deal = office.opportunity(office.ids["own"], "Delivered")
    assert refused(office, deal, "delivery/plan", milestone="installation", due="2026-02-01")[0] == "NotWon"
    rule, detail = refused(office, deal, "milestones/reach", milestone="party", evidence="photo")
    assert (rule, "decider-met" in detail) == ("MilestoneUnknown", True)
    done(office, deal, "win", "2026-01-15", signed=eur("900.00"))
    done(office, deal, "delivery/plan", "2026-01-16", milestone="installation", due="2026-02-01")
    office.caught_up()
    told = office.get("/deliveries", as_of="2026-02-04").json()
    (line,) = [each for each in told["deliveries"] if each["title"] == "Delivered"]
    assert (line["title"], line["promises"][0]["state"], line["promises"][0]["days_late"]) == ("Delivered", "late", 3)
    assert told["late"] == 1
    before = office.get("/deliveries", as_of="2026-01-15").json()["deliveries"]
    assert [each for each in before if each["title"] == "Delivered"] == []
    assert len(office.get("/deliveries", limit=1).json()["deliveries"]) == 1


@pytest.fixture
def kams(postgres_url: str, valkey_url: str, tmp_path: Path, fresh_names: Iterator[str]) -> Iterator[CommandLine]:
    for url in new_database(postgres_url, next(fresh_names)):
        made = company_system(url, valkey_url, tmp_path / "home")
        questions.add(made.app)
        yield made


def test_cost_quotes_and_deliveries_in_the_terminal(kams: CommandLine, tmp_path: Path) -> None:
    assert "No resources" in kams("cost", "--no-wait").err
    assert "No open quotes recorded." in kams("quotes").err
    assert "No deliveries recorded." in kams("deliveries").err
    acme, deal = str(uuid4()), str(uuid4())
    card = tmp_path / "rates.toml"
    card.write_text('[[rates]]\nkey = "sales"\nname = "Sales"\nper_day = {amount = "600.00", currency = "EUR"}\n')
    commands = (
        ("policy", "set", "rate-card", str(card), "--on", "2026-01-01"),
        ("command", "account", acme, "register", "--set", "name=Acme", "--on", "2026-01-01"),
        ("command", "opportunity", deal, "open", "--set", f"account={acme}", "--set", "title=Line 7",
         "--set", "process=plain", "--set", "external_id=D-7", "--on", "2026-01-02"),
        ("command", "opportunity", deal, "resources.spend", "--set", "kind=sales", "--set", "person_days=1.5",
         "--on", "2026-01-03"),
        ("command", "opportunity", deal, "quotes.issue", "--set", "quote_no=Q-1", "--set", "currency=EUR",
         "--set", "valid_until=2026-02-28", "--set",
         'lines=[{"product":"pump","quantity":"3","unit_price":"100.10"}]', "--on", "2026-01-04"),
        ("command", "opportunity", deal, "win", "--set", 'signed={"amount":"300.30","currency":"EUR"}',
         "--on", "2026-02-01"),
        ("command", "opportunity", deal, "delivery.plan", "--set", "milestone=installation",
         "--set", "due=2026-02-10", "--on", "2026-02-02"),
    )  # fmt: skip
    for words in commands:
        given = kams(*words)
        assert given.code == 0, (words, given.err)
    shown = kams("cost", "D-7")
    assert shown.code == 0, shown.err
    for text in ("D-7", "Line 7", "900.00", "2.9970", "Sales", "prospecting"):
        assert text in shown.out
    assert kams("cost", "--json", "--as-of", "2026-01-02").json["total"]["cost"] == "0.00"
    assert kams("cost", "--by", "outcome", "--csv").out.splitlines()[1].startswith("won,1,1,1.5,900.00")
    assert kams("cost", "--by", "mood").code == 2
    assert "all" in kams("cost").out
    assert "Q-1" in kams("quotes", "--as-of", "2026-01-10").out
    assert "Q-1,1,D-7,Line 7,issued,300.30," in kams("quotes", "--all", "--csv").out
    assert kams("quotes", "--json", "--as-of", "2026-01-03").json["quotes"] == []
    assert "installation" in kams("deliveries", "--as-of", "2026-02-20").out
    assert "D-7,Line 7,installation,2026-02-10,,late,10," in kams("deliveries", "--csv", "--as-of", "2026-02-20").out
