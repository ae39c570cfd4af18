"""A year of a strategic account through the command line, from the plan to its review: drafted, approved, agreed to by
the customer, followed, revised, closed; and the plan as it stood and as it was known on days in between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from api.cli.main import app
from domain.journal.journal import Journal
from projections.view import Reader
from tests.api.command_line import Answer, CommandLine, company_system
from tests.api.office import Office, open_office
from tests.conftest import new_database
from workers.breaches import Breaches, of_plans

REVENUE, VISITS, WORKSHOP, TRIAL, LINE_TWO = (str(uuid4()) for _ in range(5))


class Year:
    """The company, and a terminal in which the admin tells what happened day by day."""

    def __init__(self, office: Office, kams: CommandLine) -> None:
        self.office, self.kams = office, kams
        self.director = str(office.members["director"])
        self.account, self.zhao = str(uuid4()), str(uuid4())
        self.missed_known = 0

    def __call__(self, *words: str) -> Answer:
        answer = self.kams(*words)
        assert answer.code == 0, (words, answer.err)
        return answer

    def plan(self, name: str, on: str, *fields: str) -> None:
        self("command", "plan", "P-25", name, *(word for each in fields for word in ("--set", each)), "--on", on)

    def of_account(self, name: str, on: str, *fields: str) -> None:
        words = [word for each in fields for word in ("--set", each)]
        self("command", "account", self.account, name, *words, "--on", on)

    def shown(self, *clocks: str) -> Any:
        found: Any = self("plan", "P-25", *clocks, "--json").json
        return found

    def worker_looks(self) -> int:
        self.office.caught_up()
        journal: Journal = self.office.journal
        return Breaches(journal, Reader(journal, self.office.engine), sources=(of_plans,)).note()


@pytest.fixture(scope="module")
def year(postgres_url: str, fresh_names: Iterator[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Year]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as office:
            home: Path = tmp_path_factory.mktemp("strategic") / "home"
            kams = company_system(url, "redis://localhost:1/0", home)
            kams.app = app
            kams.environment["KAMS_KEY"] = office.keys["admin"]
            told = Year(office, kams)
            _plan(told)
            _follow(told)
            _end(told)
            yield told


def _plan(year: Year) -> None:
    year.of_account("register", "2024-11-01", "name=Harbour Power", "external_id=HP", "currency=EUR")
    year.of_account("stakeholders.add", "2024-12-01", f"stakeholder_id={year.zhao}", "name=Zhao Min")
    granted = "relationship_type=strategic", "justification=half of our growth", "override=known for years"
    year.of_account("standing.grant", "2024-12-02", *granted, "review_due=2025-12-31")
    drafted = f"account={year.account}", "fiscal_year=2025", "external_id=P-25"
    words = [word for each in drafted for word in ("--set", each)]
    year("command", "plan", "new", "draft", *words, "--on", "2024-12-05")
    year.plan("situation.analyse", "2024-12-06", "strengths=Service nearby", "weaknesses=One buyer only")
    money = "metric=revenue", "baseline=0", "target=1200000", "currency=EUR", "measured_by=facts"
    year.plan("objectives.set", "2024-12-06", f"objective_id={REVENUE}", "title=Deliver 1.2 million", *money)
    visits = "metric=other", "unit=visits", "baseline=0", "target=12", "private=true", f"parent={REVENUE}"
    year.plan("objectives.set", "2024-12-06", f"objective_id={VISITS}", "title=Meet the board", *visits)
    for which, title, due, *more in (
        (WORKSHOP, "First workshop", "2025-02-28"),
        (TRIAL, "Trial of the new pump", "2025-05-31"),
        (LINE_TWO, "Line two is built", "2025-10-31", "side=customer", f"stakeholder={year.zhao}"),
    ):
        year.plan("milestones.set", "2024-12-06", f"milestone_id={which}", f"title={title}", f"due={due}", *more)
    year.plan("approve", "2024-12-15", f"by={year.director}")
    year.plan("agree", "2024-12-20", f"stakeholder={year.zhao}")


def _follow(year: Year) -> None:
    bought = "revenue.amount=300000", "revenue.currency=EUR"
    year.of_account("purchases.add", "2025-03-20", "document_no=D-1", *bought)
    year.plan("milestones.reach", "2025-02-20", f"milestone_id={WORKSHOP}", "evidence=minutes")
    year.plan("objectives.progress", "2025-06-30", f"objective_id={VISITS}", "value=3")
    assert year.worker_looks() == 2  # the trial, and line two: nobody said anything of them
    year.missed_known = year.office.journal.streams.head()


def _end(year: Year) -> None:
    year.plan("milestones.reach", "2025-10-20", f"milestone_id={LINE_TWO}", "evidence=seen")  # told late
    assert year.worker_looks() == 1
    terms = f'objectives:=[{{"objective_id":"{REVENUE}","title":"Deliver 0.9 million","metric":"revenue",'
    terms += '"baseline":"0","target":"900000","currency":"EUR","measured_by":"facts"}]'
    year.plan("revise", "2025-11-03", "reason=The trial failed", terms)
    bought = "revenue.amount=500000", "revenue.currency=EUR"
    year.of_account("purchases.add", "2025-11-20", "document_no=D-2", *bought)
    keep = "decision=keep", "relationship_type=strategic", "justification=line two runs with us"
    year.of_account("standing.review", "2025-12-20", *keep, "improvement=two buyers", "review_due=2026-12-31")
    results = f'results:=[{{"objective_id":"{REVENUE}","reached":"800000","met":"partly"}},'
    results += f'{{"objective_id":"{VISITS}","reached":"10","met":"no"}}]'
    year.plan("close", "2026-01-10", results, "lessons=Begin trials in winter")


def objective(plan: Any, which: str) -> Any:
    return next(each for each in plan["objectives"] if each["objective"] == which)


def states(plan: Any) -> dict[str, str]:
    return {each["title"]: each["state"] for each in plan["milestones"]}


def test_before_it_was_approved_it_was_a_draft(year: Year) -> None:
    plan = year.shown("--as-of", "2024-12-10")
    assert (plan["plan"]["status"], plan["plan"]["agreed_on"]) == ("draft", None)
    assert plan["situation"]["weaknesses"] == ["One buyer only"]


def test_in_summer_it_shows_what_was_bought_and_what_was_missed(year: Year) -> None:
    plan = year.shown("--as-of", "2025-06-30")
    assert (plan["plan"]["status"], plan["plan"]["agreed_on"], plan["plan"]["behind"]) == ("agreed", "2024-12-20", 2)
    revenue = objective(plan, REVENUE)
    assert (revenue["value"], revenue["target"], revenue["behind"]) == ("300000.00", "1200000.0000", True)
    assert objective(plan, VISITS)["parent"] == REVENUE
    assert states(plan) == {
        "First workshop": "reached",
        "Trial of the new pump": "missed",
        "Line two is built": "to_come",
    }


def test_what_was_told_late_was_not_known_before(year: Year) -> None:
    day = "2025-11-02"
    assert states(year.shown("--as-of", day))["Line two is built"] == "reached"
    then = year.shown("--as-of", day, "--known-at", str(year.missed_known))
    assert states(then)["Line two is built"] == "missed"


def test_the_revision_lowered_the_target_and_says_that_the_customer_agreed_before(year: Year) -> None:
    plan = year.shown("--as-of", "2025-12-01")
    assert (plan["plan"]["revision"], plan["plan"]["agreed_to_this"]) == (1, False)
    revenue = objective(plan, REVENUE)
    assert (revenue["title"], revenue["target"], revenue["value"]) == (
        "Deliver 0.9 million",
        "900000.0000",
        "800000.00",
    )


def test_at_the_end_it_has_results_and_takes_no_more(year: Year) -> None:
    plan = year.shown()
    assert (plan["plan"]["status"], plan["lessons"]) == ("closed", "Begin trials in winter")
    results = {which: (objective(plan, which)["reached"], objective(plan, which)["met"]) for which in (REVENUE, VISITS)}
    assert results == {REVENUE: ("800000.0000", "partly"), VISITS: ("10.0000", "no")}
    late = year.kams("command", "plan", "P-25", "agree", "--set", f"stakeholder={year.zhao}")
    assert (late.code, "closed" in late.err) == (1, True)


def test_the_account_and_the_lists_show_the_plan(year: Year) -> None:
    assert "2025" in year("plans", "--all").out
    page = year("account", year.account, "--as-of", "2025-06-30", "--json").json
    assert [(each["fiscal_year"], each["status"], each["missed"]) for each in page["plans"]] == [(2025, "agreed", 1)]
    assert "Account plans" in year("account", year.account).out


def test_the_customers_copy_keeps_what_is_ours_to_us(year: Year, tmp_path: Path) -> None:
    file = tmp_path / "plan.html"
    words = "plan", "P-25", "--document", "--for", "customer", "--as-of", "2025-01-10", "-o", str(file)
    year(*words)
    written = file.read_text(encoding="utf-8")
    assert "Deliver 1.2 million" in written
    assert [each for each in ("Meet the board", "One buyer only", "Service nearby") if each in written] == []
