"""To-do lists: what is due and what findings ask for, per person, ranked, each with its reason."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from domain.account.action_items import ActionItems
from domain.account.standing import RelationshipType
from domain.visibility import Visibility
from projections.todo import Todo, todo
from tests.domain.given import some_id
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal
from tests.projections.test_findings import (
    ACME,
    DEAL,
    ITEM,
    MEI,
    NOW,
    QUOTE,
    ago,
    granted,
    of_acme,
    of_deal,
    opened,
    promised,
    started,
)
from tests.projections.test_visits import PLANNED, logged


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    return started(Office(journal, engine_of))


def listed(office: Office, as_of: Any = NOW, **more: Any) -> list[Todo]:
    with office.view(as_of) as view:
        return todo(view, **more).items


def kinds(items: list[Todo]) -> list[str]:
    return [each.kind for each in items]


def only(items: list[Todo], kind: str) -> Todo:
    (found,) = [each for each in items if each.kind == kind]
    return found


def test_an_action_item_is_its_owners_until_it_is_done(office: Office) -> None:
    office.tell(of_acme(ITEM, 40))
    item = only(listed(office), "action_item")
    assert (item.member, item.name, item.due, item.reason) == (
        MEI,
        "Acme",
        date(2025, 6, 20),
        "action item, overdue for 20 days",
    )
    assert item.positions == [len(office.journal.facts)]
    office.tell(of_acme(ActionItems.ActionItemDone(item_id=some_id("item")), 1))
    assert "action_item" not in kinds(listed(office))
    assert "action_item" in kinds(listed(office, ago(2)))


def test_a_promise_of_ours_stands_with_the_manager_and_not_twice(office: Office) -> None:
    office.tell(of_acme(promised(date(2025, 7, 1))))
    found = listed(office)
    assert only(found, "commitment").reason == "we promised price, overdue for 9 days"
    assert "commitment_overdue" not in kinds(found)


def test_a_planned_visit_is_made_then_logged_and_its_next_step_follows(office: Office) -> None:
    office.tell(of_acme(msgspec.structs.replace(PLANNED, start=ago(3), stakeholders=()), 20))
    assert only(listed(office, ago(5)), "visit").reason == "the visit takes place, due on 2025-07-07"
    assert only(listed(office), "visit").reason == "log the visit, or move it, overdue for 3 days"
    office.tell(of_acme(logged(next_step_on=date(2025, 7, 10)), 3))
    assert only(listed(office), "next_step").reason == "the next step agreed on the last visit, due today"
    office.tell(of_acme(logged(visit_id=some_id("another"), ad_hoc=True), 1))
    assert "next_step" not in kinds(listed(office))


def test_a_quote_is_followed_up_by_the_owner_of_the_deal(office: Office) -> None:
    office.tell(of_deal(opened()), of_deal(msgspec.structs.replace(QUOTE, follow_up_on=date(2025, 7, 12))))
    item = only(listed(office), "quote")
    assert (item.opportunity, item.due, item.member) == (DEAL, date(2025, 7, 12), MEI)


def test_a_review_is_due_a_fortnight_ahead(office: Office) -> None:
    office.tell(of_acme(granted(RelationshipType.PARTNER), 175))
    assert "review" in kinds(listed(office))
    assert "review" not in kinds(listed(office, NOW - timedelta(days=30)))


def test_findings_ask_for_something_with_their_reason(office: Office) -> None:
    office.tell(of_deal(opened(close_on=date(2025, 7, 1))))
    item = only(listed(office), "close_date_past")
    assert (item.opportunity, item.reason) == (DEAL, "was expected to close on 2025-07-01")


def test_what_is_overdue_at_a_key_account_comes_first(office: Office) -> None:
    office.tell(of_acme(ITEM, 40), of_acme(promised(date(2025, 7, 20))))
    before = listed(office)
    assert [each.score for each in before] == sorted((each.score for each in before), reverse=True)
    plain = only(before, "action_item").score
    office.tell(of_acme(granted(), 30))
    assert only(listed(office), "action_item").score == plain + 10


def test_a_list_is_of_one_member_and_of_what_the_asker_may_see(office: Office) -> None:
    office.tell(of_acme(ITEM, 40))
    assert "action_item" in kinds(listed(office, member=MEI))
    assert listed(office, member=some_id("nobody")) == []
    with office.view(NOW, visibility=Visibility(member=some_id("other"))) as view:
        assert todo(view).items == []


def test_a_text_is_opened_for_those_who_may_read_it(office: Office) -> None:
    office.tell(of_acme(ITEM, 40))
    assert only(listed(office), "action_item").text is None
    read = listed(office, read=lambda text, field: f"{field}: {text.ciphertext.decode()}")
    assert only(read, "action_item").text == "text: call"
    assert only(read, "action_item").account == ACME
