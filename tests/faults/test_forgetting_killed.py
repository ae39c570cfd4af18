"""A process that is killed between the fact that a person was forgotten and the destroyed keys: nobody opens them, and
the next to start, or a worker, finishes."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.journal.forgotten import Register, forgettings, not_destroyed
from domain.journal.journal import Journal
from domain.sealed import Sealed
from tests.workers.following import ROOT, Company, company_on, environment_of, started, until, worker_process

KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from uuid import UUID
from domain.journal.context import Context
from domain.journal.forgetting import forget
from domain.journal.journal import Journal
from domain.journal.people import People
from domain.person_forgetting import PersonKind
People.destroy = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
now = Context(at=datetime.now(UTC), actor=UUID(int=7))
forget(Journal(sys.argv[1]), {UUID(sys.argv[2]): PersonKind.STAKEHOLDER}, now, reason="asked for it")
"""


@pytest.fixture
def company(database_url: str) -> Iterator[Company]:
    with company_on(database_url) as company:
        yield company


def killed_while_forgetting(company: Company, home: Path) -> Sealed:
    """The name of somebody whose keys a process was about to destroy when it was killed."""
    name = company.journal.people.seal_person(uuid4(), "name", "Ann")
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, company.url, str(name.key)], env=environment_of(home), cwd=ROOT, check=False
    )
    assert ended.returncode == -signal.SIGKILL
    assert [each.person for each in company.journal.streams.read(forgettings)] == [name.key]
    assert still_there(company, name.key), "its secret was not destroyed yet"
    other = Journal(company.url)
    assert other.people.open(name, "name") is None, "from the fact on nobody opens it"
    other.close()
    return name


def still_there(company: Company, key: UUID) -> bool:
    return company.journal.streams.read(lambda connection: not_destroyed(connection, [key])) == [key]


def test_the_next_to_start_finishes(company: Company, valkey_url: str, tmp_path: Path) -> None:
    name = killed_while_forgetting(company, tmp_path)
    start = started(tmp_path, "migrate", KAMS_DATABASE_URL=company.url, KAMS_REDIS_URL=valkey_url)
    _, said = start.communicate(timeout=60)
    assert (start.returncode, still_there(company, name.key)) == (0, False), said
    assert [each.person for each in Register(tmp_path / "forgotten.txt").read()] == [name.key]


def test_a_worker_finishes_within_its_minute(company: Company, valkey_url: str, tmp_path: Path) -> None:
    name = killed_while_forgetting(company, tmp_path)
    with worker_process(tmp_path, company.url, valkey_url), psycopg.connect(company.url, autocommit=True) as connection:
        sql = "update timers set due_at = now() where name = 'finish_forgetting' returning name"
        assert until(lambda: connection.execute(sql).fetchone() is not None or not still_there(company, name.key))
        assert until(lambda: not still_there(company, name.key))
    assert [each.person for each in Register(tmp_path / "forgotten.txt").read()] == [name.key]
