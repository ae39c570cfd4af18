"""A strategy on the command line: from a draft that lacks something to its adoption, the goals of territories, an
account plan that takes one on, a control point that is missed and its finding, and the review."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from api.cli import questions
from api.cli.session import system
from api.cli.settings import Settings
from domain.strategy.questions import KeyQuestion
from tests.api.command_line import Answer, CommandLine, company_system
from tests.conftest import new_database

GROW, NORTH, EAST, SELL, DIRECTOR = (str(uuid4()) for _ in range(5))
YEARLY = 'control_points:=[{"key": "year", "text": "Looked at", "every": "year"}]'
LINE = ("metric=revenue", "currency=EUR", "start=2026-01-01", "due=2026-12-31")


class Company:
    """What a director types, day by day."""

    def __init__(self, kams: CommandLine) -> None:
        self.kams = kams

    def give(self, noun: str, which: str, name: str, *stated: str, on: str) -> Answer:
        told = [word for each in stated for word in ("--set", each)]
        return self.kams("command", noun, which, name, *told, "--on", on)

    def do(self, noun: str, which: str, name: str, *stated: str, on: str = "2026-01-05") -> None:
        answer = self.give(noun, which, name, *stated, on=on)
        assert answer.code == 0, answer.err

    def ask(self, *words: str, on: str) -> Any:
        return self.kams(*words, "--as-of", on, "--json").json

    def found(self, on: str) -> list[str]:
        rules = "control_point_overdue,control_point_missed,strategy_review_due,goal_behind"
        return list(dict.fromkeys(line["rule"] for line in self.ask("findings", "--rule", rules, on=on)["findings"]))


@pytest.fixture
def company(postgres_url: str, valkey_url: str, tmp_path: Path, fresh_names: Iterator[str]) -> Iterator[Company]:
    for url in new_database(postgres_url, next(fresh_names)):
        kams = company_system(url, valkey_url, tmp_path / "home")
        questions.add(kams.app)
        company = Company(kams)
        company.do("company", "-", "define", "name=Ours", "currency=EUR", "time_zone=UTC")
        tree = 'territories:=[{"key": "north", "name": "North"}, {"key": "east", "name": "East", "parent": "north"}]'
        company.do("territories", "-", "define", tree)
        company.do("member", DIRECTOR, "invite", "name=Zhou", "external_id=M-1")
        company.do("account", "new", "register", "name=Steel", "external_id=A-1", "territory=east")
        yield company


def test_a_strategy(company: Company) -> None:
    few, by = ("strategy", "S-1"), f"by={DIRECTOR}"
    company.do("strategy", "new", "draft", "title=Few, well", "mission=Sell much", "external_id=S-1")
    company.do(*few, "restate", "mission=Be indispensable", "outside_analysis=Buyers concentrate")

    refused = company.give(*few, "adopt", by, on="2026-01-06")
    assert refused.code == 1
    missing = "Missing: a goal, who are our key accounts, what do they want, how are they managed, how are they kept,"
    assert missing in refused.err.replace("\n", " ")

    # Goals of the company, of a territory, of one below it
    company.do(*few, "goals.set", f"goal_id={GROW}", "title=Grow", "baseline=1000", "target=2000", *LINE)
    alone = ("title=North", "baseline=400", "target=1000", "territory=north", *LINE)
    assert "stands alone" in company.give(*few, "goals.set", f"goal_id={NORTH}", *alone, on="2026-01-05").err
    company.do(*few, "goals.set", f"goal_id={NORTH}", *alone, f"parent={GROW}")
    east = ("title=East", "baseline=100", "target=500", "territory=east", f"parent={NORTH}", *LINE)
    company.do(*few, "goals.set", f"goal_id={EAST}", *east)

    # The four questions and the six processes
    for question in KeyQuestion:
        company.do(*few, "questions.answer", f"question={question}", f"answer=about {question}")
    for process in ("strategy", "sales", "marketing", "team", "goals"):
        what = (f"process={process}", "steps=look", "steps=decide", "method=meeting", f"owner={DIRECTOR}", YEARLY)
        company.do(*few, "processes.define", *what)
    points = 'control_points:=[{"key": "review", "text": "All plans were reviewed", "every": "quarter"}]'
    customer = ("process=customer", "steps=plan", "method=account plans", f"owner={DIRECTOR}", points)
    assert "the process customer" in company.give(*few, "adopt", by, on="2026-01-06").err
    company.do(*few, "processes.define", *customer)
    company.do(*few, "adopt", by, "in_force_from=2026-01-10", "review_due=2026-07-01", on="2026-01-06")

    # An account plan takes the goal of the territory on
    company.do(
        "plan", "new", "draft", f"account={account(company)}", "fiscal_year=2026", "external_id=P-1", on="2026-01-12"
    )
    objective = ("title=Sell coils", "baseline=0", "target=300", "metric=revenue", "currency=EUR", f"goal={EAST}")
    company.do("plan", "P-1", "objectives.set", f"objective_id={SELL}", *objective, on="2026-01-13")
    goals = company.ask("goals", on="2026-02-01")["goals"]
    assert [
        (goal["title"], goal["level"], goal["in_goals"], goal["in_plans"], goal["gap_share"]) for goal in goals
    ] == [
        ("Grow", 0, "1000.00", "300.00", "0.8500"),
        ("North", 1, "500.00", "300.00", "0.7000"),
        ("East", 2, "0.00", "300.00", "0.4000"),
    ]
    assert "· Sell coils" not in company.kams("goals", "--as-of", "2026-02-01", COLUMNS="140").out
    shown = company.kams("goals", "--accounts", "--as-of", "2026-02-01", COLUMNS="140").out
    assert "1 account plans" in shown
    assert "0 behind" in shown
    assert "· Sell coils" in shown
    assert "85% of “Grow” is in no account plan." in shown
    assert company.ask("goals", on="2026-01-09")["strategy"] is None

    # A control point of the quarter is not reached
    (item,) = (each for each in company.ask("todo", on="2026-03-25")["items"] if each["kind"] == "control_point")
    assert (item["member"], item["due"], item["text"]) == (DIRECTOR, "2026-03-31", "All plans were reviewed")
    assert company.found("2026-03-31") == ["goal_behind"], "nobody has measured one yet"
    assert company.found("2026-04-01") == ["goal_behind", "control_point_overdue"]
    early = company.give(
        *few,
        "processes.miss",
        "process=customer",
        "control_point=review",
        "period=2026-Q1",
        "evidence=x",
        on="2026-03-31",
    )
    assert "it can still be reached" in early.err.replace("\n", " ")
    missed = ("process=customer", "control_point=review", "period=2026-Q1", "evidence=no meeting took place")
    company.do(*few, "processes.miss", *missed, on="2026-04-02")
    assert company.found("2026-04-01") == ["goal_behind", "control_point_overdue"]
    assert company.found("2026-04-02") == ["goal_behind", "control_point_missed"]
    rows = csv.DictReader(io.StringIO(company.kams("strategy", "--as-of", "2026-04-02", "--csv").out))
    assert [(row["period"], row["state"]) for row in rows if row["process"] == "customer"] == [
        ("2026-Q1", "missed"), ("2026-Q2", "due"),
    ]  # fmt: skip

    # Half a year later the goal is behind, the review due; it says what changes, and why goals change
    company.do(*few, "processes.reach", *missed[:2], "evidence=minutes of June", on="2026-06-20")
    company.do(*few, "goals.progress_to", f"goal_id={GROW}", "value=1100", on="2026-07-01")
    assert company.found("2026-07-02") == ["goal_behind", "strategy_review_due"]
    review = ("findings=service is slow", "decision=change", "next_review_due=2027-01-15")
    company.do(*few, "review", *review, on="2026-07-03")
    again = ("title=Grow", "baseline=1000", "target=1150", *LINE)
    blank = company.give(*few, "goals.set", f"goal_id={GROW}", *again, on="2026-07-03")
    assert (blank.code, "Changing goals after the strategy was adopted" in blank.err) == (1, True)
    company.do(*few, "goals.set", f"goal_id={GROW}", *again, "reason=the market shrinks", on="2026-07-03")
    assert company.found("2026-07-04") == ["goal_behind"], "those of the territories that nobody measured"
    line = company.ask("strategy", on="2026-07-04")["strategy"]
    assert (line["state"], line["decision"], line["review_due"]) == ("in_force", "change", "2027-01-15")


def account(company: Company) -> str:
    """The id of the only account."""
    settings = Settings.from_environment(company.kams.environment)
    with system(settings) as made:
        return str(made.journal.streams.claimed("account", "", ["A-1"])["A-1"])
