"""The doctor finds each fault of an installation, produced here for real, and says how to mend it."""

from __future__ import annotations

import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import psycopg
import pytest
import typer
from typer.testing import CliRunner

from api.cli import doctor
from api.cli.doctor import DoctorReport, masked, run
from api.cli.doctor_servers import check_disk
from api.cli.embedded import EmbeddedServers
from api.cli.people_key import ready_people_key
from api.cli.seal_key import make_seal_key, write_secret
from api.cli.session import make_tables
from api.cli.settings import Settings
from api.health_checks import Check
from domain.journal.journal import Journal
from domain.journal.roles import as_role
from domain.keys import make_key
from projections.accounts import ACCOUNTS
from projections.streams.feed import Feed
from workers.store import WorkerStore

GOOD_KEY = f"kams_{'0' * 16}_{'x' * 43}\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    return home


@pytest.fixture
def well(database_url: str, valkey_url: str, home: Path) -> Iterator[Settings]:
    """An installation beside a company's servers, with a worker, in which nothing is wrong."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        WorkerStore(connection).report_alive(uuid4())
        ours = as_role(database_url)
        settings = Settings(home=home, database_url=ours, redis_url=valkey_url, key=make_key(bytes(40)).text)
        ready_people_key(settings, database_url, make=True)
        assert make_seal_key(settings, database_url)
        yield settings


def failed(report: DoctorReport) -> dict[str, Check]:
    """What failed; each failure says what was found and how to mend it."""
    found = {check.name: check for check in report.checks if not check.ok}
    assert all(check.found and check.remedy for check in found.values())
    assert report.ok == (not found)
    return found


def do(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def command_line(settings: Settings, *words: str) -> tuple[int, str]:
    """`kams doctor` with the environment that the settings came from."""
    app = typer.Typer()
    doctor.add(app)
    named = {
        "HOME": str(settings.home),
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "KEY": settings.key,
    }
    environment = {f"KAMS_{name}": value or "" for name, value in named.items()}
    result = CliRunner().invoke(app, words, env=environment)
    return result.exit_code, result.stdout


def test_without_any_key_the_remedy_says_where_one_comes_from(well: Settings) -> None:
    (check,) = failed(run(replace(well, key=None))).values()
    assert (check.name, "kams migrate" in check.remedy) == ("key", True)


def test_a_sound_installation_is_well(well):
    report = run(well)
    assert failed(report) == {}
    assert {check.name for check in report.checks} >= {"database", "redis", "schema", "listen", "clock", "disk"}
    assert command_line(well, "--json")[0] == 0


def test_its_json_has_one_shape(well):
    import json

    _, out = command_line(well, "--json")
    document = json.loads(out)
    assert list(document) == ["ok", "database_url", "redis_url", "checks"]
    assert {tuple(check) for check in document["checks"]} == {("name", "ok", "found", "remedy")}


def test_an_unreachable_database_ends_with_3_and_what_lies_behind_it_says_so(well):
    gone = replace(well, database_url="postgresql://kams:s3cr%40t@127.0.0.1:1/kams")
    report = run(gone)
    found = failed(report)
    assert {"database", "schema", "listen", "workers", "read_models"} <= found.keys()
    assert found["schema"].found == "not looked at: the database is not reachable"
    assert "redis" not in found
    code, out = command_line(gone, "--json")
    assert code == 3
    assert "s3cr" not in out
    assert "s3cr" not in repr(report)


def test_an_unreachable_valkey_is_a_failure_of_its_own(well, tmp_path):
    gone = replace(well, redis_url=f"unix://{tmp_path}/nobody.sock")
    assert failed(run(gone)).keys() == {"redis"}
    assert command_line(gone)[0] == 1


def test_a_database_without_tables_is_to_be_migrated(database_url, well, postgres_url):
    empty = replace(well, database_url=postgres_url)
    found = failed(run(empty))
    behind = {
        "append_only",
        "database_role",
        "restored",
        "workers",
        "read_models",
        "feed",
        "deliveries",
        "people_key",
        "mail",
    }
    assert found.keys() == {"schema", *behind, "seal_key", "seal", "anchors", "mail"}
    assert "domain.journal/001_journal.sql" in found["schema"].found
    assert "kams migrate" in found["schema"].remedy


def test_a_read_model_without_table_is_to_be_migrated(well):
    do(well.database_url, "delete from projections where model = 'member'")
    found = failed(run(well))["schema"]
    assert "read model member" in found.found


def test_events_that_could_be_changed_are_found(well, database_url):
    do(database_url, "alter table events disable trigger events_stay")
    assert failed(run(well)).keys() == {"append_only"}
    found = failed(run(replace(well, database_url=database_url)))
    assert found.keys() == {"append_only", "database_role"}
    assert "changed and deleted" in found["append_only"].found


def test_a_role_that_could_change_events_is_found_and_the_way_out_is_said(well, database_url):
    found = failed(run(replace(well, database_url=database_url)))
    assert found.keys() == {"database_role"}
    assert "postgres could change events: it is a superuser" in found["database_role"].found
    assert "kams migrate" in found["database_role"].remedy
    do(database_url, "grant truncate on events to kams_app")
    assert "was given truncate on events" in failed(run(well))["database_role"].found


def test_a_role_without_the_right_to_change_events_is_well(well, database_url):
    role = f"reader_{uuid4().hex[:8]}"
    do(database_url, f"create role {role} login", f"grant select on all tables in schema public to {role}")
    try:
        limited = replace(well, database_url=as_role(database_url, role))
        assert failed(run(limited)) == {}
    finally:
        do(database_url, f"drop owned by {role}", f"drop role {role}")


def test_no_worker_beside_company_servers_is_a_failure(well):
    do(well.database_url, "delete from workers")
    assert "kams work" in failed(run(well))["workers"].remedy


def test_parked_rows_are_found(well):
    parked = "insert into parked (model, version, key, whole_stream, position, error) values"
    do(well.database_url, f"{parked} ('account', {ACCOUNTS.version}, gen_random_uuid(), false, 7, 'ValueError: no')")
    found = failed(run(well))["read_models"]
    assert "account: 1 parked" in found.found
    assert "kams projections retry" in found.remedy


def test_a_feed_that_stands_still_is_found(well):
    event = "insert into events (position, recorded_at, aggregate_id, version, topic, state) values"
    do(well.database_url, *(f"{event} ({n}, now(), gen_random_uuid(), 1, 'Account.Burnt', '')" for n in (1, 3)))
    journal = Journal(well.database_url)
    assert Feed(journal).publish() == 1
    journal.close()
    found = failed(run(well))["feed"]
    assert "lacks position 2" in found.found
    assert "kams audit verify" in found.remedy


@pytest.mark.parametrize(("hours", "side"), [(1, "ahead of"), (-1, "behind")])
def test_a_clock_off_against_the_database_is_found(well, hours, side):
    found = failed(run(well, lambda: datetime.now(UTC) + timedelta(hours=hours)))
    assert found.keys() == {"clock"}
    assert f"3600.0 s {side} the database's" in found["clock"].found


@pytest.mark.skipif(os.name != "posix", reason="file modes")
def test_a_key_that_others_may_read_is_found(well, home):
    well = replace(well, key=None)
    key = home / "key"
    key.write_text(GOOD_KEY)
    key.chmod(0o644)
    assert "chmod 600" in failed(run(well))["key"].remedy
    key.chmod(0o600)
    assert failed(run(well)) == {}
    key.write_text("something else")
    assert failed(run(well)).keys() == {"key"}


def test_a_disk_nearly_full_is_found(tmp_path):
    assert check_disk([tmp_path], least_free=1).ok
    tight = check_disk([tmp_path], least_free=1 << 60)
    assert (tight.ok, str(tmp_path) in tight.found, bool(tight.remedy)) == (False, True, True)


def test_a_variable_that_cannot_be_used_is_named(well):
    code, out = command_line(replace(well, database_url="mysql://db/kams"), "--json")
    assert code == 1
    assert "KAMS_DATABASE_URL must begin with" in out


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://kams:p%40ss@db/kams", "postgresql://kams:***@db/kams"),
        ("postgresql://db/kams?user=a&password=geheim&port=1", "postgresql://db/kams?user=a&password=***&port=1"),
        ("rediss://:tok:en@cache:6380/2", "rediss://:***@cache:6380/2"),
        ("redis://cache:6379/0", "redis://cache:6379/0"),
    ],
)
def test_addresses_are_shown_without_passwords(url, shown):
    assert masked(url) == shown


# A pooler


class Pooler:
    """Stands between client and server as a pooler in transaction mode does: notifications get lost."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._door.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._door.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._server)
            for relay in (_copy, _without_notifications):
                ends = (client, server) if relay is _copy else (server, client)
                threading.Thread(target=_until_hung_up, args=(relay, *ends), daemon=True).start()


