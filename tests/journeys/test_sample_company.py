"""One story per kind of user, through the command, on the sample company."""

from decimal import Decimal
from pathlib import Path

from tests.journeys.conftest import Kams, run

ADDED = ("start", "new", "reopened", "increased", "moved_in", "revalued")
TAKEN = ("decreased", "moved_out", "lost", "disqualified", "won")


def only_account(answer: dict) -> dict:
    (account,) = answer["accounts"]
    return account


def test_a_manager_sees_a_relationship_cool_and_what_rescued_it(kams: Kams) -> None:
    cold = only_account(kams("health", "--account", "A-01", "--as-of", "2025-10-15"))
    warm = only_account(kams("health", "--account", "A-01", "--as-of", "2026-10-31"))
    assert (cold["band"], warm["band"]) == ("red", "green")
    contact = next(part for part in cold["components"] if part["name"] == "contact")
    assert contact["positions"]
    assert "days ago" in contact["reason"]
    moved = kams("health", "--account", "A-01", "--as-of", "2026-10-31", "--since", "2025-10-15")
    assert "contact" in {part["name"] for part in only_account(moved)["components"]}


def test_a_manager_sees_who_was_there_on_a_past_day(kams: Kams) -> None:
    def people(day: str) -> set[str]:
        return {person["name"] for person in kams("account", "A-01", "--as-of", day)["people"]}

    assert "沈国梁" in people("2025-05-29")
    assert "沈国梁" not in people("2025-05-31")
    assert "Katharina Voss" in people("2025-09-30") - people("2025-05-31")


def test_a_forecaster_compares_what_was_forecast_with_what_came(kams: Kams) -> None:
    early = kams("forecast", "--period", "2026-Q3", "--as-of", "2026-07-31")
    late = kams("forecast", "--period", "2026-Q3", "--as-of", "2026-10-31")
    assert Decimal(early["closed"]) < Decimal(late["closed"])
    by_territory = kams("forecast", "--period", "2026-Q3", "--as-of", "2026-10-31", "--by", "territory")
    assert sum(Decimal(group["closed"]) for group in by_territory["groups"]) == Decimal(late["closed"])
    assert {group["name"] for group in by_territory["groups"]} >= {"Nordics"}


def test_a_director_sees_what_became_of_the_open_amount_to_the_cent(kams: Kams) -> None:
    bridge = kams("funnel", "--bridge", "--from", "2026-06-30", "--to", "2026-09-30")
    there = sum(Decimal(bridge[step]) for step in ADDED) - sum(Decimal(bridge[step]) for step in TAKEN)
    assert there == Decimal(bridge["end"])
    funnel = kams("funnel", "--as-of", "2026-09-30")
    assert sum(Decimal(stage["amount"]) for stage in funnel["stages"]) == Decimal(bridge["end"])
    assert all(item["positions"] for item in bridge["items"] if item["kind"] != "revalued")


def test_an_auditor_tells_what_was_known_then_from_what_is_known_now(kams: Kams) -> None:
    def amount(*options: str) -> Decimal:
        answer = kams("funnel", "--account", "A-01", "--as-of", "2026-10-25", *options)
        return sum((Decimal(stage["amount"]) for stage in answer["stages"]), Decimal())

    before = amount()
    known = kams("funnel", "--account", "A-01")["known_at"]["position"]
    change = ("--set", "amount.amount=2500000", "--set", "amount.currency=CNY", "--on", "2026-10-20")
    recorded = kams("command", "opportunity", "O-LH-3", "revise_amount", *change)
    assert recorded["position"] == known + 1
    assert amount() == Decimal(2_500_000)
    assert amount("--known-at", str(known)) == before != amount()
    taken_back = kams(
        "command",
        "opportunity",
        "O-LH-3",
        "withdraw",
        "--set",
        f"position={recorded['position']}",
        "--set",
        "reason=typo",
    )
    assert amount() == before
    assert amount("--known-at", str(taken_back["position"] - 1)) == Decimal(2_500_000)


def test_an_auditor_has_the_read_models_folded_again_and_nothing_differs(kams: Kams) -> None:
    assert [rebuilt["differing"] for rebuilt in kams("projections", "rebuild", "funnel")] == [0]


def test_a_refused_command_names_the_rule_and_ends_with_one(sample_home: Path) -> None:
    refused = run(sample_home, "command", "opportunity", "O-LH-2", "advance", "--set", "to=winnable", code=1)
    assert "reopen" in refused.stderr
    assert refused.stdout == ""
