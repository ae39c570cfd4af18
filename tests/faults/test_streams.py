"""Readers of the stream who are cut, who do not read, who change their ways: nothing is lost, nothing comes twice."""

from __future__ import annotations

import itertools
import json
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import psycopg
import pytest
from uvicorn._types import HTTPScope

from api.serving import Protocol
from api.streams.subscriber import Pace
from domain.account.account import Account
from tests.api.office import Office, open_office
from tests.api.sse import PATIENCE, Following, serving
from tests.conftest import new_database
from tests.workers.following import Company, company_on, until

CUTS, CLIENTS = 1_000, 8


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            yield opened


@contextmanager
def recording(office: Office) -> Iterator[threading.Event]:
    """A writer who records for as long as it takes."""
    enough = threading.Event()

    def write() -> None:
        for number in itertools.count():
            if enough.wait(0.02):
                return
            office.give(Account, office.ids["own"], "change_profile", industry=f"Steel {number}")

    with ThreadPoolExecutor(1) as writer:
        writing = writer.submit(write)
        try:
            yield enough
        finally:
            enough.set()
            writing.result(PATIENCE)


@pytest.fixture(scope="module")
def company(office: Office) -> Iterator[Company]:
    """Records many events at once."""
    with company_on(office.journal.database_url) as opened:
        yield opened