def _until_hung_up(relay: Callable[[socket.socket, socket.socket], None], a: socket.socket, b: socket.socket) -> None:
    try:
        relay(a, b)
    except OSError:
        pass
    finally:
        for end in (a, b):
            end.close()


def _copy(client: socket.socket, server: socket.socket) -> None:
    while data := client.recv(65536):
        server.sendall(data)


def _without_notifications(server: socket.socket, client: socket.socket) -> None:
    stream = server.makefile("rb")
    while head := stream.read(5):
        (length,) = struct.unpack("!I", head[1:])
        message = head + stream.read(length - 4)
        if head[:1] != b"A":
            client.sendall(message)


@pytest.fixture
def pooled(well: Settings) -> Iterator[Settings]:
    address = urlsplit(str(well.database_url))
    pooler = Pooler(parse_qs(address.query)["host"][0] + "/.s.PGSQL.5432")
    url = f"postgresql://kams_app@127.0.0.1:{pooler.port}{address.path}?sslmode=disable&gssencmode=disable"
    yield replace(well, database_url=url)
    pooler.close()


def test_a_pooler_that_swallows_notifications_is_found(pooled):
    found = failed(run(pooled))
    assert found.keys() == {"listen"}
    assert "session mode" in found["listen"].remedy


# Embedded servers


