"""Ten thousand accounts, opportunities and things to do: a page shows the first of them and says how many there are;
the rest is reached by links, by the keyboard, and by looking for a part of a name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Page, expect

from api.console.boarding import CARDS
from domain.account.account import Account
from domain.account.action_items import ActionItems
from domain.aggregate import Event, Recorded
from domain.journal.bulk import MOST_AT_ONCE
from domain.opportunity.opportunity import Opportunity
from tests.api.office import JANUARY, Office
from tests.console.serving import Served, must_be_accessible, must_not_scroll_sideways, visit

MANY = 10_000
MOST_ROWS, MOST_CHOICES, MOST_NODES = 210, 300, 6_000
LISTS = (
    *("/console/", "/console/accounts", "/console/funnel?show=board"),
    *("/console/funnel/change?kind=new&from=2025-01-01", "/console/forecast/deals?period=2026-Q1"),
    *("/console/visits?day=2026-02-01", "/console/visits/log", "/console/do/opportunities/new/open"),
    *("/console/why?explain=funnel", "/console/audit"),
)


def opened(office: Office) -> Iterator[Recorded]:
    """The facts of them all: accounts of the manager's, in each an item that is overdue, and an opportunity."""
    own, manager = office.ids["own"], office.members["manager"]
    like: Any = office.journal.streams.history(office.ids["own deal"])[0].event
    item = {"item_id": str(uuid4()), "text": "Call them", "due_on": "2026-02-01", "owner": str(manager)}
    office.give(Account, own, "action_items.add", **item)
    given: Any = office.journal.streams.history(own)[-1].event
    for number in range(MANY):
        account = uuid4()
        yield fact(account, 1, Account.Registered(name=f"Customer {number:05}", territory="north"))
        yield fact(account, 2, Account.ManagerAssigned(manager=manager))
        to_do = ActionItems.ActionItemOpened(item_id=uuid4(), text=given.text, owner=manager, due_on=date(2026, 2, 1))
        yield fact(account, 3, to_do)
        terms = {"stage": like.stage, "amount": like.amount, "close_on": like.close_on, "owner": manager}
        process = {"process": like.process, "process_edition": like.process_edition}
        yield fact(uuid4(), 1, Opportunity.Opened(account=account, title=f"Deal {number:05}", **process, **terms))


def fact(of: UUID, version: int, event: Event) -> Recorded:
    return Recorded(originator_id=of, originator_version=version, event=event, occurred_at=JANUARY)


@pytest.fixture(scope="module")
def many(office: Office) -> Office:
    facts = list(opened(office))
    for first in range(0, len(facts), MOST_AT_ONCE):
        office.journal.append_in_bulk(facts[first : first + MOST_AT_ONCE], uuid4())
    office.caught_up()
    return office


@pytest.mark.parametrize("path", LISTS)
def test_a_page_stays_small_however_much_there_is(many: Office, path: str) -> None:
    answer = many.request("GET", path, "admin" if "audit" in path else "manager")
    assert answer.status_code == 200
    assert len(re.findall(r"<[a-z]", answer.text)) < MOST_NODES
    assert len(re.findall(r"<(?:tr|li)\b", answer.text)) < MOST_ROWS
    assert len(re.findall(r"<option\b", answer.text)) < MOST_CHOICES


@pytest.mark.parametrize(
    ("path", "who", "told"),
    [
        ("/console/accounts", "manager", "25 of 10,001"),
        ("/console/funnel?show=board", "manager", "9,993 more"),
        ("/console/", "manager", "more"),
        ("/console/audit", "admin", ""),
        ("/console/visits/log", "manager", "more: look for a part of the name"),
    ],
)
def test_it_says_how_many_there_are_and_fits_a_phone(
    browser_page: Page, served: Served, many: Office, path: str, who: str, told: str
) -> None:
    browser_page.set_viewport_size({"width": 390, "height": 844})
    visit(browser_page, served, path, who)
    expect(browser_page.locator("main")).to_contain_text(told)
    assert browser_page.locator("*").count() < MOST_NODES
    must_not_scroll_sideways(browser_page)


def test_one_goes_on_by_a_link_and_finds_by_a_part_of_the_name(
    browser_page: Page, served: Served, many: Office
) -> None:
    visit(browser_page, served, "/console/accounts?sort=name")
    more = browser_page.get_by_role("link", name="Show 50 more")
    more.focus()
    browser_page.keyboard.press("Enter")
    rows = browser_page.locator("main tbody tr")
    rows.nth(74).wait_for()
    assert rows.count() == 75
    browser_page.get_by_role("searchbox").first.fill("Customer 07777")
    browser_page.keyboard.press("Enter")
    browser_page.wait_for_url(re.compile("q=Customer"))
    expect(browser_page.get_by_role("link", name="Customer 07777").first).to_be_visible()
    assert rows.count() == 1
    must_be_accessible(browser_page)


def test_further_cards_of_a_column_come_by_the_keyboard(browser_page: Page, served: Served, many: Office) -> None:
    visit(browser_page, served, "/console/funnel?show=board")
    cards = browser_page.locator(".deal")
    before = cards.count()
    more = browser_page.locator("a[data-more]").first
    more.focus()
    browser_page.keyboard.press("Enter")
    expect(cards).to_have_count(before + CARDS)
    expect(browser_page.locator(".deal a:focus")).to_have_count(1)


def test_a_form_finds_one_of_many_accounts_by_typing(browser_page: Page, served: Served, many: Office) -> None:
    visit(browser_page, served, "/console/do/opportunities/new/open")
    field = browser_page.locator("input[name=account]")
    field.press_sequentially("Customer 07777")
    expect(browser_page.locator("#f-account-list option")).to_have_count(1)
    must_be_accessible(browser_page)
