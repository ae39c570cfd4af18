"""Forms in a browser as narrow as a phone: nothing is wider than the window, whatever names there are."""

from uuid import uuid4

from playwright.sync_api import expect

from domain.account.account import Account
from domain.opportunity.opportunity import Opportunity
from tests.console.serving import must_not_scroll_sideways, visit
from tests.console.test_forms_render import COMMANDS, address

LONG = "Ω" * 40 + "x" * 160
WIDER = """async (addresses) => {
  const found = [];
  const main = document.getElementById("main");
  for (const address of addresses) {
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    main.replaceChildren(...page.getElementById("main").childNodes);
    for (const more of main.querySelectorAll("details")) more.open = true;
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) found.push(address);
  }
  return found;
}"""


def test_no_form_is_wider_than_a_phone_though_names_have_two_hundred_characters(browser_page, served, office):
    own, person = office.account(LONG, manager="manager", territory="north"), uuid4()
    office.give(Account, own, "stakeholders.add", stakeholder_id=str(person), name=LONG, title=LONG)
    deal = office.opportunity(own, LONG)
    office.give(Opportunity, deal, "competition.identify", competitor=LONG)
    office.ids |= {"own": own, "own deal": deal}
    office.issue("own"), office.plan("own")
    office.caught_up()
    browser_page.set_viewport_size({"width": 390, "height": 844})
    visit(browser_page, served, f"/console/do/accounts/{own}/stakeholders.assess")
    must_not_scroll_sideways(browser_page)
    kinds = ("Account.", "Opportunity.", "Issue.", "AccountPlan.")
    forms = [f"{address(office, root, name)}?preset=account={own}" for root, name in COMMANDS if name.startswith(kinds)]
    assert browser_page.evaluate(WIDER, forms) == []


def test_a_line_that_was_added_is_removed_and_the_last_one_is_emptied(browser_page, served, office):
    visit(browser_page, served, f"/console/do/opportunities/{office.ids['own deal']}/quotes.issue")
    lines = browser_page.locator("[data-field=lines]")
    rows, remove = lines.locator(".form-row"), lines.get_by_role("button", name="Remove this line")
    before = rows.count()
    lines.get_by_role("button", name="Add a line").click()
    expect(rows).to_have_count(before + 1)
    for left in range(before, 0, -1):
        remove.first.click()
        expect(rows).to_have_count(left)
    lines.get_by_label("Quantity").fill("7")
    remove.click()
    expect(rows).to_have_count(1)
    expect(lines.get_by_label("Quantity")).to_have_value("")
    browser_page.set_viewport_size({"width": 390, "height": 844})
    must_not_scroll_sideways(browser_page)
