"""Issues and account plans to read: their clocks, their lines, who may see them; a foreign one does not exist."""

from uuid import uuid4

import pytest

from domain.account_plan.account_plan import AccountPlan
from domain.issue.issue import Issue
from tests.console.serving import must_suit_desk_and_phone, visit

WILD = "<b>R&D</b> 🚢 شركة 琼澳船舶"


@pytest.fixture(scope="module")
def wild(office):
    """An account with a name that browsers could misread, an issue and a plan of it."""
    account = office.account(WILD, manager="manager", territory="north")
    issue, plan, objective = uuid4(), uuid4(), uuid4()
    what = {"kind": "complaint", "severity": 1, "category": "noise", "description": "<script>alert(1)</script> 太吵"}
    office.give(Issue, issue, "raise_issue", account=str(account), **what)
    office.give(AccountPlan, plan, "draft", account=str(account), fiscal_year=2026)
    terms = {"metric": "other", "unit": "sites", "baseline": "0", "target": "10", "due": "2026-12-31"}
    office.give(AccountPlan, plan, "objectives.set", objective_id=str(objective), title="Sites <i>", **terms)
    office.give(AccountPlan, plan, "objectives.progress", objective_id=str(objective), value="4")
    office.give(AccountPlan, plan, "situation.analyse", strengths="fast & near", threats="<u>a tender</u>")
    office.caught_up()
    return {"account": account, "issue": issue, "plan": plan}


def test_an_issue_says_what_was_promised_and_how_it_stands(office, wild):
    page = office.get(f"/console/issue/{wild['issue']}", as_of="2026-02-01").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; 太吵" in page
    assert "Severity 1 of 4" in page
    assert "no SLA holds" not in page
    assert page.count(">overdue<") == 2
    assert f"/console/account/{wild['account']}?as_of=2026-02-01" in page


def test_an_issue_of_the_past_is_shown_as_it_stood_then(office, wild):
    later = office.request("GET", f"/console/issue/{wild['issue']}?as_of=2025-12-31", headers={"Accept": "text/html"})
    assert later.status_code == 404
    assert "running" in office.get(f"/console/issue/{wild['issue']}", as_of="2026-01-05T09:30:00Z").text


def test_the_numbers_of_an_issue_lead_to_the_events_behind_them(office, wild):
    page = office.get(f"/console/issue/{wild['issue']}").text
    raised = office.journal.streams.history(wild["issue"])[0].position
    assert f'href="/console/why?positions={raised}"' in page


def test_open_issues_are_listed_first_and_alone_where_asked_for(office, wild):
    page = office.get("/console/issues").text
    assert "&lt;b&gt;R&amp;D&lt;/b&gt; 🚢 شركة 琼澳船舶" in page
    assert str(office.ids["own issue"]) in page
    assert str(office.ids["foreign issue"]) not in page
    assert str(office.ids["foreign issue"]) in office.get("/console/issues", "auditor").text
    one = office.get("/console/issues", account=str(wild["account"]), open="true").text
    assert str(wild["issue"]) in one
    assert str(office.ids["own issue"]) not in one


def test_a_list_is_cut_and_says_how_many_more_there_are(office, wild):
    page = office.get("/console/issues", shown="1").text
    assert "1 more" in page
    assert "shown=51" in page


def test_a_plan_shows_where_it_stands_against_its_straight_line(office, wild):
    page = office.get(f"/console/plan/{wild['plan']}", as_of="2026-01-05").text
    assert "Sites &lt;i&gt;" in page
    assert "--share: 0.4;" in page
    assert "4 sites" in page
    assert "on its line or ahead" in page
    short = office.get(f"/console/plan/{wild['plan']}", as_of="2026-06-30").text
    assert "a little short of its line" in short
    late = office.get(f"/console/plan/{wild['plan']}", as_of="2026-12-31").text
    assert "behind its line" in late
    assert "fast &amp; near" in late
    assert "&lt;u&gt;a tender&lt;/u&gt;" in late


def test_the_customers_document_is_there_for_who_is_signed_in(office, wild):
    path = f"/console/plan/{wild['plan']}/document"
    printed = office.signed_in("manager").get(path)
    assert printed.status_code == 200
    assert "script-src" not in printed.headers["content-security-policy"]
    assert "&lt;u&gt;a tender&lt;/u&gt;" not in printed.text
    assert "&lt;u&gt;a tender&lt;/u&gt;" in office.signed_in("manager").get(path, ours="true").text


def test_what_one_may_not_see_is_not_there(office):
    for path in ("issue", "plan"):
        for who in ("manager", "nobody"):
            address = f"/console/{path}/{office.ids[f'foreign {path}']}"
            answer = office.request("GET", address, who, headers={"Accept": "text/html"})
            assert answer.status_code in (403, 404)
    assert office.get(f"/console/plan/{office.ids['foreign plan']}/document").status_code == 404


def test_plans_are_listed_with_what_is_behind(office, wild):
    page = office.get("/console/plans").text
    assert str(wild["plan"]) in page
    assert str(office.ids["foreign plan"]) not in page


def test_the_pages_are_accessible_and_fit_the_window(browser_page, served, wild):
    """With odd names; in Chinese test_sample_pages opens them."""
    for path in (f"issue/{wild['issue']}", "issues", f"plan/{wild['plan']}", "plans"):
        visit(browser_page, served, f"/console/{path}")
        must_suit_desk_and_phone(browser_page)
