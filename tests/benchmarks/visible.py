"""From a command's commit to the row that shows it, through a worker process, against commit + NOTIFY + one row."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from uuid import uuid4

import psycopg

from api.cli.session import make_tables
from domain.account.account import Account
from domain.commands import Commands, command_type
from domain.journal.journal import Journal
from domain.money import Money
from domain.opportunity.opportunity import Opportunity
from projections.opportunities import FUNNEL
from tests.benchmarks.commands import NOW
from tests.benchmarks.report import Report

COMMANDS = 300
ROUNDS = 3
PAUSE = 0.005
GLANCE = 0.0002
PATIENCE = 20.0


def run(report: Report) -> None:
    """Both in turns, so that what else happens on the machine falls on both."""
    with report.database() as plain_url, report.database() as our_url:
        make_tables(our_url)
        journal = Journal(our_url)
        try:
            with worker(our_url), Plain(plain_url) as plain, Shown(journal, our_url) as ours:
                plain.measure(20)
                ours.measure(20)
                measured = [(plain.measure(COMMANDS), ours.measure(COMMANDS)) for _ in range(ROUNDS)]
        finally:
            journal.close()
    ratio = median(at(ours, 0.99) / at(plain, 0.99) for plain, ours in measured)
    plain_times, our_times = measured[-1]
    report.line(
        "committed → visible, p99, against commit + NOTIFY + reading one row",
        must=4,
        stretch=2,
        reached=ratio,
        beside=f"p50 {at(our_times, 0.5) * 1e3:.1f} p99 {at(our_times, 0.99) * 1e3:.1f} ms; "
        f"plain p50 {at(plain_times, 0.5) * 1e3:.1f} p99 {at(plain_times, 0.99) * 1e3:.1f} ms",
        at_most=True,
    )


@contextmanager
def worker(database_url: str) -> Iterator[None]:
    """`kams work` in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="kams-bench-", dir="/tmp") as folder:
        environment = {
            **os.environ,
            "KAMS_HOME": folder,
            "KAMS_DATABASE_URL": database_url,
            "KAMS_REDIS_URL": f"unix://{folder}/none.sock",
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }
        command = [sys.executable, "-m", "api.cli.main", "work"]
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        try:
            yield
        finally:
            process.terminate()
            process.wait()


class Shown:
    """Revises a deal's amount and looks at its row of the funnel until it shows that."""

    def __init__(self, journal: Journal, url: str) -> None:
        self._commands = Commands(journal)
        self._url = url
        self._account = uuid4()
        self._deal = uuid4()
        self._amount = 1

    def __enter__(self) -> Shown:
        self._connection = psycopg.connect(self._url, autocommit=True)
        register, opening = command_type(Account, "register").body, command_type(Opportunity, "open").body
        self._commands.give(Account, self._account, "register", register(name="ACME"), NOW)
        body = opening(account=self._account, title="Line", amount=Money.of(1, "EUR"))
        self._commands.give(Opportunity, self._deal, "open", body, NOW)
        wait_for(self._shows)
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def _shows(self) -> bool:
        sql = f"select amount from {FUNNEL.table} where key = %s"
        found = self._connection.execute(sql.encode(), (self._deal,), prepare=True).fetchone()
        return found is not None and found[0] == self._amount

    def measure(self, count: int) -> list[float]:
        """Seconds from the acknowledged commit to the row, sorted."""
        taken = []
        body = command_type(Opportunity, "revise_amount").body
        for _ in range(count):
            self._amount += 1
            revised = body(amount=Money.of(self._amount, "EUR"), reason="volume changed")
            self._commands.give(Opportunity, self._deal, "revise_amount", revised, NOW)
            begin = time.perf_counter()
            wait_for(self._shows)
            taken.append(time.perf_counter() - begin)
            time.sleep(PAUSE)
        return sorted(taken)


class Plain:
    """Commits a row, notifies, and a listener reads it: what no design can do without."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __enter__(self) -> Plain:
        self._writer = psycopg.connect(self._url)
        self._bell = psycopg.connect(self._url, autocommit=True)
        self._reader = psycopg.connect(self._url, autocommit=True)
        self._writer.execute("create table kept (id bigint primary key, value text)")
        self._writer.commit()
        self._reader.execute("listen kept")
        self._number = 0
        return self

    def __exit__(self, *_: object) -> None:
        for connection in (self._writer, self._bell, self._reader):
            connection.close()

    def measure(self, count: int) -> list[float]:
        """Seconds from the insert to the read row, sorted."""
        taken: list[float] = []
        heard = threading.Semaphore(0)

        def listen() -> None:
            for _ in self._reader.notifies(stop_after=count):
                heard.release()

        listener = threading.Thread(target=listen)
        listener.start()
        with psycopg.connect(self._url, autocommit=True) as looking:
            for _ in range(count):
                self._number += 1
                begin = time.perf_counter()
                self._writer.execute("insert into kept values (%s, 'x')", (self._number,), prepare=True)
                self._writer.commit()
                self._bell.execute("notify kept")
                heard.acquire()
                looking.execute("select value from kept where id = %s", (self._number,), prepare=True).fetchone()
                taken.append(time.perf_counter() - begin)
                time.sleep(PAUSE)
        listener.join()
        return sorted(taken)


def wait_for(condition: Callable[[], bool]) -> None:
    """Look again and again, without taking a core from those who work."""
    end = time.perf_counter() + PATIENCE
    while not condition():
        if time.perf_counter() > end:
            raise TimeoutError("no worker shows what was committed")
        time.sleep(GLANCE)


def at(times: list[float], share: float) -> float:
    """A quantile of sorted times."""
    return times[int(share * (len(times) - 1))]
