"""An auditor reads everything and changes nothing; an admin reads no key of personal data, wherever he looks."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
import typer
from typer.testing import CliRunner

from api.cli.embedded import Addresses
from api.cli.errors import exit_code
from api.cli.main import app
from api.cli.session import FIRST_ADMIN
from api.given import ROOTS, commands_by_name, word_of
from domain.account.account import Account
from tests.api.command_line import CommandLine, company_system
from tests.api.office import Office, open_office, shipped_key
from tests.conftest import new_database

NOT_RECORDS = {"access_log", "key_uses", "snapshots", "projections", "parked", "workers", "leases", "timers"}
NOT_RECORDS |= {"feed", "stream_tickets", "sign_in_tokens", "console_sessions"}
"""What is made of the journal, and what lets in for a while."""
LEARNED = {"forecast_models", "forecast_models_wanted"}
"""Computed from the journal for whoever asks first."""
SHOWN = "forecasts"
"""A forecast that is shown is kept: reading adds to them, and changes none."""
VISIT = uuid4()
TICKETS = "/events/tickets"
"""Whoever may read gets one."""
BATCH = "/commands"
"""Each of its commands is judged by itself."""
WHAT_IF = "/what-if"
"""A question with a body."""
WELL_MEANT = {"name": "x", "reason": "y", "role": "admin", "scopes": ["read"], "account": str(uuid4())}
Routes = list[tuple[str, str, dict[str, Any]]]


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            own = opened.ids["own"]
            person = str(uuid4())
            opened.give(Account, own, "stakeholders.add", stakeholder_id=person, name="Li Lei")
            notes = {"stakeholders": [person], "outcome": "Li Lei was ill"}
            opened.give(Account, own, "visits.log", visit_id=str(VISIT), **notes)
            opened.caught_up()
            yield opened


@pytest.fixture(scope="module")
def routes(office: Office) -> Routes:
    paths = office.client.get("/openapi.json").json()["paths"]
    return [(method.upper(), path, each) for path, methods in paths.items() for method, each in methods.items()]


def records(connection: psycopg.Connection) -> dict[str, list[str]]:
    """Everything recorded: all rows of all tables but read models, the access log, and what workers note
    or learn."""
    tables = connection.execute(
        "select c.relname from pg_class c where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace"
        " and c.relname !~ '_v[0-9]+(_history)?(_rebuild)?$'"
    )
    names = sorted({name for (name,) in tables} - NOT_RECORDS - LEARNED)
    assert {SHOWN, "events", "claims", "person_keys", "checkpoints", "system", "seal_tiles"} <= set(names)
    return {
        name: [row for (row,) in connection.execute(f"select t::text from {name} t order by 1".encode())]
        for name in names
    }


def must_only_show(before: dict[str, list[str]], after: dict[str, list[str]]) -> None:
    """Nothing was recorded but which forecasts were shown, and none of those that were kept before is another one."""
    assert {**after, SHOWN: []} == {**before, SHOWN: []}
    assert set(before[SHOWN]) < set(after[SHOWN])


def filled(office: Office, path: str, member: UUID) -> str:
    """A path about what is there."""
    id_of = office.ids["own deal"] if path.startswith("/opportunities") else office.ids["own"]
    found = path.replace("{id}", str(member if path.startswith("/members") else id_of))
    found = found.replace("{key}", shipped_key(path)).replace("{visit}", str(VISIT))
    for name in ("{position}", "{old}", "{new}"):
        found = found.replace(name, "1")
    return found


def test_an_auditors_key_changes_nothing_by_any_route(office: Office, routes: Routes) -> None:
    office.get("/me", "auditor")
    with office.journal.pool.connection() as connection:
        before = records(connection)
    writing = [
        (method, path) for method, path, _ in routes if method != "GET" and path not in (TICKETS, BATCH, WHAT_IF)
    ]
    assert len(writing) > 60
    for method, path in writing:
        for member in (office.members["auditor"], office.members["colleague"]):
            for body in (
                {},
                {"name": "x", "reason": "y", "role": "admin", "scopes": ["read"], "account": str(uuid4())},
            ):
                status = office.request(method, filled(office, path, member), "auditor", json=body).status_code
                assert status in (403, 404), (method, path, status)
    with office.journal.pool.connection() as connection:
        assert records(connection) == before


def test_an_auditors_key_changes_nothing_by_a_batch(office: Office) -> None:
    with office.journal.pool.connection() as connection:
        before = records(connection)
    ids = {"account": office.ids["own"], "opportunity": office.ids["own deal"], "member": office.members["colleague"]}
    given = []
    for name, endpoint in commands_by_name().items():
        kind, _, command = name.partition(".")
        word = word_of(next(root for root in ROOTS.values() if root.__name__ == kind))
        one = {"aggregate": word, "command": command, "body": WELL_MEANT}
        given.append({**one, "id": str(ids.get(word, "standard"))} if "{" in endpoint.path else one)
    results = office.post(BATCH, {"commands": given}, "auditor").json()["results"]
    assert len(results) > 60
    assert {each["status"] for each in results} == {403, 404}
    with office.journal.pool.connection() as connection:
        assert records(connection) == before


def test_an_auditors_key_reads_everything_and_reading_records_nothing(office: Office, routes: Routes) -> None:
    with office.journal.pool.connection() as connection:
        before = records(connection)
    reading = [path for method, path, _ in routes if method == "GET"]
    assert len(reading) > 40
    for path in reading:
        more = {"to": 9} if path == "/events/stream" else {}
        status = office.get(filled(office, path, office.members["colleague"]), "auditor", **more).status_code
        assert status not in (401, 403, 500), (path, status)
    with office.journal.pool.connection() as connection:
        must_only_show(before, records(connection))


# Keys of personal data


def forms(secret: bytes) -> list[bytes]:
    """A secret as somebody might write it down."""
    texts = [secret.hex(), base64.b64encode(secret).decode(), base64.urlsafe_b64encode(secret).decode()]
    return [secret, *(text.rstrip("=").encode() for text in texts), secret.hex().upper().encode()]


def test_an_admin_finds_no_key_of_personal_data_behind_any_route(office: Office, routes: Routes) -> None:
    with office.journal.pool.connection() as connection:
        rows = connection.execute("select secret from person_keys where secret is not null").fetchall()
    secrets = [form for (secret,) in rows for form in forms(secret)]
    assert len(rows) > 8
    told = []
    for method, path, _ in routes:
        if method == "GET":
            more = {"after": 0, "to": 30} if path == "/events/stream" else {}
            told.append(office.get(filled(office, path, office.members["colleague"]), "admin", **more).content)
    told.append(office.get("/events", "admin", limit=1000).content)
    everything = b"\n".join(told)
    assert b"Li Lei was ill" in everything
    assert [secret for secret in secrets if secret in everything] == []


# The command line

OPERATING = {"up", "down", "migrate", "work", "serve", "demo", "doctor", "restore"}
"""For whoever owns the machine: they ask for no key."""
WRITING: dict[str, tuple[str, ...]] = {
    "command": ("account", "new", "register", "--set", "name=x"),
    "company set": ("{company}",),
    "policy set": ("company", "{company}"),
    "members invite": ("Eve", "--external-id", "M-9"),
    "members grant": ("auditor", "admin"),
    "members revoke": ("auditor", "auditor"),
    "members assign-territory": ("auditor", "north"),
    "members leave-territory": ("auditor", "north"),
    "members leave": ("auditor",),
    "members lock-out": ("auditor", "--reason", "stolen"),
    "members let-in": ("auditor",),
    "keys issue": ("auditor",),
    "targets set": ("owner", "auditor", "2026-Q4", "100"),
    "import": ("{accounts}",),
    "projections rebuild": ("funnel",),
    "projections retry": (),
    "projections prune": (),
    "backup": ("{folder}/saved",),
    "contact": ("A-1", "{letter}"),
    "forecast submit": ("--period", "2999-Q4", "--commit", "1", "--best-case", "2", "--currency", "EUR"),
    "forecast adjust": tuple("auditor --period 2999-Q4 --layer manager --amount 1 --currency EUR --reason x".split()),
    "forecast methods": ("--use", "last_year"),
}
READING = {
    *("funnel", "forecast", "health", "account", "balance", "buying", "competition", "contest", "deliveries"),
    *("exposure", "findings", "map", "portfolio", "qualification", "insight", "quotes", "todo", "cost", "whatif"),
    *("accounts duplicates", "visits list", "visits show", "visits discipline", "visits stores", "visits ics"),
    *("company show", "policy list", "policy show", "members list", "keys list"),
    *("projections status", "events tail"),
    *("explain funnel", "explain forecast", "explain row", "explain models"),
    *("issues", "issue", "service", "plans", "plan", "strategy", "strategies", "goals", "programmes", "programme"),
    *("targets", "scorecard", "skills", "experiments", "experiment", "segments", "digest"),
    *("audit replay", "audit diff", "audit trail", "audit log"),
}


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command with its full name."""
    inner = getattr(command, "commands", {})
    if not inner:
        yield " ".join(path), command
    for name, one in inner.items():
        yield from leaves(one, (*path, name))


