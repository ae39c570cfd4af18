"""Subscriptions over HTTP: by whom they are opened, seen and changed, and what is never shown again."""

import json
import re
from collections.abc import Iterator
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.deliverable import AddressNeverServed, must_be_deliverable
from domain.member import Member, Role
from domain.subscription.subscription import Subscription
from tests.api.office import Office, open_office
from tests.conftest import new_database

ADDRESS = "https://example.com/kams"
numbers = count(1)


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            opened.member("other", Role.INTEGRATOR)
            opened.member("streamer", Role.INTEGRATOR, scopes=["stream"])
            opened.member("reader", Role.INTEGRATOR, scopes=["read"])
            yield opened


def subscribed(office: Office, who: str = "integrator", **stated: Any) -> dict[str, Any]:
    """A new subscription; its name and what was answered."""
    body = {"name": f"s-{next(numbers)}", "address": ADDRESS, **stated}
    answer = office.post("/subscriptions", body, who)
    assert answer.status_code == 201, answer.text
    return {"name": body["name"], **answer.json()}


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("https://10.0.0.1/in", "10.0.0.1"),
        ("http://localhost:9000/", "localhost (127.0.0.1)"),
        ("https://erp.LOCALHOST./", "erp.localhost (127.0.0.1)"),
        ("https://0x7f.1/", "0x7f.1 (127.0.0.1)"),
        ("https://2130706433/", "2130706433 (127.0.0.1)"),
        ("https://0177.0.0.1/", "0177.0.0.1 (127.0.0.1)"),
        ("https://%31%30.0.0.1/", "10.0.0.1"),
        ("http://[::1]/", "::1"),
        ("https://[::ffff:192.168.0.1]/", "::ffff:192.168.0.1 (::ffff:c0a8:1)"),
        ("https://[fd00::7]/", "fd00::7"),
        ("https://100.64.0.1/", "100.64.0.1"),
    ],
)
def test_an_address_of_this_machine_or_a_private_network_is_refused_at_once(
    office: Office, address: str, found: str
) -> None:
    (kept,) = [subscribed(office)]
    opened = office.post("/subscriptions", {"name": "inside", "address": address}, "integrator")
    changed = office.post(f"/subscriptions/{kept['name']}/change", {"address": address}, "integrator")
    for answer in (opened, changed):
        assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (409, "AddressNotPublic")
        assert answer.json()["detail"].startswith(f"{found} is not a public address")
        assert "KAMS_WEBHOOKS_PRIVATE=1" in answer.json()["detail"]
    assert office.get(f"/subscriptions/{kept['name']}", "integrator").json()["address"] == ADDRESS
    office.post(f"/subscriptions/{kept['name']}/end", {}, "integrator")
    must_be_deliverable(address, private=True)


@pytest.mark.parametrize("host", ["169.254.169.254", "[fe80::1]", "[fe80::1%25eth0]", "0.0.0.0", "[::]", "224.0.0.1"])
def test_where_credentials_are_handed_out_nothing_may_be_delivered_whatever_is_set(office: Office, host: str) -> None:
    answer = office.post("/subscriptions", {"name": "meta", "address": f"https://{host}/"}, "integrator")
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (409, "AddressNeverServed")
    with pytest.raises(AddressNeverServed):
        must_be_deliverable(f"https://{host}/", private=True)


@pytest.mark.parametrize("address", ["https://example.com/", "https://1.1.1.1/", "https://erp/", "https://[::1/", "x"])
def test_where_a_name_leads_to_is_not_judged_beforehand(address: str) -> None:
    must_be_deliverable(address, private=False)


def test_a_webhook_is_opened_and_its_secret_shown_once(office: Office) -> None:
    answer = office.post("/subscriptions", {"name": "erp", "address": ADDRESS}, "integrator")
    given = answer.json()
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"')
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", given["secret"])
    assert given["positions"] == [office.journal.streams.head()]
    shown = office.get("/subscriptions/erp", "integrator")
    assert shown.json() == {
        "id": given["id"],
        "version": 1,
        "name": "erp",
        "owner": str(office.members["integrator"]),
        "transport": "webhook",
        "address": ADDRESS,
        "filter": {"accounts": [], "types": [], "territories": [], "imports": False},
        "order": "account",
        "personal": False,
        "after": 0,
        "lag_alarm_seconds": 3600,
        "old_secret_until": None,
        "state": "runs",
        "paused": "",
        "disabled": "",
        "behind": False,
    }
    assert shown.headers["etag"] == '"1"'
    assert office.get(f"/subscriptions/{given['id']}", "integrator").json() == shown.json()


