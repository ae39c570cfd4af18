"""PostgreSQL dies under load: nothing acknowledged is lost, everything else is answered once when it is repeated."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import psutil
import psycopg
import pytest

from api.cli.embedded import EmbeddedServers
from api.cli.settings import Settings
from domain.journal.connections import JournalUnreachable
from domain.journal.context import Context, digest_of
from domain.journal.journal import Journal
from domain.journal.migrate import migrate
from tests.domain.ledger import Ledger
from tests.faults.writers import new_ledger

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
KILLS = 3


@pytest.fixture
def embedded(server_folder: Path, system_folder: Path) -> Iterator[EmbeddedServers]:
    embedded = EmbeddedServers(Settings(home=server_folder / "home"), system_folder=system_folder)
    yield embedded
    embedded.stop()


class Client(threading.Thread):
    """Gives commands one after the other, each with a key, until told to end; notes how each was answered."""

    def __init__(self, give: Callable[[UUID], int]) -> None:
        super().__init__(daemon=True)
        self._give = give
        self.ended = threading.Event()
        self.acknowledged: dict[UUID, int] = {}
        self.unanswered: list[UUID] = []

    def run(self) -> None:
        while not self.ended.is_set():
            key = uuid4()
            try:
                self.acknowledged[key] = self._give(key)
            except JournalUnreachable:
                self.unanswered.append(key)
                time.sleep(0.02)

    def repeat(self) -> None:
        """Give what was not answered once more, under its key."""
        for key in self.unanswered:
            self.acknowledged[key] = self._give(key)


def putting(journal: Journal) -> Callable[[UUID], int]:
    ledger = uuid4()
    journal.run(Ledger, ledger, lambda it: it.open(), Context(at=MONDAY))

    def give(key: UUID) -> int:
        context = Context(at=MONDAY, command_id=key, digest=digest_of(b"1"))
        return journal.run(Ledger, ledger, lambda it: it.put(amount=1), context).positions[0]

    return give


def appending(journal: Journal) -> Callable[[UUID], int]:
    batches = {}

    def give(key: UUID) -> int:
        facts = batches.setdefault(key, new_ledger(49))
        return journal.append_in_bulk(facts, key).first

    return give


def kill_postgres(home: Path) -> None:
    """kill -9 of the server and all its processes."""
    pid = int((home / "postgres" / "postmaster.pid").read_text().split()[0])
    postmaster = psutil.Process(pid)
    processes = [postmaster, *postmaster.children(recursive=True)]
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):  # who saw the server die has ended by himself
            process.kill()
    psutil.wait_procs(processes, timeout=60)


def stored(url: str) -> dict[UUID, int]:
    """The first position of every command, and that no command was stored twice."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "select command_id, min(position) from events group by command_id"
            " having count(*) filter (where command_digest is not null) = 1"
        ).fetchall()
        (gaps,) = connection.execute("select max(position) - count(*) from events").fetchone() or (None,)
    assert gaps == 0
    return dict(rows)


def test_no_acknowledged_command_is_lost_and_every_other_is_answered_once(
    embedded: EmbeddedServers, server_folder: Path
) -> None:
    url = embedded.start(want_valkey=False).database_url
    migrate(url)
    journal = Journal(url)
    clients = [Client(putting(journal)) for _ in range(6)] + [Client(appending(journal)) for _ in range(2)]
    for client in clients:
        client.start()
    for _ in range(KILLS):
        time.sleep(0.7)
        kill_postgres(server_folder / "home")
        embedded.start(want_valkey=False)
    time.sleep(0.5)
    for client in clients:
        client.ended.set()
    for client in clients:
        client.join(60)
        assert not client.is_alive()
        client.repeat()
    journal.close()
    there = stored(url)
    answers = {key: position for client in clients for key, position in client.acknowledged.items()}
    assert {key: there.get(key) for key in answers} == answers
    assert len(there) == len(answers) + 6  # and the six openings: nothing was stored under another key
    assert any(client.unanswered for client in clients)
