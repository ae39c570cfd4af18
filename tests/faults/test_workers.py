"""Workers that nothing stops: killed, cut off, without Valkey, several at once. Rows are what the journal says."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from api.cli.embedded import Addresses, EmbeddedServers
from api.cli.session import make_tables
from api.cli.settings import Settings
from domain.journal.mapper import JournalMapper
from projections.engine import Engine
from projections.working import alive_workers
from tests.workers.following import Company, company_on, snapshots_of, training_of, until, watch_of, worker_process
from workers.actors import QUEUE, declare
from workers.broker import NAMESPACE, make_broker
from workers.follower import POLL_SECONDS
from workers.projecting import Projecting
from workers.work import WorkerProcess

NO_LATER_THAN = POLL_SECONDS + 10  # what a busy machine needs for its own part
DOOR = 4711  # an advisory lock: who would move the funnel's position waits for it
WAIT_AT_THE_DOOR = f"""
create function wait_at_the_door() returns trigger language plpgsql as $$
begin perform pg_advisory_xact_lock({DOOR}); return new; end $$;
create trigger door before update of position on projections for each row
    when (new.model = 'funnel') execute function wait_at_the_door()"""
WAITING = f"select count(*) from pg_locks where locktype = 'advisory' and objid = {DOOR} and not granted"
LISTENERS = """
select pg_terminate_backend(pid) from pg_stat_activity
where query = 'listen journal' and datname = current_database()"""


@pytest.fixture
def company(database_url: str) -> Iterator[Company]:
    with company_on(database_url) as company:
        yield company


@pytest.fixture
def connection(company: Company) -> Iterator[psycopg.Connection]:
    with psycopg.connect(company.url, autocommit=True) as connection:
        yield connection


@contextlib.contextmanager
def working(company: Company, redis_url: str | None) -> Iterator[WorkerProcess]:
    worker = WorkerProcess(company.url, redis_url, company.engine, company.journal)
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


def value(connection: psycopg.Connection, sql: str) -> int:
    (found,) = connection.execute(sql.encode()).fetchone() or (0,)
    return int(found)


def test_a_worker_killed_between_write_and_commit_leaves_nothing_half_done(company, connection, valkey_url, tmp_path):
    first = company.records_deals(1_000)
    company.engine.catch_up()
    shown = company.deals_shown()
    connection.execute(WAIT_AT_THE_DOOR.encode())
    with psycopg.connect(company.url) as guard:
        guard.execute("select pg_advisory_lock(%s)", (DOOR,))
        with worker_process(tmp_path, company.url, valkey_url) as worker:
            last = company.records_deals(2_000)
            assert until(lambda: value(connection, WAITING) > 0)
            worker.kill()
            worker.wait()
        assert company.deals_shown() == shown
    assert until(lambda: value(connection, WAITING) == 0)
    positions = {model.model: model.position for model in company.engine.status().models}
    assert positions["funnel"] == first
    with worker_process(tmp_path, company.url, valkey_url):
        company.must_show(last)
    assert company.deals_shown() > shown
    company.must_equal_a_rebuild()


def test_workers_killed_again_and_again_under_load_lose_nothing(company, valkey_url, tmp_path):
    writer = threading.Thread(target=company.records_deals, args=(6_000,))
    writer.start()
    for _ in range(3):
        with worker_process(tmp_path, company.url, valkey_url) as worker:
            before = company.engine.status().models[0].position
            until(lambda before=before: company.engine.status().models[0].position > before, 5)
            worker.kill()
    writer.join()
    with worker_process(tmp_path, company.url, valkey_url):
        company.must_show(company.journal.streams.head())
    company.must_equal_a_rebuild()


def test_two_projectors_of_one_model_take_every_event_once(company):
    position = company.records_deals(4_000)
    engines = [Engine(company.url, company.engine.models, JournalMapper(), batch=150) for _ in range(2)]

    def project(engine) -> None:
        while not company.shows(position):
            Projecting(engine).catch_up()

    both = [threading.Thread(target=project, args=(engine,)) for engine in engines]
    for each in both:
        each.start()
    for each in both:
        each.join()
    for engine in engines:
        engine.close()
    company.must_equal_a_rebuild()


def test_after_the_death_of_the_listening_connection_commits_are_seen_within_the_poll(company, connection, valkey_url):
    with working(company, valkey_url):
        company.must_show(company.registers())
        for _ in range(2):
            assert until(lambda: connection.execute(LISTENERS).rowcount >= 1)
            assert company.shows_within(NO_LATER_THAN, company.registers())
    company.must_equal_a_rebuild()


def test_commands_that_nobody_was_told_of_are_seen_within_the_poll(company, connection, valkey_url):
    """Behind a transaction pooler no NOTIFY arrives."""
    with working(company, valkey_url):
        company.must_show(company.registers())
        company.journal.writer.ring = lambda: None
        company.journal.writer._bell.ring = lambda: None
        assert company.shows_within(NO_LATER_THAN, company.registers())


def test_every_connection_cut_at_once_stops_no_worker(company, connection, valkey_url):
    with working(company, valkey_url):
        company.must_show(company.registers())
        connection.execute(
            "select pg_terminate_backend(pid, 10000) from pg_stat_activity"  # waits until each has ended
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
        company.must_show(company.registers())
        assert until(lambda: company.journal.streams.read(alive_workers) == 1, 60)
    company.must_equal_a_rebuild()


# Valkey


@pytest.fixture
def valkey(server_folder: Path, system_folder: Path, company: Company) -> Iterator[EmbeddedServers]:
    """A Valkey that a test may stop and kill."""
    settings = Settings(home=server_folder / "home", database_url=company.url)
    servers = EmbeddedServers(settings, system_folder=system_folder)
    yield servers
    servers.stop()


def url_of(servers: EmbeddedServers) -> str:
    url = servers.start().redis_url
    assert url
    return url


def test_commands_go_on_and_are_shown_while_valkey_is_flushed_stopped_and_brought_back(company, valkey):
    url = url_of(valkey)
    with working(company, url):
        company.must_show(company.registers())
        with redis.Redis.from_url(url) as client:
            client.flushall()
            client.script_flush()
        assert company.shows_within(NO_LATER_THAN, company.registers())
        valkey.stop()
        assert company.shows_within(NO_LATER_THAN, company.registers())
        url_of(valkey)
        assert company.shows_within(NO_LATER_THAN, company.registers())
        tasks = declare(
            make_broker(url), Projecting(company.engine), watch_of(company), training_of(company), snapshots_of(company)
        )
        tasks.catch_up.send()
        with redis.Redis.from_url(url) as client:
            assert until(lambda: client.llen(f"{NAMESPACE}:{QUEUE}") == 0)
    company.must_equal_a_rebuild()


def test_old_messages_of_a_killed_valkey_change_nothing_when_it_comes_back(company, valkey, server_folder):
    url = url_of(valkey)
    broker = make_broker(url)
    tasks = declare(broker, Projecting(company.engine), watch_of(company), training_of(company), snapshots_of(company))
    for _ in range(100):
        tasks.catch_up.send()
        tasks.retry_parked.send()
    broker.close()
    position = company.records_deals(500)
    company.engine.catch_up()
    kill("valkey-server", server_folder)
    url_of(valkey)
    with redis.Redis.from_url(url) as client:
        assert client.llen(f"{NAMESPACE}:{QUEUE}") > 100
        with working(company, url):
            assert company.shows_within(NO_LATER_THAN, company.registers())
            assert until(lambda: client.llen(f"{NAMESPACE}:{QUEUE}") == 0)
    assert company.shows(position)
    company.must_equal_a_rebuild()


# PostgreSQL


def test_a_worker_goes_on_following_after_a_kill_9_of_postgresql(server_folder, system_folder):
    settings = Settings(home=server_folder / "home")
    servers = EmbeddedServers(settings, system_folder=system_folder)
    addresses = servers.start()
    make_tables(addresses.database_url)
    try:
        with company_on(addresses.database_url) as company, worker_of(server_folder, addresses) as worker:
            company.must_show(company.records_deals(1_000))
            kill("postgres", server_folder)
            servers.start()
            company.engine.pool.check()
            company.must_show(company.records_deals(1_000))
            company.must_equal_a_rebuild()
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(60) == 0
    finally:
        servers.stop()


@contextlib.contextmanager
def worker_of(folder: Path, addresses: Addresses) -> Iterator:
    assert addresses.redis_url
    with worker_process(folder, addresses.database_url, addresses.redis_url) as process:
        yield process


def kill(name: str, folder: Path) -> None:
    """All processes of a server at once, as a machine does that loses its power."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.name() == name and str(folder) in " ".join([process.cwd(), *process.cmdline()]):
                process.kill()