def test_a_valkey_stream_has_what_was_imported_unless_it_says_otherwise(office: Office) -> None:
    for stated, imports in (({}, True), ({"imports": None}, True), ({"imports": False}, False)):
        one = subscribed(office, transport="valkey", address="", filter=stated)
        assert office.get(f"/subscriptions/{one['name']}", "integrator").json()["filter"]["imports"] is imports


def test_no_secret_is_in_any_answer_feed_or_trail(office: Office) -> None:
    one = subscribed(office)
    path = f"/subscriptions/{one['id']}"
    rotated = office.post(f"{path}/rotate-secret", {}, "integrator").json()
    assert rotated["secret"].startswith("whsec_")
    assert rotated["secret"] != one["secret"]
    office.caught_up()
    state = office.journal.known(Subscription, UUID(one["id"]))
    assert state.secret is not None
    assert state.old_secret is not None
    asked = [path, "/subscriptions", "/rows/subscription", "/events", f"/events?after={one['position'] - 1}"]
    asked += [f"/audit/trail?from=1&position={rotated['position']}", f"/explain/events?positions={rotated['position']}"]
    for who in ("integrator", "admin", "auditor"):
        for each in asked:
            text = office.request("GET", each, who).text
            for secret in (one["secret"], rotated["secret"]):
                assert secret not in text, each
            found = json.dumps(office.request("GET", each, who).json())
            assert '"secret"' not in found, each
            assert '"old_secret"' not in found, each


def test_a_repeated_opening_is_one_and_shows_no_secret(office: Office) -> None:
    body = {"name": "once", "address": ADDRESS}
    first = office.post("/subscriptions", body, "integrator", Idempotency_Key="k-1").json()
    again = office.post("/subscriptions", body, "integrator", Idempotency_Key="k-1").json()
    assert first["secret"]
    assert again == {**first, "secret": None, "repeated": True}
    rotate = f"/subscriptions/{first['id']}/rotate-secret"
    rotated = office.post(rotate, {"old_valid_hours": 1}, "integrator", Idempotency_Key="k-2").json()
    assert office.post(rotate, {"old_valid_hours": 1}, "integrator", Idempotency_Key="k-2").json() == {
        **rotated,
        "secret": None,
        "repeated": True,
    }
    assert office.post(rotate, {"old_valid_hours": 2}, "integrator", Idempotency_Key="k-2").status_code == 422


def test_it_is_changed_paused_resumed_and_ended(office: Office) -> None:
    path = f"/subscriptions/{subscribed(office)['name']}"
    for command, body, state in (
        ("change", {"order": "strict", "filter": {"types": ["Account"]}}, "runs"),
        ("pause", {"reason": "the ERP moves"}, "paused"),
        ("resume", {}, "runs"),
        ("end", {"reason": "replaced"}, "ended"),
    ):
        answer = office.post(f"{path}/{command}", body, "integrator")
        assert answer.status_code == 200, answer.text
        shown = office.get(path, "integrator").json()
        assert shown["state"] == state
    assert (shown["order"], shown["filter"]["types"], shown["address"]) == ("strict", ["Account"], ADDRESS)
    refused = office.post(f"{path}/resume", {}, "integrator")
    assert (refused.status_code, refused.json()["rule"]) == (409, "SubscriptionHasEnded")


def test_a_change_on_what_was_seen_is_refused_where_something_came_between(office: Office) -> None:
    path = f"/subscriptions/{subscribed(office)['id']}"
    assert office.post(f"{path}/change", {"order": "strict"}, "integrator", If_Match='"1"').status_code == 200
    assert office.post(f"{path}/change", {"order": "account"}, "integrator", If_Match='"1"').status_code == 412


