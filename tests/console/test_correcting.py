"""Correcting a fact on a page: what is right is stated in its form, in one step with taking back what was wrong."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import Response

from api.console.forms.shapes import slots_of
from api.corrections import ANEW, restating
from domain.account.account import Account
from domain.account.needs import Needs
from domain.account_plan.account_plan import AccountPlan
from domain.aggregate import EVENTS, ROOTS
from domain.journal.context import Context
from domain.money import Money
from domain.opportunity.opportunity import Opportunity
from domain.opportunity.quotes import Quotes
from tests.api.office import Office
from tests.console.serving import Served, visit
from tests.console.test_forms import form_at, newest, send, told

LONG_AGO = datetime(2026, 2, 3, 4, 5, tzinfo=UTC)
SLIP = {"mistake": "a slip of the pen"}


def revised(office: Office, deal: UUID, amount: str) -> int:
    """The position of an amount that was revised long ago."""

    def decision(found: Opportunity) -> None:
        found.revise_amount(amount=Money.of(amount, "EUR"), reason="they want more")

    context = Context(at=LONG_AGO, actor=office.members["manager"])
    return office.journal.run(Opportunity, deal, decision, context).positions[-1]


def corrected(office: Office, noun: str, key: UUID, position: int, **typed: str) -> Response:
    """The answer to a correction: what the form began with, and on it what is typed."""
    browser, hidden = form_at(office, path := f"{noun}/{key}/correct", position=position)
    was = {name: text for name, text in json.loads(hidden["_was"]).items() if isinstance(text, str)}
    answer: Response = send(browser, path, hidden, **{**was, **typed})
    return answer


def page_of(office: Office, noun: str, key: UUID, position: int) -> str:
    answer = office.signed_in("manager").get(f"/console/do/{noun}/{key}/correct", preset=f"position={position}")
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def amounts(amount: str) -> dict[str, str]:
    return {"amount.amount": amount, "amount.currency": "EUR"}


@pytest.fixture
def deal(office: Office) -> UUID:
    return office.opportunity(office.ids["own"], "Corrected")


def test_what_is_right_is_stated_in_the_form_of_what_was_recorded_and_holds_from_its_day(
    office: Office, deal: UUID
) -> None:
    wrong = revised(office, deal, "5")
    page = page_of(office, "opportunities", deal, wrong)
    assert re.search(r'value="5.00"[^>]*name="amount.amount"', page)
    assert "they want more</textarea>" in page
    assert 'value="2026-02-03" id="f-occurred_at"' in page
    fact = newest(office, told(corrected(office, "opportunities", deal, wrong, **amounts("6"), **SLIP))["position"])
    assert (str(fact.event.amount), fact.event.reason) == ("6.00 EUR", "they want more")
    assert (fact.occurred_at, fact.causation_id) == (LONG_AGO, wrong)


def test_what_the_fact_states_comes_first_and_what_it_does_not_is_folded(office: Office) -> None:
    own = office.ids["own"]
    told = office.post(f"/accounts/{own}/change-profile", {"website": "https://a.example", "headcount": 3}).json()
    office.caught_up()
    first, _, more = page_of(office, "accounts", own, told["position"]).partition('class="more-fields"')
    assert all(f'name="{each}"' in first for each in ("website", "headcount", "mistake", "occurred_at"))
    assert all(f'name="{each}"' in more for each in ("name", "industry", "note"))


def test_it_is_one_step_with_the_withdrawal(office: Office, deal: UUID) -> None:
    wrong = revised(office, deal, "5")
    fact = newest(office, told(corrected(office, "opportunities", deal, wrong, **amounts("6"), **SLIP))["position"])
    back = newest(office, fact.position - 1)
    assert (back.event.position, back.event.reason) == (wrong, "a slip of the pen")
    assert (fact.command_id, fact.recorded_at) == (back.command_id, back.recorded_at)


def test_the_timeline_shows_old_and_new(office: Office, deal: UUID) -> None:
    wrong = revised(office, deal, "5")
    told(corrected(office, "opportunities", deal, wrong, **amounts("6"), **SLIP))
    office.caught_up()
    page = office.get(f"/console/opportunity/{deal}", section="timeline").text
    lines = [
        " ".join(re.sub(r"<[^>]+>", " ", unescape(each)).split()) for each in re.findall(r"<li.*?</li>", page, re.S)
    ]
    (old,) = [each for each in lines if "corrected a slip of the pen → amount revised" in each]
    (new,) = [each for each in lines if "stated anew" in each]
    (act,) = [each for each in lines if "corrected: “" in each]
    assert old.index("€5.00") < old.index("→") < old.index("€6.00")
    assert new.index("€6.00") < new.index("€5.00")
    assert re.search(r"corrected: “amount revised: .*€5\.00.*” → “amount revised: .*€6\.00.*”, reason a slip", act)


def test_what_takes_a_fact_back_says_which_in_words_and_leads_to_it(office: Office, deal: UUID) -> None:
    wrong = revised(office, deal, "5")
    back = told(corrected(office, "opportunities", deal, wrong, **SLIP, _take_back="1"))["position"]
    office.caught_up()
    page = unescape(office.get(f"/console/opportunity/{deal}", section="timeline").text)
    assert re.search(r"taken back: “amount revised: [^<]*€5\.00[^<]*”, reason a slip of the pen", page)
    assert re.search(rf"positions=({wrong}(%2C|,){back}|{back}(%2C|,){wrong})\b", page)
    assert "fact withdrawn" not in page
    why = unescape(office.get("/console/why", positions=str(back)).text)
    assert "taken back: “amount revised" in why


def test_a_fact_may_be_taken_back_alone(office: Office, deal: UUID) -> None:
    wrong = revised(office, deal, "5")
    answer = corrected(office, "opportunities", deal, wrong, **amounts("6"), **SLIP, _take_back="1")
    fact = newest(office, told(answer)["position"])
    assert (fact.event.topic, fact.event.position) == ("Opportunity.FactWithdrawn", wrong)
    assert fact.position == office.journal.streams.head()


@pytest.mark.parametrize("button", [{}, {"_take_back": "1"}])
def test_without_a_word_on_what_was_wrong_it_is_refused_and_what_was_typed_stays(
    office: Office, deal: UUID, button: dict[str, str]
) -> None:
    wrong = revised(office, deal, "5")
    answer = corrected(office, "opportunities", deal, wrong, **amounts("7"), **button)
    assert answer.status_code == 422
    assert re.search(r'data-field="mistake" data-faulty.*?Please state this', answer.text, re.S)
    assert re.search(r'value="7"[^>]*name="amount.amount"', answer.text)
    assert newest(office, office.journal.streams.head()).position == wrong


def test_nothing_else_than_what_was_recorded_is_no_correction(office: Office, deal: UUID) -> None:
    answer = corrected(office, "opportunities", deal, revised(office, deal, "5"), **amounts("5.00"), **SLIP)
    assert answer.status_code == 409
    assert "Nothing is different from what was recorded" in answer.text


def test_another_day_is_a_correction_too(office: Office, deal: UUID) -> None:
    wrong = revised(office, deal, "5")
    answer = corrected(office, "opportunities", deal, wrong, **amounts("5.00"), **SLIP, occurred_at="2026-02-01")
    assert newest(office, told(answer)["position"]).occurred_at < LONG_AGO


def test_what_opened_something_stays_and_the_form_says_so(office: Office, deal: UUID) -> None:
    opened = office.journal.streams.head()
    page = page_of(office, "opportunities", deal, opened)
    assert "This is how it began, and stays" in page
    assert "_take_back" not in page


def test_what_cannot_be_stated_anew_is_only_taken_back(office: Office, deal: UUID) -> None:
    line = {"product": "pump", "quantity": "1", "unit_price": "9"}
    office.give(
        Opportunity, deal, "quotes.issue", quote_no="Q-1", currency="EUR", valid_until="2031-01-01", lines=[line]
    )
    page = page_of(office, "opportunities", deal, issued := office.journal.streams.head())
    assert "This cannot be stated anew in one step: take it back" in page
    answer = corrected(office, "opportunities", deal, issued, reason="never sent")
    assert newest(office, told(answer)["position"]).event.position == issued


def test_what_stays_as_it_is_stays_sealed_under_its_own_key(office: Office) -> None:
    own, need = office.ids["own"], str(uuid4())
    office.give(Account, own, "needs.add", need_id=need, kind="need", words="more 零件", importance=2)
    wrong = office.journal.streams.head()
    fact = newest(office, told(corrected(office, "accounts", own, wrong, importance="4", **SLIP))["position"])
    was = newest(office, wrong)
    assert isinstance(fact.event, Needs.NeedRecorded)
    assert (fact.event.importance, str(fact.event.need_id)) == (4, need)
    assert fact.event.words == was.event.words


def test_what_came_later_forbids_a_correction_that_it_rests_on(office: Office, deal: UUID) -> None:
    wrong = revised(office, deal, "5")
    after = Context(at=LONG_AGO + timedelta(days=9), actor=office.members["manager"])
    office.journal.run(Opportunity, deal, lambda found: found.lose(reasons=("price",)), after)
    answer = corrected(office, "opportunities", deal, wrong, **amounts("9"), **SLIP, occurred_at="2026-02-25")
    assert answer.status_code == 409
    assert "The opportunity is lost" in answer.text
    assert re.search(r'value="9"[^>]*name="amount.amount"', answer.text)


def test_nobody_corrects_what_is_not_his_to_change(office: Office) -> None:
    deal = office.ids["foreign deal"]
    wrong = revised(office, deal, "5")
    for who, status in (("manager", 404), ("auditor", 403)):
        path = f"/console/do/opportunities/{deal}/correct"
        assert office.get(path, who, preset=f"position={wrong}").status_code == status


CORRECTABLE = sorted(
    topic for topic, kind in EVENTS.items() if ROOTS[topic.partition(".")[0]] in ANEW and restating(kind) is not None
)


@pytest.mark.parametrize("topic", CORRECTABLE)
def test_every_fact_that_can_be_stated_anew_has_a_form(topic: str) -> None:
    _, endpoint = restating(EVENTS[topic]) or ("", None)
    assert endpoint is not None
    assert endpoint.body is not None
    slots = {slot.name: slot for slot in slots_of(endpoint.body)}
    assert {"position", "mistake"} <= slots.keys()
    own: dict[str, Any] = {each: slot for each, slot in slots.items() if each in EVENTS[topic].__struct_fields__}
    assert all(slot.shape.stays and not slot.required for each, slot in own.items() if each != "note")


@pytest.mark.parametrize("kind", [Opportunity.Opened, Quotes.QuoteIssued, Account.AccountsMerged, AccountPlan.Revised])
def test_what_keeps_not_all_that_was_stated_or_was_not_stated_here_cannot(kind: Any) -> None:
    assert restating(kind) is None


def test_most_that_people_record_can_be_stated_anew() -> None:
    assert len(CORRECTABLE) > 60


def test_a_correction_in_a_browser_by_either_button(served: Served, browser_page: Any) -> None:
    office = served.office
    deal = office.opportunity(office.ids["own"], "By hand")
    wrong = revised(office, deal, "5")
    office.caught_up()
    visit(browser_page, served, f"/console/opportunity/{deal}?section=timeline")
    browser_page.locator(f'a.correct[href*="position%3D{wrong}"]').first.click()
    browser_page.get_by_label("Amount", exact=True).fill("6")
    browser_page.get_by_label("What was wrong").fill("a slip")
    browser_page.get_by_role("button", name="Record what is right").click()
    browser_page.get_by_text("stated anew").first.wait_for()
    browser_page.locator(f'a.correct[href*="position%3D{wrong + 2}"]').first.click()
    browser_page.get_by_label("What was wrong").fill("never so")
    browser_page.get_by_role("button", name="Only take it back").click()
    browser_page.get_by_text("taken back: “amount revised").first.wait_for()
