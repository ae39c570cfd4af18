"""What “Do …” offers: what fits something as it is now; the rest is folded up, and says why it would be refused."""

import re
from html import unescape
from uuid import uuid4

import pytest

from domain.account.account import Account
from domain.opportunity.opportunity import Opportunity
from tests.console.test_forms import form_at, send, told


def offered(office, path):
    """The commands that the menu of a page offers, and those that it says do not fit, with the reasons."""
    office.caught_up()
    text = unescape(office.get(path).text)
    menu = re.search(r'<details class="menu do-menu">.*?</div>\s*</details>', text, re.S)[0]
    fits, _, folded = menu.partition('<details class="do-group">')
    names = r'href="/console/do/[^/]+/[^/]+/([a-z_.]+)[^"]*">[^<]*(?:<small>([^<]*)</small>)?'
    return [name for name, _ in re.findall(names, fits)], dict(re.findall(names, folded))


def test_an_open_opportunity_is_not_reopened_and_nothing_of_it_delivered(office):
    deal = office.opportunity(office.ids["own"], "Open")
    fits, not_now = offered(office, f"/console/opportunity/{deal}")
    assert {"advance", "win", "quotes.issue"} <= set(fits)
    assert not_now["reopen"] == "it is open"
    assert {name: why for name, why in not_now.items() if name.startswith("delivery.")} == dict.fromkeys(
        ("delivery.accept", "delivery.miss", "delivery.plan", "delivery.reach"), "it is not won"
    )
    assert not_now["quotes.accept"] == "no quote is open"


@pytest.mark.parametrize(("ending", "why"), [("win", "won"), ("lose", "lost")])
def test_an_opportunity_that_ended_is_reopened_delivered_where_it_was_won_and_nothing_else(office, ending, why):
    deal = office.opportunity(office.ids["own"], f"Ended: {ending}")
    office.give(Opportunity, deal, ending, **({"reasons": ["price"]} if ending == "lose" else {}))
    fits, not_now = offered(office, f"/console/opportunity/{deal}")
    delivered = ["delivery.accept", "delivery.plan"] if ending == "win" else []
    assert sorted(fits) == sorted(["change_owner", "reopen", *delivered])
    assert not_now["advance"] == not_now["quotes.issue"] == not_now["win"] == why


def test_what_does_not_fit_would_be_refused_and_keeps_its_form_for_an_earlier_day(office):
    deal = office.opportunity(office.ids["own"], "Refused")
    _, not_now = offered(office, f"/console/opportunity/{deal}")
    assert "reopen" in not_now
    browser, hidden = form_at(office, path := f"opportunities/{deal}/reopen")
    assert send(browser, path, hidden, reason="x").status_code == 409


def test_an_account_offers_what_can_be_done_to_what_is_open_there(office):
    account = office.account("Fresh", manager="manager", territory="north")
    fits, not_now = offered(office, f"/console/account/{account}")
    assert {"visits.log", "needs.add", "stakeholders.add"} <= set(fits)
    assert (not_now["needs.meet"], not_now["visits.cancel"]) == ("no need is open", "no visit is planned")
    assert not_now["stakeholders.assess"] == "nobody of theirs is recorded"
    office.give(Account, account, "needs.add", need_id=str(uuid4()), kind="need", words="spares")
    assert "needs.meet" in offered(office, f"/console/account/{account}")[0]


def test_a_fact_is_corrected_but_not_what_took_one_back(office):
    deal = office.opportunity(office.ids["own"], "Corrected")
    browser, hidden = form_at(office, path := f"opportunities/{deal}/revise_amount")
    typed = {"amount.amount": "5", "amount.currency": "EUR", "reason": "x"}
    wrong = told(send(browser, path, hidden, **typed))["position"]
    browser, hidden = form_at(office, path := f"opportunities/{deal}/withdraw", position=wrong)
    back = told(send(browser, path, hidden, reason="a slip"))["position"]
    office.caught_up()
    text = unescape(office.get(f"/console/opportunity/{deal}", section="timeline").text)
    corrected = [int(each) for each in re.findall(r'class="correct"[^>]*preset=position%3D(\d+)', text)]
    assert corrected == [wrong - 1]
    assert str(back) in text