def test_a_pause_is_taken_back(office: Office) -> None:
    path = f"/subscriptions/{subscribed(office)['id']}"
    position = office.post(f"{path}/pause", {"reason": "x"}, "integrator").json()["position"]
    withdrawn = office.post(f"{path}/withdraw", {"position": position, "reason": "a slip"}, "integrator")
    assert withdrawn.status_code == 200, withdrawn.text
    assert office.get(path, "integrator").json()["state"] == "runs"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "a b", "address": ADDRESS}, "name"),
        ({"name": "w"}, None),
        ({"name": "w", "address": "ftp://example.com"}, "address"),
        ({"name": "w", "address": "http://example.com"}, "address"),
        ({"name": "w", "address": "https://u:p@example.com"}, "address"),
        ({"name": "w", "address": ADDRESS + "#x"}, "address"),
        ({"name": "w", "address": ADDRESS, "transport": "valkey"}, "address"),
        ({"name": "w", "address": ADDRESS, "filter": {"types": ["Account.Dreamt"]}}, "filter"),
        ({"name": "w", "address": ADDRESS, "filter": {"accounts": [str(uuid4())]}}, "filter"),
        ({"name": "w", "address": ADDRESS, "filter": {"territories": ["moon"]}}, "filter"),
        ({"name": "w", "address": ADDRESS, "filter": {"territories": [str(n) for n in range(101)]}}, "filter"),
        ({"name": "w", "address": ADDRESS, "lag_alarm_seconds": 9}, "lag_alarm_seconds"),
        ({"name": "w", "address": ADDRESS, "after": -1}, "after"),
    ],
)
def test_a_refusal_names_the_field(office: Office, body: dict[str, Any], field: str | None) -> None:
    answer = office.post("/subscriptions", body, "integrator")
    problem = answer.json()
    assert answer.status_code == 409, problem
    assert [fault["field"] for fault in problem.get("faults", [])] == [field] * bool(field)
    assert ":p@" not in problem["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "w", "address": ADDRESS, "transport": "pigeon"}, "transport"),
        ({"name": "w", "address": ADDRESS, "order": "none"}, "order"),
        ({"name": "w", "address": ADDRESS, "filter": {"acounts": []}}, "filter"),
        ({"name": "w", "address": ADDRESS, "filter": {"accounts": ["x"]}}, "filter.accounts[0]"),
        ({"name": "w", "address": ADDRESS, "owner": str(uuid4())}, "owner"),
        ({"name": "w", "address": ADDRESS, "secret": "whsec_mine"}, "secret"),
        ({"name": "w", "address": ADDRESS, "live": 0}, "live"),
    ],
)
def test_a_malformed_body_names_the_field(office: Office, body: dict[str, Any], field: str) -> None:
    answer = office.post("/subscriptions", body, "integrator")
    assert answer.status_code == 422
    assert field in answer.text


def test_a_position_beyond_the_journal_is_told(office: Office) -> None:
    answer = office.post("/subscriptions", {"name": "w", "address": ADDRESS, "after": 10**6}, "integrator")
    assert (answer.status_code, answer.json()["rule"]) == (409, "AheadOfJournal")
    head = office.journal.streams.head()
    assert office.get(f"/subscriptions/{subscribed(office, after=head)['id']}", "integrator").json()["after"] == head


def test_a_subscription_over_valkey_has_no_secret(office: Office) -> None:
    one = subscribed(office, transport="valkey", address="")
    assert one["secret"] is None
    refused = office.post(f"/subscriptions/{one['id']}/rotate-secret", {}, "integrator")
    assert (refused.status_code, refused.json()["rule"]) == (409, "NoSecretToRotate")


def test_a_name_is_taken_once(office: Office) -> None:
    name = subscribed(office)["name"]
    refused = office.post("/subscriptions", {"name": name, "address": ADDRESS}, "other")
    assert (refused.status_code, refused.json()["rule"]) == (409, "AlreadyClaimed")


def test_integrators_and_admins_subscribe_and_others_do_not(office: Office) -> None:
    for who in ("manager", "director", "forecaster", "auditor", "nobody", "reader"):
        refused = office.post("/subscriptions", {"name": "w", "address": ADDRESS}, who)
        assert (refused.status_code, refused.json()["rule"]) == (403, "NotAllowed"), who
    for who in ("integrator", "admin", "streamer"):
        assert subscribed(office, who)["secret"]


def test_a_subscription_is_its_owners_and_admins_and_auditors_see_it(office: Office) -> None:
    one = subscribed(office)
    path = f"/subscriptions/{one['id']}"
    for who in ("other", "streamer", "manager", "nobody"):
        for asked in (path, f"/subscriptions/{one['name']}"):
            assert office.get(asked, who).status_code == 404, who
            assert office.post(f"{asked}/pause", {"reason": "x"}, who).status_code == 404, who
    assert office.get(path, "auditor").json()["name"] == one["name"]
    assert office.post(f"{path}/pause", {"reason": "x"}, "auditor").status_code == 403
    assert office.post(f"{path}/pause", {"reason": "x"}, "admin").status_code == 200
    assert office.get(f"/subscriptions/{uuid4()}", "admin").status_code == 404
    assert office.get(f"/subscriptions/{office.ids['own']}", "admin").status_code == 404


def test_who_sees_others_subscriptions_changes_none_without_being_an_admin(office: Office) -> None:
    office.member("both", Role.AUDITOR, Role.INTEGRATOR)
    path = f"/subscriptions/{subscribed(office)['id']}"
    assert office.get(path, "both").status_code == 200
    for command, body in (("pause", {"reason": "x"}), ("withdraw", {"position": 1, "reason": "x"})):
        refused = office.post(f"{path}/{command}", body, "both")
        assert (refused.status_code, refused.json()["details"]["needed"]) == (403, "to be its owner or an admin")


