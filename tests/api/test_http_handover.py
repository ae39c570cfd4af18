"""Handing accounts over over HTTP, and leaving only then."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.api.office import Office, open_office


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with open_office(database_url) as opened:
        yield opened


def test_a_handover_moves_account_visits_and_items_and_then_one_may_leave(office: Office) -> None:
    own, visit, item = office.ids["own"], str(uuid4()), str(uuid4())
    mine, theirs = str(office.members["manager"]), str(office.members["colleague"])
    planned = {"visit_id": visit, "start": "2026-03-03T09:00:00Z", "what": "demo", "why": "they asked"}
    planned |= {"purpose": "advantage", "expected_action": "names the approver", "people": [mine]}
    assert office.post(f"/accounts/{own}/visits/plan", planned).status_code == 200
    opened = {"item_id": item, "text": "send drawings", "owner": mine}
    assert office.post(f"/accounts/{own}/action-items/add", opened).status_code == 200
    joined = {"member": theirs, "function": "executive_sponsor"}
    assert office.post(f"/accounts/{own}/team/join", joined).status_code == 200
    (sponsor,) = office.get(f"/accounts/{own}").json()["team"]
    assert sponsor == {**joined, "counterpart": None, "name": "colleague 王", "counterpart_name": None}
    office.caught_up()
    kept = office.post(f"/members/{mine}/leave", {"reason": "moves on"}, "admin")
    assert (kept.status_code, kept.json()["rule"]) == (409, "AccountsNotHandedOver")
    assert str(own) in kept.json()["detail"]

    briefing = [{"point": "contracts", "done": True}, {"point": "open offers"}]
    handed = office.post(f"/accounts/{own}/hand-over", {"to": theirs, "reason": "moves on", "briefing": briefing})
    assert handed.status_code == 200
    office.caught_up()
    assert office.get(f"/accounts/{own}").status_code == 404
    page = office.get(f"/accounts/{own}", "colleague").json()
    assert page["manager"] == theirs
    assert [each["people"] for each in page["planned_visits"]] == [[theirs]]
    (todo,) = page["action_items"]
    assert (todo["item"], todo["text"], todo["owner"], todo["owner_name"]) == (
        item,
        "send drawings",
        theirs,
        "colleague 王",
    )
    assert office.post(f"/members/{mine}/leave", {"reason": "moves on"}, "admin").status_code == 200


def test_an_account_that_ended_need_not_be_handed_over(office: Office) -> None:
    own, mine = office.ids["own"], str(office.members["manager"])
    merged = {"into": str(office.ids["foreign"]), "reason": "the same company"}
    assert office.post(f"/accounts/{own}/merge", merged, "admin").status_code == 200
    office.caught_up()
    assert office.post(f"/members/{mine}/leave", {"reason": "moves on"}, "admin").status_code == 200


def test_an_unknown_member_takes_nothing_over(office: Office) -> None:
    refused = office.post(f"/accounts/{office.ids['own']}/hand-over", {"to": str(uuid4()), "reason": "moves on"})
    assert (refused.status_code, refused.json()["rule"]) == (409, "ReferenceUnknown")
