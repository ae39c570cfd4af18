"""Logging a visit on a phone: six taps from the start page, dated the day that is looked at; nothing typed is lost."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_datetime
from playwright.sync_api import Locator, Page, expect

from api.auth import Authenticator
from api.signing_in.tokens import SignInTokens, address
from domain.account.account import Account
from domain.account.visits import Visits
from domain.journal.context import Context
from domain.rights import Newest
from tests.api.office import Office
from tests.console.serving import Served, must_be_accessible, must_not_scroll_sideways

WILD = "<b>R&D</b> 🚢 شركة 琼澳船舶"
LOOKED_AT = "2026-04-20"
PHONE = {"width": 390, "height": 844}


@dataclass
class Hand:
    """Counts what a hand does."""

    taps: list[str] = field(default_factory=list)

    def tap(self, what: Locator, name: str) -> None:
        what.click()
        self.taps.append(name)


@dataclass(frozen=True)
class Customer:
    account: UUID
    person: UUID
    planned: UUID


@pytest.fixture(scope="module")
def customer(office: Office) -> Customer:
    """An account with a person, visited in January; a visit is planned for April."""
    account, person, planned = office.account(WILD, manager="manager", territory="north"), uuid4(), uuid4()
    office.give(Account, account, "stakeholders.add", stakeholder_id=str(person), name="Ada <i>Lovelace</i> 艾达")
    at = datetime.fromisoformat("2026-01-10T03:00:00+00:00")

    def decision(found: Account) -> None:
        found.visits.log(visit_id=uuid4())

    office.journal.run(Account, account, decision, Context(at=at))
    plan = {"start": "2026-04-20T02:00:00Z", "what": "store_visit", "why": "Look at <the> shelf", "purpose": "rapport"}
    what = {"visit_id": str(planned), "expected_action": "They order", "stakeholders": [str(person)]}
    office.give(Account, account, "visits.plan", **plan, **what)
    office.caught_up()
    return Customer(account, person, planned)


def logs(office: Office, account: UUID) -> list[Visits.VisitLogged]:
    facts = office.journal.streams.history(account)
    return [fact.event for fact in facts if isinstance(fact.event, Visits.VisitLogged)]


def begin(page: Page, served: Served, path: str, who: str = "manager") -> None:
    """Sign in on a phone and open a page."""
    page.set_viewport_size(PHONE)
    token = SignInTokens(served.office.journal.pool).issue(served.office.members[who], served.office.clock())
    page.goto(address(served.url, token, path))


def chip(page: Page, name: str) -> Locator:
    return page.locator("label.chip", has_text=name).first


def log_path(customer: Customer, visit: object = "", as_of: str = LOOKED_AT) -> str:
    return f"/console/visits/log?account={customer.account}&visit={visit}&as_of={as_of}"


def test_six_taps_from_the_start_page_record_a_visit_and_show_the_health_change(
    browser_page: Page, served: Served, customer: Customer
) -> None:
    before = len(logs(served.office, customer.account))
    begin(browser_page, served, f"/console/?as_of={LOOKED_AT}")
    hand = Hand()
    hand.tap(browser_page.locator(".head").get_by_role("link", name="Log a visit"), "log a visit")
    hand.tap(browser_page.locator("#accounts a", has_text="R&D"), "the account")
    must_be_accessible(browser_page)
    must_not_scroll_sideways(browser_page)
    hand.tap(chip(browser_page, "Ada <i>Lovelace</i> 艾达"), "a person")
    hand.tap(chip(browser_page, "yes"), "objective met")
    hand.tap(chip(browser_page, "in a week"), "next step")
    hand.tap(browser_page.get_by_role("button", name="Record the visit"), "record")
    assert len(hand.taps) <= 6
    browser_page.get_by_text("The visit is recorded.").wait_for()
    must_be_accessible(browser_page)
    moved = browser_page.locator(".moved")
    expect(moved).to_have_text(re.compile(r"\+\d+\.\d points"))
    (newest,) = logs(served.office, customer.account)[before:]
    assert newest.stakeholders == (customer.person,)
    assert newest.people == (served.office.members["manager"],)
    assert str(newest.next_step_on) == "2026-04-27"
    fact = served.office.journal.streams.history(customer.account)[-1]
    assert fact.occurred_at.isoformat() == "2026-04-20T15:59:59.999999+00:00"
    assert fact.actor == served.office.members["manager"]
    moved.get_by_role("link", name="See the health change").click()
    browser_page.wait_for_url(re.compile(f"/console/account/{customer.account}.*as_of={LOOKED_AT}"))


def test_a_planned_store_visit_has_its_eight_steps_and_ends_what_was_planned(
    browser_page: Page, served: Served, customer: Customer
) -> None:
    begin(browser_page, served, log_path(customer, customer.planned))
    expect(browser_page.get_by_text("Look at <the> shelf")).to_be_visible()
    browser_page.get_by_role("button", name="All 8 done").click()
    browser_page.get_by_role("button", name="Record the visit").click()
    browser_page.get_by_text("The visit is recorded.").wait_for()
    expect(browser_page.locator(".done-steps .done")).to_have_count(8)
    newest = logs(served.office, customer.account)[-1]
    assert newest.visit_id == customer.planned
    assert len(newest.steps) == 8


def test_a_refusal_keeps_what_was_typed_and_stands_beside_its_field(
    browser_page: Page, served: Served, customer: Customer
) -> None:
    before = len(logs(served.office, customer.account))
    begin(browser_page, served, log_path(customer))
    browser_page.get_by_label("What came of it").fill("They like <it> 很好")
    chip(browser_page, "store visit").click()
    browser_page.get_by_label("Score of the display").fill("101")
    browser_page.get_by_role("button", name="Record the visit").click()
    refused = browser_page.locator("#refused")
    expect(browser_page.get_by_label("Score of the display")).to_be_focused()
    expect(browser_page.locator("#fault-display_score")).to_be_in_viewport()
    expect(refused).to_contain_text("101 is no display score")
    must_be_accessible(browser_page)
    expect(browser_page.locator("#fault-display_score")).to_be_visible()
    expect(browser_page.get_by_label("What came of it")).to_have_value("They like <it> 很好")
    assert len(logs(served.office, customer.account)) == before
    browser_page.get_by_label("Score of the display").fill("80")
    browser_page.get_by_role("button", name="Record the visit").click()
    browser_page.get_by_text("The visit is recorded.").wait_for()
    assert logs(served.office, customer.account)[-1].display_score == 80


def test_without_a_connection_it_is_kept_and_sent_later_once(
    browser_page: Page, served: Served, customer: Customer
) -> None:
    before = len(logs(served.office, customer.account))
    begin(browser_page, served, log_path(customer))
    chip(browser_page, "Ada").click()
    browser_page.get_by_label("What came of it").fill("On the train")
    browser_page.context.set_offline(True)
    browser_page.get_by_role("button", name="Record the visit").click()
    expect(browser_page.locator("#draft-note")).to_contain_text("No connection. What you typed is kept")
    must_be_accessible(browser_page)
    browser_page.context.set_offline(False)
    browser_page.get_by_text("The visit is recorded.").wait_for()
    expect(browser_page.get_by_text("On the train")).to_be_visible()
    assert len(logs(served.office, customer.account)) == before + 1
    assert browser_page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('kams.visit')).length") == 0


def test_a_closed_tab_loses_nothing_and_what_is_not_wanted_is_thrown_away(
    browser_page: Page, served: Served, customer: Customer
) -> None:
    begin(browser_page, served, log_path(customer))
    browser_page.get_by_label("What came of it").fill("Half a sentence")
    chip(browser_page, "partly").click()
    again = browser_page.context.new_page()
    browser_page.close()
    again.goto(served.url + log_path(customer))
    draft = "Object.entries(localStorage).find(([key]) => key.startsWith('kams.visit.'))[1]"
    typed = again.evaluate(f"JSON.parse({draft}).at")
    at = datetime.fromtimestamp(typed / 1000, ZoneInfo("Asia/Shanghai"))
    said = format_datetime(at, "medium", locale="en_GB").rpartition(":")[0]
    expect(again.locator("#draft-note")).to_contain_text(f"What you typed on {said} is back.")
    expect(again.get_by_label("What came of it")).to_have_value("Half a sentence")
    expect(chip(again, "partly").locator("input")).to_be_checked()
    again.goto(f"{served.url}/console/")
    expect(again.locator("#drafts")).to_contain_text("R&D")
    again.goto(served.url + log_path(customer))
    again.get_by_role("button", name="Throw it away").click()
    expect(again.get_by_label("What came of it")).to_have_value("")


def test_on_a_phone_a_day_to_come_is_refused_in_the_page_beside_its_field_and_in_view(
    browser_page: Page, served: Served, customer: Customer
) -> None:
    browser_page.set_viewport_size({"width": 390, "height": 844})
    begin(browser_page, served, log_path(customer))
    chip(browser_page, "Ada").click()
    summary = browser_page.get_by_text("Day, who of us was there")
    summary.click()
    browser_page.locator("#day").fill("2999-01-01")
    summary.click()
    browser_page.get_by_role("button", name="Record the visit").click()
    said = browser_page.locator("#fault-occurred_at")
    expect(said).to_contain_text("lies in the future")
    expect(browser_page.locator("#day")).to_be_focused()
    covered = "(said) => !said.contains(document.elementFromPoint(...middle(said.getBoundingClientRect())))"
    assert not said.evaluate(
        f"(said) => {{ const middle = (box) => [box.x + 9, box.y + 9]; return ({covered})(said); }}"
    )
    must_be_accessible(browser_page)
    browser_page.locator("#day").fill("2026-04-19")
    browser_page.get_by_role("button", name="Record the visit").click()
    browser_page.get_by_text("The visit is recorded.").wait_for()


def test_a_wrong_day_in_a_folded_part_is_shown_and_a_part_with_typed_fields_comes_back_unfolded(
    browser_page: Page, served: Served, customer: Customer
) -> None:
    begin(browser_page, served, log_path(customer))
    part = browser_page.locator("details.more")
    chip(browser_page, "Ada").click()
    browser_page.locator("#day").evaluate("(field) => { field.value = '2999-01-01'; }")
    browser_page.get_by_role("button", name="Record the visit").click()
    expect(part).to_have_attribute("open", "")
    expect(browser_page.locator("#day")).to_be_focused()
    browser_page.locator("#day").fill("2026-04-19")
    browser_page.reload()
    expect(browser_page.locator("#draft-note")).to_contain_text("What you typed on")
    expect(part).to_have_attribute("open", "")
    expect(browser_page.locator("#day")).to_have_value("2026-04-19")
    browser_page.get_by_role("button", name="Throw it away").click()
    expect(part).not_to_have_attribute("open", "")


def test_tapped_twice_it_is_recorded_once(browser_page: Page, served: Served, customer: Customer) -> None:
    before = len(logs(served.office, customer.account))
    begin(browser_page, served, log_path(customer))
    chip(browser_page, "Ada").click()
    browser_page.get_by_label("What came of it").fill("Tapped twice")
    browser_page.get_by_role("button", name="Record the visit").dblclick()
    browser_page.get_by_text("The visit is recorded.").wait_for()
    assert len(logs(served.office, customer.account)) == before + 1


def test_once_recorded_the_way_back_leads_before_the_form(
    browser_page: Page, served: Served, customer: Customer
) -> None:
    begin(browser_page, served, "/console/guide")
    browser_page.goto(f"{served.url}{log_path(customer)}")
    chip(browser_page, "Ada").click()
    browser_page.get_by_label("What came of it").fill("Once")
    browser_page.get_by_role("button", name="Record the visit").click()
    browser_page.get_by_text("The visit is recorded.").wait_for()
    browser_page.go_back()
    expect(browser_page).to_have_url(re.compile("/console/guide"))


def test_a_session_that_is_over_keeps_what_was_typed_and_sends_it_with_the_new_one(
    browser_page: Page, served: Served, customer: Customer
) -> None:
    office = served.office
    begin(browser_page, served, log_path(customer))
    browser_page.get_by_label("What came of it").fill("Typed for an hour")
    sessions = Authenticator(office.journal, Newest(office.journal)).sessions
    sessions.end_all(office.members["manager"], office.clock())
    browser_page.get_by_role("button", name="Record the visit").click()
    dialog = browser_page.get_by_role("dialog", name="You were signed out")
    expect(dialog).to_be_visible()
    with browser_page.context.expect_page() as opened:
        dialog.get_by_role("link", name="Sign in in another tab").click()
    begin(opened.value, served, "/console/")
    opened.value.close()
    browser_page.bring_to_front()
    browser_page.evaluate("dispatchEvent(new Event('focus'))")
    browser_page.get_by_text("The visit is recorded.").wait_for()
    expect(browser_page.get_by_text("Typed for an hour")).to_be_visible()


def test_it_works_with_the_keyboard_alone(browser_page: Page, served: Served, customer: Customer) -> None:
    begin(browser_page, served, log_path(customer))
    browser_page.locator("input[name=stakeholders]").first.focus()
    browser_page.keyboard.press("Space")
    browser_page.keyboard.press("Tab")
    browser_page.keyboard.press("Space")
    expect(browser_page.locator("input[name=objective_met]:checked")).to_have_value("yes")
    browser_page.get_by_label("What came of it").focus()
    browser_page.keyboard.type("By keyboard")
    browser_page.get_by_role("button", name="Record the visit").focus()
    browser_page.keyboard.press("Enter")
    browser_page.get_by_text("The visit is recorded.").wait_for()
    assert logs(served.office, customer.account)[-1].stakeholders == (customer.person,)


def test_without_scripts_the_same_form_records_it_once_and_leads_to_the_visit(
    office: Office, customer: Customer
) -> None:
    who, key = office.signed_in("manager"), str(uuid4())
    fields = {
        "account": str(customer.account),
        "_key": key,
        "what": "sales_call",
        "occurred_on": "2026-03-03",
        "outcome": "A test",
    }
    before = len(logs(office, customer.account))
    first, again = (who.post("/console/visits/log", fields) for _ in range(2))
    assert (first.status_code, again.status_code) == (303, 303)
    pattern = rf"/console/visit/{key}\?account={customer.account}&as_of=2026-03-03&wait_for=(\d+)&recorded=\1"
    assert re.fullmatch(pattern, first.headers["location"])
    assert len(logs(office, customer.account)) == before + 1


def test_who_may_not_change_an_account_logs_no_visit_there(office: Office, customer: Customer) -> None:
    foreign, key = str(office.ids["foreign"]), str(uuid4())
    fields = {"account": foreign, "_key": key, "what": "sales_call"}
    assert office.signed_in("manager").post("/console/visits/log", fields).status_code == 404
    assert office.signed_in("auditor").post("/console/visits/log", fields).status_code == 403
    assert office.signed_in("auditor").get("/console/visits/log", account=foreign).status_code == 403
    assert logs(office, office.ids["foreign"]) == []


def test_what_is_no_day_or_number_is_said_beside_its_field(office: Office, customer: Customer) -> None:
    fields = {"account": str(customer.account), "_key": str(uuid4()), "what": "sales_call", "outcome": "A test"}
    wrong = office.signed_in("manager").post("/console/visits/log", {**fields, "occurred_on": "2999-01-01"})
    assert wrong.status_code == 422
    assert 'id="fault-occurred_at">lies in the future' in wrong.text
    wrong = office.signed_in("manager").post("/console/visits/log", {**fields, "minutes": "many"})
    assert 'id="fault-minutes">expected a whole number' in wrong.text


def test_a_visit_of_which_nothing_is_told_is_not_recorded(office: Office, customer: Customer) -> None:
    """It would count as contact and heal the health of the relationship."""
    before, who = len(logs(office, customer.account)), office.signed_in("manager")
    likely = {"what": "sales_call", "people": str(office.members["manager"]), "next_in": "7", "minutes": "30"}
    for planned in ("", str(customer.planned)):
        fields = {"account": str(customer.account), "_key": str(uuid4()), "visit": planned, **likely}
        empty = who.post("/console/visits/log", fields)
        assert empty.status_code == 422
        assert 'id="fault-stakeholders">state whom you met or what came of it' in empty.text
        assert "stakeholders:" not in empty.text
    assert len(logs(office, customer.account)) == before
    told = {"objective_met": "no", "account": str(customer.account), "_key": str(uuid4()), "what": "sales_call"}
    assert who.post("/console/visits/log", told).status_code == 303


def test_the_same_visit_recorded_again_is_asked_about_once(office: Office, customer: Customer) -> None:
    """Same day, account, people and words; under another key, as when somebody comes back to the form."""
    who = office.signed_in("manager")
    same = {
        "account": str(customer.account), "what": "sales_call", "occurred_on": "2026-02-17", "outcome": "Told twice",
        "stakeholders": str(customer.person),
    }  # fmt: skip
    first = str(uuid4())
    assert who.post("/console/visits/log", {**same, "_key": first}).status_code == 303
    before, again = len(logs(office, customer.account)), str(uuid4())
    asked = who.post("/console/visits/log", {**same, "_key": again})
    assert asked.status_code == 422
    assert "A visit of this day with the same people and the same words is recorded already." in asked.text
    assert f'href="/console/visit/{first}?account={customer.account}"' in asked.text
    assert '<input type="hidden" name="_sure" value="1">' in asked.text
    assert len(logs(office, customer.account)) == before
    assert who.post("/console/visits/log", {**same, "_key": first}).status_code == 303  # sent twice it is one
    for other in ({"occurred_on": "2026-02-18"}, {"outcome": "Something else"}, {"stakeholders": ""}):
        answer = who.post("/console/visits/log", {**same, **other, "_key": str(uuid4())})
        assert answer.status_code == 303, other
    sure = who.post("/console/visits/log", {**same, "_key": again, "_sure": "1"})
    assert sure.status_code == 303
    assert len(logs(office, customer.account)) == before + 4


def test_the_foot_says_the_day_that_was_chosen(browser_page: Page, served: Served, customer: Customer) -> None:
    begin(browser_page, served, log_path(customer))
    expect(browser_page.locator("#dated")).to_have_text("dated 20 Apr 2026")
    browser_page.locator("details.more > summary").click()
    browser_page.locator("#day").fill("2026-04-02")
    expect(browser_page.locator("#dated")).to_have_text("dated 2 Apr 2026")
    browser_page.reload()
    expect(browser_page.locator("#dated")).to_have_text("dated 2 Apr 2026")
    browser_page.get_by_role("button", name="Throw it away").click()
    expect(browser_page.locator("#dated")).to_have_text("dated 20 Apr 2026")


def test_a_visit_is_read_whole_with_what_was_taken_back(office: Office, customer: Customer) -> None:
    visit, met = uuid4(), [str(customer.person)]
    plan = {"start": "2026-04-21T02:00:00Z", "what": "store_visit", "why": "Look at <the> shelf", "purpose": "rapport"}
    office.give(Account, customer.account, "visits.plan", visit_id=str(visit), expected_action="They order", **plan)
    office.give(Account, customer.account, "visits.log", visit_id=str(visit), stakeholders=met)
    office.caught_up()
    page = office.get(f"/console/visit/{visit}", account=str(customer.account)).text
    assert "Look at &lt;the&gt; shelf" in page
    assert "They order" in page
    assert "Ada &lt;i&gt;Lovelace&lt;/i&gt; 艾达" in page
    assert office.get(f"/console/visit/{visit}").status_code == 200
    assert office.get(f"/console/visit/{uuid4()}").status_code == 404
    assert office.get(f"/console/visit/{visit}", "colleague").status_code == 404


def test_who_came_after_the_day_that_is_looked_at_is_named_among_those_who_may_have_been_there(
    office: Office, customer: Customer
) -> None:
    page = office.request("GET", log_path(customer, as_of="2026-01-04"), "manager")
    assert "manager 王" in page.text
    assert "(sealed)" not in page.text
