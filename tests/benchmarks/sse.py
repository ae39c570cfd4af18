"""From a commit to its arrival at 500 followers, against commit + NOTIFY + one row; and what one does who is stuck."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from domain.account.account import Account
from domain.commands import Commands, command_type
from domain.journal.journal import Journal
from tests.benchmarks.commands import NOW
from tests.benchmarks.report import Report
from tests.benchmarks.served import Served, filled, served
from tests.benchmarks.visible import Plain, at
from tests.workers.following import until

FOLLOWERS, STUCK = 500, 10
COMMITS = 100
PAUSE = 0.1
AIM_MS = 100
MARK = b"event: event\n"


def run(report: Report) -> None:
    """Everybody gets everything; the times are those of all arrivals."""
    with report.database() as plain_url, report.database() as url:
        filled(url, 1_000, published=1_000)
        with Plain(plain_url) as plain, served(url) as server, writer(url) as write:
            plain.measure(20)
            usual = plain.measure(COMMITS)
            with Followers(server, 1) as one:
                one.measure(write, 10)
                alone = one.measure(write, COMMITS)
            with Followers(server, FOLLOWERS) as many:
                many.measure(write, 10)
                together = many.measure(write, COMMITS)
                with stuck(server, STUCK):
                    beside = many.measure(write, COMMITS)
    report.line(
        f"commit → arrival at {FOLLOWERS} followers, p99, against commit + NOTIFY + one row",
        must=60,
        reached=at(together, 0.99) / at(usual, 0.99),
        beside=f"p50 {at(together, 0.5) * 1e3:.1f} p99 {at(together, 0.99) * 1e3:.1f} ms (aim {AIM_MS}); one follower "
        f"p99 {at(alone, 0.99) * 1e3:.1f}; plain {at(usual, 0.99) * 1e3:.1f}",
        at_most=True,
    )
    report.line(
        f"the same with {STUCK} who do not read, against without, p50",
        must=1.5,
        reached=at(beside, 0.5) / at(together, 0.5),
        beside=f"p50 {at(beside, 0.5) * 1e3:.1f} p99 {at(beside, 0.99) * 1e3:.1f} ms",
        at_most=True,
    )


@contextmanager
def writer(url: str) -> Iterator[Write]:
    """Gives commands; each returns the moment after its commit."""
    journal = Journal(url)
    try:
        yield Write(journal)
    finally:
        journal.close()


class Write:
    """One account, changed again and again."""

    def __init__(self, journal: Journal) -> None:
        self._commands, self._account, self._number = Commands(journal), uuid4(), 0
        body = command_type(Account, "register").body(name="ACME")
        self._commands.give(Account, self._account, "register", body, NOW)

    def __call__(self) -> float:
        """Commit one event; when it was acknowledged."""
        self._number += 1
        body = command_type(Account, "change_profile").body(industry=f"Steel {self._number}")
        self._commands.give(Account, self._account, "change_profile", body, NOW)
        return time.perf_counter()


class Followers:
    """Many connections, read by one thread that notes when each event came."""

    def __init__(self, server: Served, count: int) -> None:
        self._server, self._count = server, count
        self._arrived: list[float] = []
        self._over = False
        self._selector = selectors.DefaultSelector()
        self._began = 0

    def __enter__(self) -> Followers:
        for _ in range(self._count):
            made = self._server.connect("/events/stream", "text/event-stream", self._server.key)
            made.setblocking(False)
            self._selector.register(made, selectors.EVENT_READ)
        self._reading = threading.Thread(target=self._read)
        self._reading.start()
        assert until(lambda: self._began == self._count, 60), self._began
        time.sleep(1)  # until all are live
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._reading.join()
        for key in list(self._selector.get_map().values()):
            assert isinstance(key.fileobj, socket.socket)
            key.fileobj.close()
        self._selector.close()

    def _read(self) -> None:
        while not self._over:
            for key, _ in self._selector.select(0.2):
                assert isinstance(key.fileobj, socket.socket)
                got = key.fileobj.recv(65_536)
                now = time.perf_counter()
                self._began += got.count(b"event: start\n")
                self._arrived.extend([now] * got.count(MARK))

    def measure(self, write: Write, commits: int) -> list[float]:
        """Seconds from each commit to each arrival, sorted."""
        taken: list[float] = []
        for _ in range(commits):
            self._arrived.clear()
            committed = write()
            assert until(lambda: len(self._arrived) >= self._count, 60), len(self._arrived)
            taken += [max(0.0, each - committed) for each in self._arrived]
            time.sleep(PAUSE)
        return sorted(taken)


@contextmanager
def stuck(server: Served, count: int) -> Iterator[None]:
    """Followers who ask for everything and read nothing."""
    made = [server.connect("/events/stream?after=0", "text/event-stream", server.key) for _ in range(count)]
    try:
        yield
    finally:
        for each in made:
            each.close()
