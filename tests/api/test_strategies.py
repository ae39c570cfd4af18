"""The key account strategy over HTTP and in the terminal: from draft to adoption, its control points, its cascade."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from api.cli import questions
from domain.strategy.processes import KeyProcess
from domain.strategy.questions import KeyQuestion
from tests.api.command_line import CommandLine, company_system
from tests.api.office import Office, open_office
from tests.conftest import new_database

GROW, NORTH, SELL = (str(uuid4()) for _ in range(3))
YEAR = {"start": "2026-01-01", "due": "2026-12-31", "currency": "EUR", "metric": "revenue"}
POINTS = [
    {"key": "kick-off", "text": "All plans are approved", "due": "2026-02-28"},
    {"key": "review", "text": "Every plan was reviewed", "every": "quarter", "measure": "minutes"},
]


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            fill(opened)
            yield opened


def post(office: Office, path: str, on: str = "2026-01-06", who: str = "admin", **body: Any) -> Any:
    return office.post(path, {**body, "occurred_at": on}, who)


def given(office: Office, path: str, on: str = "2026-01-06", **body: Any) -> None:
    answer = post(office, path, on, **body)
    assert answer.status_code == 200, answer.text


def fill(office: Office) -> None:
    """A whole strategy, adopted on 7 January; plans of two accounts take its goals on; the kick-off came late."""
    few, director = f"/strategies/{office.ids['strategies']}", str(office.members["director"])
    grow = {"goal_id": GROW, "title": "Grow", "baseline": "100", "target": "1000", **YEAR}
    given(office, f"{few}/goals/set", **grow)
    north = {**grow, "goal_id": NORTH, "title": "North grows", "parent": GROW, "territory": "north", "target": "600"}
    given(office, f"{few}/goals/set", **north)
    for each in KeyQuestion:
        given(office, f"{few}/questions/answer", question=each, answer=f"on {each.value}")
    for process in KeyProcess:
        points = POINTS if process is KeyProcess.CUSTOMER else [{**POINTS[1], "key": "year", "every": "year"}]
        what = {"process": process, "steps": ["plan", "agree"], "method": "meetings", "owner": director}
        given(office, f"{few}/processes/define", **what, control_points=points)
    given(office, f"{few}/adopt", "2026-01-07", by=director)
    for whose in ("own", "foreign"):
        objective = {"objective_id": str(uuid4()), "title": f"Sell to {whose}", "baseline": "0", "target": "300"}
        plan = f"/plans/{office.ids[f'{whose} plan']}/objectives/set"
        given(office, plan, "2026-01-08", **objective, metric="revenue", currency="EUR", goal=NORTH)
    reached = {"process": "customer", "control_point": "kick-off", "evidence": "minutes of 3 March"}
    given(office, f"{few}/processes/reach", "2026-03-03", **reached)
    given(office, f"{few}/goals/progress-to", "2026-04-01", goal_id=GROW, value="150")
    office.caught_up()


def test_the_one_in_force_comes_first_and_its_control_points_stand_as_of_the_day(office: Office) -> None:
    (line,) = office.get("/strategies", as_of="2026-05-01").json()["strategies"]
    assert (line["title"], line["state"], line["in_force_from"]) == ("Few, well", "in_force", "2026-01-07")
    path = f"/strategies/{office.ids['strategies']}"
    answer = office.get(path, "director", as_of="2026-04-02").json()
    assert answer["statement"] == {"title": "Few, well", "mission": "Be indispensable"}
    assert [each["answer"] for each in answer["questions"]] == ["on who", "on wants", "on managed", "on kept"]
    customer = [each for each in answer["control_points"] if each["process"] == "customer"]
    assert [(each["control_point"], each["period"], each["state"], each["late"]) for each in customer] == [
        ("review", "2026-Q1", "overdue", False),
        ("review", "2026-Q2", "due", False),
        ("kick-off", "2026-02-28", "reached", True),
    ]
    assert answer["counts"] == {"reached": 1, "missed": 0, "due": 6, "overdue": 1}
    before = office.get(path, "director", as_of="2026-03-01").json()["control_points"]
    assert (before[0]["control_point"], before[0]["state"], before[0]["days_overdue"]) == ("kick-off", "overdue", 1)


def test_evidence_is_for_those_who_may_read_it(office: Office) -> None:
    path = f"/strategies/{office.ids['strategies']}"

    def evidence(who: str) -> set[str | None]:
        answer = office.get(path, who, as_of="2026-04-02").json()
        return {each["evidence"] for each in answer["control_points"]}

    assert evidence("director") == {"minutes of 3 March", None}
    assert evidence("nobody") == {None}


def test_the_cascade_holds_the_objectives_of_accounts_that_the_asker_sees(office: Office) -> None:
    path = f"/strategies/{office.ids['strategies']}/goals"
    grow, north = office.get(path, "auditor", as_of="2026-04-02").json()["goals"]
    assert (grow["in_plans"], grow["gap_share"], grow["in_goals"]) == ("600.00", "0.4000", "600.00")
    assert (grow["value"], grow["expected"], grow["behind"]) == ("150.00", "325.00", "0.1944")
    assert [each["title"] for each in north["objectives"]] == ["Sell to foreign", "Sell to own"]
    grow, north = office.get(path, "manager", as_of="2026-04-02").json()["goals"]
    assert ([each["title"] for each in north["objectives"]], north["left_out"]) == (["Sell to own"], 1)
    assert (grow["left_out"], grow["in_plans"]) == (1, "300.00")
    cut = office.get(path, "manager", limit=1).json()
    assert (len(cut["goals"]), cut["not_shown"]) == (1, 1)


def test_a_year_that_is_none_and_a_strategy_that_is_not_there_are_refused(office: Office) -> None:
    path = f"/strategies/{office.ids['strategies']}/goals"
    assert office.get(path, year="26").status_code == 422
    assert office.get(path, year=2027).json()["goals"] == []
    assert office.get(f"/strategies/{uuid4()}").status_code == 404
    assert office.get(f"/strategies/{office.ids['own']}").status_code == 404


def test_only_who_directs_adopts_and_what_is_missing_is_named(office: Office) -> None:
    draft = str(uuid4())
    begun = post(office, "/strategies", who="director", id=draft, title="Many", mission="Everybody")
    assert begun.status_code in (200, 201), begun.text
    by = {"by": str(office.members["director"])}
    assert post(office, f"/strategies/{draft}/adopt", who="manager", **by).status_code == 403
    refused = post(office, f"/strategies/{draft}/adopt", who="director", **by)
    assert refused.status_code == 409
    assert "a goal, who are our key accounts" in refused.json()["detail"]
    alone = {"goal_id": str(uuid4()), "title": "North", "baseline": "0", "target": "1", "territory": "north", **YEAR}
    assert "names as" not in post(office, f"/strategies/{draft}/goals/set", who="director", **alone).text
    assert post(office, f"/strategies/{draft}/goals/set", who="director", **alone).status_code == 409
    unknown = post(office, f"/strategies/{draft}/adopt", who="director", by=str(uuid4()), override="x")
    assert unknown.status_code == 409
    assert "member" in unknown.json()["detail"]


@pytest.fixture
def kams(postgres_url: str, valkey_url: str, tmp_path: Path, fresh_names: Iterator[str]) -> Iterator[CommandLine]:
    for url in new_database(postgres_url, next(fresh_names)):
        made = company_system(url, valkey_url, tmp_path / "home")
        questions.add(made.app)
        yield made


def command(kams: CommandLine, name: str, *stated: str, on: str = "2026-01-06") -> Any:
    told = [word for each in stated for word in ("--set", each)]
    answer = kams("command", "strategy", "S-1" if name != "draft" else "new", name, *told, "--on", on, "--json")
    assert answer.code == 0, answer.err
    return answer.json


def test_the_strategy_in_the_terminal(kams: CommandLine) -> None:
    assert "No key account strategy recorded." in kams("strategies", "--no-wait").err
    for asked in ("strategy", "goals"):
        assert "No key account strategy is in force" in kams(asked, "--no-wait").err
    command(kams, "draft", "title=Few, well", "mission=Be indispensable", "external_id=S-1")
    line = [f"{name}={value}" for name, value in YEAR.items()]
    command(kams, "goals.set", f"goal_id={GROW}", "title=Grow", "baseline=100", "target=1000", *line)
    me = kams("strategies", "--json").json["strategies"][0]["strategy"]
    points = 'control_points:=[{"key": "report", "text": "It is reported", "every": "month"}]'
    command(kams, "processes.define", "process=goals", "steps=measure", "method=sheet", f"owner={admin(kams)}", points)
    command(kams, "adopt", f"by={admin(kams)}", "override=the board wants it now", on="2026-01-07")
    shown = kams("strategy", "Few, well", "--as-of", "2026-03-02").out
    assert "Few, well (in force)" in shown
    assert "Be indispensable" in shown
    assert "Adopted incomplete: the board wants it now" in shown
    assert "overdue" in shown
    rows = list(csv.DictReader(io.StringIO(kams("strategy", "S-1", "--as-of", "2026-03-02", "--csv").out)))
    assert [(row["period"], row["state"], row["days overdue"]) for row in rows] == [
        ("2026-01", "overdue", "30"), ("2026-02", "overdue", "2"), ("2026-03", "due", ""),
    ]  # fmt: skip
    told = kams("goals", me, "--as-of", "2026-03-02").out
    assert "100% of “Grow” is in no account plan." in told
    (row,) = csv.DictReader(io.StringIO(kams("goals", "--as-of", "2026-03-02", "--csv").out))
    assert (row["kind"], row["target"], row["in plans"], row["gap share"]) == ("goal", "1000.00", "0.00", "1.0000")
    assert kams("strategy", "no such strategy").code == 1


def admin(kams: CommandLine) -> str:
    """The first admin, who is the only member."""
    from api.cli.session import system
    from api.cli.settings import Settings

    with system(Settings.from_environment(kams.environment)) as made:
        return str(made.asker().member)
