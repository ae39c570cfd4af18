"""Buying behaviour over HTTP and in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from api.cli import questions
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


def test_buying_behaviour_over_http(office: Office) -> None:
    acme = office.account("Buyers", manager="manager")
    for number, day in enumerate(("2026-01-10", "2026-01-20", "2026-02-04"), start=1):
        body = {"document_no": f"R-{number}", "revenue": money("50.00"), "product_line": "pumps", "occurred_at": day}
        assert office.post(f"/accounts/{acme}/purchases/add", body).status_code == 200
    paid = {"invoice_no": "I-1", "amount": money("50.00"), "due_on": "2026-02-01", "paid_on": "2026-02-05"}
    assert office.post(f"/accounts/{acme}/payments/add", {**paid, "occurred_at": "2026-02-05"}).status_code == 200
    office.caught_up()
    answer = office.get("/buying-behaviour", account=str(acme), as_of="2026-02-14", **{"from": "2026-01-01"})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["from_day"], told["to_day"], told["currency"]) == ("2026-01-01", "2026-02-14", "EUR")
    (one,) = told["accounts"]
    assert (one["revenue"], one["mix"][0]["product_line"], one["rhythm"]["median_days"]) == ("150.00", "pumps", 12.5)
    assert (one["payments"]["on_time_share"], one["payments"]["mean_days_late"]) == (0.0, 4.0)
    middle = office.get("/buying-behaviour", account=str(acme), as_of="2026-01-12").json()
    assert middle["accounts"][0]["revenue"] == "50.00"
    seen = [each["name"] for each in office.get("/buying-behaviour").json()["accounts"]]
    assert seen == sorted(seen, key=lambda name: name != "Buyers")
    assert office.get("/buying-behaviour", **{"from": "2027-01-01"}, as_of="2026-02-14").status_code == 422


def test_a_payment_in_a_currency_without_a_rate_is_refused_over_http(office: Office) -> None:
    acme = office.account("Payers", manager="manager")
    paid = {"invoice_no": "I-1", "amount": money("50", "JPY"), "due_on": "2026-02-01", "occurred_at": "2026-02-05"}
    refused = office.post(f"/accounts/{acme}/payments/add", paid)
    assert (refused.status_code, refused.json()["rule"]) == (409, "RateMissing")
    assert "no exchange rate for JPY" in refused.json()["detail"]
    assert office.post(f"/accounts/{acme}/payments/add", {**paid, "amount": money("50")}).status_code == 200
    again = office.post(f"/accounts/{acme}/payments/add", {**paid, "amount": money("50")})
    assert (again.status_code, again.json()["rule"]) == (409, "AlreadyClaimed")


@pytest.fixture
def kams(postgres_url: str, valkey_url: str, tmp_path: Path, fresh_names: Iterator[str]) -> Iterator[CommandLine]:
    for url in new_database(postgres_url, next(fresh_names)):
        made = company_system(url, valkey_url, tmp_path / "home")
        questions.add(made.app)
        yield made


def test_buying_behaviour_in_the_terminal(kams: CommandLine) -> None:
    assert "No accounts." in kams("buying", "--no-wait").err
    acme = str(uuid4())
    kams("command", "account", acme, "register", "--set", "name=Acme", "--set", "external_id=A-1", "--on", "2026-01-01")
    for command in (
        ["purchases.add", "--set", "document_no=R-1", "--set", 'revenue={"amount":"80","currency":"EUR"}'],
        ["payments.add", "--set", "invoice_no=I-1", "--set", 'amount={"amount":"80","currency":"EUR"}',
         "--set", "due_on=2026-03-01"],
    ):  # fmt: skip
        given = kams("command", "account", acme, *command, "--on", "2026-02-01")
        assert given.code == 0, given.err
    shown = kams("buying", "A-1", "--as-of", "2026-03-31", "--from", "2026-01-01")
    assert shown.code == 0, shown.err
    for text in ("80.00", "(none stated)", "overdue 80.00 (up to 30 days)"):
        assert text in shown.out
    assert kams("buying", "--json", "--as-of", "2026-03-31").json["accounts"][0]["revenue"] == "80.00"
    assert kams("buying", "--csv").out.startswith("account,name,revenue")
    assert kams("buying", "--from", "soon").code == 2
