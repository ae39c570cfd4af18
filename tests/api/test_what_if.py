"""What-if at the doors: the same by HTTP and in the terminal; wrong suppositions are named; nothing is recorded."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.cli.embedded import Addresses
from api.cli.questions import what_if
from domain.account.account import Account
from domain.opportunity.opportunity import Opportunity
from tests.api.command_line import CommandLine
from tests.api.office import Office, open_office
from tests.conftest import new_database
from tests.projections.test_whatif import checksums

NEVER_CHANGED_BY_READING = {"access_log", "key_uses", "snapshots", "workers", "leases", "timers"}


@dataclass
class Desk:
    """An office and its terminal."""

    office: Office
    terminal: CommandLine
    url: str

    def ask(self, question: str, *overrides: dict[str, Any], **more: Any) -> Any:
        """A what-if over HTTP, as an auditor."""
        body = {"question": question, "overrides": list(overrides), **more}
        answer = self.office.request("POST", "/what-if", "auditor", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def kams(self, *words: str, code: int = 0) -> Any:
        """A what-if in the terminal."""
        done = self.terminal("whatif", *words, KAMS_KEY=self.office.keys["auditor"])
        assert done.code == code, done.out + done.err
        return done


@pytest.fixture(scope="module")
def desk(
    postgres_url: str,
    fresh_names: Iterator[str],
    tmp_path_factory: pytest.TempPathFactory,
    embedded_addresses: Addresses,
) -> Iterator[Desk]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as office:
            deal, account = office.ids["own deal"], office.ids["own"]
            office.give(Account, account, "visits.log", visit_id="0197b1a6-0000-7000-8000-000000000001")
            for number in range(1, 6):
                answer = {"question": str(number), "answer": "yes" if number < 5 else "unknown"}
                office.give(Opportunity, deal, "qualification.answer", **answer, evidence="they said so")
            office.give(Opportunity, deal, "advance", to="confirmed")
            office.caught_up()
            home = tmp_path_factory.mktemp("home")
            line = CommandLine(
                {
                    "KAMS_HOME": str(home),
                    "KAMS_DATABASE_URL": url,
                    "KAMS_REDIS_URL": embedded_addresses.redis_url,
                    "KAMS_KEY": "",
                }
            )
            what_if.add(line.app)
            yield Desk(office, line, url)


@pytest.fixture
def slower(tmp_path: Path) -> Path:
    """A service policy under which contacts cool slowly."""
    file = tmp_path / "service.toml"
    file.write_text("[contact_half_life_days]\nnone = 1800\nordinary = 1\npartner = 1\nstrategic = 1\n")
    return file


SLOWER = {"contact_half_life_days": {"none": 1800, "ordinary": 1, "partner": 1, "strategic": 1}}


def test_health_is_shown_side_by_side_by_both_doors_and_nothing_is_recorded(desk: Desk, slower: Path) -> None:
    before = checksums(desk.url)
    over = {"policy": "service-policy", "document": SLOWER}
    answer = desk.ask("health", over, as_of="2026-04-05")
    (point,) = answer["points"]
    own = next(line for line in point["accounts"] if line["account"] == str(desk.office.ids["own"]))
    (contact,) = [each for each in own["components"] if each["name"] == "contact"]
    assert (contact["was"], contact["would_be"]) == (70.6, 96.6)
    assert own["difference"] == round(own["would_be"] - own["was"], 1) > 0
    changes = {each["field"]: (each["was"], each["would_be"]) for each in answer["overridden"][0]["fields"]}
    assert changes["contact_half_life_days.none"] == ("180", "1800")
    assert answer["recorded"] == 0
    told = desk.kams("health", "--policy", f"service-policy={slower}", "--as-of", "2026-04-05", "--json").json
    assert told["points"] == answer["points"]
    after = checksums(desk.url)
    assert {t for t in after if after[t] != before[t]} <= NEVER_CHANGED_BY_READING


def test_a_stricter_gate_names_the_advance_that_it_would_have_stopped(desk: Desk) -> None:
    process = desk.office.get("/policies/sales-process/four-funnel", "auditor").json()
    gate = next(stage for stage in process["stages"] if stage["key"] == "confirmed")["gate"]
    gate["mandatory"] = [*gate["mandatory"], "5"]
    over = {"policy": "sales-process", "document": process}
    answer = desk.ask("gates", over, **{"from": "2026-01-01", "to": "2026-12-31"})
    (line,) = answer["lines"]
    assert (line["turn"], line["from_stage"], line["to_stage"]) == ("stopped", "potential", "confirmed")
    assert [(each["question"], each["answer"], each["mandatory"]) for each in line["missing"]] == [
        ("5", "unknown", True)
    ]
    assert (line["stage_now"], line["title"]) == ("confirmed", "Pumps")
    assert answer["became"] == [{"outcome": "open", "count": 1, "value": "1000.00"}]
    assert (answer["advances"], answer["stopped"], answer["unmet_was"]) == (1, 1, 0)


def test_under_the_gate_in_force_no_advance_is_judged_otherwise(desk: Desk) -> None:
    process = desk.office.get("/policies/sales-process/four-funnel", "auditor").json()
    answer = desk.ask("gates", {"policy": "sales-process", "document": process}, **{"from": "2026-01-01"})
    assert (answer["advances"], answer["lines"]) == (1, [])
    answer = desk.ask("gates", {"policy": "sales-process", "edition": 0}, **{"from": "2026-01-01"})
    assert (answer["advances"], answer["lines"]) == (1, [])


def test_a_series_has_a_point_at_each_month_end_and_never_after_what_is_asked(desk: Desk, slower: Path) -> None:
    words = ("--policy", f"service-policy={slower}", "--from", "2026-01-10", "--to", "2026-12-31")
    told = desk.kams("health", *words, "--as-of", "2026-04-05", "--json").json
    assert [point["as_of"][:10] for point in told["points"]] == ["2026-01-31", "2026-02-28", "2026-03-31"]
    shown = desk.kams("health", *words, "--as-of", "2026-04-05").out
    assert "2026-03-31" in shown
    assert "Nothing was recorded." in shown


@pytest.mark.parametrize(
    "question", ["portfolio", "funnel", "forecast", "findings", "visits", "gates", "health", "service"]
)
def test_every_question_is_shown_as_table_and_csv(desk: Desk, slower: Path, question: str) -> None:
    words = (question, "--policy", f"service-policy={slower}", "--as-of", "2026-04-05")
    assert "service-policy" in desk.kams(*words).out
    rows = list(csv.reader(io.StringIO(desk.kams(*words, "--csv").out)))
    assert {len(row) for row in rows} == {len(rows[0])}


def test_what_a_question_does_not_read_is_said_to_change_nothing(desk: Desk) -> None:
    answer = desk.ask("funnel", {"policy": "service-policy", "document": SLOWER}, as_of="2026-04-05")
    assert [(each["policy"], each["why"]) for each in answer["not_affected"]] == [
        ("service-policy", "this question does not read it")
    ]
    answer = desk.ask("health", {"as_of": "2026-01-02"}, as_of="2026-04-05")
    assert [each["policy"] for each in answer["not_affected"]] == ["territories"]  # the one that differs and is unread
    told = desk.kams("health", "--policies-of", "2026-01-02", "--as-of", "2026-04-05").out
    heading, footing = told.split("\n\n", 1)
    assert "territories" not in heading
    assert "Not read by this question: territories." in footing


@pytest.mark.parametrize(
    ("overrides", "more", "rule", "word"),
    [
        ([], {}, "NothingSupposed", "needs another policy"),
        ([{"policy": "weather", "edition": 1}], {}, "Malformed", "service-policy"),
        ([{"policy": "service-policy", "edition": 7}], {}, "EditionUnknown", "there are: 0"),
        ([{"policy": "territories", "edition": 1}], {}, "WithoutEditions", "no editions"),
        ([{"policy": "service-policy"}], {}, "Malformed", "one of document, edition and as_of"),
        ([{"policy": "service-policy", "key": "x", "edition": 0}], {}, "Malformed", "has no key"),
        ([{"policy": "sales-process", "key": "x", "edition": 0}], {}, "PolicyKeyUnknown", "four-funnel"),
        ([{"policy": "service-policy", "document": {"red_up_to": 80}}], {}, "BordersOutOfOrder", "80"),
        ([{"policy": "service-policy", "document": {"red_up_to": "x"}}], {}, "Malformed", "document.red_up_to"),
        ([{"policy": "service-policy", "edition": 0}] * 2, {}, "SupposedTwice", "twice"),
        ([{"policy": "service-policy", "edition": 0}], {"model": "x"}, "Malformed", "health takes: account"),
        ([{"policy": "service-policy", "edition": 0}], {"from": "2030-01-01"}, "NoMoments", "2030-01-01"),
        (
            [{"policy": "service-policy", "edition": 0}],
            {"from": "1950-01-01", "every": "week-ends"},
            "TooManyMoments",
            "60",
        ),
        (
            [{"policy": "company", "document": {"name": "Werke", "currency": "USD"}}],
            {},
            "CurrencySupposed",
            "USD",
        ),
    ],
)
def test_a_wrong_supposition_is_refused_and_says_what_is_accepted(
    desk: Desk, overrides: list[dict[str, Any]], more: dict[str, Any], rule: str, word: str
) -> None:
    body = {"question": "health", "overrides": overrides, **more}
    answer = desk.office.request("POST", "/what-if", "auditor", json=body)
    assert answer.status_code in (409, 422), answer.text
    assert answer.json()["rule"] == rule
    assert word in answer.text


def test_the_terminal_names_a_wrong_option(desk: Desk, slower: Path) -> None:
    assert "state a kind" in desk.kams("health", "--policy", "service-policy", code=2).err
    assert "none of" in desk.kams("weather", "--edition", "service-policy=0", code=2).err
    assert "no number" in desk.kams("health", "--edition", "service-policy=x", code=2).err
    assert "there are: 0" in desk.kams("health", "--edition", "service-policy=9", code=1).err


def test_who_sees_one_account_compares_that_one(desk: Desk) -> None:
    body = {"question": "health", "overrides": [{"policy": "service-policy", "document": SLOWER}]}
    answer = desk.office.request("POST", "/what-if", "manager", json=body)
    assert answer.status_code == 200
    (point,) = answer.json()["points"]
    assert [line["account"] for line in point["accounts"]] == [str(desk.office.ids["own"])]
    foreign = {**body, "account": str(desk.office.ids["foreign"])}
    assert desk.office.request("POST", "/what-if", "manager", json=foreign).status_code == 404
    assert desk.office.request("POST", "/what-if", "manager", json={**body, "limit": 0}).status_code == 422
