"""Following the journal over HTTP: history, then live, by the rights of now, until there is a reason to end."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from api.streams.subscriber import Pace
from domain.account.account import Account
from domain.member import Member, Role
from tests.api.office import Office, open_office
from tests.api.sse import Following, Message, serving
from tests.conftest import new_database
from tests.workers.following import until

QUICK = Pace(heartbeat=0.2, key_check=0.2)


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            yield opened


@pytest.fixture(scope="module")
def port(office: Office) -> Iterator[int]:
    with serving(office.journal.database_url, QUICK) as free:
        yield free


@contextmanager
def following(office: Office, port: int, who: str = "auditor", **more: Any) -> Iterator[Following]:
    follower = Following(port, office.keys[who], **more)
    try:
        yield follower.begun()
    finally:
        follower.cut()


def firsts(messages: Iterator[Message], events: int) -> list[Message]:
    """So many events, without the signs of life between them."""
    return list(itertools.islice((each for each in messages if each.event == "event"), events))


def changed(office: Office, name: str = "own", industry: str = "") -> int:
    return office.give(Account, office.ids[name], "change_profile", industry=industry or str(uuid4()))


def test_it_begins_with_where_it_stands_and_tells_history_then_what_comes(office: Office, port: int) -> None:
    head = office.journal.streams.head()
    with following(office, port, after=3) as stream:
        assert stream.status == 200
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert (stream.headers["cache-control"], stream.headers["x-accel-buffering"]) == ("no-store", "no")
        told = stream.messages()
        start = next(told)
        assert (start.event, start.id) == ("start", 3)
        assert start.data == {"from": 3, "to": head, "head": head, "epoch": 0}
        history = firsts(told, head - 3)
        assert [each.id for each in history] == list(range(4, head + 1))
        assert all(each.data["position"] == each.id for each in history)
        recorded = [changed(office) for _ in range(5)]
        assert [each.id for each in firsts(told, 5)] == recorded
    whole = office.get("/events", "auditor", after=3, limit=1000).json()["events"]
    assert [each.data for each in history] == whole[: len(history)]


def test_without_a_position_it_tells_what_comes_from_now_on(office: Office, port: int) -> None:
    with following(office, port) as stream:
        told = stream.messages()
        assert next(told).data["from"] == office.journal.streams.head()
        position = changed(office)
        assert [each.id for each in firsts(told, 1)] == [position]


def test_the_last_event_id_counts_more_than_the_address(office: Office, port: int) -> None:
    head = office.journal.streams.head()
    for stated in (str(head - 2), f"0-{head - 2}"):
        with following(office, port, after=1, last_event_id=stated) as stream:
            told = stream.messages()
            assert next(told).data["from"] == head - 2
            assert [each.id for each in firsts(told, 2)] == [head - 1, head]


def test_it_ends_where_it_is_told_to(office: Office, port: int) -> None:
    with following(office, port, after=2, to=6) as stream:
        *events, last = list(stream.messages())[1:]
    assert [each.id for each in events] == [3, 4, 5, 6]
    assert (last.event, last.id, last.data["examined"]) == ("examined", 6, 6)


@pytest.mark.parametrize(
    ("stated", "field"),
    [
        ({"last_event_id": "soon"}, "Last-Event-ID"),
        ({"last_event_id": "-1"}, "Last-Event-ID"),
        ({"after": -1}, "after"),
        ({"after": "x"}, "after"),
        ({"type": "Account.Nonsense"}, "type"),
        ({"territory": "atlantis"}, "territory"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_position_or_filter_is_named(office: Office, port: int, stated: dict[str, Any], field: str) -> None:
    with following(office, port, **stated) as stream:
        assert stream.status == 422
        assert [fault["field"] for fault in stream.problem["faults"]] == [field]


def test_a_position_beyond_the_head_is_told_so_and_not_waited_for(office: Office, port: int) -> None:
    beyond = office.journal.streams.head() + 1
    for stated in ({"after": beyond}, {"last_event_id": str(beyond)}, {"after": 0, "epoch": 7}):
        with following(office, port, **stated) as stream:
            if "epoch" in stated:
                assert stream.status == 200  # nothing was read in an epoch that never was
                continue
            assert (stream.status, stream.problem["rule"]) == (409, "AheadOfJournal")
    with following(office, port, after=1, epoch=7) as stream:
        assert (stream.status, stream.problem["rule"]) == (409, "AheadOfJournal")


def test_a_sign_of_life_names_how_far_was_looked_though_nothing_fits(office: Office, port: int) -> None:
    with following(office, port, type="Opportunity.Won") as stream:
        told = stream.messages()
        assert next(told).event == "start"
        position = changed(office)
        beat = next(each for each in told if each.id >= position)
        assert (beat.event, beat.data) == ("examined", {"examined": position, "head": position, "epoch": 0})


def test_filters_hold_in_history_and_live(office: Office, port: int) -> None:
    own = office.ids["own"]
    kinds: dict[str, Any] = {"account": own, "type": "Account", "imports": "false", "territory": "north"}
    with following(office, port, after=0, **kinds) as stream:
        told = stream.messages()
        assert next(told).event == "start"
        history = firsts(told, 1)[0]
        assert (history.data["type"], history.data["subject"]) == ("Account.Registered", str(own))
        changed(office, "foreign")
        position = changed(office)
        assert next(each.id for each in told if each.event == "event" and each.id >= position) == position


def test_one_sees_his_accounts_only_and_loses_one_at_once(office: Office, port: int) -> None:
    account = office.account("Passed on", "manager")
    with following(office, port, "manager") as his, following(office, port, "colleague") as other:
        mine, theirs = his.messages(), other.messages()
        assert (next(mine).event, next(theirs).event) == ("start", "start")
        first = office.give(Account, account, "change_profile", industry="Steel")
        office.give(Account, account, "assign_manager", manager=str(office.members["colleague"]))
        second = office.give(Account, account, "change_profile", industry="Paper")
        last = changed(office)
        seen = list(itertools.takewhile(lambda each: each.id < last, (m for m in mine if m.event == "event")))
        assert {each.id for each in seen} <= {first}
        assert next(each for each in theirs if each.id >= second).id == second


def test_personal_data_is_opened_live_for_those_who_may_only(office: Office, port: int) -> None:
    office.member("streamer", Role.INTEGRATOR, scopes=["stream"])
    with following(office, port, "integrator") as opened, following(office, port, "streamer") as closed:
        one, other = opened.messages(), closed.messages()
        assert (next(one).event, next(other).event) == ("start", "start")
        person = {"stakeholder_id": str(uuid4()), "name": "Han Meimei"}
        office.give(Account, office.ids["own"], "stakeholders.add", **person)
        for told, name in ((one, "Han Meimei"), (other, None)):
            (event,) = firsts(told, 1)
            assert event.data["data"]["fields"]["name"] == name
            assert "/fields/name" in event.data["data"]["sealed"]
    assert {line[:2] for line in office.log() if line[0] == "exported"} >= {("exported", office.members["integrator"])}
    assert ("exported", office.members["streamer"]) not in {line[:2] for line in office.log()}


@pytest.mark.parametrize("how", ["revoked", "left"])
def test_a_key_that_is_let_in_no_more_ends_its_stream(office: Office, port: int, how: str) -> None:
    office.member(how, Role.AUDITOR)
    key_id = office.keys[how].split("_")[1]
    with following(office, port, how) as stream:
        told = stream.messages()
        assert next(told).event == "start"
        if how == "revoked":
            office.give(Member, office.members[how], "revoke_key", key_id=key_id, reason="lost")
        else:
            office.give(Member, office.members[how], "leave", reason="resigned")
        *_, last = told
    assert (last.event, last.data["reason"]) == ("dropped", "the key may not read any more")
    with following(office, port, how) as stream:
        assert stream.status == 401


def test_a_key_that_expires_ends_its_stream_though_nothing_is_recorded(office: Office, port: int) -> None:
    office.member("brief", Role.AUDITOR)
    key = office.post(
        f"/members/{office.members['brief']}/issue-key",
        {"scopes": ["stream"], "expires": in_seconds(1.5)},
        "admin",
    ).json()["key"]
    office.keys["brief"] = key
    with following(office, port, "brief") as stream:
        *_, last = stream.messages()
    assert (last.event, last.data["reason"]) == ("dropped", "the key may not read any more")


def in_seconds(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def test_a_ticket_lets_in_once(office: Office, port: int) -> None:
    told = office.post("/events/tickets", {}, "auditor")
    assert told.status_code == 201
    ticket = told.json()["ticket"]
    for status in (200, 401):
        with let_in_by(ticket, port) as stream:
            assert stream.status == status
            if status == 200:
                assert next(stream.messages()).event == "start"
            else:
                assert stream.problem["rule"] == "TicketBad"
    assert office.get("/events", "auditor", ticket="x").status_code == 422
    with office.journal.pool.connection() as connection:
        assert connection.execute("select count(*) from stream_tickets").fetchone() == (0,)


def test_a_ticket_that_has_expired_lets_nobody_in(office: Office, port: int) -> None:
    ticket = office.post("/events/tickets", {}, "auditor").json()["ticket"]
    with office.journal.pool.connection() as connection:
        connection.execute("update stream_tickets set expires_at = now() - interval '1 second'")
    with let_in_by(ticket, port) as stream:
        assert stream.status == 401


@contextmanager
def let_in_by(ticket: str, port: int) -> Iterator[Following]:
    follower = Following(port, ticket=ticket)
    try:
        yield follower.begun()
    finally:
        follower.cut()


def test_without_a_scope_for_it_nobody_follows_or_gets_a_ticket(office: Office, port: int) -> None:
    office.member("writer", Role.MANAGER, scopes=["write"])
    assert office.post("/events/tickets", {}, "writer").status_code == 403
    with following(office, port, "writer") as stream:
        assert stream.status == 403
    with following(office, port, "manager", account=office.ids["foreign"]) as stream:
        assert stream.status == 404


def test_the_numbers_tell_who_follows(office: Office, port: int) -> None:
    def followers() -> float:
        key = {"Authorization": f"Bearer {office.keys['admin']}"}
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", headers=key).text
        assert "kams_stream_dropped_total 0.0" in text
        return float(next(line for line in text.splitlines() if line.startswith("kams_stream_subscribers ")).split()[1])

    assert until(lambda: followers() == 0)
    with following(office, port), following(office, port):
        assert until(lambda: followers() == 2)
    assert until(lambda: followers() == 0)


def test_events_of_accounts_merged_into_one_are_told_with_it(office: Office, port: int) -> None:
    ended, goes_on = office.account("Twin", "manager"), office.account("Survivor", "manager")
    office.give(Account, ended, "merge", into=str(goes_on), reason="one customer")
    office.caught_up()
    subjects = {
        UUID(each["subject"]) for each in office.get("/events", "auditor", account=goes_on, limit=1000).json()["events"]
    }
    assert subjects == {ended, goes_on}
    with following(office, port, account=goes_on, after=0, to=office.journal.streams.head()) as stream:
        assert {UUID(each.data["subject"]) for each in stream.messages() if each.event == "event"} == subjects
