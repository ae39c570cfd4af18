"""A server process on a company's database, with a key for an integrator, for benchmarks of streams."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import psutil

from api.cli.session import make_tables
from domain.commands import Commands, command_type
from domain.journal.journal import Journal
from domain.keys import RANDOM_BYTES, make_key
from domain.member import Member
from projections.streams.feed import Feed, brought_up
from tests.benchmarks.commands import NOW
from tests.workers.following import Company, until

ROOT = Path(__file__).parents[2]
SERVE = """
import socket, sys, threading
from api.app import create_app
from api.serving import make_server
from domain.journal.journal import Journal
from domain.journal.mapper import JournalMapper
from projections import READ_MODELS
from projections.engine import Engine
from projections.view import Reader
journal, stopping = Journal(sys.argv[1]), threading.Event()
engine = Engine(journal.pool, READ_MODELS, JournalMapper())
listening = socket.socket(fileno=int(sys.argv[2]))
app = create_app(journal, engine, Reader(journal, engine), hosts=("*",), stopping=stopping)
make_server(app, stopping=stopping).run(sockets=[listening])
"""
REPEATED = """
insert into feed (position, recorded_at, type, subject, account, territory, origin, event, sealed)
select position + %(whole)s * n, recorded_at, type, subject, account, territory, origin, event, sealed
from feed, generate_series(1, %(times)s - 1) n where position <= %(whole)s order by n, position"""


class Served(NamedTuple):
    """Where it serves, its process, and keys: `key` reads no personal data, `personal` does."""

    port: int
    process: psutil.Process
    key: str
    personal: str

    def connect(self, path: str, accept: str, key: str) -> socket.socket:
        """A request that was sent."""
        made = socket.create_connection(("127.0.0.1", self.port))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        lines = (f"GET {path} HTTP/1.1", "Host: x", f"Accept: {accept}", f"Authorization: Bearer {key}", "", "")
        made.sendall("\r\n".join(lines).encode())
        return made


@contextmanager
def served(database_url: str) -> Iterator[Served]:
    """The server, once it answers."""
    keys = [_integrator(database_url, scopes) for scopes in (["stream"], ["stream", "read"])]
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
    command = [sys.executable, "-c", SERVE, database_url, str(listening.fileno())]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, env=environment, pass_fds=[listening.fileno()], stderr=subprocess.DEVNULL)
    port = listening.getsockname()[1]
    listening.close()
    try:
        made = Served(port, psutil.Process(process.pid), *keys)
        assert until(lambda: _answers(made), 60)
        yield made
    finally:
        process.terminate()
        process.wait()


def filled(database_url: str, events: int, published: int = 10_000) -> int:
    """A feed of so many events: some are recorded and published, and repeated at further positions; its head."""
    make_tables(database_url)
    company = Company(database_url)
    try:
        whole = company.records_deals(min(events, published))
        brought_up(Feed(company.journal), most=None, patience=0)
        with company.journal.pool.connection() as connection:
            connection.execute(REPEATED, {"whole": whole, "times": max(1, events // whole)})
            connection.execute("vacuum analyze feed")
        return whole * max(1, events // whole)
    finally:
        company.close()


def _integrator(database_url: str, scopes: list[str]) -> str:
    journal, member, key = Journal(database_url), uuid4(), make_key(os.urandom(RANDOM_BYTES))
    try:
        commands = Commands(journal)
        for name, body in (
            ("invite", {"name": "Integrator"}),
            ("grant_role", {"role": "integrator"}),
            ("issue_key", {"key_id": key.id, "secret_hash": key.hash, "scopes": scopes}),
        ):
            typed = command_type(Member, name).body(**body)
            commands.give(Member, member, name, typed, NOW)
    finally:
        journal.close()
    return key.text


def _answers(made: Served) -> bool:
    try:
        with made.connect("/health/live", "*/*", made.key) as asked:
            return asked.recv(100).startswith(b"HTTP/1.1 200")
    except OSError:
        time.sleep(0.05)
        return False
