"""The seal against COPY out of the same events, and what a sealer costs the commands beside it.

`python -m tests.benchmarks.seal URL` seals every ten seconds, as the worker does, until it is ended.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from statistics import median

import psycopg

from domain.journal.journal import Journal
from domain.journal.migrate import migrate
from domain.seal.checkpoints import origin_of
from domain.seal.findings import Anchored
from domain.seal.notes import SigningKey
from domain.seal.proofs import check_inclusion, inclusion
from domain.seal.sealing import newest, seal, system_id
from domain.seal.verifying import Verdict, verify
from tests.benchmarks.commands import CLIENTS, our_client
from tests.benchmarks.journals import fill
from tests.benchmarks.report import Report
from tests.benchmarks.workload import hammer

EVENTS = 1_000_000
ROUNDS = 3
PROOFS = 500
CHANGED_ONE_IN = 100
SECONDS_BETWEEN = 10.0
SECONDS, PAIRS = 20.0, 3


def run(report: Report) -> None:
    """Sealing, verifying, naming, proofs; then commands with and without a sealer, in turns."""
    with report.database() as url:
        fill(url, EVENTS, commands=True)
        with psycopg.connect(url, autocommit=True) as connection:
            key = key_of(connection)
            measured = [(timed(copy_out, connection), timed(sealed_anew, connection, key)) for _ in range(ROUNDS)]
            ratio_line(report, f"sealing {EVENTS:,} events, against COPY out", 10, 6, measured)
            connection.execute("vacuum analyze seal_tiles")
            anchor = Anchored([newest(connection) or ""], None, "outside")
            measured = [(timed(copy_out, connection), timed(verified, connection, key, anchor)) for _ in range(ROUNDS)]
            ratio_line(report, f"verifying {EVENTS:,} events, against COPY out", 6, 4, measured)
            tiles_line(report, connection)
            proof_lines(report, connection, key)
            change(connection)
            measured = [(timed(copy_out, connection), timed(named, connection, key, anchor)) for _ in range(ROUNDS)]
            ratio_line(report, "naming every changed event, against COPY out", 12, 8, measured)
    commands_line(report)


def key_of(connection: psycopg.Connection) -> SigningKey:
    return SigningKey(origin_of(system_id(connection)), bytes(range(32)))


def timed(work: Callable[..., object], *arguments: object) -> float:
    begin = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - begin


def copy_out(connection: psycopg.Connection) -> None:
    """All events as PostgreSQL's binary form, thrown away here."""
    with connection.cursor().copy("copy events to stdout (format binary)") as copy:
        for _ in copy:
            pass


def sealed_anew(connection: psycopg.Connection, key: SigningKey) -> None:
    """Seal everything; a seal that is there is thrown away, which takes no time."""
    with unguarded(connection):
        connection.execute("truncate seal_tiles, checkpoints")
    assert seal(connection, key, lambda: datetime.now(UTC)) is not None


def verified(connection: psycopg.Connection, key: SigningKey, anchor: Anchored) -> Verdict:
    verdict = verify(connection, key=key.verifier, anchors=[anchor])
    assert verdict.honest
    return verdict


def change(connection: psycopg.Connection) -> None:
    """Change some events everywhere."""
    with unguarded(connection):
        connection.execute("update events set state = state || 'x' where position %% %s = 1", (CHANGED_ONE_IN,))
    connection.execute("vacuum events")


