"""What a worker does: it follows the journal, takes messages for wake-ups, and ends when it is told to."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from domain.journal.mapper import JournalMapper
from projections.working import alive_workers
from tests.workers.following import PATIENCE, Company, snapshots_of, training_of, until, watch_of, worker_process
from workers.actors import QUEUE, declare
from workers.broker import NAMESPACE, make_broker
from workers.follower import Follower
from workers.projecting import Projecting
from workers.work import WorkerProcess

NOWHERE = "unix:///nowhere/valkey.sock"


@pytest.fixture
def worker(company: Company, valkey_url: str) -> Iterator[WorkerProcess]:
    """A worker in this process; it looks at the journal with the company's engine."""
    worker = WorkerProcess(company.url, valkey_url, company.engine, company.journal)
    worker.start()
    yield worker
    worker.stop()


def test_what_is_recorded_is_soon_shown(company, worker):
    company.must_show(company.registers())
    company.must_show(company.registers())
    company.must_equal_a_rebuild()


def test_what_was_recorded_while_no_worker_lived_is_shown_when_one_comes(company, valkey_url):
    position = company.records_deals(1_000)
    assert not company.shows(position)
    worker = WorkerProcess(company.url, valkey_url, company.engine, company.journal)
    worker.start()
    company.must_show(position)
    worker.stop()
    assert company.deals_shown() > 100


@pytest.mark.parametrize("redis_url", [None, NOWHERE], ids=["not wanted", "not there"])
def test_a_worker_without_valkey_projects_all_the_same(company, redis_url):
    worker = WorkerProcess(company.url, redis_url, company.engine, company.journal)
    worker.start()
    position = company.records_deals(500)
    company.must_show(position)
    worker.stop()
    company.must_equal_a_rebuild()


def test_a_burst_of_commits_is_a_few_calls(company):
    calls: list[float] = []
    recorded = threading.Event()
    follower = Follower(company.url, lambda: (calls.append(time.monotonic()), recorded.wait(PATIENCE)), poll=60)
    follower.start()
    assert until(lambda: len(calls) == 1)
    for _ in range(30):
        company.registers()
    recorded.set()
    assert until(lambda: len(calls) >= 2)
    time.sleep(0.7)
    follower.stop()
    follower.join()
    assert len(calls) <= 6


def test_a_follower_hears_a_commit_that_comes_while_it_works(company):
    seen: list[int] = []
    follower = Follower(company.url, lambda: (time.sleep(0.1), seen.append(company.journal.streams.head())), poll=60)
    follower.start()
    assert until(lambda: len(seen) == 1)
    position = max(company.registers() for _ in range(5))
    assert until(lambda: seen[-1] == position)
    follower.stop()
    follower.join()


def test_a_follower_survives_whatever_goes_wrong_in_a_call(company):
    calls: list[int] = []

    def fails_once() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise ZeroDivisionError

    follower = Follower(company.url, fails_once)
    follower.start()
    assert until(lambda: len(calls) >= 2)
    follower.stop()
    follower.join(PATIENCE)
    assert not follower.is_alive()


def test_stopping_finishes_the_batch_in_hand_and_begins_no_other(company):
    position = company.records_deals(3_000)
    engine = type(company.engine)(company.engine.pool, company.engine.models, JournalMapper(), batch=100)
    projecting = Projecting(engine)
    projecting.stop()
    projecting.catch_up()
    reached = {model.position for model in company.engine.status().models}
    assert len(reached) == 1
    assert 0 < reached.pop() < position
    Projecting(engine).catch_up()
    company.must_equal_a_rebuild()


def test_the_same_message_a_thousand_times_changes_nothing(company, valkey_url):
    company.records_deals(1_000)
    broker = make_broker(valkey_url, namespace="thousand")
    tasks = declare(broker, Projecting(company.engine), watch_of(company), training_of(company), snapshots_of(company))
    for _ in range(1_000):
        tasks.catch_up.send()
    broker.close()
    worker = WorkerProcess(company.url, valkey_url, company.engine, company.journal, namespace="thousand")
    worker.start()
    position = company.registers()
    company.must_show(position)
    with redis.Redis.from_url(valkey_url) as valkey:
        assert until(lambda: valkey.llen(f"thousand:{QUEUE}") == 0)
    worker.stop()
    company.must_equal_a_rebuild()


def test_a_message_of_another_program_stops_nobody(company, valkey_url):
    with redis.Redis.from_url(valkey_url) as valkey:
        valkey.hset(f"{NAMESPACE}:{QUEUE}.msgs", "m1", b"\xc1 not a message")
        valkey.rpush(f"{NAMESPACE}:{QUEUE}", "m1")
    worker = WorkerProcess(company.url, valkey_url, company.engine, company.journal)
    worker.start()
    company.must_show(company.registers())
    worker.stop()


def test_sigterm_ends_a_worker_in_order(company, valkey_url, tmp_path: Path):
    with worker_process(tmp_path, company.url, valkey_url) as process:
        company.must_show(company.registers())
        assert until(lambda: company.journal.streams.read(alive_workers) == 1)  # a thread of its own reports it
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert out == ""
    assert "worker stopped" in err
    assert company.journal.streams.read(alive_workers) == 0


def test_a_killed_worker_is_known_to_be_dead_at_once(company, valkey_url, tmp_path: Path):
    with worker_process(tmp_path, company.url, valkey_url) as process:
        assert until(lambda: company.journal.streams.read(alive_workers) == 1)
        process.kill()
        assert until(lambda: company.journal.streams.read(alive_workers) == 0)


def test_several_workers_share_the_work_and_take_effect_once(company, valkey_url, tmp_path: Path):
    with (
        worker_process(tmp_path, company.url, valkey_url),
        worker_process(tmp_path, company.url, valkey_url),
    ):
        assert until(lambda: company.journal.streams.read(alive_workers) == 2)
        writer = threading.Thread(target=company.records_deals, args=(1_000,))
        writer.start()
        positions = [company.registers() for _ in range(50)]
        writer.join()
        company.must_show(max(*positions, company.journal.streams.head()))
    company.must_equal_a_rebuild()
