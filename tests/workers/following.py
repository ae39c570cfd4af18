"""A company whose journal workers follow, on real servers; and workers as processes of their own."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from domain.account.account import Account
from domain.commands import Commands, command_type
from domain.journal.context import Context
from domain.journal.journal import Journal
from domain.journal.mapper import JournalMapper
from projections import READ_MODELS
from projections.engine import Engine
from projections.opportunities import FUNNEL
from projections.view import Reader
from tests.benchmarks.workload import deals
from workers.forecasting import Snapshots
from workers.training import Training
from workers.watch import Watch

ROOT = Path(__file__).parents[2]
NOW = Context(at=datetime(2026, 3, 2, 9, tzinfo=UTC))
PATIENCE = 60.0  # a worker starts, reads and shows within three; others may want the machine, too


class Company:
    """A journal to record into and an engine to look at, which projects nothing unless it is told to."""

    def __init__(self, database_url: str) -> None:
        self.url = database_url
        self.journal = Journal(database_url)
        self.engine = Engine(database_url, READ_MODELS, JournalMapper())
        self._deals = deals()

    def close(self) -> None:
        self.engine.close()
        self.journal.close()

    def registers(self, name: str = "ACME") -> int:
        """One command; its position."""
        body = command_type(Account, "register").body(name=name)
        return Commands(self.journal).give(Account, uuid4(), "register", body, NOW).position

    def records_deals(self, events: int) -> int:
        """Histories of new deals, about 200 events in an append; the last position."""
        recorded = position = 0
        while recorded < events:
            append = list(itertools.chain.from_iterable(itertools.islice(self._deals, 25)))
            position = self.journal.append_in_bulk(append, uuid4()).last
            recorded += len(append)
        return position

    def shows(self, position: int) -> bool:
        """Whether every read model has reached a position."""
        return all(model.position >= position for model in self.engine.status().models)

    def shows_within(self, seconds: float, position: int) -> bool:
        return until(lambda: self.shows(position), seconds)

    def must_show(self, position: int) -> None:
        assert self.shows_within(PATIENCE, position), self.engine.status()

    def must_equal_a_rebuild(self) -> None:
        """Every row of every read model is what the journal says, and none waits."""
        status = self.engine.status()
        assert status.complete, status
        for model in READ_MODELS:
            compared = self.engine.rebuild(model)
            assert compared.equal, compared

    def deals_shown(self) -> int:
        with self.journal.pool.connection() as connection:
            (count,) = connection.execute(f"select count(*) from {FUNNEL.table} where kind = 1").fetchone() or (0,)
        return int(count)


@contextlib.contextmanager
def company_on(database_url: str) -> Iterator[Company]:
    company = Company(database_url)
    try:
        yield company
    finally:
        company.close()


@contextlib.contextmanager
def worker_process(
    home: Path, database_url: str, redis_url: str, **environment: str
) -> Iterator[subprocess.Popen[str]]:
    """`kams work` as another machine runs it, ready to be killed. When a test fails meanwhile it says what it was at,
    and what it had said: who waits for a worker in vain wants to know."""
    servers = {"KAMS_DATABASE_URL": database_url, "KAMS_REDIS_URL": redis_url, "PYTHONFAULTHANDLER": "1"}
    process = started(home, "work", **servers, **environment)
    try:
        yield process
    except BaseException:
        ended = process.poll()
        process.send_signal(signal.SIGABRT)
        print(f"The worker (ended: {ended}):", *process.communicate(), sep="\n")
        raise
    finally:
        process.kill()
        process.communicate()


def started(home: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """A command of the program, running."""
    return subprocess.Popen(
        [sys.executable, "-m", "api.cli.main", *arguments],
        env=environment_of(home, **environment),
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def environment_of(home: Path, **more: str) -> dict[str, str]:
    """The environment of a command: this one without what names other servers."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("KAMS_")}
    return {**own, "KAMS_HOME": str(home), "PYTHONPATH": str(ROOT), **more}


def until(condition: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    """Wait for something; whether it came in time."""
    deadline, pause = time.monotonic() + seconds, 0.01
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
        pause = min(1.5 * pause, 0.06)  # to look takes work, which what is waited for may need
    return True


def training_of(company: Company) -> Training:
    """What fits the company's models."""
    return Training(company.journal, Reader(company.journal, company.engine))


def snapshots_of(company: Company) -> Snapshots:
    """What keeps the forecasts of a company."""
    return Snapshots(company.journal, Reader(company.journal, company.engine))


def watch_of(company: Company) -> Watch:
    """A watch over the company's findings."""
    return Watch(company.journal, Reader(company.journal, company.engine))
