"""Bulk append of events, against COPY of the same rows into an equal table."""

from __future__ import annotations

import gc
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median
from uuid import uuid4

import psycopg

from domain.aggregate import Recorded
from domain.journal.bulk import MOST_AT_ONCE
from domain.journal.journal import Journal
from domain.journal.mapper import row_of
from domain.journal.migrate import migrate
from tests.benchmarks.report import Report
from tests.benchmarks.workload import facts

EVENTS = 50_000
ROUNDS = 7


def run(report: Report) -> None:
    """Each round appends and copies the same facts, into empty tables."""
    given = facts(EVENTS)
    gc.collect()
    gc.freeze()  # the facts are there before: walking through them again and again is no part of appending or copying
    measured = []
    for _ in range(ROUNDS):
        with report.database() as url:
            migrate(url)
            measured.append((copy_in(url, given), *append(url, given)))
    share = median(100 * ours / copied for copied, ours, _ in measured)
    copied, ours, slowest = measured[-1]
    report.line(
        "bulk append of events, share of COPY in",
        must=50,
        stretch=80,
        reached=share,
        unit=" %",
        beside=f"{ours:,.0f}/s of {copied:,.0f}/s; {MOST_AT_ONCE:,} events at a time, slowest {slowest * 1e3:.0f} ms",
    )


def copy_in(url: str, given: Sequence[Recorded]) -> float:
    """Rows per second of plain COPY, one transaction, encoded beforehand; table and indexes as the journal's."""
    now = datetime.now(UTC)
    rows = [
        (n, now, row.originator_id, None, row.originator_version, None, row.topic, row.state)
        for n, row in enumerate(map(row_of, given), 1)
    ]
    with psycopg.connect(url) as connection:
        connection.execute("create table copied (like events including all)")
        connection.commit()
        begin = time.perf_counter()
        columns = "position, recorded_at, aggregate_id, command_id, version, command_digest, topic, state"
        with connection.cursor().copy(f"copy copied ({columns}) from stdin (format binary)") as copy:
            copy.set_types(["int8", "timestamptz", "uuid", "uuid", "int4", "bytea", "text", "bytea"])
            for row in rows:
                copy.write_row(row)
        connection.commit()
        rate = len(rows) / (time.perf_counter() - begin)
        connection.execute("drop table copied")
    return rate


def append(url: str, given: Sequence[Recorded]) -> tuple[float, float]:
    """Facts per second through the journal, encoding included, and the seconds of the slowest append."""
    journal = Journal(url)
    try:
        journal.streams.head()
        done = [time.perf_counter()]
        for start in range(0, len(given), MOST_AT_ONCE):
            journal.append_in_bulk(given[start : start + MOST_AT_ONCE], uuid4())
            done.append(time.perf_counter())
        return len(given) / (done[-1] - done[0]), max(later - earlier for earlier, later in pairwise(done))
    finally:
        journal.close()
