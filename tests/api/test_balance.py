"""What both sides give and promise each other: commanded and asked over HTTP and in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.cli import questions
from domain.policies.company import Company
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.policy import policy_id
from tests.api.command_line import CommandLine, company_system
from tests.api.office import Office, open_office
from tests.conftest import new_database


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            yield opened


def money(amount: str, currency: str = "EUR") -> dict[str, str]:
    return {"amount": amount, "currency": currency}


def post(office: Office, account: UUID, command: str, on: str, **body: Any) -> Any:
    return office.post(f"/accounts/{account}/{command}", {**body, "occurred_at": on})


def given(office: Office, account: UUID, command: str, on: str, **body: Any) -> None:
    answer = post(office, account, command, on, **body)
    assert answer.status_code == 200, answer.text


@pytest.fixture
def acme(office: Office) -> UUID:
    return office.account(f"Acme {uuid4()}", manager="manager")


@pytest.fixture
def wang(office: Office, acme: UUID) -> str:
    person = str(uuid4())
    given(office, acme, "stakeholders/add", "2026-01-06", stakeholder_id=person, name="王伟")
    return person


def test_the_balance_over_http_as_of_the_end_and_of_the_middle(office: Office, acme: UUID, wang: str) -> None:
    value, promise, need, fair = (str(uuid4()) for _ in range(4))
    worth = {"worth": money("1200"), "reckoned": "two days of scrap"}
    given(office, acme, "needs/add", "2026-02-01", need_id=need, kind="problem", words="rust", stakeholders=[wang])
    given(office, acme, "value/give", "2026-02-10", value_id=value, kind="training", what="two days", **worth)
    promised = {"commitment_id": promise, "made_by": "us", "kind": "supply", "what": "coils first"}
    given(office, acme, "commitments/make", "2026-02-11", **promised, due_on="2026-03-01")
    put_in = [
        {"by": "us", "kind": "money", "amount": money("500")},
        {"by": "customer", "kind": "time", "days": "2"},
    ]
    activity = {"activity_id": fair, "kind": "event", "title": "Fair", "aim": "30 mills", "inputs": put_in}
    given(office, acme, "joint-activities/propose", "2026-02-12", **activity)
    given(office, acme, "joint-activities/start", "2026-03-10", activity_id=fair)
    given(office, acme, "value/acknowledge", "2026-03-20", value_id=value, stakeholder=wang, worth=money("900"))
    given(office, acme, "commitments/keep", "2026-03-21", commitment_id=promise)
    given(office, acme, "needs/meet", "2026-03-22", need_id=need, how="new coating")
    given(office, acme, "joint-activities/conclude", "2026-03-23", activity_id=fair, result="21 mills", attendance=80)
    office.caught_up()
    (end,) = office.get("/balance", account=str(acme), as_of="2026-03-31").json()["accounts"]
    (middle,) = office.get("/balance", account=str(acme), as_of="2026-03-05").json()["accounts"]
    assert (end["given"]["total"], end["given"]["acknowledged"]["amount"]) == ("1700.00", "900.00")
    why = office.get("/explain/balance", account=str(acme), as_of="2026-03-31").json()
    assert (why["value"], [(share["share"], share["title"]) for share in why["shares"]]) == (
        "1700.00", [("1200.00", ""), ("500.00", "Fair")],
    )  # fmt: skip
    assert [event["fact"] for share in why["shares"] for event in share["events"] if float(event["contribution"])] == [
        "Account.ValueGiven", "Account.JointActivityStarted",
    ]  # fmt: skip
    kept = office.get("/explain/balance", account=str(acme), cell="ours.kept_late", as_of="2026-03-31").json()
    assert (kept["value"], kept["shares"][0]["events"][-1]["fact"]) == ("1", "Account.CommitmentKept")
    assert "ours.overdue" in office.get("/explain/balance", cell="mood").json()["detail"]
    assert (middle["given"]["total"], middle["given"]["acknowledged"]["count"]) == ("1200.00", 0)
    assert (end["ours"]["kept_late"]["count"], end["ours"]["overdue"]["count"]) == (1, 0)
    assert (middle["ours"]["kept"]["count"], middle["ours"]["overdue"]["count"]) == (0, 1)
    assert (end["needs"]["met"]["count"], middle["needs"]["open"]["count"]) == (1, 1)
    assert [line["status"] for line in (*end["activities"], *middle["activities"])] == ["concluded", "proposed"]
    assert end["received"]["input_days"] == "2.00"
    assert len(end["ours"]["kept_late"]["positions"]) == 2
    since = office.get("/balance", account=str(acme), as_of="2026-03-31", since="2026-03-01").json()
    assert (since["since"], since["accounts"][0]["given"]["total"]) == ("2026-03-01", "500.00")


def test_all_balances_are_those_that_the_asker_may_see(office: Office, acme: UUID) -> None:
    foreign = office.ids["foreign"]
    given(office, acme, "needs/add", "2026-02-01", need_id=str(uuid4()), kind="goal", words="more mills")
    told = {"need_id": str(uuid4()), "kind": "goal", "words": "more", "occurred_at": "2026-02-01"}
    assert office.post(f"/accounts/{foreign}/needs/add", told, "colleague").status_code == 200
    office.caught_up()
    mine, all_of_them = office.get("/balance").json(), office.get("/balance", "auditor").json()
    assert str(acme) in {each["account"] for each in mine["accounts"]}
    assert str(foreign) not in {each["account"] for each in mine["accounts"]}
    assert str(foreign) in {each["account"] for each in all_of_them["accounts"]}
    assert office.get("/balance", account=str(foreign)).status_code == 404
    assert office.get("/balance", since="soon").status_code == 422


def test_blank_words_are_refused_at_the_door(office: Office, acme: UUID) -> None:
    refused = post(office, acme, "needs/add", "2026-02-01", need_id=str(uuid4()), kind="need", words=" ")
    assert (refused.status_code, refused.json()["rule"]) == (409, "MustNotBeBlank")


def test_a_commitment_is_kept_once_and_the_refusal_names_what_is_open(office: Office, acme: UUID) -> None:
    promise, other = str(uuid4()), str(uuid4())
    for each in (promise, other):
        said = {"commitment_id": each, "made_by": "customer", "kind": "volume", "what": "500 t", "due_on": "2026-12-31"}
        given(office, acme, "commitments/make", "2026-02-01", **said)
    given(office, acme, "commitments/keep", "2026-02-02", commitment_id=promise)
    refused = post(office, acme, "commitments/keep", "2026-02-03", commitment_id=promise).json()
    assert (refused["rule"], f"Open are: {other}" in refused["detail"]) == ("CommitmentNotOpen", True)
    said = {"commitment_id": promise, "made_by": "us", "kind": "price", "what": "5 %", "due_on": "2026-12-31"}
    assert post(office, acme, "commitments/make", "2026-02-04", **said).json()["rule"] == "AlreadyClaimed"


def test_a_gift_above_the_limit_of_its_day_needs_an_approver_who_is_not_the_giver(
    office: Office, acme: UUID, wang: str
) -> None:
    company = {"name": "Ours", "currency": "EUR", "time_zone": "Asia/Shanghai", "gift_limit": money("50")}
    office.give(Company, policy_id("Company"), "define", **company)
    me, boss = str(office.members["manager"]), str(office.members["director"])

    def declare(value: dict[str, str], **more: Any) -> Any:
        said = {"gift_id": str(uuid4()), "stakeholder": wang, "what": "tea", "value": value, "giver": me}
        return post(office, acme, "gifts/declare", "2026-02-01", **said, **more)

    assert declare(money("50")).status_code == 200
    assert declare(money("50.01")).json()["rule"] == "ApproverMissing"
    assert declare(money("50.01"), approved_by=me).json()["rule"] == "ApproverIsGiver"
    assert declare(money("50.01"), approved_by=boss).status_code == 200
    refused = declare(money("10", "CNY"))
    assert (refused.status_code, refused.json()["rule"]) == (409, "GiftNotComparable")
    office.give(ExchangeRates, policy_id("ExchangeRates"), "set_rate", currency="CNY", rate="0.125")
    assert declare(money("400", "CNY")).status_code == 200
    assert declare(money("401", "CNY")).json()["rule"] == "ApproverMissing"
    office.caught_up()
    (found,) = office.get("/balance", account=str(acme), as_of="2026-03-01").json()["accounts"]
    assert (found["gifts"]["declared"]["amount"], found["gifts"]["above_limit"]["count"]) == ("150.01", 1)


@pytest.fixture
def kams(postgres_url: str, valkey_url: str, tmp_path: Path, fresh_names: Iterator[str]) -> Iterator[CommandLine]:
    for url in new_database(postgres_url, next(fresh_names)):
        made = company_system(url, valkey_url, tmp_path / "home")
        questions.add(made.app)
        yield made


def test_the_balance_in_the_terminal(kams: CommandLine) -> None:
    assert "No value, commitments" in kams("balance", "--no-wait").out
    acme, fair = str(uuid4()), str(uuid4())
    inputs = '[{"by":"us","kind":"money","amount":{"amount":"500","currency":"EUR"}},'
    inputs += '{"by":"customer","kind":"time","days":"2"}]'
    company = str(policy_id("Company"))
    for command in (
        ["command", "company", company, "define", "--set", "name=Ours", "--set", "currency=EUR"],
        ["command", "account", acme, "register", "--set", "name=Acme", "--set", "external_id=A-1"],
        ["command", "account", acme, "needs.add", "--set", f"need_id={uuid4()}", "--set", "kind=problem",
         "--set", "words=rust"],
        ["command", "account", acme, "value.give", "--set", f"value_id={uuid4()}", "--set", "kind=training",
         "--set", "what=two days", "--set", 'worth={"amount":"1200","currency":"EUR"}', "--set", "reckoned=scrap"],
        ["command", "account", acme, "commitments.make", "--set", f"commitment_id={uuid4()}", "--set", "made_by=us",
         "--set", "kind=supply", "--set", "what=coils first", "--set", "due_on=2026-03-01"],
        ["command", "account", acme, "joint_activities.propose", "--set", f"activity_id={fair}", "--set", "kind=event",
         "--set", "title=Fair", "--set", "aim=30 mills", "--set", f"inputs={inputs}"],
        ["command", "account", acme, "joint_activities.start", "--set", f"activity_id={fair}"],
        ["command", "account", acme, "purchases.add", "--set", "document_no=R-1",
         "--set", 'revenue={"amount":"80","currency":"GBP"}'],
    ):  # fmt: skip
        done = kams(*command, "--on", "2026-02-01")
        assert done.code == 0, done.err + done.out
    shown = kams("balance", "--as-of", "2026-04-01")
    assert shown.code == 0, shown.err
    for text in ("Acme", "1,700.00", "0 kept of 1, 1 overdue"):
        assert text in shown.out
    assert "No exchange rate for GBP: 1 of the amounts are in no sum." in shown.err
    one = kams("balance", "A-1", "--as-of", "2026-04-01")
    for text in ("1,200.00 (1)", "training", "2 days (time)", "500.00 (money)", "under way", "overdue"):
        assert text in one.out, one.out
    assert "since 2026-03-01" in kams("balance", "--since", "2026-03-01", "--as-of", "2026-04-01").out
    assert kams("balance", "--json").json["accounts"][0]["given"]["total"] == "1700.00"
    assert kams("balance", "--csv").out.startswith("account,external id,name,given,acknowledged")
    assert kams("balance", "--since", "soon").code == 2
    assert kams("balance", "nobody").code == 1