def test_clients_cut_a_thousand_times_at_random_have_seen_the_journal_in_order(
    office: Office, company: Company
) -> None:
    company.records_deals(100)
    url, key = office.journal.database_url, office.keys["auditor"]

    def live(number: int) -> list[int]:
        """Follow, now on one server and now on the other, and be cut again and again; what was seen."""
        chance = random.Random(number)
        seen: list[int] = []
        for _ in range(CUTS // CLIENTS):
            follower = Following(ports[chance.randrange(2)], key, str(seen[-1]) if seen else "0")
            messages = follower.begun().messages()
            seen += [each.id for each in itertools.islice(messages, chance.randrange(5)) if each.event == "event"]
            follower.cut()
        return seen

    pace = Pace(heartbeat=0.1)
    with serving(url, pace) as one, serving(url, pace) as other:
        ports = (one, other)
        with recording(office), ThreadPoolExecutor(CLIENTS) as clients:
            told = list(clients.map(live, range(CLIENTS)))
        head = office.journal.streams.head()
        for seen in told:
            follower = Following(one, key, str(seen[-1])).begun()
            seen += events_up_to(follower.messages(), head) if seen[-1] < head else ()
            follower.cut()
    for seen in told:
        assert seen == list(range(1, head + 1))


def test_a_reader_who_never_reads_is_dropped_and_delays_no_other(office: Office, company: Company) -> None:
    pace = Pace(heartbeat=0.5, write_patience=60.0, stuck_after=0.1, most_bytes=300_000)
    url, key = office.journal.database_url, office.keys["auditor"]
    with serving(url, pace) as port:
        stuck, reader = Following(port, key, buffer=4096).begun(), Following(port, key).begun()
        messages, unread = reader.messages(), stuck.messages()
        begin = office.give(Account, office.ids["own"], "change_profile", industry="The last that he reads")
        for each in (messages, unread):  # both are live from here on
            assert list(events_up_to(each, begin))[-1] == begin

        def dropped() -> bool:
            return "kams_stream_dropped_total 1.0" in numbers(port, key)

        seen: list[int] = []
        for _ in range(100):
            last = company.records_deals(200)
            seen += list(events_up_to(messages, last))
            if dropped():
                break
        assert dropped()
        assert seen == list(range(begin + 1, last + 1))
        *told, end = unread  # he wakes up, and is told where to go on
        reader.cut()
        stuck.cut()
        got = [each.id for each in told if each.event == "event"]
        assert (end.event, end.data) == ("dropped", {"examined": got[-1], "reason": "slow reader"})
        again = Following(port, key, last_event_id=str(end.id)).begun()
        got += events_up_to(again.messages(), last)
        again.cut()
    assert got == list(range(begin + 1, last + 1))


def test_a_connection_that_takes_nothing_is_cut(office: Office, company: Company) -> None:
    key = office.keys["auditor"]
    with serving(office.journal.database_url, Pace(write_patience=0.3)) as port:
        stuck = Following(port, key, buffer=4096, after=0).begun()
        reader = Following(port, key).begun()
        messages = reader.messages()
        for _ in range(100):
            list(events_up_to(messages, company.records_deals(200)))
            if "kams_stream_subscribers 1.0" in numbers(port, key):
                break
        assert until(lambda: "kams_stream_dropped_total 1.0" in numbers(port, key))
        reader.cut()
        got = [each.id for each in stuck.messages() if each.event == "event"]
        stuck.cut()
    assert got == list(range(1, len(got) + 1))


def numbers(port: int, key: str) -> str:
    return httpx.get(f"http://127.0.0.1:{port}/metrics", headers={"Authorization": f"Bearer {key}"}).text


def events_up_to(messages: Iterator[Any], last: int) -> Iterator[int]:
    for each in messages:
        assert each.event in ("start", "event", "examined"), each
        if each.event == "event":
            yield each.id
            if each.id >= last:
                return


def test_the_server_ends_at_once_though_many_follow_and_one_does_not_read(office: Office, company: Company) -> None:
    pace = Pace(write_patience=60.0, last_word=0.2)
    key = office.keys["auditor"]
    with ThreadPoolExecutor(10) as readers:
        with serving(office.journal.database_url, pace) as port:
            followers = [Following(port, key).begun() for _ in range(10)]
            told = [each.messages() for each in followers]
            assert {next(each).event for each in told} == {"start"}
            heard = [readers.submit(list, each) for each in told]
            stuck = Following(port, key, after=0, buffer=4096).begun()
            company.records_deals(300)
        for all_of_one, follower in zip(heard, followers, strict=True):
            *_, last = all_of_one.result(PATIENCE)
            assert (last.event, last.data["reason"]) == ("dropped", "the server stops")
            follower.cut()
    stuck.cut()


def test_live_events_are_written_at_once_unless_another_request_waits_behind_the_stream(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[bool] = []
    take = Protocol._take

    def spied(self: Protocol, scope: HTTPScope, content: bytes) -> bool:
        taken.append(take(self, scope, content))
        return taken[-1]

    monkeypatch.setattr(Protocol, "_take", spied)
    with serving(office.journal.database_url) as port:
        follower = Following(port, office.keys["auditor"]).begun()
        told = follower.messages()
        begin = next(told).data["from"]
        seen: list[int] = []

        def is_seen_when(took: bool) -> bool:
            last = office.give(Account, office.ids["own"], "change_profile", industry=f"Steel at {len(seen)}")
            seen.extend(events_up_to(told, last))
            return took in taken

        assert until(lambda: is_seen_when(True))
        follower.sends(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        taken.clear()
        assert until(lambda: is_seen_when(False))
        follower.cut()
    assert seen == list(range(begin + 1, seen[-1] + 1))


def test_a_stream_goes_on_when_its_connection_to_the_database_dies(office: Office, company: Company) -> None:
    with serving(office.journal.database_url, Pace(heartbeat=0.2)) as port:
        follower = Following(port, office.keys["auditor"]).begun()
        told = follower.messages()
        begin = next(told).data["from"]
        seen = []
        for _ in range(3):
            last = company.records_deals(20)
            seen += list(events_up_to(told, last))
            killed = "select count(pg_terminate_backend(pid)) from pg_stat_activity where query like 'listen %'"
            with psycopg.connect(office.journal.database_url, autocommit=True) as connection:
                connection.execute(killed + " or query like '%from feed where position%' and state = 'idle'")
        last = company.records_deals(20)
        seen += list(events_up_to(told, last))
        follower.cut()
    assert seen == list(range(begin + 1, last + 1))


def test_after_a_restore_a_stream_ends_and_its_reader_is_told(office: Office) -> None:
    key = office.keys["auditor"]
    head = office.journal.streams.head()
    with serving(office.journal.database_url, Pace(heartbeat=0.2)) as port:
        follower = Following(port, key).begun()
        told = follower.messages()
        assert next(told).data["epoch"] == 0
        with psycopg.connect(office.journal.database_url, autocommit=True) as connection:
            connection.execute("insert into restores values ('2026-03-04 05:06Z', '2026-03-03 02:01Z', 7, 'x')")
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
                " and datname = current_database()"
            )
        *_, last = told
        assert (last.event, last.data["reason"]) == ("dropped", "the journal was restored")
        follower.cut()
        again = Following(port, key, last_event_id=str(head), epoch=0).begun()
        assert (again.status, again.problem["details"]["go_on_after"]) == (409, 7)
        again.cut()
    with psycopg.connect(office.journal.database_url, autocommit=True) as connection:
        connection.execute("alter table restores disable trigger restores_stay; delete from restores")
        connection.execute("alter table restores enable trigger restores_stay")


def test_a_reader_changes_from_ndjson_to_sse_to_long_poll_and_misses_nothing(office: Office) -> None:
    key = {"Authorization": f"Bearer {office.keys['auditor']}"}
    seen: list[dict[str, Any]] = []
    with serving(office.journal.database_url) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        with recording(office):
            lines = {**key, "Accept": "application/x-ndjson"}
            *events, last = client.get("/events", headers=lines, params={"limit": 90}).text.splitlines()
            seen += map(json.loads, events)
            at = json.loads(last)["examined"]
            for _ in range(3):
                follower = Following(port, office.keys["auditor"], last_event_id=str(at)).begun()
                told = (each.data for each in follower.messages() if each.event == "event")
                seen += itertools.islice(told, 25)
                follower.cut()
                at = seen[-1]["position"]
                for _ in range(3):
                    answer = client.get("/events", headers=key, params={"after": at, "wait": 30, "limit": 7}).json()
                    seen += answer["events"]
                    at = answer["examined"]
        *events, last = client.get("/events", headers=lines, params={"after": at}).text.splitlines()
        seen += map(json.loads, events)
        whole = client.get("/events", headers=lines).text.splitlines()
    assert seen == [json.loads(line) for line in whole[:-1]]
    assert [each["position"] for each in seen] == list(range(1, office.journal.streams.head() + 1))
