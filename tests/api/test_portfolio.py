"""The portfolio over HTTP: scores, key status within the model's limit, the ranking, and why a customer is key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.api.office import Office, open_office
from tests.conftest import new_database

CRITERIA = [
    {"key": "closeness", "name": "Closeness", "group": "attractiveness", "weight": 20},
    {"key": "sales", "name": "Sales", "group": "potential", "weight": "50.5"},
    {"key": "prospects", "name": "Prospects", "group": "relationship", "weight": 29.5},
]
MODEL = {
    "key": "key-accounts",
    "name": "Ours",
    "objective": "revenue of three years",
    "criteria": CRITERIA,
    "thresholds": [{"measure": "overall", "at_least": 6}],
    "portfolio_limit": 15,
}
SCORES = {"closeness": 7, "sales": "8.5", "prospects": 6}
GRANT = {"relationship_type": "partner", "justification": "a fifth of our margin"}


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            answer = opened.request("PUT", "/policies/selection-model/key-accounts", "admin", json=MODEL)
            assert answer.status_code == 200, answer.text
            yield opened


def given(office: Office, account: UUID, name: str, body: dict[str, Any], **headers: str) -> Any:
    return office.post(f"/accounts/{account}/standing/{name}", body, **headers)


def test_a_model_is_a_document_with_weights_in_the_shape_in_which_it_is_set(office: Office) -> None:
    shown = office.get("/policies/selection-model/key-accounts").json()
    assert [each["weight"] for each in shown["criteria"]] == ["20", "50.5", "29.5"]
    again = office.request("PUT", "/policies/selection-model/key-accounts", "admin", json=shown)
    assert (again.status_code, again.json()["positions"]) == (200, [])
    assert office.get("/policies/selection-model/elsewhere").status_code == 404
    wrong = office.request("PUT", "/policies/selection-model/key-accounts", "admin", json={**MODEL, "objective": " "})
    assert (wrong.status_code, wrong.json()["rule"]) == (409, "ObjectiveBlank")


def test_an_account_is_scored_granted_ranked_and_asked_about(office: Office) -> None:
    account = office.account("Huarui Steel", manager="manager")
    unknown = given(office, account, "score", {"scores": {**SCORES, "charm": 1}})
    assert (unknown.status_code, unknown.json()["rule"]) == (409, "CriterionUnknown")
    assert "it scores: closeness, sales, prospects" in unknown.json()["detail"]
    early = given(office, account, "grant", GRANT)
    assert (early.status_code, early.json()["rule"]) == (409, "OverrideMissing")
    assert given(office, account, "score", {"scores": SCORES}).status_code == 200
    granted = given(office, account, "grant", GRANT, idempotency_key="grant-1")
    assert granted.status_code == 200, granted.text
    office.caught_up()
    told = office.get("/portfolio").json()
    assert (told["model"], told["objective"], told["method"]) == ("key-accounts", MODEL["objective"], "weighted")
    assert (told["portfolio_limit"], told["key_accounts"]) == (15, 1)
    line = told["customers"][0]
    assert (line["name"], line["rank"], line["score"]["totals"]["overall"]) == ("Huarui Steel", 1, "7.4625")
    assert (line["status"]["relationship_type"], line["status"]["justified"]) == ("partner", True)
    assert {each["name"] for each in told["customers"]} == {"Huarui Steel", "own"}
    why = office.get(f"/accounts/{account}/portfolio").json()
    assert [each["justification"] for each in why["history"]] == ["a fifth of our margin"]
    assert [each["score"] for each in why["criteria"]] == ["7", "8.5", "6"]
    assert office.get(f"/accounts/{office.ids['foreign']}/portfolio").status_code == 404
    assert office.get("/portfolio", reviews_due=True).json()["customers"] == []
    assert office.get("/portfolio", method="abc").json()["method"] == "abc"
    assert office.get("/portfolio", method="magic").status_code == 422
    unknown = office.get("/portfolio", model="elsewhere")
    assert (unknown.status_code, unknown.json()["rule"]) == (422, "SelectionModelUnknown")


def test_beyond_the_limit_of_the_company_a_grant_states_its_reason_whether_rows_are_up_to_date_or_not(
    office: Office,
) -> None:
    others = [office.account(f"Other {n}", manager="colleague" if n % 2 else "manager") for n in range(16)]
    body = {**GRANT, "override": "known for years"}
    held = office.get("/portfolio").json()["key_accounts"]
    for n, account in enumerate(others[: 15 - held]):
        who = "colleague" if n % 2 else "manager"
        assert office.post(f"/accounts/{account}/standing/grant", body, who).status_code == 200
    last = others[14]
    refused = given(office, last, "grant", body)
    assert (refused.status_code, refused.json()["rule"]) == (409, "PortfolioFull")
    assert (
        "15 key accounts, and the selection model key-accounts limits the portfolio to 15" in refused.json()["detail"]
    )
    reasoned = {**body, "portfolio_reason": "two will leave this year"}
    key = str(uuid4())
    first = given(office, last, "grant", reasoned, idempotency_key=key)
    assert first.status_code == 200, first.text
    office.caught_up()
    assert given(office, last, "grant", reasoned, idempotency_key=key).json()["repeated"] is True
    assert office.get("/portfolio").json()["key_accounts"] == 16
    assert given(office, last, "withdraw", {"reason": "left"}).status_code == 200
    refused = given(office, last, "grant", {**body, "key_accounts": 0})
    assert refused.status_code == 422
    assert given(office, others[0], "withdraw", {"reason": "left"}).status_code == 200
    assert given(office, last, "grant", body).status_code == 200


def test_keeping_a_key_account_states_what_we_change(office: Office) -> None:
    account = office.account("Kept", manager="manager")
    assert given(office, account, "grant", {**GRANT, "override": "known", "portfolio_reason": "x"}).status_code == 200
    silent = given(office, account, "review", {"decision": "keep", "justification": "still a fifth"})
    assert (silent.status_code, silent.json()["rule"]) == (409, "ImprovementBlank")
    unjustified = given(office, account, "review", {"decision": "keep", "justification": " ", "improvement": "prices"})
    assert (unjustified.status_code, unjustified.json()["rule"]) == (409, "JustificationBlank")
    told = {"decision": "keep", "justification": "still a fifth", "improvement": "answer within a day"}
    assert given(office, account, "review", told).status_code == 200
