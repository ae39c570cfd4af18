"""An integrator's life: a webhook, a lost day that is sent again, then SSE, then three consumers of a Valkey group.

Workers and the API are processes of their own; what arrived, by whatever way, is the journal, each event once.
"""

from __future__ import annotations

import http.server
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
import redis
from redis.exceptions import ResponseError

from api.client import Client, NotReached, verify_webhook
from tests.workers.following import started, until

PATIENCE = 60.0
GROUP = "books"
CONSUMERS = ("one", "two", "three")


class Receiver(http.server.ThreadingHTTPServer):
    """The integrator's own server: takes what is genuinely signed, by its `webhook-id`."""

    daemon_threads = True

    def __init__(self) -> None:
        self.taken: dict[str, dict[str, Any]] = {}
        self._secret, self._knows_secret = "", threading.Event()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/kams"

    def learns(self, secret: str) -> None:
        self._secret = secret
        self._knows_secret.set()

    def take(self, body: bytes, headers: dict[str, str]) -> None:
        assert self._knows_secret.wait(PATIENCE)
        verify_webhook(body, headers, [self._secret])
        with self._lock:
            self.taken[headers["webhook-id"]] = json.loads(body)

    def events(self) -> dict[str, dict[str, Any]]:
        with self._lock:
            return dict(self.taken)

    def loses_everything_after(self, position: int) -> None:
        with self._lock:
            self.taken = {key: event for key, event in self.taken.items() if event["position"] <= position}


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.take(body, {name.lower(): value for name, value in self.headers.items()})
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@contextmanager
def running(home: Path, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    process = started(home, *arguments, **environment)
    try:
        yield process
    finally:
        process.kill()
        print(*process.communicate(), file=sys.stderr)  # shown where the test fails


def address_of(serving: subprocess.Popen[str]) -> str:
    """The address that `kams serve` says it serves at."""
    assert serving.stderr is not None
    for line in serving.stderr:
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            return found[0]
    raise AssertionError("it did not say where it serves")


class Life:
    """The integrator and the company that he integrates."""

    def __init__(self, url: str, admin: str) -> None:
        self.admin = Client(url, admin)
        assert until(self._is_served, PATIENCE)
        member = self.admin.command("member", "invite", {"name": "Ina Graf"}).id
        self.admin.command("member", "grant_role", {"role": "integrator"}, of=member)
        issued = self.admin.command("member", "issue_key", {"scopes": ["stream", "read"]}, of=member)
        assert issued.key is not None
        self.client, self.key = Client(url, issued.key), issued.key
        self.accounts: list[Any] = []

    def _is_served(self) -> bool:
        try:
            return bool(self.admin.ask("health/ready"))
        except NotReached:
            return False

    def a_day(self, *names: str) -> int:
        """New customers, and something about each that is known; the journal's head afterwards."""
        for name in names:
            self.accounts.append(self.admin.command("account", "register", {"name": name}).id)
        for account in self.accounts:
            self.admin.command("account", "change_profile", {"industry": f"industry {len(self.accounts)}"}, of=account)
            person = {"stakeholder_id": str(uuid4()), "name": "Cora Prescott", "title": "buyer"}
            self.admin.command("account", "stakeholders.add", person, of=account)
        return self.head

    def asks(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """A request past the client."""
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = httpx.request(method, f"{self.client.url}/{path}", json=body, headers=headers, timeout=PATIENCE)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    @property
    def head(self) -> int:
        return int(self.client.ask("events", after=0, limit=1)["head"])

    def journal(self) -> list[dict[str, Any]]:
        found, after = [], 0
        while page := self.client.ask("events", after=after, limit=1000)["events"]:
            found += page
            after = page[-1]["position"]
        return found

    def follows(self, after: int, to: int) -> list[dict[str, Any]]:
        """Server-sent events, until a position."""
        found = []
        for event in self.client.events(after=after, transport="sse"):
            found.append(json.loads(event.raw))
            if event.position >= to:
                return found
        raise AssertionError("the stream ended")


class Group:
    """Three consumers of a Valkey stream who share the work, each acknowledging what it has taken."""

    def __init__(self, valkey: redis.Redis, stream: str) -> None:
        self._valkey, self._stream = valkey, stream
        self.taken: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in CONSUMERS}

    def position(self) -> int:
        return max((event["position"] for taken in self.taken.values() for event in taken.values()), default=0)

    def reads_until(self, position: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while self.position() < position:
            assert time.monotonic() < deadline, (self.position(), position)
            for consumer in CONSUMERS:
                self._reads(consumer)

    def _reads(self, consumer: str) -> None:
        try:
            found = self._valkey.xreadgroup(GROUP, consumer, {self._stream: ">"}, count=3, block=50)
        except ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
            time.sleep(0.05)  # the worker has not made it yet
            return
        for _, entries in found or []:
            for entry, fields in entries:
                event = json.loads(fields[b"event"])
                assert event["id"] not in self.taken[consumer]
                self.taken[consumer][event["id"]] = event
                self._valkey.xack(self._stream, GROUP, entry)


def test_webhook_then_a_lost_day_sent_again_then_sse_then_a_group_of_three_is_the_journal(
    empty_url: str, valkey_url: str, receiver: Receiver, tmp_path: Path
) -> None:
    servers = {"KAMS_DATABASE_URL": empty_url, "KAMS_REDIS_URL": valkey_url, "KAMS_WEBHOOKS_PRIVATE": "1"}
    with started(tmp_path, "migrate", **servers) as migrating:
        assert migrating.wait(PATIENCE) == 0
    with running(tmp_path, "work", **servers), running(tmp_path, "serve", "--port", "0", **servers) as serving:
        life = Life(address_of(serving), (tmp_path / "key").read_text().strip())

        # A webhook brings everything, signed.
        webhook = {"name": "erp", "address": receiver.url, "after": 0, "personal": True}
        opened = life.client.command("subscription", "open", webhook)
        assert opened.secret is not None
        receiver.learns(opened.secret)
        monday = life.a_day("Acme", "Beta")
        assert until(lambda: len(receiver.events()) == monday, PATIENCE), (len(receiver.events()), monday)

        # A day is lost on the integrator's side, and sent again: first counted, then asked for.
        tuesday = life.a_day("Gamma")
        assert until(lambda: len(receiver.events()) == tuesday, PATIENCE)
        receiver.loses_everything_after(monday)
        wanted: dict[str, Any] = {"from": monday + 1}
        counted = life.asks("POST", "subscriptions/erp/redeliveries", {**wanted, "dry_run": True})["count"]
        assert counted == tuesday - monday
        life.asks("POST", "subscriptions/erp/redeliveries", {**wanted, "count": counted, "rate": 100})
        assert until(lambda: len(receiver.events()) == tuesday, PATIENCE)
        life.client.command("subscription", "pause", {"reason": "moving to SSE"}, of="erp")

        # Then server-sent events, from where the webhook ended.
        wednesday = life.a_day("Delta")
        by_sse = life.follows(tuesday, wednesday)

        # Then a consumer group of three, from where these ended.
        stream = {"name": "books", "transport": "valkey", "after": wednesday, "personal": True}
        life.client.command("subscription", "open", stream)
        life.asks("PUT", "subscriptions/books/groups/books", {"after": wednesday})
        thursday = life.a_day("Epsilon", "Zeta")
        with redis.Redis.from_url(valkey_url, socket_timeout=PATIENCE) as valkey:
            group = Group(valkey, "kams:stream:books")
            group.reads_until(thursday)

        came = [event for event in receiver.events().values() if event["position"] <= tuesday] + by_sse
        came += [event for taken in group.taken.values() for event in taken.values()]
        journal = life.journal()
        assert [event["position"] for event in journal] == list(range(1, thursday + 1))
        assert sorted(came, key=lambda event: event["position"]) == journal
        assert all(group.taken.values())
    with psycopg.connect(empty_url) as connection:
        (count,) = connection.execute("select count(*) from events where position <= %s", (thursday,)).fetchone()
    assert count == len(came)
