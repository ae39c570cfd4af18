"""GET /events in every form: the same events, and how far was looked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import msgpack
import pytest

from domain.account.account import Account
from tests.api.office import Office, open_office
from tests.conftest import new_database

BATCH, NDJSON, MSGPACK = "application/cloudevents-batch+json", "application/x-ndjson", "application/msgpack"


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            for number in range(150):
                opened.give(Account, opened.ids["own"], "change_profile", industry=f"Steel {number}")
            yield opened


def asked(office: Office, accept: str, who: str = "auditor", **parameters: Any) -> httpx.Response:
    return office.request("GET", "/events", who, params=parameters, headers={"Accept": accept})


def streamed(answer: httpx.Response) -> tuple[list[Any], Any]:
    """The events of a stream, and its last object."""
    assert answer.status_code == 200
    if answer.headers["content-type"] == NDJSON:
        *events, last = [json.loads(line) for line in answer.text.splitlines()]
    else:
        unpacker = msgpack.Unpacker()
        unpacker.feed(answer.content)
        *events, last = list(unpacker)
    return events, last


@pytest.mark.parametrize("who", ["auditor", "manager", "forecaster"])
def test_every_form_holds_the_same(office: Office, who: str) -> None:
    whole = asked(office, "application/json", who, limit=1000).json()
    upto = {name: whole[name] for name in ("examined", "head", "epoch")}
    assert upto["examined"] == office.journal.streams.head()
    batch = asked(office, BATCH, who, limit=1000)
    assert batch.headers["content-type"] == BATCH
    assert batch.json() == whole["events"]
    assert {name: int(batch.headers[f"kams-{name}"]) for name in upto} == upto
    for form in (NDJSON, MSGPACK):
        answer = asked(office, form, who)
        assert answer.headers["content-type"] == form
        assert streamed(answer) == (whole["events"], upto)


@pytest.mark.parametrize("form", [NDJSON, MSGPACK])
def test_a_stream_ends_where_it_is_told_to_and_says_so(office: Office, form: str) -> None:
    head = office.journal.streams.head()
    events, last = streamed(asked(office, form, limit=100, after=5))
    assert [each["position"] for each in events] == list(range(6, 106))
    assert last == {"examined": 105, "head": head, "epoch": 0}
    events, last = streamed(asked(office, form, after=5, to=9))
    assert ([each["position"] for each in events], last["examined"]) == ([6, 7, 8, 9], 9)
    events, last = streamed(asked(office, form, type="Account.Registered"))
    assert ([each["type"] for each in events], last["examined"]) == (["Account.Registered"] * 2, head)
    assert streamed(asked(office, form, after=head)) == ([], {"examined": head, "head": head, "epoch": 0})


def test_the_form_that_is_liked_most_is_sent(office: Office) -> None:
    for accept, form in (
        ("*/*", "application/json"),
        ("text/html, application/xhtml+xml, */*;q=0.8", "application/json"),
        (f"application/json;q=0.5, {NDJSON}", NDJSON),
        (f"{MSGPACK};q=0, application/json", "application/json"),
        ("application/vnd.msgpack", MSGPACK),
    ):
        assert asked(office, accept, limit=1).headers["content-type"] == form, accept
    for accept in ("text/csv", "text/event-stream", f"{NDJSON};q=0", f"{NDJSON};q=often"):
        refused = asked(office, accept)
        assert (refused.status_code, refused.json()["rule"]) == (406, "NotAcceptable"), accept
        assert NDJSON in refused.json()["detail"]


def test_one_document_holds_a_thousand_events_at_most(office: Office) -> None:
    for form in ("application/json", BATCH):
        refused = asked(office, form, limit=1001)
        assert (refused.status_code, refused.json()["faults"][0]["field"]) == (422, "limit")
    assert len(asked(office, "application/json").json()["events"]) == 100
    assert len(streamed(asked(office, NDJSON, limit=1001))[0]) == office.journal.streams.head()


def test_a_position_ahead_is_refused_in_every_form(office: Office) -> None:
    head = office.journal.streams.head()
    for form in (BATCH, NDJSON, MSGPACK):
        refused = asked(office, form, after=head + 1)
        assert (refused.status_code, refused.json()["rule"]) == (409, "AheadOfJournal")


def test_a_type_that_is_none_points_to_where_all_are_listed(office: Office) -> None:
    refused = asked(office, BATCH, type="Planet")
    (fault,) = refused.json()["faults"]
    assert (refused.status_code, fault["field"], fault["found"]) == (422, "type", "Planet")
    assert fault["reason"].endswith("GET /schemas, or `kams events schemas`, lists them")


def test_imports_and_territories_are_filtered(office: Office) -> None:
    told = asked(office, "application/json", territory="south", limit=1000).json()["events"]
    assert {each["territory"] for each in told} == {"south"}
    assert {each["account"] for each in told} == {str(office.ids["foreign"])}
    office.post("/policies/territories/set-territory", {"key": "coast", "name": "Coast", "parent": "south"}, "admin")
    account = office.account("On the coast", "manager", "coast")
    told = asked(office, "application/json", territory="south,north", limit=1000).json()["events"]
    assert str(account) in {each["account"] for each in told}
    assert {each["territory"] for each in told} == {"south", "north", "coast"}
    assert {each["origin"] for each in asked(office, BATCH, imports="false").json()} == {"person"}
    wrong = asked(office, "application/json", imports="maybe")
    assert (wrong.status_code, wrong.json()["faults"][0]["field"]) == (422, "imports")
    unknown = asked(office, "application/json", territory="atlantis").json()["faults"][0]
    assert unknown["field"] == "territory"
    assert "there are: coast, north, south" in unknown["reason"]


def test_a_stream_with_personal_data_is_an_export(office: Office) -> None:
    before = len(office.log())
    asked(office, NDJSON, "forecaster")
    assert "exported" not in {line[0] for line in office.log()[: len(office.log()) - before]}
    asked(office, NDJSON, "auditor")
    assert office.log()[0] == ("exported", office.members["auditor"], 200, "events")


def test_a_key_that_is_revoked_in_the_middle_gets_no_end(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.streams.reading.ASKED_AGAIN", -1.0)
    monkeypatch.setattr("api.auth.Authenticator.again", lambda *_: None)
    assert asked(office, NDJSON).text == ""


def test_what_is_not_for_the_asker_is_gone_past_in_one_answer(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    told = asked(office, "application/json", "colleague", limit=2).json()
    assert [each["type"] for each in told["events"]] == ["Account.Registered", "Account.ManagerAssigned"]
    assert told["examined"] == told["events"][-1]["position"] > 10
    monkeypatch.setattr("api.events.LOOKED_AT", 4)
    told = asked(office, "application/json", "colleague", limit=2).json()
    assert (told["events"], told["examined"]) == ([], 10)


@pytest.mark.parametrize("path", ["/events", "/events/stream"])
def test_a_stretch_does_not_end_before_it_begins(office: Office, path: str) -> None:
    refused = office.get(path, "auditor", after=5, to=4)
    (fault,) = refused.json()["faults"]
    assert (refused.status_code, fault["field"], fault["found"]) == (422, "to", "4")
    assert "from 5" in fault["reason"]
    assert office.get(path, "auditor", after=5, to=5).status_code == 200
