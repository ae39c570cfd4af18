"""What tests of the seal's work share: a sealed company, and what receives checkpoints for real."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg

from tests.workers.following import Company
from workers.anchors import Anchoring
from workers.sealing import Sealing, SealKey

SECRET = bytes(range(32))
KEY = SealKey(SECRET)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def sealed(company: Company, connection: psycopg.Connection, events: int = 3) -> str:
    """Record something and seal it; the checkpoint."""
    for _ in range(events):
        company.registers()
    note = Sealing(KEY).seal(connection)
    assert note is not None
    return note


def brought(anchoring: Anchoring, connection: psycopg.Connection) -> list[int]:
    """Bring to all anchors what they lack; how many checkpoints each."""
    return [anchoring.bring(connection, anchor) for anchor in anchoring.anchors]


class Receiver(http.server.ThreadingHTTPServer):
    """A web server that keeps what is posted; `status` is what it answers."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[str] = []
        self.paths: list[str] = []
        self.types: list[str] = []
        self.status = 204
        self.location = ""

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.server.status < 300:
            self.server.bodies.append(body)
            self.server.paths.append(self.path)
            self.server.types.append(self.headers["Content-Type"])
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A web server, running."""
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
