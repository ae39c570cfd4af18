"""Experiments over HTTP and in the terminal: who may start, record and see what; drawn groups, counted facts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from api.cli import questions
from domain.experiment.drawing import drawn
from tests.api.command_line import CommandLine, company_system
from tests.api.office import Office, open_office
from tests.conftest import new_database

NORTH = {"key": "north", "name": "North", "territories": ["north"]}
EVERY = {"key": "every", "name": "Everybody"}
TEST = {
    "title": "Longer warranty", "offer": "three years", "starts_on": "2026-02-01", "until": "2026-04-30",
    "occurred_at": "2026-02-01",
}  # fmt: skip


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            for number in range(3):
                opened.account(f"north {number}", manager="manager", territory="north")
            opened.account("south 0", manager="colleague", territory="south")
            body = {"segments": [NORTH, EVERY], "occurred_at": "2026-01-06"}
            answer = opened.request("PUT", "/policies/segments", "admin", json=body)
            assert answer.status_code == 200, answer.text
            opened.caught_up()
            yield opened


def start(office: Office, who: str = "director", **more: Any) -> Any:
    office.caught_up()
    return office.post("/experiments", {**TEST, **more}, who)


def begun(office: Office, **more: Any) -> tuple[str, dict[str, Any]]:
    answer = start(office, **more)
    assert answer.status_code == 201, answer.text
    office.caught_up()
    key = answer.json()["id"]
    return key, office.get(f"/experiments/{key}", "admin").json()


def four(office: Office) -> list[str]:
    return [str(office.ids[name]) for name in ("own", "north 0", "north 1", "foreign")]


def test_the_door_draws_from_the_accounts_that_the_asker_may_change(office: Office) -> None:
    key, answer = begun(office, measure="by_hand", segment="every")
    north = [office.ids[name] for name in ("own", "north 0", "north 1", "north 2")]
    group, control = drawn(UUID(key), north, None, None)
    sides = {UUID(each["account"]): each["in_group"] for each in answer["accounts"]}
    assert sides == dict.fromkeys(group, True) | dict.fromkeys(control, False)
    assert (answer["experiment"]["segment"], answer["experiment"]["segment_edition"]) == ("every", 1)


def test_groups_are_not_drawn_while_read_models_lag(office: Office) -> None:
    office.account("late", manager="manager", territory="north")
    refused = office.post("/experiments", {**TEST, "measure": "visits", "segment": "north"}, "director")
    assert (refused.status_code, refused.json()["rule"]) == (503, "NotYetThere")
    office.caught_up()


def test_only_who_directs_starts_and_ends_a_test_with_accounts_that_he_sees(office: Office) -> None:
    sides = {"measure": "by_hand", "group": four(office)[:2], "control": four(office)[2:]}
    assert start(office, "manager", **sides).status_code == 403
    assert start(office, "director", **sides).status_code == 404
    assert start(office, "admin", **sides).status_code == 201
    unknown = start(office, segment="west", measure="visits")
    assert (unknown.status_code, unknown.json()["rule"]) == (409, "SegmentUnknown")


def test_a_manager_records_results_of_his_accounts_and_the_director_concludes(office: Office) -> None:
    own, *others, foreign = four(office)
    third = str(office.ids["north 2"])
    key, _ = begun(office, measure="by_hand", yes_or_no=True, group=[own, others[0]], control=[others[1], third])
    for account, value in ((own, 1), (others[0], 1), (others[1], 0)):
        body = {
            "account": account,
            "value": value,
            "on": "2026-03-01",
            "evidence": "He said so",
            "occurred_at": "2026-03-02",
        }
        assert office.post(f"/experiments/{key}/record-result", body).status_code == 200
    theirs = {"account": foreign, "value": 1, "occurred_at": "2026-03-02"}
    assert office.post(f"/experiments/{key}/record-result", theirs).status_code == 404
    said = {"decision": "adopt", "lessons": "Two are few", "occurred_at": "2026-05-02"}
    assert office.post(f"/experiments/{key}/conclude", said, "manager").status_code == 403
    refused = office.post(f"/experiments/{key}/conclude", said, "director")
    assert (refused.status_code, refused.json()["rule"]) == (409, "TooFewResults")
    last = {"account": third, "value": 0, "occurred_at": "2026-03-02"}
    assert office.post(f"/experiments/{key}/record-result", last).status_code == 200
    assert office.post(f"/experiments/{key}/conclude", said, "director").status_code == 200
    office.caught_up()
    answer = office.get(f"/experiments/{key}").json()
    effect = answer["experiment"]["effect"]
    assert (effect["test"], effect["difference"], effect["p_value"]) == (
        "newcombe_interval_fisher_test", "1.000000", "0.333333",
    )  # fmt: skip
    assert answer["lessons"] == "Two are few"
    assert office.get(f"/experiments/{key}", "forecaster").json()["lessons"] is None
    seen = office.get(f"/experiments/{key}", "colleague").json()
    assert (seen["accounts"], seen["unseen"], seen["experiment"]["effect"]) == ([], 4, effect)
    before = office.get(f"/experiments/{key}", as_of="2026-03-05").json()["experiment"]
    assert (before["status"], before["interim"]) == ("running", True)


def test_what_the_facts_say_is_counted_when_a_test_ends(office: Office) -> None:
    accounts = [*four(office)[:3], str(office.ids["north 2"])]
    key, _ = begun(office, measure="purchases", group=accounts[:2], control=accounts[2:])
    positions = []
    for number, (account, revenue) in enumerate(zip(accounts, ("100", "120", "10", "30"), strict=True)):
        body = {
            "document_no": f"R-{number}",
            "revenue": {"amount": revenue, "currency": "EUR"},
            "occurred_at": "2026-03-03",
        }
        positions.append(office.post(f"/accounts/{account}/purchases/add", body).json()["position"])
    said = {"decision": "repeat", "occurred_at": "2026-05-02"}
    assert office.post(f"/experiments/{key}/conclude", said, "director").status_code == 503
    office.caught_up()
    assert office.post(f"/experiments/{key}/conclude", said, "director").status_code == 200
    office.caught_up()
    answer = office.get(f"/experiments/{key}", "director").json()
    line = answer["experiment"]
    assert (line["effect"]["difference"], line["currency"], line["decision"]) == ("90.000000", "EUR", "repeat")
    assert [(each["value"], each["positions"]) for each in answer["accounts"]] == [
        ("100.00", positions[:1]), ("120.00", positions[1:2]), ("10.00", positions[2:3]), ("30.00", positions[3:]),
    ]  # fmt: skip


def test_a_test_given_up_is_listed(office: Office) -> None:
    key, _ = begun(office, title="Given up", measure="visits", segment="north", group_size=2)
    stopped = office.post(f"/experiments/{key}/stop", {"reason": "too dear", "occurred_at": "2026-02-05"}, "director")
    assert stopped.status_code == 200
    office.caught_up()
    lines = office.get("/experiments", limit=200).json()["experiments"]
    (line,) = [each for each in lines if each["experiment"] == key]
    assert (line["status"], line["reason"], line["group_size"], line["control_size"]) == ("stopped", "too dear", 2, 3)
    assert office.get("/experiments", limit=1).json()["not_shown"] == len(lines) - 1


def test_segments_are_read_by_everybody_with_the_accounts_he_sees(office: Office) -> None:
    office.caught_up()
    north, every = office.get("/segments", "colleague").json()["segments"]
    assert (north["count"], every["count"]) == (0, 2)
    assert {each["name"] for each in every["accounts"]} == {"foreign", "south 0"}
    seen = office.get("/segments", "director").json()["segments"][0]
    assert seen["count"] == len(seen["accounts"])
    assert {each["name"] for each in seen["accounts"]} - {"late"} == {"own", "north 0", "north 1", "north 2"}
    assert office.get("/segments", as_of="2026-01-05").json()["segments"] == []


def test_bad_questions_are_refused(office: Office) -> None:
    assert office.get(f"/experiments/{office.ids['own']}").status_code == 404
    assert office.get("/experiments", limit=0).status_code == 422
    assert office.get("/segments", territory="north").status_code == 422


@pytest.fixture
def kams(database_url: str, valkey_url: str, tmp_path: Path) -> CommandLine:
    with open_office(database_url) as opened:
        for number in range(3):
            opened.account(f"north {number}", manager="manager", territory="north")
        body = {"segments": [NORTH], "occurred_at": "2026-01-06"}
        assert opened.request("PUT", "/policies/segments", "admin", json=body).status_code == 200
        opened.caught_up()
        assert start(opened, measure="visits", segment="north", external_id="T-1").status_code == 201
    line = company_system(database_url, valkey_url, tmp_path / "home")
    questions.add(line.app)
    line.environment["KAMS_KEY"] = opened.keys["admin"]
    return line


def test_the_terminal_shows_experiments_and_segments(kams: CommandLine) -> None:
    listed(kams)
    one_shown(kams)
    segments_listed(kams)


def listed(kams: CommandLine) -> None:
    found = kams("experiments", "--as-of", "2026-03-01", "--json").json["experiments"]
    assert [each["title"] for each in found] == ["Longer warranty", "Longer warranty"]
    shown = kams("experiments", "--as-of", "2026-03-01")
    assert (shown.code, "T-1" in shown.out, "who looks often" in shown.err) == (0, True, True)
    assert kams("experiments", "--as-of", "2026-01-01").err.strip() == "No experiments recorded."
    rows = kams("experiments", "--as-of", "2026-03-01", "--csv").out.splitlines()
    assert (len(rows), rows[0].split(",")[:3]) == (3, ["experiment", "external id", "title"])


def one_shown(kams: CommandLine) -> None:
    answer = kams("experiment", "T-1", "--as-of", "2026-03-01")
    assert answer.code == 0
    assert "Welch" in answer.err
    assert "Before the last day" in answer.err
    assert len(kams("experiment", "T-1", "--csv").out.splitlines()) == 5
    assert "Its last day is over" in kams("experiment", "T-1", "--as-of", "2026-06-01").err
    assert kams("experiment", "nothing").code == 1


def segments_listed(kams: CommandLine) -> None:
    assert "North" in kams("segments").out
    assert [each["count"] for each in kams("segments", "--json").json["segments"]] == [4]
    assert len(kams("segments", "--csv").out.splitlines()) == 5
    assert "No segments defined" in kams("segments", "--as-of", "2026-01-01").err