@pytest.fixture(scope="module")
def auditing(
    postgres_url: str, embedded_addresses: Addresses, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CommandLine]:
    """The command line of an auditor, beside an account."""
    folder = tmp_path_factory.mktemp("auditing")
    for url in new_database(postgres_url, "kams_auditing"):
        line = company_system(url, embedded_addresses.redis_url or "", folder / "home")
        line("members", "invite", "Aud", "--external-id", "auditor", "--role", "auditor")
        line("command", "account", "new", "register", "--set", "name=Harbour", "--set", "external_id=A-1")
        line.environment["KAMS_KEY"] = line("keys", "issue", "auditor").out.strip()
        (folder / "company.toml").write_text('name = "Theirs"\ncurrency = "EUR"\n')
        (folder / "accounts.csv").write_text("name,external_id,currency\nAlpha,A-7,EUR\n")
        (folder / "letter.eml").write_text("From: a@b.de\nTo: c@d.de\nDate: Mon, 5 Jan 2026 09:00:00 +0000\n\nHello\n")
        line.environment["FOLDER"] = str(folder)
        yield line


def given(line: CommandLine, name: str, words: tuple[str, ...]) -> int:
    """The exit code of a command."""
    folder = Path(line.environment["FOLDER"])
    places = {
        "folder": folder,
        "company": folder / "company.toml",
        "accounts": folder / "accounts.csv",
        "letter": folder / "letter.eml",
    }
    result = CliRunner().invoke(app, [*name.split(), *(word.format(**places) for word in words)], env=line.environment)
    error = result.exception
    if isinstance(error, Exception) and not isinstance(error, SystemExit):
        code = exit_code(error)
        assert code is not None, error
        return code
    return result.exit_code


