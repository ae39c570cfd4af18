"""Real servers for the tests: one PostgreSQL and one Valkey per test process, a fresh database per test."""

import contextlib
import gc
import importlib
import itertools
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import psutil
import psycopg
import pytest
import redis
from hypothesis import settings

from api.cli.embedded import Addresses, EmbeddedServers
from api.cli.settings import Settings
from tests import built_commands

FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "autovacuum": "off",
    "max_wal_size": "256MB",
    "io_method": "sync",
    "plan_cache_mode": "force_generic_plan",  # of a few rows: to plan anew takes longer than any plan
}
TESTS = Path(__file__).parent
MEMORY, ROOM = Path("/dev/shm"), 3 << 30  # bytes
TEMPLATE, READY, EMPTY = "kams_template", "kams_ready", "template0"
os.environ["COLUMNS"] = "110"  # tables are as wide as where they are read: here always the same
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else each of a thousand commands compiles the program anew
sys.dont_write_bytecode = False
built_commands.keep()
settings.register_profile("whatever it takes", deadline=None)  # how long an example takes says what else runs
settings.load_profile("whatever it takes")
gc.disable()  # while tests are collected nothing but what stays is made


LONGEST_FIRST = ("journeys", "faults", "workers", "projections", "api")
"""The folders whose tests take longest: run first, so that in the end no process waits for another's last one. What is
left is taken by whoever is free, from the end."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One process more than there are cores: in a fifth of their time tests wait for servers and other processes."""
    return (os.cpu_count() or 1) + 1


def pytest_collection(session: pytest.Session) -> None:
    """Each process reads the test files from another one on, so that together they compile each of them once: what
    compiles longest is read from a neighbour's cache."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        return
    places = [Path(argument.partition("::")[0]).resolve() for argument in session.config.args]
    files = sorted(file for place in places for file in ([place] if place.is_file() else place.rglob("test_*.py")))
    first = len(files) * int(worker.removeprefix("gw")) // int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    for file in files[first:] + files[:first]:
        with contextlib.suppress(Exception, pytest.skip.Exception):  # collecting says what is wrong with it
            importlib.import_module(".".join(file.relative_to(TESTS.parent).with_suffix("").parts))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests first."""
    ranks = {folder: rank for rank, folder in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: ranks.get(item.path.relative_to(TESTS).parts[0], len(ranks)))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """The one who started the test processes leaves no copy of the sample company behind."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        shown = session.config._tmp_path_factory.getbasetemp() / "shown"  # type: ignore[attr-defined]
        shutil.rmtree(shown, ignore_errors=True)


def pytest_collection_finish() -> None:
    """What stands until the end need not be looked through for garbage again and again; what comes is looked through
    rarely: pages, questions and random histories make millions of objects and few cycles."""
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


def folder_for_servers() -> Path:
    """A new short folder that the servers' account may enter, which pytest's own folders do not allow for root."""
    folder = Path(tempfile.mkdtemp(prefix="kams-", dir="/tmp"))
    folder.chmod(0o711)
    return folder


def folder_in_memory() -> Path:
    """A new folder for servers whose data nobody misses, be they killed or not: in memory where there is room, for a
    database is a thousand files, and to make and sync them takes seconds on some disks."""
    room = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM and psutil.virtual_memory().available > 2 * ROOM
    if not room:
        return folder_for_servers()
    folder = Path(tempfile.mkdtemp(prefix="kams-", dir=MEMORY))
    folder.chmod(0o711)
    return folder


@pytest.fixture
def server_folder() -> Iterator[Path]:
    """A folder in which a test may run servers of its own."""
    folder = folder_in_memory()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def system_folder() -> Iterator[Path]:
    """What stands for /var/lib/kams: copies of the servers when root runs the tests where nobody may enter."""
    folder = folder_for_servers()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def embedded_addresses(system_folder: Path) -> Iterator[Addresses]:
    """One PostgreSQL and one Valkey for this test process."""
    folder = folder_in_memory()
    servers = EmbeddedServers(Settings(home=folder / "home"), postgres_options=FAST, system_folder=system_folder)
    try:
        yield servers.start()
    finally:
        servers.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_url(embedded_addresses: Addresses) -> str:
    """The server's own database: to make others on, not to write into."""
    return embedded_addresses.database_url


@pytest.fixture(scope="session")
def fresh_names() -> Iterator[str]:
    return (f"test_{number}" for number in itertools.count(1))


@pytest.fixture
def database_url(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[str]:
    """A database with the tables of the journal and of all read models and nothing in them, gone after the test."""
    yield from new_database(postgres_url, next(fresh_names))


@pytest.fixture
def empty_url(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[str]:
    """A database without any table, gone after the test."""
    yield from new_database(postgres_url, next(fresh_names), template=EMPTY)


@pytest.fixture(scope="session")
def migrated_template(postgres_url: str) -> str:
    """The name of a database with the journal's tables, to clone."""
    from domain.journal.migrate import migrate

    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"create database {TEMPLATE} strategy file_copy")
    migrate(with_database(postgres_url, TEMPLATE))
    return TEMPLATE


@pytest.fixture
def migrated_url(postgres_url: str, migrated_template: str, fresh_names: Iterator[str]) -> Iterator[str]:
    """A database with the journal's tables and nothing in them, gone after the test."""
    yield from new_database(postgres_url, next(fresh_names), template=migrated_template)


@pytest.fixture
def valkey_url(embedded_addresses: Addresses) -> str:
    """An empty Valkey."""
    assert embedded_addresses.redis_url
    with redis.Redis.from_url(embedded_addresses.redis_url) as valkey:
        valkey.flushall()
    return embedded_addresses.redis_url


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real CRM exports."""
    named = os.environ.get("KAMS_REAL_DATA", "").strip()
    if not named:
        pytest.skip(
            "needs real exports: download 'CRM Sales Opportunities' from the Maven Analytics data playground "
            "(mavenanalytics.io/data-playground) into a folder `maven` and name the folder above in KAMS_REAL_DATA"
        )
    return Path(named)


def with_database(url: str, name: str) -> str:
    """The same server's address with another database."""
    return url.replace("@/postgres?", f"@/{name}?")


def new_database(postgres_url: str, name: str, *, template: str = READY) -> Iterator[str]:
    """A copy of a database, gone in the end; of one with the tables of the journal and of all read models, unless
    another is named."""
    if template == READY:
        make_ready(postgres_url)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"create database {name} template {template} strategy file_copy")
    yield with_database(postgres_url, name)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


@cache
def make_ready(postgres_url: str) -> None:
    """Make the database that most tests clone: to make its tables and indexes takes longer than most tests."""
    from api.cli.session import make_tables
    from domain.journal.mapper import JournalMapper
    from projections import READ_MODELS
    from projections.engine import Engine

    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"create database {READY} template {EMPTY} strategy file_copy")
    url = with_database(postgres_url, READY)
    make_tables(url)
    engine = Engine(url, READ_MODELS, JournalMapper())
    engine.catch_up()
    engine.close()
