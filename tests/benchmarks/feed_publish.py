"""Publishing the feed against decoding the same journal; what a row costs on the disk; a page of it.

The shares compare processor seconds of this process, which other work on the machine hardly moves; by the clock, with
what the database does, stands beside.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

import psycopg

from api.cli.session import make_tables
from domain.journal.journal import Journal
from domain.subscription.subscription import StreamFilter
from projections.engine.catch_up import patient_collector
from projections.streams.feed import Feed
from projections.streams.reading import pages
from tests.benchmarks.journals import fill
from tests.benchmarks.report import Report

EVENTS = 100_000
LATE = 0.02
BATCH = 2_000
AIM = 10_000
PAGE = 5_000


class Taken(NamedTuple):
    """Seconds of the processor and of the clock."""

    processor: float
    clock: float


def run(report: Report) -> None:
    with report.database() as url:
        make_tables(url)
        fill(url, EVENTS, LATE)
        journal = Journal(url)
        try:
            with patient_collector():  # as worker processes have it
                decoded, published = _taken(lambda: _decode(journal)), _taken(lambda: _publish(Feed(journal)))
                with journal.pool.connection() as connection:
                    size, envelope = _bytes(connection)
                    paged = _taken(lambda: _read(connection))
        finally:
            journal.close()
    by_clock, a_core = EVENTS / published.clock, EVENTS / published.processor
    report.line(
        "Publishing the feed, share of reading and decoding the journal",
        must=5,
        stretch=10,
        reached=100 * decoded.processor / published.processor,
        unit=" %",
        beside=f"{by_clock:,.0f}/s by the clock, {a_core:,.0f}/s of a core (aim {AIM:,}); {LATE:.0%} late",
    )
    beside = f"of these {envelope:,.0f} B are the envelope"
    report.line("The feed on the disk, per event", must=1400, reached=size, unit=" B", beside=beside, at_most=True)
    report.line(
        "Reading the feed in pages, share of reading and decoding the journal",
        must=60,
        stretch=120,
        reached=100 * decoded.processor / paged.processor,
        unit=" %",
        beside=f"{1000 * paged.clock * PAGE / EVENTS:.1f} ms by the clock for {PAGE:,} rows",
    )


def _taken(work: Callable[[], object]) -> Taken:
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return Taken(time.process_time() - processor, time.perf_counter() - clock)


def _decode(journal: Journal) -> None:
    position = 0
    while facts := journal.streams.facts(position, BATCH):
        position = facts[-1].position


def _publish(feed: Feed) -> None:
    while feed.publish(BATCH) < EVENTS:
        pass


def _read(connection: psycopg.Connection) -> None:
    assert sum(len(each.rows) for each in pages(connection, 0, EVENTS, StreamFilter(), PAGE)) == EVENTS


def _bytes(connection: psycopg.Connection) -> tuple[float, float]:
    sql = "select pg_total_relation_size('feed'), sum(pg_column_size(event)) from feed"
    total, events = connection.execute(sql).fetchone() or (0, 0)
    return total / EVENTS, float(events) / EVENTS
