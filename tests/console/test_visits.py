"""The calendar of visits, planning one, handing in the plan of a month, and what others may not see of it."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Page, expect

from domain.account.account import Account
from domain.account.visits import Visits
from domain.journal.context import Context
from tests.api.office import Office
from tests.console.serving import Served, must_suit_desk_and_phone, visit

WILD = "<b>R&D</b> 🚢 شركة 琼澳船舶"
LOOKED_AT = "2026-04-20"


def plan(office: Office, account: UUID, start: str, **more: object) -> UUID:
    key = uuid4()
    what = {"visit_id": str(key), "start": start, "what": "sales_call", "why": "Ask <why>", "purpose": "rapport"}
    office.give(Account, account, "visits.plan", **what, expected_action="They sign", **more)
    return key


@pytest.fixture(scope="module")
def visits(office: Office) -> dict[str, UUID]:
    """A visit that is over and was not logged, one that was logged, one still to come; one of somebody else."""
    account = office.account(WILD, manager="manager", territory="north")
    over = plan(office, account, "2026-04-10T02:00:00Z")
    ahead = plan(office, account, "2026-04-24T02:00:00Z")
    done = uuid4()

    def decision(found: Account) -> None:
        found.visits.log(visit_id=done)

    office.journal.run(Account, account, decision, Context(at=datetime.fromisoformat("2026-04-15T03:00:00+00:00")))
    foreign = plan(office, office.ids["foreign"], "2026-04-16T02:00:00Z")
    office.caught_up()
    return {"account": account, "over": over, "ahead": ahead, "done": done, "foreign": foreign}


def cell(page: str, visit: UUID) -> str:
    found = re.search(rf'<a class="(entry \w+)" href="/console/visit/{visit}[^"]*">', page)
    assert found
    return found[1]


def test_a_month_shows_what_is_planned_done_and_overdue_on_its_day(office: Office, visits: dict[str, UUID]) -> None:
    page = office.get("/console/visits", as_of=LOOKED_AT).text
    assert "April 2026" in page
    assert cell(page, visits["over"]) == "entry overdue"
    assert cell(page, visits["done"]) == "entry logged"
    assert cell(page, visits["ahead"]) == "entry planned"
    assert "1 visit should have taken place by now, and nobody recorded what came of it." in page
    assert "&lt;b&gt;R&amp;D&lt;/b&gt; 🚢 شركة 琼澳船舶" in page
    assert f"/console/visits/log?as_of={LOOKED_AT}&amp;account={visits['account']}&amp;visit={visits['over']}" in page
    before = office.get("/console/visits", as_of="2026-04-01").text
    assert cell(before, visits["over"]) == "entry planned"
    assert str(visits["done"]) not in before


def test_a_week_shows_its_seven_days(office: Office, visits: dict[str, UUID]) -> None:
    page = office.get("/console/visits", as_of=LOOKED_AT, unit="week", day="2026-04-15").text
    assert page.count('class="day-number"') == 7
    assert str(visits["done"]) in page
    assert str(visits["over"]) not in page


def test_what_is_no_day_is_said(office: Office) -> None:
    for day in ("yesterday", "2026-13", "0001-01-01", "20260401"):
        answer = office.request("GET", f"/console/visits?day={day}", headers={"Accept": "text/html"})
        assert answer.status_code == 422
        assert "expected a month" in answer.text


def test_visits_of_others_are_there_for_who_may_see_them_alone(office: Office, visits: dict[str, UUID]) -> None:
    assert str(visits["foreign"]) not in office.get("/console/visits", as_of=LOOKED_AT).text
    assert str(visits["foreign"]) in office.get("/console/visits", "auditor", as_of=LOOKED_AT).text
    assert str(visits["foreign"]) not in office.get("/console/visits/discipline", as_of=LOOKED_AT).text
    assert 'href="/console/visits/log' not in office.get("/console/visits", "auditor", as_of=LOOKED_AT).text


def test_how_plans_are_kept_says_by_which_events(office: Office, visits: dict[str, UUID]) -> None:
    page = office.get("/console/visits/discipline", as_of=LOOKED_AT).text
    assert "of them nobody said what came of it" in page
    assert "cell%3Doutstanding%26period%3D2026-04" in page


def test_ones_own_planned_visits_are_a_calendar_file(office: Office, visits: dict[str, UUID]) -> None:
    answer = office.signed_in("manager").get("/console/visits/mine.ics", as_of=LOOKED_AT)
    assert answer.headers["content-type"].startswith("text/calendar")
    assert "attachment" in answer.headers["content-disposition"]
    assert str(visits["ahead"]) in answer.text
    assert str(visits["foreign"]) not in answer.text


def test_the_plan_of_a_month_is_handed_in_with_the_visits_that_are_planned(
    office: Office, visits: dict[str, UUID]
) -> None:
    who = office.signed_in("manager")
    coming = plan(office, visits["account"], "2999-04-10T02:00:00Z")
    office.caught_up()
    page = who.get("/console/visits", day="2999-04").text
    assert "Planned: 1, of them not handed in yet: 1" in page
    fields = {"month": "2999-04", "_key": str(uuid4()), "visit": f"{visits['account']}:{coming}"}
    answer = who.post("/console/visits/hand-in", fields)
    assert answer.status_code == 303
    office.caught_up()
    after = who.get("/console/visits", day="2999-04").text
    assert "handed in" in after
    assert "logged 0 of 1" in after
    assert "Hand the plan in" not in after
    assert office.signed_in("auditor").post("/console/visits/hand-in", fields).status_code == 403


def test_a_visit_is_planned_with_what_the_customer_will_do(office: Office, visits: dict[str, UUID]) -> None:
    who, key = office.signed_in("manager"), str(uuid4())
    fields = {"account": str(visits["account"]), "_key": key, "day": "2999-05-04", "at": "09:30", "hours": "2"}
    fields |= {"why": "Close it", "purpose": "moving_forward", "what": "terms_negotiation"}
    refused = who.post("/console/visits/plan", fields)
    assert refused.status_code == 422
    assert 'id="fault-expected_action">what will the customer do?' in refused.text
    assert 'value="Close it"' in refused.text
    nothing = who.post("/console/visits/plan", {**fields, "day": "", "why": "", "purpose": ""})
    assert re.findall(r'id="fault-(\w+)">', nothing.text) == ["day", "why", "expected_action", "purpose"]
    wrong = who.post("/console/visits/plan", {**fields, "day": "some day", "at": "noon"})
    assert re.findall(r'id="fault-(\w+)">', wrong.text) == ["day", "at", "expected_action"]
    over = who.post("/console/visits/plan", {**fields, "day": "2020-01-01", "expected_action": "They sign"})
    assert over.status_code == 422
    assert re.search(r'id="fault-day">[^<]* was over when this was agreed', over.text)
    for _ in range(2):
        answer = who.post("/console/visits/plan", {**fields, "expected_action": "They sign"})
        assert answer.status_code == 303
        assert answer.headers["location"].startswith(f"/console/visit/{key}?account={visits['account']}")
    history = office.journal.streams.history(visits["account"])
    (planned,) = [each.event for each in history if getattr(each.event, "visit_id", None) == UUID(key)]
    assert isinstance(planned, Visits.VisitPlanned)
    assert planned.start.isoformat() == "2999-05-04T01:30:00+00:00"
    assert planned.end is not None
    assert planned.end.isoformat() == "2999-05-04T03:30:00+00:00"


def test_who_may_not_change_an_account_plans_no_visit_there(office: Office) -> None:
    fields = {"account": str(office.ids["foreign"]), "_key": str(uuid4())}
    assert office.signed_in("manager").post("/console/visits/plan", fields).status_code == 404
    assert office.signed_in("auditor").get("/console/visits/plan").status_code == 403


def test_arrow_keys_go_from_day_to_day(browser_page: Page, served: Served, visits: dict[str, UUID]) -> None:
    visit(browser_page, served, f"/console/visits?as_of={LOOKED_AT}")
    browser_page.get_by_role("link", name="13 Apr 2026").focus()
    browser_page.keyboard.press("ArrowRight")
    browser_page.keyboard.press("ArrowDown")
    expect(browser_page.get_by_role("link", name="21 Apr 2026")).to_be_focused()
    browser_page.keyboard.press("PageDown")
    browser_page.get_by_role("heading", name="Visits May 2026").wait_for()


def test_the_pages_are_accessible_and_fit_the_window(
    browser_page: Page, served: Served, visits: dict[str, UUID]
) -> None:
    """With odd names; in Chinese test_sample_pages opens them."""
    paths = ("visits?as_of=2026-04-20", "visits/log", f"visits/plan?account={visits['account']}")
    for path in (*paths, f"visit/{visits['over']}?as_of=2026-04-20"):
        visit(browser_page, served, f"/console/{path}")
        if path.startswith("visits?"):
            browser_page.locator("kams-part .card").wait_for()
        must_suit_desk_and_phone(browser_page)
