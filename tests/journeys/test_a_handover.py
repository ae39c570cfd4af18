"""A manager resigns, over HTTP: what would be lost is seen, everything is handed over, nothing is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.api.office import Office, open_office
from tests.conftest import new_database

MIDDLE, HANDED_OVER, END = "2026-02-20T12:00:00Z", "2026-03-02T09:00:00Z", "2026-03-10T12:00:00Z"
WANG, LI, VISIT, ITEM = (str(uuid4()) for _ in range(4))


@pytest.fixture
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            yield opened


class Resignation:
    """What the manager leaves behind at the account that is his alone, and how it is handed over."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.account, self.deal = office.ids["own"], office.ids["own deal"]
        self.old, self.new = str(office.members["manager"]), str(office.members["colleague"])

    def tell(self, path: str, day: str, who: str = "manager", /, **body: Any) -> dict[str, Any]:
        answer = self.office.post(path, {**body, "occurred_at": f"{day}T09:00:00Z"}, who)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def at_the_account(self, command: str, day: str, /, **body: Any) -> dict[str, Any]:
        return self.tell(f"/accounts/{self.account}/{command}", day, **body)

    def works(self) -> None:
        """Two people, of whom only the manager knows one; a visit planned, an action item open, a deal of his."""
        for person, name in ((WANG, "Wang Wei"), (LI, "Li Na")):
            self.at_the_account("stakeholders/add", "2026-01-12", stakeholder_id=person, name=name)
        near = {"level": "trusted_adviser", "coverage": "in_depth"}
        self.at_the_account("stakeholders/assess", "2026-01-20", stakeholder=WANG, member=self.old, **near)
        met = {"visit_id": str(uuid4()), "people": [self.old], "stakeholders": [WANG], "what": "sales_call"}
        self.at_the_account("visits/log", "2026-01-20", **met)
        plan = {"what": "demo", "why": "new line", "purpose": "advantage", "expected_action": "Wang names the approver"}
        who = {"people": [self.old], "stakeholders": [WANG], "start": "2026-03-20T09:00:00Z"}
        self.at_the_account("visits/plan", "2026-02-10", visit_id=VISIT, **plan, **who)
        item = {"item_id": ITEM, "text": "send the drawings", "owner": self.old, "due_on": "2026-03-06"}
        self.at_the_account("action-items/add", "2026-02-10", **item)
        self.tell(f"/opportunities/{self.deal}/change-owner", "2026-02-10", owner=self.old)
        mapped = {"stakeholder": WANG, "role": "approver", "support": "supporter"}
        self.tell(f"/opportunities/{self.deal}/buyers/map", "2026-02-10", **mapped)
        self.office.caught_up()

    def is_handed_over(self) -> dict[str, Any]:
        briefing = [{"point": "contracts", "done": True}, {"point": "introduce Wang Wei"}]
        body = {"to": self.new, "reason": "resignation", "effective_on": "2026-03-02", "briefing": briefing}
        told = self.tell(f"/accounts/{self.account}/hand-over", "2026-03-02", "director", **body)
        self.tell(
            f"/opportunities/{self.deal}/change-owner", "2026-03-02", "director", owner=self.new, reason="handover"
        )
        self.office.caught_up()
        return told

    def asks(self, path: str, who: str, **parameters: Any) -> dict[str, Any]:
        answer = self.office.get(path, who, **parameters)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture
def story(office: Office) -> Resignation:
    story = Resignation(office)
    story.works()
    return story


def test_what_the_manager_carries_alone_is_seen_before_he_goes(story: Resignation) -> None:
    found = story.asks("/exposure", "director", manager=story.old, as_of=MIDDLE)
    (one,) = [each for each in found["exposures"] if each["person"] == story.old]
    assert one["accounts"] == [str(story.account)]
    assert [each["opportunity"] for each in one["opportunities"]] == [str(story.deal)]
    assert (len(one["visits"]), len(one["action_items"])) == (1, 1)
    assert WANG in {each["stakeholder"] for each in one["single_threads"]}


