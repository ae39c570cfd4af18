"""Today: what cools, what is due and where it is done, what changed since the last sign-in; nothing of others."""

import re
from datetime import UTC, datetime
from html import unescape
from urllib.parse import parse_qsl
from uuid import uuid4

import pytest

from api.console.today import changes
from domain.account.account import Account
from domain.account.purchases import SurveyKind
from domain.journal.context import Context
from domain.member import Role
from domain.opportunity.opportunity import Opportunity
from tests.console.serving import must_be_accessible, must_suit_desk_and_phone, visit
from tests.console.test_forms import hidden_in

WILD = "<b>R&D</b> 🚢 شركة 琼澳船舶"
LOOKED_AT = "2026-04-20"
BEFORE = "2026-01-20"


def log_visit(office, account, day, **more):
    """A visit on a day."""
    at = datetime.fromisoformat(f"{day}T03:00:00+00:00")

    def decision(found):
        found.visits.log(visit_id=uuid4(), **more)

    office.journal.run(Account, account, decision, Context(at=at, actor=office.members["manager"]))


def add_item(office, account, item, text, due_on):
    what = {"item_id": str(item), "text": text, "due_on": due_on, "owner": str(office.members["manager"])}
    office.give(Account, account, "action_items.add", **what)


def at(office, address):
    """What stands at an address."""
    path, _, query = address.partition("?")
    return office.get(path, **dict(parse_qsl(query))).text


@pytest.fixture(scope="module")
def wild(office):
    """An account that was visited in January and not since, with an action item that is overdue."""
    account = office.account(WILD, manager="manager", territory="north")
    log_visit(office, account, "2026-01-10")
    item = uuid4()
    add_item(office, account, item, "Send <i>drawings</i>", "2026-03-01")
    office.caught_up()
    return {"account": account, "item": item}


def test_what_is_due_stands_there_with_why_and_the_form_that_does_it(office, wild):
    page = office.get("/console/", as_of=LOOKED_AT).text
    assert "Send &lt;i&gt;drawings&lt;/i&gt;" in page
    assert "action item, overdue for 50 days" in page
    form = f"/console/do/accounts/{wild['account']}/action_items.done?as_of={LOOKED_AT}"
    assert f"{form}&amp;preset=item_id%3D{wild['item']}" in page


def test_who_may_not_do_it_is_led_to_where_it_is_read(office, wild):
    page = office.get("/console/", "auditor", as_of=LOOKED_AT).text
    assert "/console/do/" not in page
    assert "/console/visits/log" not in page
    assert f'href="/console/account/{wild["account"]}?as_of={LOOKED_AT}" aria-label="Open it' in page


def test_what_is_done_goes_by_itself(office, wild):
    item = uuid4()
    add_item(office, wild["account"], item, "Call back", "2026-01-06")
    office.caught_up()
    assert "Call back" in office.get("/console/").text
    office.give(Account, wild["account"], "action_items.done", item_id=str(item))
    office.caught_up()
    assert "Call back" not in office.get("/console/").text


def test_what_was_open_at_an_account_that_was_merged_is_done_there(office, wild):
    ended, promised, item, planned = office.account("Twin", manager="manager"), uuid4(), uuid4(), uuid4()
    made = {
        "commitment_id": str(promised),
        "made_by": "us",
        "kind": "service",
        "what": "Answer",
        "due_on": "2026-04-01",
    }
    office.give(Account, ended, "commitments.make", **made)
    add_item(office, ended, item, "Send samples", "2026-04-02")
    plan = {
        "visit_id": str(planned),
        "start": "2026-04-22T09:00:00Z",
        "what": "demo",
        "why": "show",
        "purpose": "rapport",
    }
    office.give(Account, ended, "visits.plan", **plan, expected_action="signs")
    office.give(Account, ended, "merge", into=str(wild["account"]), reason="one company")
    office.caught_up()
    page = unescape(office.get("/console/", as_of=LOOKED_AT).text)
    assert f"/console/visits/log?as_of={LOOKED_AT}&account={ended}&visit={planned}" in page
    for command, named in (("commitments.keep", f"commitment_id={promised}"), ("action_items.done", f"item_id={item}")):
        form = f"/console/do/accounts/{ended}/{command}"
        assert f"{form}?as_of={LOOKED_AT}&preset={named.replace('=', '%3D')}" in page
        browser = office.signed_in("manager")
        hidden = hidden_in(browser.get(form, preset=named).text)
        answer = browser.post(form, {**hidden, named.partition("=")[0]: named.partition("=")[2]})
        assert answer.status_code == 303, answer.text
    office.caught_up()
    page = office.get("/console/").text
    assert str(promised) not in page
    assert "Send samples" not in page


def test_the_relationship_that_cools_most_is_named_with_why_and_what_to_do(office, wild):
    page = office.get("/console/today/cooling", as_of=LOOKED_AT).text
    assert "&lt;b&gt;R&amp;D&lt;/b&gt; 🚢 شركة 琼澳船舶" in page
    assert "contact" in page
    assert "Visit or call them" in page
    assert f"/console/visits/log?as_of={LOOKED_AT}&amp;account={wild['account']}" in page
    assert "turns red" in page or "red now" in page
    before = office.get("/console/today/cooling", as_of=BEFORE).text
    assert str(wild["account"]) not in before