def test_a_key_that_reads_no_personal_data_sends_none_elsewhere(office: Office) -> None:
    body: dict[str, Any] = {"name": "w", "address": ADDRESS, "personal": True}
    assert office.post("/subscriptions", body, "streamer").status_code == 403
    plain = f"/subscriptions/{subscribed(office, 'streamer')['id']}"
    assert office.post(f"{plain}/change", {"personal": True}, "streamer").status_code == 403
    assert office.post(f"{plain}/change", {"address": ADDRESS + "/b"}, "streamer").status_code == 200
    assert subscribed(office, personal=True)["secret"]


def test_a_stream_only_key_may_not_redirect_the_personal_data_of_its_owner(office: Office) -> None:
    path = f"/subscriptions/{subscribed(office, personal=True)['id']}"
    issued = office.post(f"/members/{office.members['integrator']}/issue-key", {"scopes": ["stream"]}, "admin")
    office.keys["integrator's stream"] = issued.json()["key"]
    changes: list[dict[str, Any]] = [{"address": "https://example.com/b"}, {"order": "strict"}, {"filter": {}}]
    for body in changes:
        assert office.post(f"{path}/change", body, "integrator's stream").status_code == 403
    assert office.post(f"{path}/change", {"personal": False}, "integrator's stream").status_code == 200


def test_a_list_holds_ones_own_page_by_page_without_what_has_ended(office: Office) -> None:
    office.member("lister", Role.INTEGRATOR)
    names = [subscribed(office, "lister")["name"] for _ in range(5)]
    office.post(f"/subscriptions/{names[2]}/end", {}, "lister")
    alive = sorted(name for name in names if name != names[2])
    first = office.get("/subscriptions", "lister", limit=3).json()
    rest = office.get("/subscriptions", "lister", limit=3, cursor=first["next"]).json()
    assert [each["name"] for each in (*first["subscriptions"], *rest["subscriptions"])] == alive
    assert rest["next"] is None
    everything = office.get("/subscriptions", "lister", ended=True).json()["subscriptions"]
    assert {each["name"]: each["state"] for each in everything}[names[2]] == "ended"
    assert office.get("/subscriptions", "manager").json() == {"subscriptions": [], "next": None}
    for who in ("admin", "auditor"):
        shown = {each["name"] for each in office.get("/subscriptions", who, limit=200).json()["subscriptions"]}
        assert set(alive) < shown
    assert office.get("/subscriptions", "lister", cursor="x").status_code == 422


def test_an_owner_has_no_more_than_a_hundred(office: Office) -> None:
    office.member("many", Role.INTEGRATOR)
    owner = str(office.members["many"])
    for number in range(100):
        office.give(Subscription, uuid4(), "open", name=f"m-{number}", owner=owner, address=ADDRESS, secret="whsec_1")
    refused = office.post("/subscriptions", {"name": "m-100", "address": ADDRESS}, "many")
    assert (refused.status_code, refused.json()["rule"]) == (409, "TooManySubscriptions")
    office.post("/subscriptions/m-7/end", {}, "many")
    assert office.post("/subscriptions", {"name": "m-100", "address": ADDRESS}, "many").status_code == 201


def test_one_whose_owner_lost_the_role_is_not_resumed_but_ended_by_an_admin(office: Office) -> None:
    office.member("former", Role.INTEGRATOR)
    path = f"/subscriptions/{subscribed(office, 'former')['name']}"
    office.post(f"{path}/pause", {"reason": "x"}, "former")
    office.give(Member, office.members["former"], "revoke_role", role="integrator")
    assert office.get(path, "former").json()["state"] == "paused"
    assert office.post(f"{path}/resume", {}, "former").status_code == 403
    refused = office.post(f"{path}/resume", {}, "admin")
    assert (refused.status_code, refused.json()["rule"]) == (409, "OwnerMayNotReceive")
    assert office.post(f"{path}/end", {}, "admin").status_code == 200


def test_in_a_batch_the_secret_is_told_too(office: Office) -> None:
    about = {"aggregate": "subscription"}
    opening = {**about, "command": "open", "body": {"name": "b", "address": ADDRESS}}
    pausing = {**about, "command": "pause", "id": "b", "body": {"reason": "x"}}
    batch = {"commands": [opening, pausing]}
    opened, paused = office.post("/commands", batch, "integrator").json()["results"]
    assert opened["secret"].startswith("whsec_")
    assert paused["status"] == 200, paused
