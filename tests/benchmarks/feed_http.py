"""A million events over GET /events as NDJSON and MessagePack, against COPY out of the same table."""

from __future__ import annotations

import os
import socket
import threading
import time

import msgspec
import psycopg

from api.streams.formats import Examined
from tests.benchmarks.report import Report
from tests.benchmarks.served import Served, filled, served

EVENTS = int(os.environ.get("KAMS_BENCH_EVENTS", "1000000"))
AIM = 30_000
NDJSON, MSGPACK = "application/x-ndjson", "application/msgpack"
ROUNDS = 5


def run(report: Report) -> None:
    """The whole feed, several times."""
    with report.database() as url:
        head = filled(url, EVENTS)
        with served(url) as server:
            _read(server, NDJSON, server.key, 2_000)
            copied = _copied(url, head)
            before, rates, peak = server.process.memory_info().rss, {}, Peak(server)
            with peak:
                for name, form, key in (
                    ("NDJSON", NDJSON, server.key),
                    ("MessagePack", MSGPACK, server.key),
                    ("NDJSON with personal data", NDJSON, server.personal),
                ):
                    rates[name] = _read(server, form, key, head)
            first = sorted(_first(server) for _ in range(ROUNDS))[ROUNDS // 2]
    for name, rate in rates.items():
        report.line(
            f"feed of {head:,} events over HTTP as {name}, against COPY out",
            must=10,
            reached=100 * rate / copied,
            unit=" %",
            beside=f"{rate:,.0f} events/s (aim {AIM:,}); COPY {copied:,.0f}/s",
        )
    report.line(
        "memory of the server while it sends them",
        must=150,
        reached=(peak.highest - before) / 1e6,
        unit=" MB",
        beside=f"first event after subscribing from 0: {first * 1e3:.1f} ms (aim 50)",
        at_most=True,
    )


def _copied(url: str, head: int) -> float:
    """Rows per second out of the table, without a server between."""
    begin = time.perf_counter()
    with (
        psycopg.connect(url) as connection,
        connection.cursor().copy("copy (select event from feed order by position) to stdout") as out,
    ):
        count = sum(bytes(block).count(b"\n") for block in out)
    assert count == head, (count, head)
    return head / (time.perf_counter() - begin)


def _read(server: Served, form: str, key: str, limit: int) -> float:
    """Events per second; the last object of the answer says that all came."""
    begin, end = time.perf_counter(), b""
    with server.connect(f"/events?limit={limit}", form, key) as answer:
        while not end.endswith(b"0\r\n\r\n"):
            chunk = answer.recv(1 << 20)
            assert chunk, end
            end = end[-100:] + chunk if len(chunk) < 100 else chunk
    seconds = time.perf_counter() - begin
    mark, decode = (
        (b'{"examined"', msgspec.json.decode) if form == NDJSON else (b"\x83\xa8examined", msgspec.msgpack.decode)
    )
    last = decode(mark + end.removesuffix(b"\r\n0\r\n\r\n").rpartition(mark)[2], type=Examined)
    assert last.examined == limit, last
    return limit / seconds


def _first(server: Served) -> float:
    """Seconds until the first event is there, from the request on."""
    begin = time.perf_counter()
    with server.connect("/events/stream?after=0", "text/event-stream", server.key) as answer:
        got = b""
        while b"event: event" not in got:
            got += answer.recv(65_536)
        taken = time.perf_counter() - begin
        answer.shutdown(socket.SHUT_RDWR)
    return taken


class Peak:
    """The most memory that the server takes meanwhile."""

    def __init__(self, server: Served) -> None:
        self._server, self.highest, self._over = server, 0, threading.Event()
        self._watching = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        while not self._over.wait(0.05):
            self.highest = max(self.highest, self._server.process.memory_info().rss)

    def __enter__(self) -> None:
        self._watching.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watching.join()
