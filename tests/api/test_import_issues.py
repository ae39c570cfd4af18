"""Issues, plans, strategies, programmes and experiments from files: a list of complaints, and any command as a row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from api.importing.names import made_id
from domain.issue.issue import Issue
from tests.api.importing import Company, deal, small_company
from tests.api.test_import_commands import PEOPLE, facts, quoted

HEAD = (
    "external_id,account,kind,severity,category,description,raised_on,raised_by,acknowledged_on,acknowledged_by,"
    "resolved_on,root_cause,resolution,confirmed_on,confirmed_by\n"
)
OPEN = "K-1,A-1,complaint,2,delivery,Came late,2025-03-03T09:00:00+00:00,P-1,,,,,,,\n"
DONE = (
    "K-1,A-1,投诉,2,delivery,Came late,2025-03-03T09:00:00+00:00,Wang Wei,2025-03-03T11:00:00+00:00,M-1,2025-03-05,"
    "late supplier,Sent by air,2025-03-06,P-1\n"
)


@pytest.fixture
def company(tmp_path: Path, migrated_url: str) -> Iterator[Company]:
    with small_company(tmp_path, migrated_url) as company:
        yield company.has(stakeholders=PEOPLE, opportunities=deal())


def row(aggregate: str, id_: str, command: str, on: str, **values: object) -> str:
    return f"{aggregate},{id_},{command},{on},{quoted(msgspec.json.encode(values).decode())}"


def test_a_list_of_complaints_holds_all_that_became_of_each(company: Company) -> None:
    assert company.has(issues=HEAD + DONE).imported().refused == 0, company.refusals()
    assert company.story("Issue") == [
        ("2025-03-03", "Issue.Raised"), ("2025-03-03", "Issue.Acknowledged"), ("2025-03-05", "Issue.Resolved"),
        ("2025-03-06", "Issue.ResolutionConfirmed"),
    ]  # fmt: skip
    raised = company.facts("Issue.Raised")[0]
    assert raised.event.raised_by == made_id("stakeholder", "P-1")
    assert raised.event.response_due is not None
    assert company.journal.people.open(raised.event.description, "description") == "Came late"
    assert company.imported().events == 0


def test_a_later_export_adds_what_came_since(company: Company) -> None:
    company.has(issues=HEAD + OPEN).imported()
    assert company.has(issues=HEAD + DONE).imported().refused == 0, company.refusals()
    assert company.names("Issue") == ["Raised", "Acknowledged", "Resolved", "ResolutionConfirmed"]
    issue = company.facts("Issue.Raised")[0].originator_id
    assert company.journal.known(Issue, issue).confirmed


def test_a_list_of_complaints_may_be_chinese(company: Company) -> None:
    head = "投诉编号,客户,类型,严重程度,类别,描述,投诉日期\n"
    assert company.has(客户投诉=head + "K-2,A-1,建议,4,packing,Less foil,2025-03-03\n").imported().refused == 0
    assert company.facts("Issue.Raised")[0].event.kind == "suggestion"


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        (OPEN.replace("A-1", "A-9"), "account", "there is no account A-9"),
        (OPEN.replace("P-1", "P-9"), "raised_by", "there is no stakeholder P-9"),
        (OPEN.replace("complaint", "shout"), "kind", "shout"),
        (OPEN.replace(",2,", ",7,"), "", "SeverityOutOfRange"),
        (DONE.replace("late supplier", ""), "root_cause", "nothing says why"),
        (DONE.replace("03-06,P-1", "03-06,"), "confirmed_by", "nothing says who"),
        (OPEN.replace("2025-03-03", "2099-03-03"), "raised_on", "future"),
        (DONE.replace("2025-03-05", "2025-03-02"), "", "NotYetOpened"),
    ],
)
def test_an_issue_that_cannot_be_taken_says_why(company: Company, line: str, column: str, reason: str) -> None:
    company.has(issues=HEAD + line)
    assert company.imported().refused == 1
    told = company.refusals()
    assert any(column in each["column"] and reason in each["reason"] + each["value"] for each in told), told


def test_any_command_of_issues_plans_and_the_companys_own_is_a_row(company: Company) -> None:
    terms = [{"key": "stock", "text": "Thirty days in stock", "owed_by": "partner"}]
    own = [{"key": "delivery", "text": "In time", "owed_by": "us"}]
    rows = [
        row("strategy", "S-1", "draft", "2025-01-02", title="Few, well", mission="Be indispensable"),
        row("strategy", "S-1", "goals.set", "2025-01-03", goal_id="G-1", title="Grow", metric="revenue", baseline="1",
            target="2", start="2025-01-03", due="2025-12-31", currency="EUR"),
        row("plan", "AP-1", "draft", "2025-01-04", account="A-1", fiscal_year=2025),
        row("plan", "AP-1", "objectives.set", "2025-01-05", objective_id="Z-1", title="Grow", metric="revenue",
            baseline="1", target="2", currency="EUR", goal="G-1"),
        row("plan", "AP-1", "milestones.set", "2025-01-15", milestone_id="MS-1", title="Trial", due="2025-02-28",
            objective="Z-1", side="customer", stakeholder="Li Na"),
        row("plan", "AP-1", "milestones.reach", "2025-02-20", milestone_id="MS-1", evidence="Signed"),
        row("programme", "PP-1", "open", "2025-01-02", title="Golden key", obligations=terms + own),
        row("issue", "K-1", "raise_issue", "2025-03-03", account="A-1", kind="request", severity=3, category="papers",
            description="Certificates", raised_by="P-2"),
        row("issue", "K-1", "departments.ask", "2025-03-03", request_id="R-1", department="quality",
            due="2025-03-05T09:00:00Z", what="All papers"),
        row("member", "M-1", "choose_digest", "2025-03-03", wanted=False),
    ]  # fmt: skip
    assert company.has(facts=facts(*rows)).imported().refused == 0, company.refusals()
    assert company.names("KeyAccountStrategy") == ["Drafted", "GoalSet"]
    assert company.names("AccountPlan") == ["Drafted", "ObjectiveSet", "MilestoneSet", "MilestoneReached"]
    assert (company.names("PartnerProgramme"), company.names("Issue")) == (["Opened"], ["Raised", "DepartmentAsked"])
    objective = company.facts("AccountPlan.ObjectiveSet")[0].event
    goal = company.facts("KeyAccountStrategy.GoalSet")[0].event
    milestone = company.facts("AccountPlan.MilestoneSet")[0].event
    assert (objective.goal, milestone.objective) == (goal.goal_id, objective.objective_id)
    assert milestone.stakeholder == made_id("stakeholder", "P-2")
    assert company.imported().events == 0


def test_what_an_earlier_import_began_is_found_by_its_external_id(company: Company) -> None:
    company.has(facts=facts(row("plan", "AP-1", "draft", "2025-01-04", account="A-1", fiscal_year=2025))).imported()
    later = company.folder.parent / "facts.csv"
    later.write_text(
        facts(row("plan", "AP-1", "milestones.set", "2025-01-15", milestone_id="MS-1", title="Trial", due="2025-02-28",
                  side="customer", stakeholder="Li Na"))
    )  # fmt: skip
    assert company.imported(paths=[later]).refused == 0, company.refusals()
    assert company.names("AccountPlan") == ["Drafted", "MilestoneSet"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (row("plan", "AP-9", "approve", "2025-01-04", by="M-2"), "there is no plan AP-9"),
        (row("issue", "K-1", "dream", "2025-01-04"), "no such command"),
        (row("plan", "AP-1", "draft", "2025-01-04", account="A-9", fiscal_year=2025), "there is no account A-9"),
        (row("experiment", "X-1", "start", "2025-01-04", title="x", offer="y", measure="visits", until="2025-06-30"),
         "GroupsIncomplete"),
    ],
)  # fmt: skip
def test_a_row_about_such_a_thing_that_cannot_be_given_says_why(company: Company, line: str, reason: str) -> None:
    assert company.has(facts=facts(line)).imported().refused == 1
    assert any(reason in each["reason"] for each in company.refusals()), company.refusals()
