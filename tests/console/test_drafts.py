"""What somebody types into a form is there again after a reload, a closed panel, a session that ended; until it is
recorded or thrown away."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from domain.account.needs import Needs
from domain.account.visits import Visits
from domain.aggregate import Event
from domain.opportunity.quotes import Quotes
from tests.api.office import Office
from tests.console.serving import Served, must_be_accessible, must_not_scroll_sideways, visit
from tests.console.test_signed_out import begin, end_all, type_a_need

DRAFTS = "Object.keys(sessionStorage).length + Object.keys(localStorage).length"


def newest(office: Office, kind: type[Event], key: str) -> Any:
    return [each.event for each in office.journal.streams.history(office.ids[key]) if isinstance(each.event, kind)][-1]


def on_account(page: Page, served: Served) -> None:
    visit(page, served, f"/console/account/{served.office.ids['own']}")


def is_back(place: Page | Locator) -> Locator:
    note = place.locator("[data-draft-note], #draft-note")
    expect(note).to_contain_text("What you typed on")
    return note


def test_a_panel_that_was_open_stands_open_again_after_a_reload_with_what_was_typed(
    browser_page: Page, served: Served
) -> None:
    on_account(browser_page, served)
    type_a_need(browser_page)
    panel = browser_page.locator("#panel")
    panel.get_by_role("radio", name="Goal").check()
    browser_page.reload()
    is_back(panel)
    expect(panel.get_by_label("Words")).to_have_value("They want it")
    expect(panel.get_by_role("radio", name="Goal")).to_be_checked()
    must_be_accessible(browser_page)
    panel.get_by_role("button", name="Record a need").click()
    expect(browser_page.locator("#toast")).to_contain_text("Recorded.")
    assert newest(served.office, Needs.NeedRecorded, "own").kind == "goal"
    assert browser_page.evaluate(DRAFTS) == 0
    browser_page.reload()
    expect(panel).to_be_hidden()


def test_a_panel_that_was_closed_unawares_comes_back_as_it_was_and_cancel_throws_away(
    browser_page: Page, served: Served
) -> None:
    on_account(browser_page, served)
    type_a_need(browser_page)
    panel = browser_page.locator("#panel")
    browser_page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    type_a_need(browser_page)
    is_back(panel)
    panel.get_by_role("link", name="Cancel").click()
    assert browser_page.evaluate(DRAFTS) == 0


def test_what_is_not_wanted_any_more_is_thrown_away_and_the_form_is_as_it_came(
    browser_page: Page, served: Served
) -> None:
    path = f"/console/do/accounts/{served.office.ids['own']}/needs.add"
    visit(browser_page, served, path)
    browser_page.get_by_label("Words").fill("Half a sentence")
    browser_page.reload()
    is_back(browser_page).get_by_role("button", name="Throw it away").click()
    expect(browser_page.get_by_label("Words")).to_have_value("")
    assert browser_page.evaluate(DRAFTS) == 0


def test_lines_that_were_added_and_what_was_folded_up_come_back_and_are_recorded(
    browser_page: Page, served: Served
) -> None:
    office = served.office
    deal = office.ids["own lines"] = office.opportunity(office.ids["own"], "Pumps with lines")
    visit(browser_page, served, f"/console/do/opportunities/{deal}/quotes.issue")
    browser_page.set_viewport_size({"width": 390, "height": 844})
    lines = browser_page.locator("[data-field=lines]")
    for number, product in enumerate(("pump", "seal", "valve")):
        if number:
            lines.get_by_role("button", name="Add a line").click()
        row = lines.locator(".form-row").nth(number)
        for label, text in (("Product", product), ("Quantity", str(number + 1)), ("Unit price", "5")):
            row.get_by_label(label).fill(text)
    browser_page.locator("[name=quote_no]").fill("Q-D1")
    browser_page.locator("[name=valid_until]").fill("2031-01-01")
    browser_page.locator("details.more-fields > summary").click()
    browser_page.locator("[name=note]").fill("By telephone")
    browser_page.reload()
    is_back(browser_page)
    expect(lines.get_by_label("Product")).to_have_count(3)
    expect(browser_page.locator("[name=note]")).to_be_visible()
    must_not_scroll_sideways(browser_page)
    browser_page.locator("form.command .command-end button").click()
    browser_page.wait_for_url("**/console/opportunity/**")
    issued = newest(office, Quotes.QuoteIssued, "own lines")
    assert [(line.product, str(line.quantity)) for line in issued.lines] == [
        ("pump", "1"),
        ("seal", "2"),
        ("valve", "3"),
    ]


def test_after_a_refusal_and_a_reload_all_that_was_typed_is_there(browser_page: Page, served: Served) -> None:
    visit(browser_page, served, f"/console/do/accounts/{served.office.ids['own']}/payments.add")
    browser_page.locator("[name=invoice_no]").fill("R-D1")
    browser_page.locator('[name="amount.amount"]').fill("-5")
    browser_page.locator("form.command .command-end button").click()
    expect(browser_page.locator(".fault").first).to_be_visible()
    browser_page.reload()
    is_back(browser_page)
    expect(browser_page.locator("[name=invoice_no]")).to_have_value("R-D1")
    expect(browser_page.locator('[name="amount.amount"]')).to_have_value("-5")


def test_a_session_that_ended_before_a_reload_takes_nothing_away(browser_page: Page, served: Served) -> None:
    path = f"/console/do/accounts/{served.office.ids['own']}/needs.add"
    begin(browser_page, served, "manager", path)
    browser_page.get_by_label("Words").fill("They want it red")
    end_all(served)
    browser_page.reload()
    expect(browser_page.get_by_role("heading", name="Sign in")).to_be_visible()
    begin(browser_page, served, "manager", path)
    is_back(browser_page)
    expect(browser_page.get_by_label("Words")).to_have_value("They want it red")


def test_a_plan_of_a_visit_outlives_a_reload_and_a_lost_connection(browser_page: Page, served: Served) -> None:
    visit(browser_page, served, f"/console/visits/plan?account={served.office.ids['own']}")
    browser_page.get_by_label("Why this visit?").fill("Close it")
    browser_page.reload()
    is_back(browser_page)
    expect(browser_page.get_by_label("Why this visit?")).to_have_value("Close it")
    browser_page.get_by_label("What will the customer do?").fill("They sign")
    browser_page.locator("input[name=purpose]").first.check(force=True)
    browser_page.context.set_offline(True)
    browser_page.get_by_role("button", name="Plan the visit").click()
    expect(browser_page.locator("#draft-note")).to_contain_text("No connection. What you typed is kept")
    must_be_accessible(browser_page)
    browser_page.context.set_offline(False)
    browser_page.wait_for_url(re.compile("/console/visit/"))
    assert newest(served.office, Visits.VisitPlanned, "own").expected_action
    assert browser_page.evaluate(DRAFTS) == 0
