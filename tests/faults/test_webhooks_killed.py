"""Workers killed between sending and recording: nothing is lost, what comes again has the same webhook-id."""

from __future__ import annotations

import contextlib
import http.server
import signal
import subprocess
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.workers.following import Company, company_on, until, worker_process
from tests.workers.receiving import Office


class Taken(msgspec.Struct):
    """What a delivery's envelope says."""

    id: str
    position: int
    subject: str
    account: str | None = None
    time: datetime | None = None


class Receiver(http.server.ThreadingHTTPServer):
    """A real server on this machine that notes what it takes, and may hold a delivery before it answers."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        self.taken: list[Taken] = []
        self.headers: list[dict[str, str]] = []
        self.hold_at = 0
        self.held, self.go_on = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook"

    def take(self, body: bytes, headers: dict[str, str]) -> None:
        with self._lock:
            self.taken.append(msgspec.json.decode(body, type=Taken))
            self.headers.append(headers)
            count = len(self.taken)
        if self.hold_at and count >= self.hold_at:  # others go on while one is held: these are held, too
            self.held.set()
            self.go_on.wait(30)

    def positions(self) -> set[int]:
        with self._lock:
            return {each.position for each in self.taken}


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.take(body, {name.lower(): value for name, value in self.headers.items()})
        with contextlib.suppress(OSError):
            self.send_response(204)
            self.send_header("content-length", "0")
            self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def company(database_url: str) -> Iterator[Company]:
    with company_on(database_url) as company:
        yield company


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.go_on.set()
    server.shutdown()
    server.server_close()
    thread.join(10)


def working(home: Path, company: Company, valkey_url: str) -> contextlib.AbstractContextManager[subprocess.Popen[str]]:
    return worker_process(home, company.url, valkey_url, KAMS_WEBHOOKS_PRIVATE="1")


def test_a_worker_killed_in_the_middle_of_a_delivery_loses_nothing_and_keeps_the_order(
    company, receiver, valkey_url, tmp_path
):
    office = Office(company)
    accounts = [office.account(6) for _ in range(6)]
    erp = office.subscribe(url=receiver.url)
    head = office.publish()
    for hold_at in (10, 25):
        receiver.held.clear()
        receiver.go_on.clear()
        receiver.hold_at = hold_at
        with working(tmp_path, company, valkey_url) as worker:
            assert receiver.held.wait(60)
            worker.send_signal(signal.SIGKILL)
            worker.wait()
        receiver.go_on.set()
    later = office.visit(accounts[0])
    office.publish()
    with working(tmp_path, company, valkey_url):
        assert until(lambda: office.cursor(erp) >= later, 60)
        assert until(lambda: office.rows("select 1 from delivery_lanes") == [])
    assert receiver.positions() == set(range(1, later + 1))
    assert later == head + 1
    order: dict[str, list[int]] = {}
    for each, headers in zip(receiver.taken, receiver.headers, strict=True):
        assert headers["webhook-id"] == each.id == str(each.position)
        order.setdefault(each.account or each.subject, []).append(each.position)
    for positions in order.values():
        first_times = list(dict.fromkeys(positions))
        assert first_times == sorted(first_times)
    recorded = {
        position for (position,) in office.rows("select position from delivery_log where outcome = 'delivered'")
    }
    assert recorded == set(range(1, later + 1))


def test_a_worker_killed_between_sending_and_recording_sends_again_with_the_same_id(
    company, receiver, valkey_url, tmp_path
):
    office = Office(company)
    office.account(4)
    erp = office.subscribe(url=receiver.url)
    head = office.publish()
    receiver.hold_at = 3
    with working(tmp_path, company, valkey_url) as worker:
        assert receiver.held.wait(60)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    sent, held = len(receiver.taken), receiver.taken[2].position
    assert office.rows("select 1 from delivery_log where position = %s", held) == []
    receiver.go_on.set()
    with working(tmp_path, company, valkey_url):
        assert until(lambda: office.cursor(erp) >= head, 60)
    ids: dict[int, list[str]] = {}
    for each, headers in zip(receiver.taken, receiver.headers, strict=True):
        ids.setdefault(each.position, []).append(headers["webhook-id"])
    assert held in {each.position for each in receiver.taken[sent:]}
    assert ids[held] == [str(held)] * 2
    assert office.rows("select count(*) from delivery_log where position = %s", held) == [(1,)]


def test_another_worker_takes_over_from_one_that_was_killed(company, receiver, valkey_url, tmp_path):
    office = Office(company)
    account = office.account(3)
    erp = office.subscribe(url=receiver.url)
    office.publish()
    with working(tmp_path / "a", company, valkey_url) as first, working(tmp_path / "b", company, valkey_url) as second:
        holder = "select pid from workers join leases on holder = workers.id where name like 'webhooks:%%'"
        assert until(lambda: bool(office.rows(holder)), 60)
        ((pid,),) = office.rows(holder)
        killed, other = (first, second) if first.pid == pid else (second, first)
        killed.kill()
        killed.wait()
        later = office.visit(account)
        office.publish()
        assert until(lambda: office.cursor(erp) >= later, 60)
        assert office.rows(holder) == [(other.pid,)]
    assert receiver.positions() == set(range(1, later + 1))
