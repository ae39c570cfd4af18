"""What a worker does to the feed: it follows the journal by itself, batch by batch, and others hear of it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from domain.subscription.subscription import StreamFilter
from projections.streams.feed import CHANNEL, Feed, brought_up
from projections.streams.reading import FeedRow, feed_head, page
from tests.projections.test_feed import emptied
from tests.workers.following import PATIENCE, Company, until, worker_process
from workers.publishing import Publishing
from workers.work import WorkerProcess


@pytest.fixture
def worker(company: Company) -> Iterator[WorkerProcess]:
    worker = WorkerProcess(company.url, None, company.engine, company.journal)
    worker.start()
    yield worker
    worker.stop()


def head(company: Company) -> int:
    return company.journal.streams.read(feed_head)


def rows(company: Company) -> list[FeedRow]:
    with company.journal.pool.connection() as connection:
        return page(connection, 0, 100_000, StreamFilter()).rows


def test_what_is_recorded_is_soon_in_the_feed(company: Company, worker: WorkerProcess) -> None:
    for _ in range(3):
        position = company.registers()
        assert until(lambda: head(company) == position)  # noqa: B023 it is awaited here


def test_a_long_projection_does_not_keep_back_the_feed(company: Company, worker: WorkerProcess) -> None:
    with psycopg.connect(company.url) as connection:
        connection.execute("select from projections for update")  # every read model waits for its row
        position = company.registers()
        assert until(lambda: head(company) == position)
        assert not company.shows(position)


def test_whoever_listens_hears_that_there_is_more_in_the_feed(company: Company, worker: WorkerProcess) -> None:
    with psycopg.connect(company.url, autocommit=True) as connection:
        connection.execute(f"listen {CHANNEL}".encode())
        position = company.registers()
        assert [note.channel for note in connection.notifies(timeout=PATIENCE, stop_after=1)] == [CHANNEL]
    assert head(company) == position


def test_stopping_finishes_the_batch_in_hand_and_begins_no_other(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.records_deals(300)
    publishing = Publishing(company.journal, batch=100)
    once = publishing.feed.publish

    def publish(most: int) -> int:
        publishing.stop()
        return once(most)

    monkeypatch.setattr(publishing.feed, "publish", publish)
    publishing.publish()
    assert head(company) == 100
    goal = company.journal.streams.head()
    Publishing(company.journal, batch=100).publish()
    assert head(company) == goal


def test_several_publishers_at_once_repeat_nothing_and_leave_no_gap(company: Company) -> None:
    publishers = [Publishing(company.journal, batch=size) for size in (3, 10, 50)]
    ended = threading.Event()

    def publish(publishing: Publishing) -> None:
        while not ended.is_set():
            publishing.publish()

    threads = [threading.Thread(target=publish, args=(each,)) for each in publishers]
    for thread in threads:
        thread.start()
    position = company.records_deals(1_000)
    assert until(lambda: head(company) == position)
    ended.set()
    for thread in threads:
        thread.join()
    published = rows(company)
    assert [row.position for row in published] == list(range(1, position + 1))
    emptied(company.url)
    Feed(company.journal).publish(10_000)
    assert rows(company) == published


def test_a_worker_at_work_is_waited_for_and_a_dead_one_is_replaced(
    company: Company, valkey_url: str, tmp_path: Path
) -> None:
    feed = Feed(company.journal)
    with worker_process(tmp_path, company.url, valkey_url) as process:
        assert brought_up(feed, company.registers(), PATIENCE) == 1
        assert feed._bell is None  # it has not published itself
        process.send_signal(signal.SIGSTOP)
        assert brought_up(feed, company.registers()) == 2