def named(connection: psycopg.Connection, key: SigningKey, anchor: Anchored) -> None:
    verdict = verify(connection, key=key.verifier, anchors=[anchor])
    assert verdict.findings[0].first == 1
    assert len(verdict.findings) + verdict.more == -(-EVENTS // CHANGED_ONE_IN)


@contextmanager
def unguarded(connection: psycopg.Connection) -> Iterator[None]:
    """Without the triggers that refuse changes."""
    tables = ("events", "seal_tiles", "checkpoints")
    for table in tables:
        connection.execute(f"alter table {table} disable trigger user")
    yield
    for table in tables:
        connection.execute(f"alter table {table} enable trigger user")


def ratio_line(report: Report, what: str, must: float, stretch: float, measured: list[tuple[float, float]]) -> None:
    copied, ours = measured[-1]
    report.line(
        what,
        must=must,
        stretch=stretch,
        reached=median(ours / copied for copied, ours in measured),
        beside=f"{ours * 1e3:,.0f} ms; COPY {copied * 1e3:,.0f} ms",
        at_most=True,
    )


def tiles_line(report: Report, connection: psycopg.Connection) -> None:
    """Both with their indexes and what lies beside the table."""
    sizes = "select pg_total_relation_size('seal_tiles'), pg_total_relation_size('events')"
    tiles, events = connection.execute(sizes).fetchone() or (0, 1)
    report.line(
        "tiles, share of the events' size, tables with indexes",
        must=10,
        reached=100 * tiles / events,
        unit=" %",
        beside=f"{tiles / EVENTS:.1f} of {events / EVENTS:.0f} B an event",
        at_most=True,
    )


def proof_lines(report: Report, connection: psycopg.Connection, key: SigningKey) -> None:
    chance, times, sizes, whole = random.Random(5), [], [], []
    for _ in range(PROOFS):
        position = chance.randrange(1, EVENTS + 1)
        begin = time.perf_counter()
        proof = inclusion(connection, position, EVENTS)
        times.append((time.perf_counter() - begin) * 1e3)
        check_inclusion(proof.text, key.verifier)
        sizes.append(sum(len(step) for step in proof.proof))
        whole.append(len(proof.text))
    p99 = sorted(times)[int(PROOFS * 0.99)]
    report.line(
        "an inclusion proof, made",
        must=1,
        reached=median(times),
        unit=" ms",
        beside=f"p99 {p99:.2f} ms",
        at_most=True,
    )
    report.line(
        "an inclusion proof, the largest",
        must=1_000,
        reached=max(sizes),
        unit=" B",
        beside=f"{max(whole):,} B as .tlog-proof with event and checkpoint",
        at_most=True,
    )


def commands_line(report: Report) -> None:
    with report.database() as url:
        migrate(url)
        journal = Journal(url)
        try:
            rates = [_with_and_without(url, journal, sealer_first=turn % 2 == 0) for turn in range(PAIRS)]
        finally:
            journal.close()
    lost = 100 * (1 - median(beside / alone for beside, alone in rates))
    beside, alone = rates[-1]
    each = ", ".join(f"{100 * (1 - b / a):+.1f}" for b, a in rates)
    report.line(
        "sealing every 10 s, share of the commands' rate",
        must=3,
        reached=lost,
        unit=" %",
        beside=f"{beside:,.0f}/s beside a sealer, {alone:,.0f}/s without; each pair {each} %",
        at_most=True,
    )


def _with_and_without(url: str, journal: Journal, *, sealer_first: bool) -> tuple[float, float]:
    rates = {}
    for with_sealer in (sealer_first, not sealer_first):
        if with_sealer:
            with sealer(url):
                rates[with_sealer] = hammer(CLIENTS, SECONDS, our_client(journal))[0]
        else:
            rates[with_sealer] = hammer(CLIENTS, SECONDS, our_client(journal))[0]
    return rates[True], rates[False]


@contextmanager
def sealer(url: str) -> Iterator[None]:
    """A process that has sealed what is there and goes on every ten seconds."""
    program = subprocess.Popen([sys.executable, "-m", "tests.benchmarks.seal", url], stdout=subprocess.PIPE)
    assert program.stdout is not None
    program.stdout.readline()
    try:
        yield
    finally:
        program.terminate()
        program.wait()


def main(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        key = key_of(connection)
        while True:
            seal(connection, key, lambda: datetime.now(UTC))
            print("sealed", flush=True)
            time.sleep(SECONDS_BETWEEN)


if __name__ == "__main__":
    main(sys.argv[1])