@pytest.mark.parametrize(
    ("visited", "said"),
    [
        (["2026-05-20", "2026-08-30"], "The whole fall comes from what did not count before"),
        (["2026-05-20"], "points come from what did not count before: it need not have become worse."),
    ],
)
def test_a_fall_that_only_began_to_count_says_so(office, wild, visited, said):
    account = office.account(f"Asked for the first time, visited {len(visited)} times", manager="manager")
    for day in visited:
        log_visit(office, account, day)
    bad = {"survey_id": uuid4(), "kind": SurveyKind.CSAT, "score": 1}
    asked = Context(at=datetime(2026, 8, 20, 3, tzinfo=UTC), actor=office.members["manager"])
    office.journal.run(Account, account, lambda found: found.satisfaction.survey(**bad), asked)
    office.caught_up()
    page = office.get("/console/today/cooling", as_of="2026-08-31").text
    (card,) = [each for each in page.split('<li class="cooler">') if str(account) in each]
    assert said in card
    coolest = office.get("/console/accounts/coolest", as_of="2026-08-31", account=str(account)).text
    assert said in coolest
    told = office.get("/console/today/cooling", as_of=LOOKED_AT).text
    assert "did not count before" not in told
    fell = office.get("/console/accounts/coolest", as_of=LOOKED_AT, account=str(wild["account"])).text
    assert ("This account cools most" in fell, "did not count before" in fell) == (True, False)


def test_a_manager_sees_his_own_and_who_oversees_others_chooses(office, wild):
    own = office.get("/console/").text
    assert "Everybody&#39;s" not in own
    everybody = office.get("/console/", "admin").text
    assert re.search(r'aria-current="true">Everybody', everybody)
    mine = office.get("/console/", "admin", whose="mine", as_of=LOOKED_AT).text
    assert "drawings" not in mine
    assert "drawings" in office.get("/console/", "director", as_of=LOOKED_AT).text


def test_what_others_have_is_nowhere(office, wild):
    log_visit(office, office.ids["foreign"], "2026-01-20")
    add_item(office, office.ids["foreign"], uuid4(), "Secret", "2026-01-06")
    office.caught_up()
    for part in ("", "today/cooling", "today/changes", "today/findings"):
        page = office.get(f"/console/{part}", as_of=LOOKED_AT).text
        assert "Secret" not in page
        assert str(office.ids["foreign"]) not in page


def test_what_changed_since_the_last_sign_in_is_told_by_account_and_marked(office, wild):
    office.member("newcomer", Role.DIRECTOR, territory="north")
    office.caught_up()
    first = office.signed_in("newcomer")
    assert "You are here for the first time" in first.get("/console/today/changes").text
    log_visit(office, office.ids["own"], "2026-01-30", why="Measure <u>the line</u>")
    office.caught_up()
    second = office.signed_in("newcomer")
    page = second.get("/console/today/changes").text
    assert "Since you signed in before" in page
    assert page.count("<h3>") == 1
    assert str(office.ids["own"]) in page
    assert "visit logged" in page
    assert ">new<" in page
    assert "manager 王" in page
    third = office.signed_in("newcomer").get("/console/today/changes").text
    assert "Nothing since you signed in before" in third
    assert ">new<" not in third


def test_that_not_everything_was_looked_at_is_said(office, wild, monkeypatch):
    office.member("absent", Role.DIRECTOR, territory="north")
    office.caught_up()
    office.signed_in("absent")
    for day in ("2026-01-20", "2026-01-21", "2026-01-22"):
        log_visit(office, office.ids["own"], day)
    office.caught_up()
    monkeypatch.setattr(changes, "EXAMINED", 2)
    page = office.signed_in("absent").get("/console/today/changes").text
    assert "Only the newest 2 facts were looked at." in page


def test_what_changed_names_the_opportunity_and_leads_there(office, wild):
    browser, deal = office.signed_in("manager"), office.ids["own deal"]
    office.give(Opportunity, deal, "move_close_date", close_on="2026-09-22", reason="budget first")
    office.caught_up()
    page = office.signed_in("manager").get("/console/today/changes").text
    assert re.search(rf'<a href="/console/opportunity/{deal}"><bdi>Pumps</bdi></a>: <a class="why', page)
    assert "expected close 22 Sept 2026, reason budget first" in unescape(page)
    assert browser.get("/console/today/changes").status_code == 200


def test_findings_stand_by_rule_with_advice_and_lead_to_what_they_are_about(office, wild):
    page = office.get("/console/today/findings", as_of=LOOKED_AT).text
    assert "no decider mapped" in page
    assert "Ask who signs and who decides, and map them." in page
    deal = f"/console/opportunity/{office.ids['own deal']}?as_of={LOOKED_AT}"
    one = office.get("/console/today/findings", as_of=LOOKED_AT, rule="no_decider_mapped").text
    assert '<h2 id="findings-title">no decider mapped' in one
    assert deal in one
    few = office.get("/console/today/finding", as_of=LOOKED_AT, rule="no_decider_mapped").text
    assert deal in few
    assert "<h2" not in few


