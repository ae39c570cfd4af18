"""Replay over HTTP and in the terminal."""

from __future__ import annotations

import csv as spreadsheets
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from api.cli import auditing
from api.cli.auditing import walking
from api.cli.fact_words import Words
from api.replay import Replay
from domain.account.account import Account
from domain.visibility import Visibility
from projections.view import Reader
from tests.api.command_line import CommandLine, company_system
from tests.api.office import Office, open_office
from tests.conftest import new_database

REASON = {"reason": "volume"}


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            yield opened


def eur(amount: int) -> dict[str, Any]:
    return {"amount": {"amount": str(amount), "currency": "EUR"}, **REASON}


@pytest.fixture(scope="module")
def deal(office: Office) -> UUID:
    """An opportunity of Nova's: opened in January, revised in March, and, told only now, in February; a stage that was
    recorded by mistake and withdrawn."""
    account = office.ids["Nova"] = office.account("Nova", manager="manager")
    person = {"stakeholder_id": str(UUID(int=7)), "name": "Wang 王", "occurred_at": "2026-01-06"}
    assert office.post(f"/accounts/{account}/stakeholders/add", person).status_code == 200
    body = {"account": str(account), "title": "Pumps", "amount": eur(100)["amount"], "occurred_at": "2026-01-07"}
    made = office.post("/opportunities", {**body, "external_id": "O-1", "process": "plain"}).json()
    key = UUID(made["id"])
    office.ids["revised"] = _position(office, key, "/revise-amount", {**eur(300), "occurred_at": "2026-03-01"})
    office.ids["then"] = office.journal.streams.head()  # type: ignore[assignment]
    office.ids["late"] = _position(office, key, "/revise-amount", {**eur(200), "occurred_at": "2026-02-01"})
    body = {"position": office.ids["revised"], "reason": "typo"}
    office.ids["withdrawal"] = _position(office, key, "/withdraw", body)
    office.caught_up()
    return key


def _position(office: Office, deal: UUID, path: str, body: dict[str, Any]) -> Any:
    answer = office.post(f"/opportunities/{deal}{path}", body)
    assert answer.status_code == 200, answer.text
    return answer.json()["position"]


