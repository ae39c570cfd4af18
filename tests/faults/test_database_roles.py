"""The program's role in the database works with everything and changes nothing that is recorded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors

from api.cli.session import PACKAGES, make_tables
from domain.journal.roles import APPLICATION, SchemaNotOurs, as_role, tables_made_by, without_rights
from projections.accounts import ACCOUNTS
from tests.api.importing import ACCOUNTS as TWO_ACCOUNTS
from tests.api.importing import DEALS, MEMBERS, PRODUCTS
from tests.api.importing import Company as Files
from tests.conftest import EMPTY, new_database
from tests.journeys.test_company_servers import kams
from tests.workers.following import Company

OF_EVENTS = [
    "update events set topic = topic",
    "update events set state = '\\x00' where position = 1",
    "delete from events",
    "truncate events",
    "truncate events cascade",
    "alter table events disable trigger events_stay",
    "drop trigger events_stay on events",
    "drop table events",
    "alter table events owner to kams_app",
    "create or replace function refuse_change() returns trigger language plpgsql as 'begin return null; end'",
    "set session_replication_role = replica",
    "set role postgres",
]
OF_THE_SEAL = [
    "update checkpoints set note = ''",
    "delete from checkpoints",
    "truncate checkpoints",
    "delete from seal_tiles",
    "truncate seal_tiles",
    "alter table seal_tiles disable trigger all",
    "update system set id = gen_random_uuid()",
    "insert into system values (gen_random_uuid())",
    "delete from access_log",
    "update access_log set path = ''",
    "insert into restores values (now(), now(), 0, '')",
    "delete from migrations",
    "update claims set value = ''",
]


@pytest.fixture(scope="module")
def company(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Company]:
    """A company that works as the program's role."""
    for url in new_database(postgres_url, next(fresh_names), template=EMPTY):
        made = make_tables(url)
        assert made.separation.done
        company = Company(as_role(url))
        company.registers()
        yield company
        company.close()


@pytest.mark.parametrize("statement", [*OF_EVENTS, *OF_THE_SEAL])
def test_what_is_recorded_cannot_be_changed_by_the_programs_role(company: Company, statement: str) -> None:
    with company.journal.pool.connection() as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute(statement.encode())


def test_a_tile_only_grows_even_where_the_role_brings_functions_of_its_own(company: Company) -> None:
    with psycopg.connect(company.url, autocommit=True) as connection:
        connection.execute("insert into seal_tiles values (0, 7, 'ab')")
        connection.execute("update seal_tiles set hashes = 'abc' where index = 7")
        connection.execute(
            "create function public.substr(bytea, integer, integer) returns bytea language sql"
            " as $$ select 'abc'::bytea $$"
        )
        connection.execute("set search_path = public, pg_catalog")
        with pytest.raises(psycopg.Error, match="The seal is append-only"):
            connection.execute("update seal_tiles set hashes = 'xyz' where index = 7")
        connection.execute("drop function public.substr(bytea, integer, integer)")


def test_every_table_has_its_rights(company: Company) -> None:
    tables = tables_made_by(PACKAGES)
    assert {"events", "claims", "access_log", "workers", "projections", "migrations"} <= set(tables)
    with company.journal.pool.connection() as connection:
        assert without_rights(connection, tables) == []
        (foreign,) = connection.execute(
            "select count(*) from projections p join pg_class c on c.relname = p.model || '_v' || p.version"
            " where c.relowner <> 'kams_app'::regrole"
        ).fetchone() or (None,)
    assert foreign == 0


def test_commands_imports_rebuilds_and_pruning_work_as_the_programs_role(company: Company, tmp_path: Path) -> None:
    files = Files(tmp_path / "files", company.journal).has(
        accounts=TWO_ACCOUNTS, members=MEMBERS, products=PRODUCTS,
        opportunities=DEALS.format(stage="proposal", closed="", signed=""),
    )  # fmt: skip
    report = files.imported(on=date(2025, 12, 31))
    assert (report.refused, report.events > 5) == (0, True)
    company.registers("Beta")
    company.records_deals(1_200)
    company.engine.catch_up()
    assert company.shows(company.journal.streams.head())
    rebuilt = company.engine.rebuild(ACCOUNTS)
    assert (rebuilt.equal, rebuilt.rows) == (True, 4)
    with psycopg.connect(company.url, autocommit=True) as connection:
        connection.execute("create table gone_v1 (key uuid)")
        connection.execute("insert into projections (model, version, shape) values ('gone', 1, '')")
    assert company.engine.prune() == ["gone_v1"]
    assert company.engine.retry(ACCOUNTS).still_parked == 0


def test_the_programs_role_cannot_migrate_what_is_not_its_own(company: Company) -> None:
    owner = as_role(company.url, "postgres")
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("delete from migrations where name = 'domain.journal/005_roles.sql'")
    with pytest.raises(SchemaNotOurs, match="kams_app may not change the schema"):
        make_tables(company.url)
    assert make_tables(owner).applied == ["domain.journal/005_roles.sql"]
    assert make_tables(company.url).applied == []


@pytest.fixture
def owned_url(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[str]:
    """A database of a role that may make roles and is no superuser."""
    role = f"owner_{uuid4().hex[:8]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"create role {role} login createrole".encode())
        member = connection.execute("select 1 from pg_roles where rolname = %s", (APPLICATION,)).fetchone()
        if member:
            connection.execute(f"grant {APPLICATION} to {role} with admin option".encode())
    name = next(fresh_names)
    for url in new_database(postgres_url, name, template=EMPTY):
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(f"alter database {name} owner to {role}".encode())
        yield as_role(url, role)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"drop owned by {role}; drop role {role}".encode())


def test_a_company_that_owns_its_database_is_told_the_address_for_the_program(owned_url: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    migrated = kams(home, owned_url, "migrate")
    assert migrated.returncode == 0, migrated.stderr
    assert "The program's role is kams_app" in migrated.stderr
    assert as_role(owned_url) in migrated.stderr
    invited = kams(home, as_role(owned_url), "members", "invite", "Ann", "--external-id", "M-1", "--json")
    assert json.loads(invited.stdout)["positions"]
    with psycopg.connect(owned_url, autocommit=True) as owner:  # who owns the tables still works with them all
        assert owner.execute(f"select count(*) from {ACCOUNTS.table}".encode()).fetchone() == (0,)
    doctor = json.loads(kams(home, owned_url, "doctor", "--json").stdout)
    (found,) = [check for check in doctor["checks"] if check["name"] == "database_role"]
    assert (found["ok"], "it owns the events" in found["found"]) == (False, True)


def test_where_the_server_does_not_let_a_role_be_made_the_migration_says_so(
    postgres_url: str, fresh_names: Iterator[str], tmp_path: Path
) -> None:
    role, name = f"poor_{uuid4().hex[:8]}", next(fresh_names)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"create role {role} login".encode())
    for url in new_database(postgres_url, name, template=EMPTY):
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(f"alter database {name} owner to {role}".encode())
        migrated = kams(tmp_path / "home", as_role(url, role), "migrate")
        assert migrated.returncode == 0, migrated.stderr
        assert "was not separated from the owner of the tables: permission denied" in migrated.stderr
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"drop role {role}".encode())
