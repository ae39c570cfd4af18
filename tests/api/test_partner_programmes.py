"""Partner programmes over HTTP and in the terminal: who may say and see what, lists, one partner, bad input."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.cli import questions
from tests.api.command_line import CommandLine, company_system
from tests.api.office import Office, open_office
from tests.conftest import new_database

OBLIGATIONS = [
    {"key": "delivery", "text": "Delivered in time", "owed_by": "us", "kind": "delivery", "threshold": "80"},
    {"key": "stock", "text": "Thirty days in stock", "owed_by": "partner", "kind": "stock", "weight": "3"},
    {"key": "no-poaching", "text": "No poaching", "owed_by": "partner", "kind": "no_poaching"},
]
TERMS = {"obligations": OBLIGATIONS, "rewards": [{"key": "sign", "text": "The golden sign", "from_score": "70"}]}


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            yield opened


def opened(office: Office, title: str) -> UUID:
    """A programme with the manager's own and the colleague's account as partners."""
    answer = office.post("/programmes", {"title": title, **TERMS, "occurred_at": "2026-01-05"}, "director")
    assert answer.status_code == 201, answer.text
    key = UUID(answer.json()["id"])
    for who, whose in (("manager", "own"), ("colleague", "foreign")):
        given(office, key, "partners/enrol", "2026-01-06", who, account=whose, member=who, agreement="Wang, by phone",
              reason="sells spare parts on")  # fmt: skip
    return key


def given(
    office: Office, key: UUID, command: str, on: str, who: str = "manager", *, account: str = "own", **body: Any
) -> Any:
    """A command about a partner; returns what was answered."""
    if "member" in body:
        body["member"] = str(office.members[body["member"]])
    stated = {"account": str(office.ids[account]), **body, "occurred_at": on}
    answer = office.post(f"/programmes/{key}/{command}", stated, who)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_who_may_change_an_account_speaks_for_it_and_a_director_sets_the_terms(office: Office) -> None:
    key = opened(office, "Rights")
    said = {"reason": "higher aims", "threshold": "70"}
    assert office.post(f"/programmes/{key}/revise", said, "manager").status_code == 403
    assert office.post(f"/programmes/{key}/revise", said, "director").status_code == 200
    leaving = {"account": str(office.ids["foreign"]), "reason": "sold"}
    assert office.post(f"/programmes/{key}/partners/leave", leaving, "manager").status_code == 404
    assert office.post(f"/programmes/{key}/partners/leave", leaving, "colleague").status_code == 200


def test_a_partner_is_read_over_time_by_those_who_see_its_account(office: Office) -> None:
    key = opened(office, "Golden")
    scores = {"delivery": "75", "stock": "80", "no-poaching": "100"}
    scored = given(office, key, "compliance/score", "2026-04-03", period="2026-Q1", scores=scores, evidence="counts")
    given(office, key, "network/serve", "2026-02-03", document_no="D-1", what="valves", customer_name="Corner shop",
          amount={"amount": "12.50", "currency": "EUR"})  # fmt: skip
    office.caught_up()
    path = f"/programmes/{key}/partners/{office.ids['own']}"
    answer = office.get(path, as_of="2026-04-30").json()
    one = answer["partner"]
    assert (one["state"], one["name"], one["network"]["amount"]) == ("kept", "own", "12.50")
    (period,) = one["periods"]
    assert (period["us"], period["partner"], period["due"]) == ("75.00", "85.00", ["sign"])
    assert (period["broken_by_us"], period["positions"]) == (["delivery"], [scored["position"]])
    assert [each["name"] for each in one["downstream"]] == ["Corner shop"]
    forecaster = office.get(path, "forecaster", as_of="2026-04-30").json()["partner"]
    assert [each["name"] for each in forecaster["downstream"]] == [None]
    assert office.get(path, "colleague").status_code == 404
    page = office.get(f"/accounts/{office.ids['own']}", as_of="2026-04-30").json()["programmes"]
    assert "Corner shop" in [each["name"] for standing in page for each in standing["downstream"]]
    assert ("Golden", "kept", "85.00") in [
        (each["programme_title"], each["state"], each["periods"][0]["partner"]) for each in page if each["periods"]
    ]
    listed = office.get(f"/programmes/{key}", as_of="2026-04-30", periods=1).json()
    assert [each["name"] for each in listed["partners"]] == ["own"]
    assert listed["programme"]["partners"] == 1
    whole = office.get(f"/programmes/{key}", "auditor", as_of="2026-04-30", limit=1).json()
    assert (len(whole["partners"]), whole["not_shown"], whole["programme"]["partners"]) == (1, 1, 2)
    every = office.get("/programmes", as_of="2026-04-30").json()["programmes"]
    assert {"Golden", "Rights"} <= {each["title"] for each in every} | {"Rights"}


def test_bad_questions_are_refused_in_words(office: Office) -> None:
    key, own = office.ids["programmes"], office.ids["own"]
    assert office.get(f"/programmes/{uuid4()}").status_code == 404
    assert office.get(f"/programmes/{key}/partners/{own}").status_code == 404  # no partner
    assert office.get(f"/programmes/{key}/partners/nobody").status_code == 404
    assert office.get(f"/programmes/{key}", periods=0).status_code == 422
    body = {"account": str(own), "period": "2026-Q1", "scores": {}, "evidence": " "}
    assert office.post(f"/programmes/{key}/compliance/score", body).json()["rule"] == "MustNotBeBlank"
    price = [{"key": "price", "text": "Low price", "owed_by": "us", "kind": "price"}]
    answer = office.post("/programmes", {"title": "x", "obligations": price}, "director")
    assert answer.status_code == 422
    assert "delivery" in answer.text


@pytest.fixture
def kams(postgres_url: str, valkey_url: str, tmp_path: Path, fresh_names: Iterator[str]) -> Iterator[CommandLine]:
    for url in new_database(postgres_url, next(fresh_names)):
        made = company_system(url, valkey_url, tmp_path / "home")
        questions.add(made.app)
        yield made


def test_programmes_and_partners_in_the_terminal(kams: CommandLine) -> None:
    assert "No partner programmes recorded" in kams("programmes").err
    assert kams("programmes", "--csv").out.startswith("programme,title,unit,edition,threshold,partners")
    missing = kams("programme", "G-1")
    assert (missing.code, "G-1" in missing.err) == (1, True)