def replayed(office: Office, who: str = "manager", account: str = "Nova", **asked: Any) -> dict[str, Any]:
    answer = office.get(f"/audit/replay/{office.ids[account]}", who, **asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_replay_goes_event_by_event_with_before_and_after(office: Office, deal: UUID) -> None:
    found = replayed(office, opportunity=str(deal))
    amounts = [
        (step["number"], step["fact"], [(c["before"], c["after"]) for c in step["changes"] if c["path"] == ["amount"]])
        for step in found["steps"]
    ]
    first, second = ({"amount": f"{each}.00", "currency": "EUR"} for each in (100, 200))
    assert amounts == [
        (1, "Opportunity.Opened", [(None, first)]),
        (2, "Opportunity.AmountRevised", [(first, second)]),
        (3, "Opportunity.AmountRevised", []),
        (4, "Opportunity.FactWithdrawn", []),
    ]
    late, revised, withdrawal = found["steps"][1:]
    assert late["late_days"] > 100
    assert (late["reason"], late["actor_name"], late["subject_name"]) == ("volume", "manager 王", "Pumps")
    assert (revised["withdrawn_by"], withdrawal["withdraws"]) == (office.ids["withdrawal"], office.ids["revised"])
    assert withdrawal["text"] == f"taken back: “{revised['text']}”, reason typo"
    assert late["data"]["amount"] == second
    assert (found["count"], found["earlier"], found["learned"]) == (4, None, None)
    (state,) = found["state"]["opportunities"]
    assert (state["title"], state["external_id"], state["amount"]) == ("Pumps", "O-1", second)


def test_the_whole_account_is_replayed_with_its_opportunities(office: Office, deal: UUID) -> None:
    found = replayed(office, as_of="2026-01-31")
    assert [(each["kind"], each["name"], each["facts"]) for each in found["streams"]] == [
        ("account", "Nova", 3),
        ("opportunity", "Pumps", 1),
    ]
    assert [step["fact"] for step in found["steps"]] == [
        "Account.Registered",
        "Account.ManagerAssigned",
        "Account.StakeholderAdded",
        "Opportunity.Opened",
    ]
    assert found["state"]["people"] == [
        {"stakeholder": str(UUID(int=7)), "name": "Wang 王", "title": "", "forgotten": False}
    ]
    assert found["state"]["manager_name"] == "manager 王"


def test_pages_lead_back_and_single_steps_to_both_sides(office: Office, deal: UUID) -> None:
    whole = replayed(office)
    last = replayed(office, limit=2)
    assert last["steps"] == whole["steps"][-2:]
    before = replayed(office, limit=2, before=last["earlier"])
    assert before["steps"] == whole["steps"][-4:-2]
    assert before["state"] == replayed(office, step=before["steps"][-1]["number"])["state"]
    middle = replayed(office, step=3)
    assert (middle["steps"], middle["previous"], middle["next"]) == (whole["steps"][2:3], 2, 4)
    assert (replayed(office, step=1)["previous"], replayed(office, step=whole["count"])["next"]) == (None, None)
    too_far = office.get(f"/audit/replay/{office.ids['Nova']}", step=99)
    assert (too_far.status_code, "from 1 to 7" in too_far.text) == (422, True)
    assert office.get(f"/audit/replay/{office.ids['Nova']}", before=1).status_code == 422


def test_known_then_stands_beside_known_now_with_the_facts_that_make_the_difference(office: Office, deal: UUID) -> None:
    found = replayed(office, as_of="2026-03-31", known_at=office.ids["then"], opportunity=str(deal))
    assert [step["position"] for step in found["steps"]][-1] == office.ids["revised"]
    (changed,) = found["learned"]["different"]
    money = [{"amount": f"{each}.00", "currency": "EUR"} for each in (300, 200)]
    assert changed["changes"] == [{"path": ["amount"], "before": money[0], "after": money[1]}]
    (late,), (gone,), (by,) = (found["learned"][name] for name in ("late", "withdrawn", "by"))
    assert (late["position"], gone["position"]) == (office.ids["late"], office.ids["revised"])
    assert (by["position"], by["reason"], by["actor_name"]) == (office.ids["withdrawal"], "typo", "manager 王")
    assert gone["changes"][0]["after"] == money[0]
    as_it_was = replayed(office, known_at=office.ids["then"], opportunity=str(deal))
    assert as_it_was["as_of"] == as_it_was["known_at"]["at"]
    same = replayed(office, known_at=office.ids["withdrawal"])["learned"]
    assert (same["different"], same["late"], same["withdrawn"]) == ([], [], [])


def test_who_sees_the_account_replays_it_and_nobody_else(office: Office, deal: UUID) -> None:
    path = f"/audit/replay/{office.ids['Nova']}"
    statuses = {who: office.get(path, who).status_code for who in ("manager", "auditor", "admin", "colleague")}
    assert statuses == {"manager": 200, "auditor": 200, "admin": 200, "colleague": 404}
    assert replayed(office, "forecaster")["state"]["people"][0]["name"] is None
    assert office.get(f"/audit/replay/{office.ids['own']}", opportunity="O-1").status_code == 404
    assert office.get("/audit/replay/nobody").status_code == 404


def test_a_merged_account_is_replayed_with_what_it_goes_on_in(office: Office) -> None:
    first, second = (office.account(name, manager="manager") for name in ("Nova Berlin", "Nova AG"))
    office.opportunity(first, "Valves")
    office.give(Account, first, "merge", into=str(second), reason="one customer")
    office.caught_up()
    office.ids["survivor"] = second
    found = replayed(office, account="survivor")
    assert found["merged_with"] == [str(first)]
    assert [(each["kind"], each["name"]) for each in found["streams"]] == [
        ("account", "Nova AG"),
        ("account", "Nova Berlin"),
        ("opportunity", "Valves"),
    ]
    (merge,) = [step for step in found["steps"] if step["fact"] == "Account.AccountsMerged"]
    assert (merge["subject_name"], merge["reason"]) == ("Nova Berlin", "one customer")
    assert merge["changes"][0]["path"] == ["merged"]
    assert [each["title"] for each in found["state"]["opportunities"]] == ["Valves"]
    assert found["state"]["profile"]["name"] == "Nova AG"


def test_a_name_whose_key_is_destroyed_is_shown_to_nobody(office: Office) -> None:
    account = office.ids["forgetting"] = office.account("Lethe", manager="manager")
    person = {"stakeholder_id": str(UUID(int=9)), "name": "Li Lei", "occurred_at": "2026-01-06"}
    assert office.post(f"/accounts/{account}/stakeholders/add", person).status_code == 200
    office.caught_up()
    assert "Li Lei" in str(replayed(office, account="forgetting"))
    with office.journal.pool.connection() as connection:
        connection.execute("delete from person_keys where key = %s", (UUID(int=9),))
    office.journal.people.forget_cached()
    found = replayed(office, account="forgetting")
    assert "Li Lei" not in str(found)
    assert [step["fact"] for step in found["steps"]][-1] == "Account.StakeholderAdded"
    assert found["state"]["people"][0]["name"] is None


# --- in the terminal


@pytest.fixture
def kams(postgres_url: str, valkey_url: str, tmp_path: Path, fresh_names: Iterator[str]) -> Iterator[CommandLine]:
    for url in new_database(postgres_url, next(fresh_names)):
        made = company_system(url, valkey_url, tmp_path / "home")
        auditing.add(made.app)
        named = ["--set", "name=Nova", "--set", "external_id=A-1"]
        made("command", "account", "new", "register", *named, "--on", "2025-01-01")
        made("command", "account", "A-1", "change_profile", "--set", "industry=pumps", "--on", "2025-03-01")
        made("command", "account", "A-1", "change_profile", "--set", "country=CN", "--on", "2025-02-01")
        yield made


def test_a_replay_in_the_terminal(kams: CommandLine) -> None:
    shown = kams("audit", "replay", "A-1")
    assert shown.code == 0, shown.err
    assert "profile · country – → CN" in shown.out
    assert "recorded " in shown.out
    one = kams("audit", "replay", "A-1", "--step", "2")
    assert "Nova: step 2 of 3" in one.out
    assert "Beside it: --step 1, --step 3" in one.err
    assert "Nova: step 3 of 3" in kams("audit", "replay", "A-1", "--step").out
    assert kams("audit", "replay", "A-1", "--step", "--json").json["steps"][0]["number"] == 3
    assert kams("audit", "replay", "A-1", "--step", "2", "--json").json["next"] == 3
    assert kams("audit", "replay", "A-1", "--step", "9").code == 2
    earlier = kams("audit", "replay", "A-1", "--limit", "1")
    assert "Earlier steps: --before" in earlier.err
    rows = list(spreadsheets.DictReader(io.StringIO(kams("audit", "replay", "A-1", "--csv").out)))
    assert [(row["step"], row["path"], row["after"]) for row in rows] == [
        ("1", "profile.name", "Nova"),
        ("1", "external_id", "A-1"),
        ("2", "profile.country", "CN"),
        ("3", "profile.industry", "pumps"),
    ]
    assert kams("audit", "replay", "nobody").code == 1


def test_known_then_against_now_in_the_terminal(kams: CommandLine) -> None:
    then = kams("audit", "replay", "A-1", "--json").json["steps"][2]["position"]
    shown = kams("audit", "replay", "A-1", "--known-at", str(then), "--as-of", "2025-12-31").out
    assert "Came late" in shown
    assert "Nova" in shown.partition("Known at")[2]
    assert "Nothing became known" in kams("audit", "replay", "A-1", "--known-at", str(then + 1)).out
    nothing = kams("audit", "replay", "A-1", "--known-at", "1", "--as-of", "2025-12-31").out
    assert "Nothing of it was recorded by then." in nothing
    assert "Came late" in nothing


def test_keys_walk_forward_and_back_and_stop_at_both_ends() -> None:
    keys = ["p", "p", "p", "n", "\x1b[F", "\x1b[C", "\x1b[H", "\x1b[D", "x", "\x1b[6~", "\x1b[5~"]
    number, way = 3, []
    for key in keys:
        number = walking.after(key, number, 3)
        way.append(number)
    assert way == [2, 1, 1, 2, 3, 3, 1, 1, 1, 3, 1]
    assert walking.after("n", 0, 0) == 0


def test_walking_shows_each_step_its_changes_and_the_state(
    office: Office, deal: UUID, capsys: pytest.CaptureFixture[str]
) -> None:
    reader, december = Reader(office.journal, office.engine), datetime(2026, 12, 1, tzinfo=UTC)
    with reader.view(Visibility.whole(), as_of=december) as view:
        found = Replay(office.journal, view, office.ids["Nova"], office.journal.people.open, opportunity=deal)
    pressed = iter(["\x1b[H", "g", "g", "q"])
    stated = iter([str(office.ids["late"]), "77777"])
    words = Words(found.teller.names, found.teller.stages, "Asia/Shanghai")
    walking._walk(found, words, lambda: next(pressed), lambda: next(stated))
    shown = capsys.readouterr().out
    assert [f"step {n} of 4" in shown for n in range(1, 5)] == [True, True, False, True]
    assert "amount  100.00 EUR  200.00 EUR" in shown
    assert "No fact of this replay has the position 77777." in shown
