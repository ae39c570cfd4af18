"""A golden-key partner (金钥匙合作伙伴) on the command line: from enrolment over five quarters to its leaving, with its
standing as of each quarter's end."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.api.command_line import Answer, CommandLine, company_that_lived, done, give
from tests.conftest import Addresses

COMPANY = 'name = "Werke"\ncurrency = "EUR"\ntime_zone = "Asia/Shanghai"\n'
TERMS = {
    "title": "Golden key",
    "external_id": "G-1",
    "threshold": "65",
    "obligations": [
        {"key": "delivery", "text": "In time and complete", "owed_by": "us", "kind": "delivery", "weight": "60",
         "threshold": "80", "measured_by": "delivery notes"},
        {"key": "training", "text": "Two trainings", "owed_by": "us", "kind": "training", "weight": "40"},
        {"key": "stock", "text": "Thirty days in stock", "owed_by": "partner", "kind": "stock", "weight": "3"},
        {"key": "no-poaching", "text": "No poaching of small customers", "owed_by": "partner", "kind": "no_poaching"},
    ],
    "rewards": [
        {"key": "sign", "text": "The golden sign", "from_score": "80"},
        {"key": "trip", "text": "A journey", "from_score": "95"},
    ],
}  # fmt: skip
ACCOUNTS = {"A-1": uuid4(), "A-2": uuid4()}
QUARTERS = {
    "2025-Q2": ("2025-07-03", (90, 80, 90, 70)),
    "2025-Q3": ("2025-10-05", (85, 70, 80, 60)),
    "2025-Q4": ("2026-01-08", (70, 60, 50, 60)),
    "2026-Q1": ("2026-04-07", (90, 70, 40, 60)),
}
"""When each was scored, and the scores in the order of the terms."""


@pytest.fixture(scope="module")
def kams(
    embedded_addresses: Addresses, tmp_path_factory: pytest.TempPathFactory, fresh_names: Iterator[str]
) -> Iterator[CommandLine]:
    folder = tmp_path_factory.mktemp("partner")
    yield from company_that_lived(embedded_addresses, next(fresh_names), folder, live_through)


def of(kams: CommandLine, command: str, on: str, **fields: str) -> Answer:
    named = {key: str(ACCOUNTS.get(value, value)) for key, value in fields.items()}
    return give(kams, "programme", "G-1", command, on, **named)


def scored(kams: CommandLine, period: str, on: str, scores: tuple[int, ...], **more: str) -> Answer:
    keys = [each["key"] for each in TERMS["obligations"]]  # type: ignore[index]
    stated = {f"scores.{key}": str(score) for key, score in zip(keys, scores, strict=True)}
    return of(kams, "compliance.score", on, account="A-1", period=period, evidence="counts and notes", **stated, **more)


def live_through(kams: CommandLine) -> None:
    done(kams("company", "set", "-", "--on", "2025-01-01", given=COMPANY))
    for external_id, name, kind in (("A-1", "Huarui Steel", "wholesaler"), ("A-2", "Corner Shop", "retailer")):
        register = ("command", "account", str(ACCOUNTS[external_id]), "register", "--on", "2025-01-02")
        stated = ("--set", f"name={name}", "--set", f"external_id={external_id}", "--set", f"kind={kind}")
        done(kams(*register, *stated))
    wang = ("--set", f"stakeholder_id={uuid4()}", "--set", "name=Wang Jun", "--set", "external_id=P-1")
    done(kams("command", "account", "A-1", "stakeholders.add", *wang, "--on", "2025-01-02"))
    opening = ("command", "programme", "new", "open", "--file", "-", "--on", "2025-04-01")
    done(kams(*opening, given=json.dumps(TERMS)))
    member = kams("members", "list", "--json").json["members"][0]["member"]
    agreed = {"member": member, "agreement": "Wang Jun, over dinner"}
    done(of(kams, "partners.enrol", "2025-04-02", account="A-1", **agreed))
    amount = '{"amount": "1000", "currency": "EUR"}'
    for number, on in enumerate(("2025-05-05", "2025-08-05", "2026-02-05"), start=1):
        sent = {"account": "A-1", "document_no": f"D-{number}", "what": "valves", "amount": amount}
        done(of(kams, "network.serve", on, **sent, customer_name="Old Li's workshop"))
    done(of(kams, "network.serve", "2025-06-01", account="A-1", document_no="D-9", what="pumps", customer="A-2"))
    for period, (on, scores) in QUARTERS.items():
        done(scored(kams, period, on, scores))
        if period == "2025-Q2":
            done(of(kams, "rewards.grant", "2025-07-20", account="A-1", reward="sign", period=period))
    done(of(kams, "partners.leave", "2026-05-15", account="A-1", reason="sold to a competitor's wholesaler"))


def partner(kams: CommandLine, as_of: str, *more: str) -> Any:
    asked = done(kams("programme", "G-1", "--partner", "A-1", "--as-of", as_of, "--json", *more)).json
    return asked["partner"]


def test_it_stands_otherwise_at_the_end_of_each_quarter(kams: CommandLine) -> None:
    found = {}
    for day in ("2025-06-30", "2025-09-30", "2025-12-31", "2026-03-31", "2026-06-30"):
        one = partner(kams, day)
        newest = one["periods"][0] if one["periods"] else {"partner": None, "us": None, "due": []}
        found[day] = (one["state"], one["trend"], newest["partner"], newest["us"], one["network"]["served"])
    assert found == {
        "2025-06-30": ("unscored", "unknown", None, None, 2),
        "2025-09-30": ("kept", "unknown", "85.00", "86.00", 3),
        "2025-12-31": ("kept", "falling", "75.00", "79.00", 3),
        "2026-03-31": ("below", "falling", "52.50", "66.00", 4),
        "2026-06-30": ("left", "falling", "45.00", "82.00", 4),
    }


def test_a_reward_is_due_until_it_is_granted_and_none_is_granted_below_its_score(kams: CommandLine) -> None:
    assert partner(kams, "2025-07-10")["periods"][0]["due"] == ["sign"]
    (period,) = partner(kams, "2025-07-31")["periods"]
    assert (period["due"], [each["reward"] for each in period["rewards"]]) == ([], ["sign"])
    refused = of(kams, "rewards.grant", "2025-10-10", account="A-1", reward="trip", period="2025-Q3")
    assert refused.code == 1
    assert "75.00 and trip is from 95 on: state a reason" in refused.err


def test_its_fall_is_found_and_our_broken_obligation_too(kams: CommandLine) -> None:
    def rules(as_of: str) -> dict[str, str]:
        lines = done(kams("findings", "--as-of", as_of, "--json")).json["findings"]
        return {each["rule"]: each["text"] for each in lines if each["account"] == each["subject"]}

    assert "partner_below_threshold" not in rules("2026-02-01")
    assert rules("2026-02-01")["our_obligation_broken"] == "we broke delivery of Golden key in 2025-Q4"
    fallen = "below the threshold of Golden key in 2025-Q4 (52.50), 2026-Q1 (45.00)"
    assert rules("2026-04-30")["partner_below_threshold"] == fallen
    assert not {"partner_below_threshold", "our_obligation_broken"} & rules("2026-06-30").keys()


def test_whom_it_reached_and_why_it_left_is_told(kams: CommandLine) -> None:
    one = partner(kams, "2026-06-30")
    assert (one["left_on"], one["leaving_reason"]) == ("2026-05-15", "sold to a competitor's wholesaler")
    reached = [(each["name"], each["served"], each["amount"], each["unvalued"]) for each in one["downstream"]]
    assert reached == [("Old Li's workshop", 3, "3000.00", 0), ("Corner Shop", 1, "0.00", 1)]
    assert one["unscored"] == []
    late = scored(kams, "2026-Q3", "2026-10-05", (90, 90, 90, 90))
    assert (late.code, "2025-04-02 – 2026-05-15" in late.err) == (1, True)


def test_people_read_tables_and_machines_lines(kams: CommandLine) -> None:
    shown = done(kams("programme", "Golden key", "--as-of", "2026-04-30"))
    for text in ("Golden key", "In time and complete", "The golden sign", "Huarui Steel", "below threshold", "falling"):
        assert text in shown.out
    one = done(kams("programme", "G-1", "--partner", "Huarui Steel", "--as-of", "2026-04-30"))
    for text in (
        "2025-Q2",
        "85.00",
        "stock",
        "sign",
        "Old Li's workshop",
        "No poaching of small customers",
    ):
        assert text in one.out
    rows = [*csv.DictReader(io.StringIO(done(kams("programme", "G-1", "--csv", "--as-of", "2026-04-30")).out))]
    assert [(row["account"], row["standing"], row["partner score"]) for row in rows] == [
        ("A-1", "below threshold", "45.00")
    ]
    lines = done(kams("programme", "G-1", "--partner", "A-1", "--periods", "2", "--csv", "--as-of", "2026-04-30")).out
    assert [row["period"] for row in csv.DictReader(io.StringIO(lines))] == ["2026-Q1", "2025-Q4"]
    listed = done(kams("programmes", "--as-of", "2026-04-30"))
    assert "Golden key" in listed.out


def test_a_score_recorded_after_the_leaving_for_a_quarter_before_it_counts_from_then_on(kams: CommandLine) -> None:
    before = partner(kams, "2026-09-01")["periods"]
    done(scored(kams, "2026-Q2", "2026-08-01", (90, 90, 100, 100), **{"documents.stock": "count 12"}))
    after = partner(kams, "2026-09-01")["periods"]
    assert [each["period"] for each in after] == ["2026-Q2", *(each["period"] for each in before)]
    assert (after[0]["partner"], after[0]["due"]) == ("100.00", ["sign", "trip"])
    position = after[0]["positions"][0]
    assert partner(kams, "2026-09-01", "--known-at", str(position - 1))["periods"] == before
