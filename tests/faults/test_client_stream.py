"""The client against a real server that ends, comes again and is cut at random bytes: the union is the journal."""

from __future__ import annotations

import asyncio
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import pytest

from api.client import AsyncClient, Client, CommandRefused, FileCheckpoint, JournalCutOff, NotAdmitted
from api.client.course import Transport
from domain.account.account import Account
from tests.api.office import Office, open_office
from tests.api.sse import serving
from tests.conftest import new_database
from tests.workers.following import until


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses are short here."""
    monkeypatch.setattr("api.client.course.LONGEST_PAUSE", 0.05)
    monkeypatch.setattr("api.client.commands.LONGEST_PAUSE", 0.05)


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            yield opened


def url_of(office: Office) -> str:
    return office.journal.database_url


class Cutting:
    """Passes connections on to the port of now, and cuts each after some bytes of its answer."""

    def __init__(self, seed: int, most: int) -> None:
        self.port, self.connections = 0, 0
        self._chance, self._most = random.Random(seed), most
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                left = self._chance.randrange(200, self._most)
                threading.Thread(target=self._pass, args=(client, left), daemon=True).start()

    def _pass(self, client: socket.socket, left: int) -> None:
        with suppress(OSError), client, socket.create_connection(("127.0.0.1", self.port)) as server:
            threading.Thread(target=self._forth, args=(client, server), daemon=True).start()
            while left > 0 and (piece := server.recv(min(left, 16_384))):
                client.sendall(piece)
                left -= len(piece)
            for end in (client, server):
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def _forth(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while piece := client.recv(16_384):
                server.sendall(piece)


@contextmanager
def cutting(seed: int, most: int) -> Iterator[Cutting]:
    proxy = Cutting(seed, most)
    try:
        yield proxy
    finally:
        proxy.close()


def record(office: Office, count: int) -> int:
    """So many visits; the last position."""
    account = office.ids["own"]
    for _ in range(count):
        position = office.give(Account, account, "visits.log", visit_id=str(uuid4()), minutes=5)
    return position


@pytest.mark.parametrize("transport", ["sse", "poll"])
def test_the_union_is_the_journal_through_cuts_at_random_bytes(office: Office, transport: Transport) -> None:
    with serving(url_of(office)) as port, cutting(3, 6_000) as proxy:
        proxy.port = port
        end, seen = record(office, 10) + 20, []
        for event in Client(proxy.url, office.keys["auditor"]).events(transport=transport):
            seen.append(event.position)
            if event.position == end - 20:
                threading.Thread(target=record, args=(office, 20)).start()
            if event.position == end:
                break
        assert seen == list(range(1, end + 1))
        assert proxy.connections > 5


def test_a_server_that_ends_and_comes_again_is_found_again(office: Office, tmp_path: Path) -> None:
    with cutting(5, 10**9) as proxy:
        seen: list[int] = []
        first = record(office, 5)
        with serving(url_of(office)) as proxy.port:
            events = Client(proxy.url, office.keys["auditor"]).events(checkpoint=FileCheckpoint(tmp_path / "seen"))
            seen += [next(events).position for _ in range(first)]
        end = record(office, 5)
        with serving(url_of(office)) as proxy.port:
            seen += [next(events).position for _ in range(5)]
            events.close()
            again = Client(proxy.url, office.keys["auditor"]).events(
                follow=False, checkpoint=FileCheckpoint(tmp_path / "seen")
            )
            assert [event.position for event in again] == [end], "the last one was not known to be handled"
        assert seen == list(range(1, end + 1))


def test_the_asynchronous_client_follows_too(office: Office) -> None:
    async def seen(url: str, end: int) -> list[int]:
        found = []
        async with AsyncClient(url, office.keys["auditor"]) as client, client.events(after=end - 5) as events:
            async for event in events:
                found.append(event.position)
                if event.position == end:
                    await asyncio.to_thread(record, office, 3)
                if event.position == end + 3:
                    break
            assert (await client.ask("health/live"))["ok"] is True
        return found

    end = record(office, 5)
    with serving(url_of(office)) as port:
        assert asyncio.run(seen(f"http://127.0.0.1:{port}", end)) == list(range(end - 4, end + 4))


def test_what_a_key_may_not_see_is_passed_over_and_examined(office: Office) -> None:
    end = record(office, 2)
    with serving(url_of(office)) as port:
        client = Client(f"http://127.0.0.1:{port}", office.keys["colleague"])
        events = client.events(follow=False)
        assert {str(event.account) for event in events} == {str(office.ids["foreign"])}
        assert events.position == end
        mine = list(Client(client.url, office.keys["manager"]).events(after=end - 2, follow=False, types="Account"))
        assert [event.typed.minutes for event in mine] == [5, 5]
        with pytest.raises(NotAdmitted, match="401"):
            list(Client(client.url, "kams_x_y").events())
        with pytest.raises(JournalCutOff, match=r"up to position 99999") as told:
            list(Client(client.url, office.keys["auditor"]).events(after=99_999))
        assert told.value.details["go_on_after"] == end


def test_commands_are_recorded_once_though_every_answer_is_cut(office: Office) -> None:
    account = str(office.ids["own"])
    with serving(url_of(office)) as port, cutting(7, 260) as proxy:
        proxy.port = port
        before = office.journal.streams.head()
        visits = [
            {"aggregate": "account", "command": "visits.log", "id": account, "body": {"visit_id": str(uuid4())}}
            for _ in range(30)
        ]
        client = Client(proxy.url, office.keys["manager"])
        given = threading.Thread(target=lambda: client.commands(visits, patience=60))
        given.daemon = True
        given.start()
        assert until(lambda: proxy.connections > 3)
        assert office.journal.streams.head() == before + 30, "asked more than three times, recorded once"
        proxy._most = 100_000
        given.join(30)
        assert not given.is_alive()
        assert office.journal.streams.head() == before + 30


def test_a_command_is_answered_or_refused_in_words(office: Office) -> None:
    with serving(url_of(office)) as port:
        client = Client(f"http://127.0.0.1:{port}", office.keys["manager"])
        done = client.command("account", "register", {"name": "Acme"}, of=uuid4())
        assert (done.status, done.repeated, len(done.positions)) == (201, False, 2)
        body = {"visit_id": str(uuid4())}
        key = str(uuid4())
        first = client.command("account", "visits.log", body, of=done.id, note="by phone", idempotency_key=key)
        again = client.command("account", "visits.log", body, of=done.id, note="by phone", idempotency_key=key)
        assert (first.repeated, again.repeated, again.position) == (False, True, first.position)
        with pytest.raises(CommandRefused, match=r"account visits\.log was refused with 422: .*minutes") as told:
            client.command("account", "visits.log", {**body, "minutes": "long"}, of=done.id)
        assert told.value.details["problem"]["faults"][0]["field"] == "commands[0].body.minutes"
        many = [{"aggregate": "planet", "command": "x"}] * 1_200
        results = client.commands(many)
        assert [each.index for each in results] == list(range(1_200))
        assert {each.status for each in results} == {422}

        async def asynchronous() -> int:
            async with AsyncClient(client.url, client.key) as other:
                return (await other.command("account", "visits.log", {"visit_id": str(uuid4())}, of=done.id)).status

        assert asyncio.run(asynchronous()) == 200
