"""Scheduled work: timers in PostgreSQL, one worker at a time, nothing lost with a worker that dies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from tests.workers.following import until
from workers.schedule import Schedule
from workers.store import WorkerStore

NOON = datetime(2026, 3, 2, 12, 0, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def connection(company) -> Iterator[psycopg.Connection]:
    with psycopg.connect(company.url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def store(connection) -> WorkerStore:
    return WorkerStore(connection)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def schedule(company, job, clock) -> Schedule:
    return Schedule(company.url, uuid4(), {"minutely": ("* * * * *", job)}, clock)


def test_a_job_runs_when_its_time_has_come_and_once(company, store):
    done, clock = [], Clock()
    jobs = schedule(company, lambda: done.append(clock.now), clock)
    assert jobs.run_due(store) == []
    clock.now += MINUTE
    assert jobs.run_due(store) == ["minutely"]
    assert jobs.run_due(store) == []
    assert done == [NOON + MINUTE]


def test_times_that_were_missed_are_one_run(company, store):
    done, clock = [], Clock()
    jobs = schedule(company, lambda: done.append(1), clock)
    jobs.run_due(store)
    clock.now += 60 * MINUTE
    jobs.run_due(store)
    jobs.run_due(store)
    assert done == [1]


def test_a_job_that_fails_comes_again_at_its_next_time_and_stops_no_other(company, store):
    clock, done = Clock(), []

    def fails() -> None:
        raise ZeroDivisionError

    jobs = {"failing": ("* * * * *", fails), "other": ("* * * * *", lambda: done.append(1))}
    made = Schedule(company.url, uuid4(), jobs, clock)
    made.run_due(store)
    for _ in range(2):
        clock.now += MINUTE
        assert made.run_due(store) == ["failing", "other"]
    assert done == [1, 1]


def test_a_worker_that_dies_in_the_middle_of_a_job_leaves_it_due(company, store):
    clock = Clock()

    class Death(BaseException):
        pass

    def dies() -> None:
        raise Death

    jobs = schedule(company, dies, clock)
    jobs.run_due(store)
    clock.now += MINUTE
    with pytest.raises(Death):
        jobs.run_due(store)
    done: list[int] = []
    assert schedule(company, lambda: done.append(1), clock).run_due(store) == ["minutely"]
    assert done == [1]


def test_while_one_does_a_job_another_does_not_find_it_due(company, store):
    clock, inner = Clock(), []
    with psycopg.connect(company.url, autocommit=True) as other:
        second = schedule(company, lambda: inner.append("twice"), clock)
        first = schedule(company, lambda: inner.append(second.run_due(WorkerStore(other))), clock)
        first.run_due(store)
        clock.now += MINUTE
        first.run_due(store)
    assert inner == [[]]


def test_one_worker_holds_the_lease_and_the_next_takes_it_when_he_ends(company, store):
    one, two = uuid4(), uuid4()
    assert store.lease("schedule", one, 60)
    assert store.lease("schedule", one, 60)
    assert not store.lease("schedule", two, 60)
    store.report_gone(one)
    assert store.lease("schedule", two, 60)


def test_a_lease_that_is_not_prolonged_runs_out(store):
    assert store.lease("schedule", uuid4(), 0)
    assert store.lease("schedule", uuid4(), 60)


def test_a_schedule_whose_connection_dies_goes_on(company, store, connection):
    done: list[int] = []
    jobs = Schedule(company.url, uuid4(), {"tick": ("* * * * *", lambda: done.append(1))}, Clock(), tick=0.05)
    jobs.start()
    assert until(lambda: store.alive() == 1)
    (first,) = connection.execute("select backend from workers").fetchone() or (0,)
    connection.execute("select pg_terminate_backend(%s)", (first,))
    assert until(lambda: connection.execute("select backend from workers").fetchone() not in (None, (first,)))
    assert store.alive() == 1
    jobs.stop()
    jobs.join()
    assert store.alive() == 0
