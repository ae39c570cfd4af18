"""Names with HTML, quotes, emoji, Chinese, RTL and no space in them: on every page, form, chart and sheet they are
text, isolated from what stands beside them, and no wider than a phone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from domain.account.account import Account
from domain.account_plan.account_plan import AccountPlan
from domain.issue.issue import Issue
from domain.member import Member, Role
from domain.opportunity.opportunity import Opportunity
from tests.api.office import Office
from tests.console.serving import Served, must_not_scroll_sideways, visit, watched

ARABIC = "شركة"
WILD = f"\"><img src=x onerror='alert(1)'><script>alert(2)</script> {ARABIC} 琼澳船舶 👩‍🔧 {{7*7}} " + "W" * 120
ALL_IN_VIEW: ViewportSize = {"width": 390, "height": 9_000}
DAY = "2026-04-20"
ISOLATED = """(mark) => {
  const bare = [], walk = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  for (let text = walk.nextNode(); text; text = walk.nextNode()) {
    let around = text.parentElement;
    if (!text.nodeValue.includes(mark) || around.closest("option, textarea") || !around.checkVisibility()) continue;
    const is = (name) => getComputedStyle(around)[name];
    while (is("unicodeBidi") === "normal" && is("display").startsWith("inline")) around = around.parentElement;
    const own = is("unicodeBidi") !== "normal" && is("display") === "inline";
    if (!own && around.textContent.trim() !== text.nodeValue.trim()) bare.push(around.outerHTML.slice(0, 300));
  }
  return bare;
}"""

STANDS = """(name) => document.querySelector("main").textContent.includes(name)
  || [...document.querySelectorAll("main :is(input, textarea)")].some((each) => each.value.includes(name))"""


@pytest.fixture(scope="module")
def wild(office: Office) -> Mapping[str, UUID]:
    """Everything that has a name has the wild one; who looks has every role."""
    office.member("everything", *Role)
    member = office.members["named"] = uuid4()
    office.give(Member, member, "invite", name=WILD, external_id="wild")
    office.give(Member, member, "grant_role", role="manager")
    account = office.account(WILD, manager="named", territory="north")
    deal = office.opportunity(account, WILD)
    ids = {"account": account, "deal": deal, "boss": uuid4(), "visit": uuid4(), "planned": uuid4(), "plan": uuid4()}
    ids |= {"issue": uuid4(), "expert": uuid4(), "member": member}
    boss, met = {"stakeholder_id": ids["boss"], "name": WILD, "title": WILD}, [ids["boss"]]
    wilds: list[tuple[Any, UUID, str, dict[str, Any]]] = [
        (Account, account, "stakeholders.add", boss),
        (Account, account, "stakeholders.add", boss | {"stakeholder_id": ids["expert"], "reports_to": ids["boss"]}),
        (Account, account, "needs.add", {"need_id": uuid4(), "kind": "goal", "words": WILD}),
        (Account, account, "action_items.add", {"item_id": uuid4(), "text": WILD, "owner": member}
            | {"due_on": "2026-03-01"}),
        (Account, account, "change_profile", {"industry": WILD}),
        (Account, account, "visits.log", {"visit_id": ids["visit"], "stakeholders": met}
            | {"outcome": WILD, "next_step": WILD}),
        (Account, account, "visits.plan", {"visit_id": ids["planned"], "start": f"{DAY}T02:00:00Z", "why": WILD}
            | {"what": "store_visit", "purpose": "rapport", "expected_action": WILD, "stakeholders": met}),
        (Account, account, "purchases.add", {"document_no": "R-1", "product_line": WILD}
            | {"revenue": {"amount": "12.50", "currency": "EUR"}}),
        (Opportunity, deal, "buyers.map", {"stakeholder": ids["boss"], "role": "approver", "support": "enemy"}),
        (Opportunity, deal, "competition.identify", {"competitor": WILD, "strengths": WILD}),
        (Issue, ids["issue"], "raise_issue", {"account": account, "kind": "complaint", "severity": 1}
            | {"category": WILD, "description": WILD}),
        (AccountPlan, ids["plan"], "draft", {"account": account, "fiscal_year": 2026}),
        (AccountPlan, ids["plan"], "objectives.set", {"objective_id": uuid4(), "title": WILD, "metric": "other"}
            | {"unit": "sites", "baseline": "0", "target": "10", "due": "2026-12-31"}),
        (AccountPlan, ids["plan"], "situation.analyse", {"strengths": WILD, "threats": WILD}),
    ]  # fmt: skip
    for root, of, command, body in wilds:
        office.give(
            root,
            of,
            command,
            **{name: str(value) if isinstance(value, UUID) else value for name, value in body.items()},
        )
    office.caught_up()
    return ids


def pages(ids: Mapping[str, UUID]) -> list[str]:
    """Every page on which a name can stand."""
    account, deal, plan = f"/console/account/{ids['account']}", f"/console/opportunity/{ids['deal']}", ids["plan"]
    form = f"/console/do/accounts/{ids['account']}"
    found = [
        f"/console/?as_of={DAY}",
        "/console/?whose=all",
        "/console/accounts?look=list",
        "/console/accounts?look=heat",
    ]
    found += [
        "/console/accounts?look=portfolio",
        "/console/funnel?show=board",
        "/console/funnel?show=bridge&from=2026-01-01",
    ]
    found += ["/console/funnel/change?kind=new&from=2026-01-01", "/console/forecast?period=2026-Q1", "/console/issues"]
    found += [f"{account}?section={each}" for each in ("overview", "people", "visits", "business", "service", "sheet")]
    found += [f"{account}?section=timeline", f"{account}?section=profile"]
    found += [f"{deal}?section={each}" for each in ("overview", "contest", "people", "offers", "effort", "timeline")]
    found += [
        f"/console/issue/{ids['issue']}",
        "/console/plans",
        f"/console/plan/{plan}",
        f"/console/visit/{ids['visit']}",
    ]
    found += [f"/console/visits?day={DAY}", f"/console/visits/log?account={ids['account']}", "/console/visits/log"]
    found += [
        f"/console/visits/plan?account={ids['account']}",
        f"/console/visits/log?account={ids['account']}&visit={ids['planned']}",
    ]
    found += [
        f"{form}/{each}" for each in ("stakeholders.assess", "influence.observe", "assign_manager", "visits.plan")
    ]
    found += [f"/console/do/opportunities/{ids['deal']}/buyers.map", f"/console/do/opportunities/{ids['deal']}/lose"]
    found += [
        f"/console/audit/replay/{ids['account']}",
        f"/console/audit/diff?account={ids['account']}&from=2026-01-01",
    ]
    found += ["/console/audit", "/console/audit?q=img", f"/console/why?explain=rows/funnel/{ids['deal']}"]
    found += [
        f"/console/why?explain=health/{ids['account']}",
        f"/console/why?explain=funnel%3Fby=owner%26group={ids['member']}",
    ]
    return found


def everything_came(page: Page) -> None:
    """All parts of the page, and what is folded up."""
    expect(page.locator("[data-part]:not(:has(> .part))")).to_have_count(0)
    page.evaluate("for (const each of document.querySelectorAll('main details')) each.open = true")
    expect(page.locator("kams-part:not([data-loaded])")).to_have_count(0)
    page.evaluate("for (const each of document.querySelectorAll('main details')) each.open = true")


def faults_of(page: Page) -> list[str]:
    """What is wrong with how the name stands on a page."""
    found = [f"not isolated: {each}" for each in page.evaluate(ISOLATED, ARABIC)]
    if not page.evaluate(STANDS, WILD):
        found.append("not there as text")
    if wider := page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"):
        found.append(f"wider by {wider}")
    if made := page.locator("main").locator("img, script").count():
        found.append(f"became {made} elements")
    return found


def test_a_name_is_text_on_every_page_isolated_and_no_wider_than_a_phone(
    browser_page: Page, served: Served, wild: Mapping[str, UUID]
) -> None:
    seen = watched(browser_page)
    browser_page.set_viewport_size(ALL_IN_VIEW)
    faults: dict[str, list[str]] = {}
    for path in pages(wild):
        assert visit(browser_page, served, path, "everything").status == 200, path
        everything_came(browser_page)
        if found := faults_of(browser_page):
            faults[path] = found
    assert faults == {}
    seen.must_be_quiet(served.url)


def test_charts_draw_a_name_as_text_and_say_it_as_text(
    browser_page: Page, served: Served, wild: Mapping[str, UUID]
) -> None:
    seen = watched(browser_page)
    visit(browser_page, served, f"/console/account/{wild['account']}?section=map", "everything")
    chart = browser_page.locator("kams-chart[kind=map]")
    drawn = chart.locator("svg text", has_text="img src=x")
    expect(drawn.first).to_be_visible()
    count = drawn.count()
    place = drawn.first.bounding_box()
    assert place is not None
    browser_page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    expect(drawn).not_to_have_count(count)
    assert chart.locator("img, script").count() == 0
    seen.must_be_quiet(served.url)


def test_the_panel_shows_a_name_as_text_on_a_phone(
    browser_page: Page, served: Served, wild: Mapping[str, UUID]
) -> None:
    seen = watched(browser_page)
    browser_page.set_viewport_size({"width": 390, "height": 844})
    visit(browser_page, served, f"/console/issue/{wild['issue']}", "everything")
    browser_page.locator("a.why", has_text="img src=x").first.click()
    body = browser_page.locator("#panel-body")
    expect(body).to_contain_text(WILD)
    assert body.locator("img, script").count() == 0
    assert browser_page.locator("#panel").evaluate("(panel) => panel.scrollWidth - panel.clientWidth") == 0
    seen.must_be_quiet(served.url)


@pytest.mark.parametrize("path", ["account/{account}?section=sheet", "plan/{plan}"])
def test_on_paper_a_name_breaks_within_the_sheet(
    browser_page: Page, served: Served, wild: Mapping[str, UUID], path: str
) -> None:
    browser_page.set_viewport_size({"width": 700, "height": 9_000})
    visit(browser_page, served, f"/console/{path.format_map(wild)}", "everything")
    everything_came(browser_page)
    browser_page.emulate_media(media="print")
    must_not_scroll_sideways(browser_page)


@pytest.mark.parametrize(
    "path", ["audit/report/{account}", "audit/trail.csv?account={account}", "visits/mine.ics", "plan/{plan}/document"]
)
def test_what_is_taken_away_has_headers_that_no_name_breaks(
    office: Office, wild: Mapping[str, UUID], path: str
) -> None:
    answer = office.request("GET", f"/console/{path.format_map(wild)}", "everything")
    assert answer.status_code == 200
    assert "img" not in answer.headers.get("content-disposition", "")
    assert answer.headers["x-content-type-options"] == "nosniff"