def test_an_auditors_key_changes_nothing_by_any_command(
    auditing: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # some write a file
    url = auditing.environment["KAMS_DATABASE_URL"]
    with psycopg.connect(url) as connection:
        before = records(connection)
    commands = dict(leaves(typer.main.get_command(app)))
    assert set(WRITING) <= set(commands)
    for name, words in WRITING.items():
        assert given(auditing, name, words) == 1, name
    for name, command in commands.items():
        if name not in {*WRITING, *READING, *OPERATING}:
            generic = ["A-1" for each in command.params if each.param_type_name == "argument" and each.required]
            given(auditing, name, tuple(generic))
    with psycopg.connect(url) as connection:
        assert records(connection) == before
    assert given(auditing, "forecast", ()) == 0
    with psycopg.connect(url) as connection:
        must_only_show(before, records(connection))


def tables_of(url: str) -> dict[str, int]:
    """Every table of a read model by its number, which another one in its place would not have."""
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "select relname, oid::int8 from pg_class where relkind = 'r' and relname ~ '_v[0-9]+'"
        )
        return dict(found.fetchall())


def test_an_auditor_compares_the_read_models_and_an_admin_puts_new_ones_in_their_place(auditing: CommandLine) -> None:
    url = auditing.environment["KAMS_DATABASE_URL"]
    assert given(auditing, "projections rebuild funnel", ("--compare",)) == 0
    before = tables_of(url)
    assert not any(name.endswith("_rebuild") for name in before)
    assert given(auditing, "projections rebuild funnel", ("--compare",)) == 0
    assert given(auditing, "projections rebuild funnel", ()) == 1
    assert tables_of(url) == before
    admin = CommandLine({**auditing.environment, "KAMS_KEY": ""})
    assert given(admin, "projections rebuild funnel", ()) == 0
    assert {name for name, number in tables_of(url).items() if number != before[name]} == {
        name for name in before if name.startswith("funnel_v")
    }


def test_a_stated_key_that_is_no_admins_takes_no_backup_and_what_is_taken_is_noted_by_name(
    auditing: CommandLine, tmp_path: Path
) -> None:
    url = auditing.environment["KAMS_DATABASE_URL"]
    assert given(auditing, "backup", (f"{tmp_path}/saved/",)) == 1
    assert not (tmp_path / "saved").exists()
    home = Path(auditing.environment["KAMS_HOME"])
    key = (home / "key").read_text()
    for stated, kept, member in (("", key, FIRST_ADMIN), (key.strip(), key, FIRST_ADMIN), ("", "rubbish", None)):
        (home / "key").write_text(kept)
        one = CommandLine({**auditing.environment, "KAMS_KEY": stated})
        assert given(one, "backup", (f"{tmp_path}/saved/",)) == 0
        with psycopg.connect(url) as connection:
            noted = connection.execute("select rule, member from access_log where kind = 'exported' order by id desc")
            assert noted.fetchone() == ("backup", member)
    (home / "key").write_text(key)


def test_a_key_for_changing_is_said_to_be_idle_where_no_role_may_change(auditing: CommandLine) -> None:
    admin = CommandLine({**auditing.environment, "KAMS_KEY": ""})
    assert admin("members", "invite", "Max", "--external-id", "M-11", "--role", "manager").code == 0
    for member, scopes, said in (
        ("auditor", ("read", "write", "admin"), "with write, admin the key can do no more than without"),
        ("M-11", ("write", "admin"), "with admin the key can do no more than without"),
        ("M-11", ("read", "write"), ""),
    ):
        told = admin("keys", "issue", member, *(word for scope in scopes for word in ("--scope", scope)))
        assert told.code == 0
        assert said in told.err
        assert ("no more than without" in told.err) is bool(said)
        admin("keys", "revoke", told.out.strip().split("_")[1])
