"""What forms offer to choose from: accounts by name, however many there are; opportunities that can be told apart."""

import re
from html import unescape
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from api.console.forms.accounts import BEGUN_WITH, OFFERED
from api.console.visiting.sending import OFFERED as SHOWN
from domain.account.account import Account
from domain.opportunity.opportunity import Opportunity
from tests.console.serving import must_be_accessible, visit
from tests.console.test_forms import form_at, newest, send, told

PATH = "opportunities/new/open"
DEAL = {"title": "Pumps", "close_on": "2031-03-31"}


@pytest.fixture(scope="module")
def many(office):
    """More accounts than a form begins with; the last of all by name is Zulu Works, Z-1."""
    for number in range(BEGUN_WITH + 5):
        office.account(f"Mill {number:03}", manager="manager")
    for name, number in (("Zulu Works", "Z-1"), ("Zulu Yards", "Z-2"), ("Twin", "T-1"), ("Twin", "T-2")):
        account = office.ids[number] = uuid4()
        office.give(Account, account, "register", name=name, external_id=number, territory="")
        office.give(Account, account, "assign_manager", manager=str(office.members["manager"]))
    office.caught_up()
    return office


def offered(answer):
    return [unescape(each) for each in re.findall(r'<option value="([^"]+)">', answer.text)]


def test_an_account_beyond_those_that_are_shown_is_found_by_its_name_or_number(many):
    assert not any("Zulu" in each for each in offered(many.get(f"/console/do/{PATH}")))
    found = offered(many.get("/console/choose/accounts", name="zulu"))
    assert found == ["Zulu Works (Z-1)", "Zulu Yards (Z-2)"]
    assert offered(many.get("/console/choose/accounts", name="Z-2")) == ["Zulu Yards (Z-2)"]
    assert len(offered(many.get("/console/choose/accounts", name="mill"))) == OFFERED
    assert offered(many.get("/console/choose/accounts", "colleague", name="zulu")) == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("Zulu Works (Z-1)", "Z-1"), ("zulu works", "Z-1"), ("Z-2", "Z-2"), ("yards", "Z-2"), ("Twin (T-2)", "T-2")],
)
def test_the_account_that_was_typed_is_the_one_that_is_meant(many, typed, meant):
    browser, hidden = form_at(many, PATH)
    fact = newest(many, told(send(browser, PATH, hidden, account=typed, **DEAL))["position"])
    assert fact.event.account == many.ids[meant]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Twin", "Several accounts may be meant: Twin (T-1), Twin (T-2). Choose one"),
        ("nobody", "No account that you see has “nobody” in its name or as its number"),
    ],
)
def test_what_may_be_several_accounts_or_is_none_is_told_beside_the_field(many, typed, said):
    browser, hidden = form_at(many, PATH)
    answer = send(browser, PATH, hidden, account=typed, **DEAL)
    assert answer.status_code == 422
    text = unescape(answer.text)
    beside = re.search(r'data-field="account" data-faulty>.*?data-fault>([^<]*)', text, re.S)
    assert sorted(re.split(r"[:,.] ", beside[1])) == sorted(re.split(r"[:,.] ", said))
    assert f'value="{typed}" id="f-account"' in text


def test_an_account_is_typed_by_its_name_where_the_form_is_about_it(many):
    text = many.get(f"/console/do/{PATH}", preset=f"account={many.ids['Z-1']}").text
    assert 'value="Zulu Works (Z-1)" id="f-account"' in text


@pytest.mark.parametrize("form", ["log", "plan"])
def test_the_account_of_a_visit_is_found_by_its_name_or_number_too(many, form):
    for typed in ("zulu works", "Z-1"):
        text = many.get(f"/console/visits/{form}", name=typed).text
        assert re.findall(r'class="pick" href="[^"]*account=([^"&]+)', text) == [str(many.ids["Z-1"])]


@pytest.mark.parametrize("form", ["log", "plan"])
def test_the_account_of_a_visit_is_found_by_typing_beyond_those_that_are_shown(browser_page, served, many, form):
    visit(browser_page, served, f"/console/visits/{form}")
    picks = browser_page.locator(".pick")
    expect(picks).to_have_count(SHOWN)
    expect(browser_page.get_by_text("Zulu Works")).to_have_count(0)
    browser_page.get_by_role("searchbox").press_sequentially("zulu w")
    expect(picks).to_have_text([re.compile("Zulu Works")])
    expect(browser_page.get_by_role("searchbox")).to_be_focused()
    must_be_accessible(browser_page)
    picks.click()
    browser_page.wait_for_url(f"**account={many.ids['Z-1']}*")