def test_he_cannot_leave_while_accounts_are_his(story: Resignation) -> None:
    refused = story.office.post(f"/members/{story.old}/leave", {"reason": "resigned"}, "admin")
    assert (refused.status_code, refused.json()["rule"]) == (409, "AccountsNotHandedOver")
    assert str(story.account) in refused.json()["detail"]


def test_a_handover_lists_what_is_open_and_the_new_manager_inherits_it(story: Resignation) -> None:
    position = story.is_handed_over()["positions"][0]
    feed = story.asks("/events", "auditor", after=position - 1, limit=1)
    fact = feed["events"][0]["data"]["fields"]
    assert (fact["from"], fact["to"], fact["visits"], fact["action_items"]) == (story.old, story.new, [VISIT], [ITEM])
    assert [point["done"] for point in fact["briefing"]] == [True, False]
    todo = {each["kind"]: each for each in story.asks("/todo", "colleague", member=story.new, as_of=END)["items"]}
    assert todo["action_item"]["reason"] == "action item, overdue for 4 days"
    assert todo["action_item"]["text"] == "send the drawings"
    visits = story.asks("/visits", "colleague", period="2026-03", as_of=END)["visits"]
    assert [each["people"] for each in visits] == [[story.new]]


def test_before_the_handover_it_was_all_the_former_managers(story: Resignation) -> None:
    story.is_handed_over()
    page = story.asks(f"/accounts/{story.account}", "colleague", as_of=MIDDLE)
    assert page["manager"] == story.old
    assert story.asks(f"/accounts/{story.account}", "colleague", as_of=END)["manager"] == story.new
    todo = story.asks("/todo", "colleague", as_of=MIDDLE)["items"]
    assert {each["member"] for each in todo if each["kind"] == "action_item"} == {story.old}
    deal = story.asks(f"/opportunities/{story.deal}", "colleague", as_of=MIDDLE)
    assert deal["opportunity"]["owner"] == story.old


def test_the_new_manager_sees_the_whole_past_and_the_former_one_nothing(story: Resignation) -> None:
    assert story.office.get(f"/accounts/{story.account}", "colleague").status_code == 404
    story.is_handed_over()
    people = story.asks(f"/accounts/{story.account}", "colleague", as_of=MIDDLE)["people"]
    assert {each["name"] for each in people} == {"Wang Wei", "Li Na"}
    assert story.office.get(f"/accounts/{story.account}", "manager").status_code == 404


def thread_of(story: Resignation, as_of: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = story.asks("/exposure", "director", account=str(story.account), as_of=as_of)[
        "accounts"
    ]
    return found[0]


def test_then_he_can_leave_and_the_new_manager_ties_a_second_thread(story: Resignation) -> None:
    story.is_handed_over()
    left = story.office.post(f"/members/{story.old}/leave", {"reason": "resigned"}, "admin")
    assert left.status_code == 200, left.text
    story.office.caught_up()
    before = thread_of(story, END)
    assert (before["manager"], before["single_thread"], story.old in before["carried_by"]) == (story.new, 100.0, True)
    visit = {"visit_id": VISIT, "people": [story.new], "stakeholders": [WANG, LI], "minutes": 60}
    story.tell(f"/accounts/{story.account}/visits/log", "2026-03-20", "colleague", **visit)
    story.office.caught_up()
    after = thread_of(story, "2026-03-21T12:00:00Z")
    assert (after["single_thread"] < 100.0, after["members"], after["contacts"]) == (True, 2, 2)


def test_a_handover_needs_a_reason_and_somebody_to_hand_over(story: Resignation) -> None:
    body = {"to": story.new, "reason": " "}
    refused = story.office.post(f"/accounts/{story.account}/hand-over", body, "director")
    assert (refused.status_code, refused.json()["rule"]) == (409, "HandoverReasonBlank")