def test_embedded_servers_are_started_for_the_examination_only(server_folder):
    settings = Settings(home=server_folder / "home")
    report = run(settings)
    assert failed(report) == {}
    assert report.database_url
    found = {check.name: check.found for check in report.checks}
    assert "started for this examination only" in found["embedded_servers"]
    servers = EmbeddedServers(settings)
    assert not servers.running().postgres
    addresses = servers.start()
    try:
        make_tables(addresses.database_url)
        found = {check.name: check.found for check in run(settings).checks}
        assert found["workers"] == "no worker; commands bring the read models up to date themselves"
        assert "PostgreSQL running" in found["embedded_servers"]
    finally:
        servers.stop()


def test_embedded_servers_that_cannot_start_are_reported_not_raised(server_folder):
    home = server_folder / "home"
    home.mkdir(mode=0o711)
    (home / "postgres").mkdir()
    found = failed(run(Settings(home=home)))
    assert "holds no PostgreSQL data" in found["embedded_servers"].found
    assert {"database", "redis", "schema"} <= found.keys()
    assert command_line(Settings(home=home))[0] == 3


def test_a_seal_key_that_others_may_read_or_that_is_none_is_found(well: Settings) -> None:
    well.seal_key.chmod(0o644)
    assert "may be read by others" in failed(run(well))["seal_key"].found
    well.seal_key.chmod(0o600)
    well.seal_key.write_text("rubbish")
    assert failed(run(well)).keys() == {"seal_key"}


def test_a_seal_key_that_is_not_the_database_s_is_found(well: Settings) -> None:
    write_secret(well.seal_key, bytes(32))
    found = failed(run(well))
    assert found.keys() == {"seal_key"}
    assert "is another key than kams/" in found["seal_key"].found


def test_a_machine_without_the_seal_key_is_well_where_another_has_it(well: Settings) -> None:
    well.seal_key.unlink()
    report = run(well)
    assert failed(report) == {}
    assert any("workers of this machine do not seal" in check.found for check in report.checks)


def test_events_that_wait_for_the_seal_while_workers_live_are_found(well: Settings) -> None:
    do(
        well.database_url or "",
        "insert into events (position, recorded_at, aggregate_id, version, topic, state)"
        " values (1, clock_timestamp() - interval '2 minutes', gen_random_uuid(), 1, 'X', '')",
    )
    assert "0 of 1 events sealed, the oldest other waits since 12" in failed(run(well))["seal"].found


def test_a_fault_of_the_seal_is_told(well: Settings) -> None:
    do(well.database_url or "", "insert into seal_faults values (true, 'the tiles disagree', now())")
    assert failed(run(well))["seal"].found == "the tiles disagree"


def test_anchors_that_fail_contradict_or_cannot_be_written_are_found(well: Settings) -> None:
    url = well.database_url or ""
    do(url, "insert into anchors (name, error, failures, contradicts) values ('file:/x', 'roots differ', 1, true)")
    assert failed(run(well))["anchors"].found == "file:/x: roots differ"
    do(url, "delete from anchors", "insert into anchors (name, failures, error) values ('https://h/', 2, '503')")
    assert failed(run(replace(well, anchors=("https://h/",))))["anchors"].found == "https://h/: 503"
    assert "anchors" not in failed(run(well))
    (well.home / "anchors").write_text("a file where a folder should be")
    assert "cannot be written to" in failed(run(well))["anchors"].found
    check = failed(run(replace(well, anchors=("ftp://h/",))))["anchors"]
    assert "expected one of" in check.found
    assert check.remedy.startswith("Mend KAMS_ANCHORS")
