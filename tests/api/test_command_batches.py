"""Many commands in one request: each for itself, in order, once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest

from tests.api.office import Office, open_office
from tests.conftest import new_database


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            yield opened


def visit(account: UUID | str, **more: Any) -> dict[str, Any]:
    """A visit that is logged."""
    body = {"visit_id": str(uuid4()), "minutes": 45, **more.pop("body", {})}
    return {"aggregate": "account", "id": str(account), "command": "visits.log", "body": body, **more}


def given(office: Office, *commands: Any, who: str = "manager", **headers: str) -> list[dict[str, Any]]:
    answer = office.post("/commands", {"commands": list(commands)}, who, **headers)
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    assert [each["index"] for each in results] == list(range(len(commands)))
    return results


def test_each_is_accepted_or_refused_by_itself_and_in_order(office: Office) -> None:
    before = office.journal.streams.head()
    own, wrong = office.ids["own"], visit(office.ids["own"], body={"minutes": "long"})
    one, two, three = given(office, visit(own), wrong, visit(own))
    assert (one["status"], two["status"], three["status"]) == (200, 422, 200)
    assert [*one["positions"], *three["positions"]] == [before + 1, before + 2]
    assert three["version"] == one["version"] + 1
    assert set(two) == {"index", "status", "problem"}
    assert [each["field"] for each in two["problem"]["faults"]] == ["commands[1].body.minutes"]


def test_a_later_command_sees_what_an_earlier_one_recorded(office: Office) -> None:
    account, deal = str(uuid4()), str(uuid4())
    opened, visited, pursued, won = given(
        office,
        {"aggregate": "account", "command": "register", "id": account, "body": {"name": "Acme"}},
        visit(account),
        {"aggregate": "opportunity", "command": "open", "id": deal, "body": {"account": account, "title": "Pumps"}},
        {"aggregate": "Opportunity", "id": deal, "command": "revise-amount", "note": "by phone",
         "body": {"amount": {"amount": "5.50", "currency": "EUR"}, "reason": "x"}, "occurred_at": "2026-02-10"},
    )  # fmt: skip
    assert [opened["status"], visited["status"], pursued["status"]] == [201, 200, 201]
    assert (opened["id"], pursued["id"], visited["id"]) == (account, deal, account)
    assert won["status"] == 409, "an amount is not revised before there was a deal"


def test_a_refusal_is_that_of_the_single_route(office: Office) -> None:
    deal = office.ids["own deal"]
    body = {"stakeholder": str(uuid4()), "role": "user", "support": "mentor"}
    answer = office.post(f"/opportunities/{deal}/buyers/map", body)
    single = answer.json()
    assert single["faults"][0]["field"] == "stakeholder"
    (batched,) = given(office, {"aggregate": "opportunity", "id": str(deal), "command": "buyers.map", "body": body})
    assert (batched["status"], batched["problem"]["status"]) == (answer.status_code, answer.status_code)
    single["faults"] = [{**each, "field": f"commands[0].body.{each['field']}"} for each in single["faults"]]
    assert {**batched["problem"], "correlation_id": ""} == {**single, "correlation_id": ""}


def test_the_rights_are_those_of_the_single_route(office: Office) -> None:
    foreign, own = visit(office.ids["foreign"]), visit(office.ids["own"])
    invited = {"aggregate": "member", "command": "invite", "body": {"name": "Eve"}}
    company = {"aggregate": "company", "command": "define", "body": {"name": "Theirs"}}
    statuses = {
        who: [each["status"] for each in given(office, own, foreign, invited, company, who=who)]
        for who in ("manager", "auditor", "nobody")
    }
    assert statuses == {"manager": [200, 404, 403, 403], "auditor": [403] * 4, "nobody": [404, 404, 403, 403]}
    assert office.log()[0][0] == "refused"
    refused = [line for line in office.log() if line[0] == "refused" and line[1] == office.members["manager"]]
    assert {line[2] for line in refused[:3]} == {403, 404}
    assert given(office, invited, who="admin")[0]["status"] == 201


def test_what_is_not_seen_is_named_as_it_was_stated(office: Office) -> None:
    stated = {"aggregate": "account", "command": "register", "body": {"name": "Hidden", "external_id": "H-1"}}
    assert given(office, stated, who="colleague")[0]["status"] == 201
    assert given(office, visit("H-1"), who="colleague")[0]["status"] == 200
    (hidden,) = given(office, visit("H-1"))
    assert (hidden["status"], hidden["problem"]["details"]["key"]) == (404, "H-1")
    (unknown,) = given(office, visit("H-2"))
    assert unknown["problem"]["details"]["key"] == "H-2"
    assert {**hidden["problem"], "details": 0, "detail": 0, "correlation_id": 0} == {
        **unknown["problem"],
        "details": 0,
        "detail": 0,
        "correlation_id": 0,
    }


def test_wrong_commands_are_named_by_their_place(office: Office) -> None:
    own = str(office.ids["own"])
    wrong: list[tuple[Any, str, str]] = [
        ("no object", "commands[0]", "expected an object"),
        ({"aggregate": "account"}, "commands[1].command", "required"),
        ({"aggregate": "planet", "command": "x"}, "commands[2].aggregate", "known: account"),
        ({"aggregate": "account", "command": "explode", "id": own}, "commands[3].command", "visits.log"),
        ({"aggregate": "account", "command": "visits.log"}, "commands[4].id", "required"),
        (visit(own, occurred_at="yesterday"), "commands[5].occurred_at", "moment"),
        (visit(own, colour="red"), "commands[6].colour", "unknown field"),
        (visit(own, if_match="first"), "commands[7].if_match", "ETag"),
        ({"aggregate": "account", "command": "register", "id": "A-1", "body": {"name": "x"}}, "commands[8].id", "UUID"),
    ]
    for (_, field, reason), result in zip(wrong, given(office, *(each for each, *_ in wrong)), strict=True):
        (fault,) = result["problem"]["faults"]
        assert (result["status"], fault["field"]) == (422, field)
        assert reason in fault["reason"]


def test_a_decision_rests_on_the_version_that_is_stated(office: Office) -> None:
    account = office.account("Versioned", "manager")
    first, second = given(office, visit(account, if_match=2), visit(account, if_match='"2"'))
    assert (first["status"], second["status"]) == (200, 412)


def test_the_same_batch_again_records_nothing(office: Office) -> None:
    commands = [visit(office.ids["own"]), visit(office.ids["own"]), {**visit("gone"), "idempotency_key": "k-1"}]
    commands.insert(0, {"aggregate": "account", "command": "register", "body": {"name": "Once"}})
    first = given(office, *commands, Idempotency_Key="batch-1")
    head = office.journal.streams.head()
    again = given(office, *commands, Idempotency_Key="batch-1")
    assert office.journal.streams.head() == head
    assert [each.get("repeated") for each in first] == [False, False, False, None]
    assert [each.get("repeated") for each in again] == [True, True, True, None]
    assert [each.get("id") for each in again] == [each.get("id") for each in first]
    assert [each.get("positions") for each in again] == [each.get("positions") for each in first]


def test_a_commands_own_key_holds_across_batches_and_within_one(office: Office) -> None:
    keyed = visit(office.ids["own"], idempotency_key="visit-77")
    one, other, changed = given(office, keyed, keyed, {**keyed, "body": {**keyed["body"], "minutes": 5}})
    assert (one["repeated"], other["repeated"], changed["status"]) == (False, True, 422)
    (later,) = given(office, keyed, Idempotency_Key="another batch")
    assert (later["repeated"], later["positions"]) == (True, one["positions"])
    path, own_key = f"/accounts/{office.ids['own']}/visits/log", {"Idempotency-Key": "visit-77"}
    assert office.request("POST", path, json=keyed["body"], headers=own_key).json()["repeated"]


def test_a_key_with_another_body_is_named_with_its_place(office: Office) -> None:
    keyed = {**visit(office.ids["own"]), "idempotency_key": "visit-7"}
    given(office, keyed)
    _, other = given(office, visit(office.ids["own"]), {**visit(office.ids["own"]), "idempotency_key": "visit-7"})
    assert other["status"] == 422
    assert "The command visit-7 was recorded before" in other["problem"]["detail"]
    assert [each["field"] for each in other["problem"]["faults"]] == ["commands[1].idempotency_key"]


def test_two_who_send_the_same_batch_at_once_record_it_once(office: Office) -> None:
    commands = [visit(office.ids["own"]) for _ in range(20)]
    commands.insert(0, {"aggregate": "account", "command": "register", "body": {"name": "Twice"}})
    before = office.journal.streams.head()
    with ThreadPoolExecutor(2) as both:
        sent = [both.submit(given, office, *commands, Idempotency_Key="both") for _ in range(2)]
        one, other = (each.result() for each in sent)
    assert office.journal.streams.head() == before + 22, "the manager who registers looks after it, too"
    assert [each["positions"] for each in one] == [each["positions"] for each in other]
    assert all(a["repeated"] != b["repeated"] for a, b in zip(one[1:], other[1:], strict=True))


def test_msgpack_says_the_same_as_json(office: Office) -> None:
    keyed = visit(office.ids["own"], idempotency_key="packed", note="by hand")
    (first,) = given(office, keyed)
    packed = msgspec.msgpack.encode({"commands": [keyed]})
    for media in ("application/msgpack", "application/x-msgpack; charset=binary"):
        answer = office.request("POST", "/commands", content=packed, headers={"Content-Type": media})
        assert answer.json()["results"][0] == {**first, "repeated": True}
    wrong = office.request("POST", "/commands", content=b"\xc1", headers={"Content-Type": "application/msgpack"})
    assert (wrong.status_code, wrong.json()["rule"]) == (400, "NotMsgpack")


def test_a_thousand_fit_and_one_more_is_refused_with_the_limit(office: Office) -> None:
    many = [{**visit(office.ids["foreign"]), "note": "x" * 2_000} for _ in range(1_000)]
    assert len(msgspec.json.encode(many)) > 2_000_000, "more than any other route takes"
    results = given(office, *({**each, "aggregate": "planet"} for each in many))
    assert {each["status"] for each in results} == {422}
    answer = office.post("/commands", {"commands": [*many, many[0]]})
    assert answer.status_code == 422
    assert answer.json()["faults"] == [{"field": "commands", "found": "1001", "reason": "at most 1000 in one request"}]
    huge = office.post("/commands", {"commands": [{**visit("x"), "note": "x" * 5_000_000}]})
    assert huge.status_code == 413
    assert office.post("/accounts", {"name": "x" * 1_000_001}).status_code == 413


def test_a_batch_that_is_none_is_refused(office: Office) -> None:
    assert office.post("/commands", {"commands": []}).json() == {"results": [], "refused": 0, "position": 0}
    assert office.post("/commands", []).json()["faults"][0]["field"] == "body"
    assert office.post("/commands", {}).json()["faults"][0]["reason"] == "required"
    versioned = office.post("/commands", {"commands": []}, If_Match='"1"')
    assert (versioned.status_code, versioned.json()["faults"][0]["field"]) == (422, "If-Match")
    assert office.client.post("/commands", json={"commands": []}).status_code == 401


def test_a_key_that_is_issued_is_shown_once(office: Office) -> None:
    issue = {"aggregate": "member", "id": "nobody", "command": "issue_key", "body": {"scopes": ["read"]}}
    one, other = given(office, *[{**issue, "idempotency_key": "key"}] * 2, who="admin")
    assert one["key"].startswith("kams_")
    assert (other["key"], other["repeated"]) == (None, True)


def test_once_the_database_is_gone_the_rest_is_not_tried(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def gone(*_: Any) -> None:
        tried.append(1)
        raise psycopg.OperationalError("the server closed the connection")

    monkeypatch.setattr("domain.commands.Commands.give", gone)
    results = given(office, *(visit(office.ids["own"]) for _ in range(5)))
    assert [each["status"] for each in results] == [503] * 5
    assert "repeat the request" in results[4]["problem"]["detail"]
    assert len(tried) == 1
