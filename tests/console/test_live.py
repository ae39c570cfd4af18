"""Changes come by themselves to who looks at now: the page moves to them, a form that is open only says so."""

import threading

import httpx
import pytest
from playwright.sync_api import expect

from domain.account.account import Account
from domain.opportunity.opportunity import Opportunity
from tests.console.serving import must_be_accessible, visit


def following(page):
    page.locator("main[data-following]").wait_for()


def opened_for(served, title):
    """An opportunity that pages show."""
    deal = served.office.opportunity(served.office.ids["own"], title)
    served.office.caught_up()
    return deal


def revised(served, deal, amount, who):
    """Somebody revises the amount elsewhere."""
    body = {"amount": {"amount": amount, "currency": "EUR"}, "reason": "call"}
    served.office.post(f"/opportunities/{deal}/revise-amount", body, who)


def test_a_form_in_the_panel_records_and_the_page_shows_it(browser_page, served):
    account = served.office.ids["own"]
    visit(browser_page, served, f"/console/do/accounts/{account}/needs.add")
    must_be_accessible(browser_page)
    browser_page.get_by_role("radio", name="Goal").check()
    browser_page.get_by_role("button", name="Record a need").click()
    browser_page.locator('[data-field="words"] .fault').wait_for()
    assert browser_page.get_by_role("radio", name="Goal").is_checked()
    assert browser_page.evaluate("document.activeElement.id") == "f-words"
    must_be_accessible(browser_page)
    browser_page.get_by_label("Words").fill("他们要 <b>快</b> 🚀")
    browser_page.get_by_role("button", name="Record a need").click()
    browser_page.wait_for_url(f"**/console/account/{account}?wait_for=*")


SUPERSEDED = """async ([recorded, plain]) => {
  const { show } = await import(document.querySelector('script[src*="/app."], script[src*="/app.js"]').src);
  show(recorded, { keep: false });
  await show(plain, { keep: false });
}"""


def test_what_was_recorded_is_said_though_another_change_comes_before_its_page(browser_page, served):
    own = served.office.ids["own"]
    visit(browser_page, served, f"/console/account/{own}")
    head = served.office.journal.streams.head()
    page = f"/console/account/{own}"
    browser_page.evaluate(SUPERSEDED, [f"{page}?wait_for={head}&recorded={head}", f"{page}?wait_for={head}"])
    expect(browser_page.locator("#recorded")).to_contain_text("Recorded")
    assert "recorded" not in browser_page.url


def test_two_people_see_each_others_changes(browser, browser_page, served):
    deal = opened_for(served, "Live pumps")
    visit(browser_page, served, f"/console/opportunity/{deal}")
    following(browser_page)
    other = browser.new_context().new_page()
    visit(other, served, f"/console/do/opportunities/{deal}/revise_amount", "director")
    other.get_by_label("Amount", exact=True).fill("4321")
    other.get_by_role("button", name="Revise the amount").click()
    browser_page.locator("main", has_text="4,321").first.wait_for()
    other.context.close()


def test_a_form_that_is_open_is_not_exchanged_under_ones_hands(browser_page, served):
    deal = opened_for(served, "Typed pumps")
    visit(browser_page, served, f"/console/do/opportunities/{deal}/revise_amount")
    following(browser_page)
    browser_page.get_by_label("Amount", exact=True).fill("99")
    revised(served, deal, "777", "director")
    browser_page.get_by_text("director 王: amount revised").wait_for()
    must_be_accessible(browser_page)
    assert browser_page.get_by_label("Amount", exact=True).input_value() == "99"


BARS = """() => {
  window.bars = 0;
  new MutationObserver((found) => found.forEach((one) => one.addedNodes.forEach((node) => {
    if (node.classList?.contains("live-bar")) window.bars += 1;
  }))).observe(document.body, { childList: true, subtree: true });
}"""


OPENED = """async (address) => {
  const { openPanel } = await import(document.querySelector('script[src*="/app."], script[src*="/app.js"]').src);
  await openPanel(address);
}"""


def test_what_one_records_in_another_tab_is_told_over_a_form(browser_page, served):
    deal = opened_for(served, "Pumps in two tabs")
    visit(browser_page, served, f"/console/do/opportunities/{deal}/revise_amount")
    following(browser_page)
    revised(served, deal, "777", "manager")
    browser_page.get_by_text("manager 王: amount revised").wait_for()


def test_what_one_records_with_a_form_is_not_told_over_it(browser_page, served):
    deal = opened_for(served, "Pumps in one tab")
    visit(browser_page, served, f"/console/opportunity/{deal}")
    following(browser_page)
    browser_page.evaluate(BARS)
    browser_page.evaluate(OPENED, f"/console/do/opportunities/{deal}/revise_amount")
    browser_page.get_by_label("Amount", exact=True).fill("4321")
    browser_page.get_by_role("button", name="Revise the amount").click()
    browser_page.locator("main", has_text="4,321").first.wait_for()
    revised(served, deal, "5555", "director")
    browser_page.locator("main", has_text="5,555").first.wait_for()
    assert browser_page.evaluate("window.bars") == 0


def test_a_lost_connection_is_said_and_found_again(browser_page, served):
    visit(browser_page, served, "/console/")
    following(browser_page)
    browser_page.context.set_offline(True)
    browser_page.evaluate("window.dispatchEvent(new Event('pagehide')); window.dispatchEvent(new Event('pageshow'))")
    browser_page.get_by_text("Not live since").wait_for()
    browser_page.context.set_offline(False)
    browser_page.get_by_text("Not live since").wait_for(state="hidden")


@pytest.mark.parametrize("who", ["manager", "colleague"])
def test_the_stream_tells_what_it_is_about_and_nothing_of_what_it_holds(served, who):
    office = served.office
    heard, ready = [], threading.Event()

    def listen():
        headers = {"Authorization": f"Bearer {office.keys[who]}"}
        with httpx.stream("GET", f"{served.url}/console/live", headers=headers, timeout=20) as answer:
            for line in answer.iter_lines():
                if line == "event: start":
                    ready.set()
                if line.startswith("data: ") and '"type"' in line:
                    heard.append(line)
                if len(heard) == 1:
                    return

    listening = threading.Thread(target=listen)
    listening.start()
    assert ready.wait(20)
    office.give(Account, office.ids["own"], "change_profile", industry=f"secret of {who}")
    office.give(Opportunity, office.ids["foreign deal"], "move_close_date", close_on="2026-09-01")
    office.give(Opportunity, office.ids["foreign deal"], "move_close_date", close_on="2026-08-01")
    listening.join(20)
    (told,) = heard
    expected = office.ids["own"] if who == "manager" else office.ids["foreign"]
    assert f'"account":"{expected}"' in told
    assert "secret" not in told
    assert "2026-09" not in told
