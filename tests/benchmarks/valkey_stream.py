"""How many events a second a worker brings into a Valkey stream, against a plain pipeline of XADD of the same bytes."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import redis

from api.cli.embedded import EmbeddedServers
from api.cli.session import make_tables
from api.cli.settings import Settings
from domain.subscription.subscription import StreamFilter
from projections.streams.reading import pages
from tests.benchmarks.report import Report
from tests.workers.valkey_integrator import Integrator
from workers.valkey.publisher import MOST_AHEAD
from workers.valkey.streams import Streams

EVENTS = 90_000
AT_ONCE = 1_000


@contextmanager
def valkey() -> Iterator[str]:
    """A Valkey of its own, with its append-only file on."""
    folder = Path(tempfile.mkdtemp(prefix="kams-bench-", dir="/tmp"))
    folder.chmod(0o711)
    servers = EmbeddedServers(Settings(home=folder / "home"), system_folder=folder / "system")
    try:
        url = servers.start().redis_url
        assert url
        yield url
    finally:
        servers.stop()
        shutil.rmtree(folder)


def plain(database_url: str, url: str) -> float:
    """The same bytes, read before, by pipelines."""
    with psycopg.connect(database_url) as connection:
        rows = [row for page in pages(connection, 0, EVENTS, StreamFilter()) for row in page.rows]
    with redis.Redis.from_url(url) as client:
        began = time.perf_counter()
        for start in range(0, len(rows), AT_ONCE):
            pipeline = client.pipeline(transaction=False)
            for row in rows[start : start + AT_ONCE]:
                pipeline.xadd("plain", {"event": row.event}, id=f"{row.position}-0")
            pipeline.execute()
        rate = len(rows) / (time.perf_counter() - began)
        client.flushall()
    return rate


def published(erp: Integrator) -> float:
    """As a worker does it: read from the feed, seen with the owner's rights, appended by the script, noted."""
    streams = Streams(erp.journal, erp.url, uuid4())
    before = erp.state.examined
    began = time.perf_counter()
    streams.publish()
    seconds = time.perf_counter() - began
    after = erp.state
    streams.close()
    assert after.entries == after.examined == min(erp.feed.head(), MOST_AHEAD)
    return (after.examined - before) / seconds


def run(report: Report) -> None:
    with report.database() as database_url, valkey() as url:
        make_tables(database_url)
        erp = Integrator(database_url, url)
        try:
            erp.grows(EVENTS)
            by_hand, reached = plain(database_url, url), published(erp)
        finally:
            erp.close()
    report.line(
        "Valkey stream: events from the feed, by script, share of plain XADD",
        must=50,
        stretch=80,
        reached=100 * reached / by_hand,
        unit=" %",
        beside=f"{reached:,.0f}/s (aim 15,000), plain {by_hand:,.0f}/s",
    )
