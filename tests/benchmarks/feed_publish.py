"""Publishing the feed against decoding the same journal; what a row costs on the disk; a page of it."""

from __future__ import annotations

import time

import psycopg

from api.cli.session import make_tables
from domain.journal.journal import Journal
from domain.subscription.subscription import StreamFilter
from projections.engine.catch_up import patient_collector
from projections.streams.feed import Feed
from projections.streams.reading import page
from tests.benchmarks.journals import fill
from tests.benchmarks.report import Report

EVENTS = 100_000
LATE = 0.02
BATCH = 2_000
AIM = 10_000
PAGE = 5_000


def run(report: Report) -> None:
    with report.database() as url:
        make_tables(url)
        fill(url, EVENTS, LATE)
        journal = Journal(url)
        try:
            with patient_collector():
                decoded, published = _decoded(journal), _published(Feed(journal))
            with journal.pool.connection() as connection:
                size, paged = _bytes(connection), _page(connection)
        finally:
            journal.close()
    beside = f"{published:,.0f}/s published (aim {AIM:,}), {decoded:,.0f}/s read and decoded; {LATE:.0%} late"
    what = "Publishing the feed, share of reading and decoding the journal"
    report.line(what, must=12, stretch=25, reached=100 * published / decoded, unit=" %", beside=beside)
    beside = f"of these {size[1]:,.0f} B are the envelope"
    report.line("The feed on the disk, per event", must=1400, reached=size[0], unit=" B", beside=beside, at_most=True)
    beside = f"{paged * 1000:.1f} ms for {PAGE:,} rows"
    rate = 100 * PAGE / paged / decoded
    report.line("A page of the feed, rows, share of decoding", must=100, reached=rate, unit=" %", beside=beside)


def _decoded(journal: Journal) -> float:
    begun, position = time.perf_counter(), 0
    while facts := journal.streams.facts(position, BATCH):
        position = facts[-1].position
    return EVENTS / (time.perf_counter() - begun)


def _published(feed: Feed) -> float:
    begun = time.perf_counter()
    while feed.publish(BATCH) < EVENTS:
        pass
    return EVENTS / (time.perf_counter() - begun)


def _bytes(connection: psycopg.Connection) -> tuple[float, float]:
    sql = "select pg_total_relation_size('feed'), sum(pg_column_size(event)) from feed"
    total, events = connection.execute(sql).fetchone() or (0, 0)
    return total / EVENTS, float(events) / EVENTS


def _page(connection: psycopg.Connection) -> float:
    """Seconds of the middle one of several pages."""
    taken = []
    for number in range(7):
        begun = time.perf_counter()
        assert len(page(connection, number * PAGE, PAGE, StreamFilter()).rows) == PAGE
        taken.append(time.perf_counter() - begun)
    return sorted(taken)[3]
