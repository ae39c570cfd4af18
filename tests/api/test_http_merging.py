"""Merging and separating accounts over HTTP: who may, and who sees what afterwards."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from tests.api.office import Office, open_office


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with open_office(database_url) as opened:
        yield opened


def merged(office: Office, one: UUID, into: UUID, who: str = "manager") -> int:
    body = {"into": str(into), "reason": "the same company"}
    return office.post(f"/accounts/{one}/merge", body, who).status_code


def test_one_merges_what_one_may_change_and_nothing_else(office: Office) -> None:
    own, foreign = office.ids["own"], office.ids["foreign"]
    assert merged(office, own, foreign) == 404
    assert merged(office, own, foreign, "auditor") == 403
    assert merged(office, own, office.account("other", manager="manager")) == 200


def test_who_sees_the_account_that_goes_on_sees_and_separates_the_one_that_ended(office: Office) -> None:
    own, foreign = office.ids["own"], office.ids["foreign"]
    assert office.get(f"/accounts/{foreign}").status_code == 404
    assert merged(office, foreign, own, "admin") == 200
    office.caught_up()
    assert office.get(f"/accounts/{foreign}").status_code == 200
    assert office.get(f"/opportunities/{office.ids['foreign deal']}").status_code == 200
    refused = office.post(f"/accounts/{foreign}/change-profile", {"name": "Theirs"})
    assert refused.status_code == 409
    assert str(own) in refused.json()["detail"]
    assert refused.json()["rule"] == "AccountHasMerged"
    assert office.post(f"/accounts/{foreign}/separate", {"reason": "they are two"}).status_code == 200
    assert office.get(f"/accounts/{foreign}").status_code == 404


def test_a_parent_and_its_child_are_not_merged_nor_made_a_circle_through_a_merge(office: Office) -> None:
    above = office.account("above", manager="manager")
    between = office.account("between", manager="manager")
    below = office.account("below", manager="manager")
    for child, parent in ((between, above), (below, between)):
        assert office.post(f"/accounts/{child}/change-profile", {"parent": str(parent)}).status_code == 200
    assert [merged(office, above, below), merged(office, below, above)] == [409, 409]
    twin = office.account("twin", manager="manager")
    assert merged(office, above, twin) == 200
    circle = office.post(f"/accounts/{twin}/change-profile", {"parent": str(below)})
    assert (circle.status_code, circle.json()["rule"]) == (409, "ParentInCircle")


def test_the_page_of_the_account_that_goes_on_shows_both(office: Office) -> None:
    own, other = office.ids["own"], office.account("other", manager="manager")
    mine = str(office.members["manager"])
    item = {"item_id": str(uuid4()), "text": "send drawings", "owner": mine}
    assert office.post(f"/accounts/{own}/action-items/add", item).status_code == 200
    assert office.post(f"/accounts/{own}/team/join", {"member": mine, "function": "sales"}).status_code == 200
    assert office.post(f"/accounts/{own}/stakeholders/add", {"stakeholder_id": mine, "name": "李雷"}).status_code == 200
    assert merged(office, own, other) == 200
    office.caught_up()
    page = office.get(f"/accounts/{other}").json()
    assert (page["merged_into"], page["merged_with"]) == (None, [str(own)])
    assert [each["opportunity"] for each in page["opportunities"]] == [str(office.ids["own deal"])]
    assert [each["name"] for each in page["people"]] == ["李雷"]
    assert [each["text"] for each in page["action_items"]] == ["send drawings"]
    assert [each["function"] for each in page["team"]] == ["sales"]
    assert page["latest"][0]["fact"] == "Account.AccountsMerged"
    assert office.get(f"/accounts/{own}").json()["merged_into"] == str(other)
    assert str(own) not in {each["id"] for each in office.get("/accounts").json()["accounts"]}
    listed = {each["id"]: each["merged_into"] for each in office.get("/accounts", ended=True).json()["accounts"]}
    assert listed[str(own)] == str(other)


def test_no_visit_and_no_deal_at_a_customer_that_has_merged(office: Office) -> None:
    own, other = office.ids["own"], office.account("other", manager="manager")
    assert merged(office, own, other) == 200
    visit = office.post(f"/accounts/{own}/visits/log", {"visit_id": str(uuid4())})
    deal = office.post("/opportunities", {"account": str(own), "title": "Pumps"})
    for refused in (visit, deal):
        assert (refused.status_code, refused.json()["rule"]) == (409, "AccountHasMerged")
        assert refused.json()["details"] == {"account": str(own), "into": str(other)}
    before = {"visit_id": str(uuid4()), "occurred_at": "2026-01-06T09:00:00Z"}
    assert office.post(f"/accounts/{own}/visits/log", before).status_code == 200
    assert office.post("/opportunities", {"account": str(other), "title": "Pumps"}).status_code == 201
