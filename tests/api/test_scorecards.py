"""Scorecards, assessing a skill and its history, over HTTP and in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from api.cli import questions
from domain.language.languages import Language, speaking
from domain.member import Member
from domain.opportunity.opportunity import Opportunity
from tests.api.command_line import CommandLine
from tests.api.office import Office, open_office
from tests.conftest import new_database

NOW = datetime(2026, 2, 16, 9, tzinfo=UTC)
Q1 = "2026-Q1"
WHY = "He leads the customer's own project"


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    """The manager, of the north, won his only deal; the colleague of nowhere lost his."""
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url, lambda: NOW) as opened:
            opened.give(Member, opened.members["manager"], "assign_territory", territory="north")
            for whose, who in (("own", "manager"), ("foreign", "colleague")):
                opened.give(Opportunity, opened.ids[f"{whose} deal"], "change_owner", owner=str(opened.members[who]))
            opened.give(Opportunity, opened.ids["own deal"], "win", signed={"amount": "600", "currency": "EUR"})
            opened.give(Opportunity, opened.ids["foreign deal"], "lose")
            opened.caught_up()
            yield opened


def assess(office: Office, by: str, whose: str = "manager", **more: Any) -> Any:
    body = {"dimension": "results", "period": Q1, "level": 3, "reason": WHY, **more}
    return office.post(f"/members/{office.members[whose]}/skills/assess", body, by)


def cards(office: Office, who: str, **asked: Any) -> list[dict[str, Any]]:
    answer = office.get("/scorecards", who, period=Q1, **asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["scorecards"]
    return found


def test_a_manager_sees_himself_a_director_his_people_and_who_reads_everything_all(office: Office) -> None:
    seen = {who: [card["name"].split()[0] for card in cards(office, who)] for who in (*office.keys,)}
    assert seen["admin"] == seen["auditor"] == ["colleague", "manager"]
    assert seen["director"] == seen["manager"] == ["manager"]
    assert seen["colleague"] == ["colleague"]
    assert seen["nobody"] == []
    hidden = office.get("/scorecards", "manager", member=str(office.members["colleague"]))
    assert hidden.status_code == 404


def test_a_scorecard_holds_load_results_and_the_events_behind_them(office: Office) -> None:
    (card,) = cards(office, "manager")
    assert (card["load"]["accounts"], card["results"]["won"], card["results"]["won_amount"]) == (1, 1, "600.00")
    (rate,) = [each for each in card["measures"] if each["measure"] == "win_rate"]
    assert (rate["value"], rate["facts"]) == ("1.0000", 1)
    assert "Opportunity.Won" in office.get("/events", "admin", after=rate["positions"][0] - 1, limit=1).text
    assert {each["dimension"]: each["proposal"]["level"] for each in card["skills"]}["results"] is None  # 1 of 5 facts


def test_a_director_confirms_a_level_beside_what_the_rule_proposes(office: Office) -> None:
    done = assess(office, "director")
    assert done.status_code == 200, done.text
    office.caught_up()
    (standing,) = [each for each in cards(office, "manager")[0]["skills"] if each["dimension"] == "results"]
    assert (standing["confirmed"], standing["confirmed_by"]) == (3, str(office.members["director"]))
    assert standing["position"] == done.json()["position"]
    (line,) = office.get("/skills", "manager").json()["levels"]
    assert (line["level"], line["proposed"], line["reason"], line["stands"]) == (3, None, WHY, True)
    assert line["facts"] >= 1
    assert office.get("/skills", "colleague").json()["levels"] == []
    recorded = office.journal.streams.at([done.json()["position"]])[done.json()["position"]].event
    assert {each.measure.value for each in recorded.computed.measures} >= {"win_rate", "attainment"}
    assert WHY not in str(recorded)


def test_who_is_not_in_charge_assesses_nobody(office: Office) -> None:
    for who, whose, expected in (
        ("manager", "manager", 403),
        ("colleague", "manager", 404),
        ("director", "colleague", 404),
        ("auditor", "manager", 403),
        ("nobody", "manager", 404),
    ):
        assert assess(office, who, whose).status_code == expected, (who, whose)
    assert assess(office, "admin", "colleague").status_code == 200


def test_a_level_without_its_reason_and_an_unknown_one_are_refused(office: Office) -> None:
    told = assess(office, "director", reason=None, level=1).json()
    assert told["rule"] == "ReasonForLevelMissing"
    assert assess(office, "director", level=4).json()["rule"] == "SkillLevelUnknown"
    assert assess(office, "director", period="2030-Q1").json()["rule"] == "AssessedTooEarly"
    assert assess(office, "director", period="soon").json()["rule"] == "PeriodUnknown"
    assert assess(office, "director", dimension="charm").status_code == 422
    assert assess(office, "director", confirmed_by=str(office.members["admin"])).status_code == 422


def test_the_skill_model_is_shown_and_set_by_admins(office: Office) -> None:
    shown = office.get("/policies/skill-model", "manager").json()
    assert shown["dimensions"][0]["name_zh"] == "客户接受程度"
    assert office.request("PUT", "/policies/skill-model", "manager", json=shown).status_code == 403
    shown["dimensions"][4]["rules"] = [{"measure": "win_rate", "level_2": "0.2", "level_3": "0.9"}]
    assert office.request("PUT", "/policies/skill-model", "admin", json=shown).status_code == 200
    office.caught_up()
    after = datetime(2026, 2, 17, tzinfo=UTC).isoformat()
    (card,) = office.get("/scorecards", "manager", period=Q1, as_of=after).json()["scorecards"]
    (standing,) = [each for each in card["skills"] if each["dimension"] == "results"]
    assert (standing["proposal"]["level"], standing["proposal"]["edition"]) == (3, 1)


@pytest.mark.parametrize(("asked", "status"), [({"period": "soon"}, 422), ({"limit": 0}, 422), ({"x": 1}, 422)])
def test_what_cannot_be_asked_is_refused(office: Office, asked: dict[str, Any], status: int) -> None:
    assert office.get("/scorecards", "admin", **asked).status_code == status


def test_the_terminal_shows_one_manager_with_the_measures_behind_his_levels(
    office: Office, valkey_url: str, tmp_path: Path
) -> None:
    kams = CommandLine({"KAMS_DATABASE_URL": office.journal.pool.conninfo, "KAMS_REDIS_URL": valkey_url,
                        "KAMS_HOME": str(tmp_path), "KAMS_KEY": office.keys["admin"]})  # fmt: skip
    questions.add(kams.app)
    asked = ("--period", Q1, "--as-of", "2026-02-16")
    shown = kams("scorecard", *asked, "--member", "manager")
    assert shown.code == 0, shown.err
    assert "win rate" in shown.out
    assert "not enough facts" in shown.out
    with speaking(Language.CHINESE):
        assert "客户内部关系" in kams("scorecard", *asked, "--member", "manager").out
    rows = kams("scorecard", *asked, "--csv").out.splitlines()
    assert rows[0] == "member,name,period,measure,value,facts,level,positions"
    assert len(rows) == 1 + 2 * 13
    assert "No levels of skill" in kams("skills", "--as-of", "2026-01-02").err
    assert kams("scorecard", "--period", "soon").code == 2
    assert kams("scorecard", "--member", "stranger").code == 1
