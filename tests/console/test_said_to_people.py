"""Days and money on pages stand as people write them, and sentences say plainly what is meant."""

import re
from uuid import uuid4

import pytest

from domain.policies.policy import policy_id
from domain.policies.price_list import PriceList
from domain.policies.sales_target import SalesTarget
from domain.policies.territories import Territories
from tests.console.test_why import text_of

ISO = re.compile(r"\d{4}-\d\d-\d\d")
ZH = {"Accept-Language": "zh-CN"}


@pytest.fixture(scope="module")
def lived(office):
    """The own account with a promise of ours, a planned visit and an open invoice; a target that is missed."""
    own = office.ids["own"]
    money = {"amount": "1280.52", "currency": "EUR"}
    given = [
        ("commitments/make", {"commitment_id": str(uuid4()), "made_by": "us", "kind": "service", "what": "An answer",
                              "due_on": "2026-03-01"}),
        ("visits/plan", {"visit_id": str(uuid4()), "start": "2026-03-02T03:00:00Z", "end": "2026-03-02T04:00:00Z",
                         "why": "the quarter", "what": "demo", "purpose": "advantage", "expected_action": "signs",
                         "people": [str(office.members["manager"])]}),
        ("payments/add", {"invoice_no": "INV-1", "amount": money, "due_on": "2026-03-03"}),
    ]  # fmt: skip
    for path, body in given:
        answer = office.post(f"/accounts/{own}/{path}", {**body, "occurred_at": "2026-02-01"})
        assert answer.is_success, (path, answer.text)
    target = {"scope": "owner", "key": str(office.members["manager"]), "period": "2026-Q1"}
    office.give(SalesTarget, policy_id("SalesTarget"), "set_target", **target, amount={**money, "amount": "50000"})
    office.caught_up()
    return own


def choices(office, path):
    page = office.request("GET", path).text
    return re.findall(r"<option[^>]*>([^<]*)</option>", page)


def test_choices_of_promises_say_days_as_people_write_them(office, lived):
    (promise,) = [
        each for each in choices(office, f"/console/do/accounts/{lived}/commitments.keep") if "answer" in each
    ]
    assert "due on 1 Mar 2026" in promise
    assert not ISO.search(promise)


def test_choices_of_visits_say_when_in_the_companys_time(office, lived):
    (visit,) = [each for each in choices(office, f"/console/do/accounts/{lived}/visits.cancel") if "quarter" in each]
    assert visit.startswith("2 Mar 2026, 11:00 · the quarter")


def test_what_was_lost_since_a_day_says_it_in_both_languages(office):
    path = "/console/why?explain=funnel%3Foutcome%3Dlost%26from%3D2026-01-05&as_of=2026-02-01"
    assert "Lost since 5 Jan 2026" in text_of(office.request("GET", path).text)
    assert "自 2026年1月5日 起" in office.request("GET", path, headers=ZH).text


def test_an_open_invoice_says_its_amount_with_its_currency(office, lived):
    said = text_of('<main id="main"' + office.get(f"/console/account/{lived}/section/open").text.replace("main", "m"))
    assert "INV-1 · €1,280.52" in said


def test_what_is_missing_to_the_target_is_money(office, lived):
    page = office.get("/console/forecast/expected", period="2026-Q1", as_of="2026-02-01").text
    assert "€0 of €50,000 is closed, €50,000 is missing." in page


def test_a_replay_calls_territories_and_products_by_their_names(office, lived):
    office.give(Territories, policy_id("Territories"), "define", territories=[{"key": "north", "name": "Up north"}])
    price = {"amount": "19.00", "currency": "EUR"}
    office.give(PriceList, policy_id("PriceList"), "set_price", key="sense-v", name="Sense V", price=price)
    deal = office.opportunity(lived, "Sensors")
    line = {"product": "sense-v", "quantity": "50", "unit_price": "19.00"}
    quote = {"quote_no": "Q-1", "lines": [line], "currency": "EUR", "valid_until": "2026-12-31"}
    answer = office.post(f"/opportunities/{deal}/quotes/issue", {**quote, "occurred_at": "2026-02-02"})
    assert answer.is_success, answer.text
    office.caught_up()
    said = text_of(office.get(f"/console/audit/replay/{lived}", "auditor").text)
    assert "Up north" in said
    assert "50 × Sense V at" in said
    assert "sense-v" not in said