def test_accounts_are_offered_again_once_the_server_answers(browser_page, served, many):
    visit(browser_page, served, f"/console/do/{PATH}")
    browser_page.context.set_offline(True)
    browser_page.locator("#f-account").press_sequentially("zulu")
    expect(browser_page.locator("#toast")).to_contain_text("The server does not answer.")
    browser_page.context.set_offline(False)
    expect(browser_page.locator("#f-account-list option")).to_have_count(2)


def test_who_chooses_with_the_keyboard_gets_what_the_server_offers(browser_page, served, many):
    visit(browser_page, served, f"/console/do/{PATH}")
    field = browser_page.get_by_label("Account")
    field.focus()
    browser_page.keyboard.type("zulu y")
    option = browser_page.locator("#f-account-list option")
    expect(option).to_have_count(1)
    expect(option).to_have_attribute("value", "Zulu Yards (Z-2)")
    must_be_accessible(browser_page)
    browser_page.keyboard.press("Tab")
    expect(browser_page.locator("#f-account")).to_have_value("Zulu Yards (Z-2)")


@pytest.fixture(scope="module")
def deals(office):
    """Opportunities of one account, all of one title: open, open, won, lost."""
    office.ids["deals"] = account = office.account("Deals", manager="manager", territory="north")
    for number, ending in (("O-1", ""), ("O-2", ""), ("O-3", "win"), ("O-4", "lose")):
        deal = office.ids[number] = uuid4()
        money = {"amount": "1000.00", "currency": "EUR"}
        body = {"account": str(account), "title": "Same title", "amount": money, "close_on": "2026-03-31"}
        office.give(Opportunity, deal, "open", external_id=number, **body)
        if ending:
            office.give(Opportunity, deal, ending, **({"reasons": ["price"]} if ending == "lose" else {}))
    office.caught_up()
    return office


def labels(text, name):
    field = re.search(rf'data-field="{name}".*?</fieldset>|<select id="f-{name}".*?</select>', unescape(text), re.S)[0]
    found = re.findall(r">\s*([^<>]*Same title[^<>]*?)\s*<", field)
    return sorted(each.strip() for each in found)


OPEN = ["O-1 · Same title · Potential", "O-2 · Same title · Potential"]


def test_a_visit_is_planned_for_open_opportunities_told_by_number_and_stage_with_people_by_name(deals):
    text = deals.get(f"/console/do/accounts/{deals.ids['deals']}/visits.plan").text
    assert labels(text, "opportunities") == labels(text, "chances") == OPEN
    people = re.search(r'data-field="people".*?</fieldset>', text, re.S)[0]
    assert "<textarea" not in people
    assert re.search(rf'value="{deals.members["manager"]}" checked> manager 王', people)


def test_an_issue_comes_from_an_open_opportunity_or_one_that_was_won(deals):
    text = deals.get("/console/do/issues/new/raise_issue", preset=f"account={deals.ids['deals']}").text
    assert labels(text, "opportunity") == [*OPEN, "O-3 · Same title · won"]


def test_an_opportunity_that_was_chosen_before_it_ended_is_told_by_its_number(deals):
    path = f"/console/do/accounts/{deals.ids['deals']}/needs.add"
    text = deals.get(path, preset=f"opportunities={deals.ids['O-4']}").text
    assert labels(text, "opportunities") == [*OPEN, "O-4 · Same title · lost"]


def test_the_account_that_was_visited_last_stands_first_however_many_there_are(many):
    for number, day in (("T-2", "2026-02-03"), ("Z-2", "2026-03-02"), ("Z-2", "2026-01-09")):
        browser, hidden = form_at(many, path := f"accounts/{many.ids[number]}/visits.log")
        assert told(send(browser, path, hidden, outcome="fine", occurred_at=day))
    many.caught_up()
    listed = unescape(many.get("/console/visits/log").text).partition('id="accounts"')[2]
    assert re.findall(r"<strong>([^<]+)</strong>", listed)[:2] == ["Zulu Yards", "Twin"]
    assert "last visit 2 Mar 2026" in listed