def test_how_often_each_rule_holds_is_told_and_what_it_says_where_it_is_asked_for(office, wild):
    page = office.get("/console/today/findings", as_of=LOOKED_AT).text
    first, *others = re.split('<details class="rule"', page)[1:]
    assert "open>" in first
    assert others
    assert not any("open>" in rule for rule in others)
    for rule in (first, *others):
        name = re.search(r'id="rule-(\w+)"', rule)[1]
        assert "<li>" not in rule
        part = unescape(re.search(r'<kams-part src="([^"]+)"', rule)[1])
        assert part.startswith(f"/console/today/finding?as_of={LOOKED_AT}&rule={name}")
        assert "<li>" in at(office, part)
        without_scripts = unescape(re.search(r'<noscript><a href="([^"]+)"', rule)[1])
        assert "<li>" in at(office, without_scripts)


def test_a_rule_that_there_is_not_is_refused(office):
    assert office.get("/console/today/finding", rule="no_such_rule").status_code == 422


def test_who_has_no_account_yet_is_told_how_to_begin(office):
    office.member("fresh", Role.MANAGER)
    page = office.get("/console/", "fresh").text
    assert "No account is here for you yet" in page
    assert "kams import" in page
    assert "/console/guide" in page
    assert "/console/do/accounts/new/register" in page


def test_the_parts_that_take_longer_come_after_the_page_and_follow_the_slider(browser_page, served, wild):
    visit(browser_page, served, f"/console/?as_of={LOOKED_AT}")
    browser_page.get_by_text("Visit or call them").first.wait_for()
    browser_page.get_by_text("no decider mapped").wait_for()
    browser_page.locator("#changes .changed").first.wait_for()
    slider = browser_page.get_by_label("Move through the year")
    slider.focus()
    slider.press("End")
    browser_page.wait_for_url(re.compile(r"/console/$"))
    browser_page.locator("#cooling a[href*='/console/account/']:not([href*='2026-04-20'])").first.wait_for()


def test_a_part_that_does_not_come_says_so_and_is_asked_for_again(browser_page, served, wild):
    browser_page.route("**/today/cooling*", lambda route: route.abort())
    visit(browser_page, served, f"/console/?as_of={LOOKED_AT}")
    note = browser_page.locator("#cooling .not-come")
    note.wait_for()
    browser_page.locator("#findings > .part").wait_for()
    must_be_accessible(browser_page)
    with browser_page.expect_request("**/today/cooling*"):
        note.get_by_role("button", name="Try again").click()
    browser_page.unroute("**/today/cooling*")
    browser_page.get_by_text("Visit or call them").first.wait_for()
    assert note.count() == 0


def test_what_others_record_comes_by_itself_and_what_is_done_in_the_panel_goes(browser_page, served, wild):
    office, item = served.office, uuid4()
    visit(browser_page, served, "/console/")
    browser_page.locator("main[data-following]").wait_for()
    add_item(office, wild["account"], item, "Send the offer", "2026-01-07")
    browser_page.locator("#todo", has_text="Send the offer").wait_for()
    browser_page.locator("#changes", has_text="Send the offer").wait_for()
    browser_page.get_by_role("link", name="Mark as done").first.click()
    panel = browser_page.get_by_role("dialog")
    panel.locator(".command-end button").click()
    panel.wait_for(state="hidden")
    browser_page.locator("#todo:not(:has-text('Send the offer'))").wait_for()


def test_what_a_rule_says_comes_when_it_is_unfolded_and_stays_when_others_record(browser_page, served, wild):
    office, asked = served.office, []
    browser_page.on("request", lambda request: "/today/finding?" in request.url and asked.append(request.url))
    visit(browser_page, served, "/console/")
    browser_page.locator("main[data-following]").wait_for()
    browser_page.locator("details.rule[open] li").first.wait_for()
    folded = browser_page.locator("details.rule:not([open])").first
    rule = browser_page.locator(f"#{folded.get_attribute('id')}")
    assert len(asked) == 1
    rule.locator("summary").focus()
    rule.locator("summary").press("Enter")
    rule.locator("li").first.wait_for()
    assert len(asked) == 2
    add_item(office, wild["account"], uuid4(), "Send the plan", "2026-01-07")
    with browser_page.expect_request("**/today/finding?*"):
        browser_page.locator("#todo", has_text="Send the plan").wait_for()
    rule.locator("li").first.wait_for()
    assert rule.get_attribute("open") is not None
    assert rule.locator("summary").evaluate("each => each === document.activeElement")


def test_the_page_is_accessible_and_fits_the_window(browser_page, served, wild):
    """With odd names; in Chinese, and for who sees everything, test_sample_pages opens it."""
    visit(browser_page, served, f"/console/?as_of={LOOKED_AT}")
    for part in ("cooling", "changes", "findings"):
        browser_page.locator(f"#{part} > .part").wait_for()
    must_suit_desk_and_phone(browser_page)
