"""Panels that explain say what things are called: nobody reads an identifier or the key of what has a name, and a year
is no amount."""

import re
from uuid import uuid4

import pytest

from domain.account.account import Account
from domain.policies.policy import policy_id
from domain.policies.price_list import PriceList
from domain.policies.sales_target import SalesTarget
from tests.console.test_why import text_of

IDENTIFIER = re.compile(r"\b(?=[0-9a-f]*\d)(?=\d*[a-f])[0-9a-f]{8}\b")
PAGE = 50


@pytest.fixture(scope="module")
def lived(office):
    """A target of an owner; a product, quoted; a visit by steps of the template; an objective; a merged account."""
    own, deal, plan = (office.ids[each] for each in ("own", "own deal", "own plan"))
    price = {"amount": "5000.00", "currency": "EUR"}
    office.give(PriceList, policy_id("PriceList"), "set_price", key="sense-v", name="Vibration sensor", price=price)
    target = {"scope": "owner", "key": str(office.members["manager"]), "period": "2026-Q1"}
    office.give(SalesTarget, policy_id("SalesTarget"), "set_target", **target, amount=price)
    twin = office.account("twin", manager="manager")
    objective = {
        "objective_id": str(uuid4()),
        "title": "Sell more",
        "metric": "revenue",
        "baseline": "1",
        "target": "5",
    }
    objective["currency"] = "EUR"
    quote = {
        "quote_no": "Q-1",
        "currency": "EUR",
        "valid_until": "2027-12-31",
        "lines": [{"product": "sense-v", "quantity": "50", "unit_price": "9"}],
    }
    given = [
        (f"/accounts/{own}/visits/log", {"visit_id": str(uuid4()), "what": "store_visit", "steps": ["stock_check"]}),
        (f"/opportunities/{deal}/quotes/issue", quote),
        (f"/plans/{plan}/objectives/set", objective),
        (f"/accounts/{twin}/merge", {"into": str(own), "reason": "the same"}),
    ]
    for path, body in given:
        answer = office.post(path, body, "admin" if path.endswith("merge") else "manager")
        assert answer.is_success, (path, answer.text)
    office.caught_up()
    return office


def why(office, who="auditor", **asked):
    answer = office.get("/console/why", who, **asked)
    assert answer.status_code == 200, answer.text
    return text_of(answer.text)


def everything(office):
    """The panel of all that was ever recorded."""
    newest = office.journal.streams.head()
    pages = [range(first, min(first + PAGE, newest + 1)) for first in range(1, newest + 1, PAGE)]
    return " ".join(why(office, positions=",".join(map(str, page)), limit=str(PAGE)) for page in pages)


def test_no_fact_shows_an_identifier_and_what_has_a_name_is_called_by_it(lived):
    said = everything(lived)
    assert [said[max(at.start() - 60, 0) : at.end() + 60] for at in IDENTIFIER.finditer(said)] == []
    assert "into own" in said
    assert "Vibration sensor" in said
    assert "Stock check" in said
    assert "sense-v at" not in said
    assert "stock_check" not in said


def test_the_title_of_an_opportunity_that_one_may_not_see_is_not_told(office):
    named = {"visit_id": str(uuid4()), "opportunities": [str(office.ids["foreign deal"])]}
    position = office.give(Account, office.ids["own"], "visits.log", **named)
    office.caught_up()
    assert "Valves" in why(office, positions=str(position))
    assert "Valves" not in why(office, "manager", positions=str(position))


def test_of_a_long_text_a_change_at_its_end_is_a_change(office):
    text = "Pumps and valves. " * 30
    for end in ("for ships", "for trains"):
        body = {"core_business": text + end}
        position = office.give(Account, office.ids["own"], "change_profile", **body)
    office.caught_up()
    assert "core business" in why(office, positions=str(position)).lower()


def test_a_year_is_no_amount(lived):
    said = everything(lived)
    assert "fiscal year 2026" in said
    assert "2,026" not in said


def test_the_target_of_an_owner_is_called_by_his_name_and_its_quarter_in_words(lived):
    said = why(lived, explain="forecast?cell=target&period=2026-Q1", as_of="2027-01-01")
    assert "target · manager 王 · Q1 2026" in said
    assert not IDENTIFIER.search(said)


def test_a_coverage_and_its_parts_are_told_in_one_unit(lived):
    said = why(lived, explain="forecast?cell=coverage&period=2026-Q1", as_of="2026-02-01")
    assert "Pumps own" in said
    assert "%" not in said.partition("Pumps own")[2]
