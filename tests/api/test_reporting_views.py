"""The reporting views over plain SQL, as the role of a reporting tool: rows of now and of any moment, nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from api.cli import reading
from api.cli.session import PACKAGES, make_tables
from domain.journal.migrate import migrate
from domain.journal.roles import as_role
from projections.engine.catch_up import address
from projections.opportunities import FUNNEL
from projections.published import as_markdown, published
from projections.publishing import READER, ReportingInUse, is_published, publish
from tests.api.command_line import CommandLine, company_system
from tests.api.office import Office, open_office
from tests.conftest import new_database

MOMENTS = ("2026-02-01T12:00:00Z", "2026-02-20T12:00:00Z")


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        migrate(url, PACKAGES)
        with open_office(url) as opened:
            make_tables(url)
            deal = opened.ids["own deal"]
            for path, body in (
                (f"/accounts/{opened.ids['own']}/stakeholders/add", {
                    "stakeholder_id": "00000000-0000-0000-0000-00000000000a", "name": "Han Meimei", "title": "Buyer"}),
                (f"/opportunities/{deal}/revise-amount", {
                    "amount": {"amount": "1500.50", "currency": "EUR"}, "reason": "x", "occurred_at": "2026-02-10"}),
            ):  # fmt: skip
                assert opened.post(path, body).status_code == 200
            opened.caught_up()
            yield opened


@pytest.fixture
def reader(office: Office) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(as_role(address(office.journal.pool), READER), autocommit=True) as connection:
        yield connection


def test_numbers_are_those_of_the_funnel(office: Office, reader: psycopg.Connection[Any]) -> None:
    found = []
    for moment in MOMENTS:
        stages = office.get("/funnel", "auditor", as_of=moment).json()["stages"]
        sums = reader.execute(
            "select stage, count(*), sum(amount) from reporting.opportunities_as_of(%s) where outcome = '' group by 1",
            (moment,),
        ).fetchall()
        assert {(s, n, a) for s, n, a in sums} == {
            (each["stage"], each["count"], Decimal(each["amount"])) for each in stages if each["count"]
        }
        found.append(sum(amount for *_, amount in sums))
    assert found == [Decimal("2000"), Decimal("2500.5")]


def test_what_was_known_before_shows_what_was_known(office: Office, reader: psycopg.Connection[Any]) -> None:
    sql = "select sum(amount) from reporting.opportunities_as_of(%s, %s)"
    cause = reader.execute("select max(cause) from reporting.opportunities").fetchone()
    assert cause is not None
    assert reader.execute(sql, (MOMENTS[1], cause[0])).fetchone() == (Decimal("2500.5"),)
    assert reader.execute(sql, (MOMENTS[1], cause[0] - 1)).fetchone() == (Decimal("2000"),)


def test_opportunities_stand_with_the_names_that_reports_show(office: Office, reader: psycopg.Connection[Any]) -> None:
    rows = reader.execute("select account_name, territory, stage, amount from reporting.opportunities order by 1")
    assert rows.fetchall() == [
        ("foreign", "south", "potential", Decimal("1000")),
        ("own", "north", "potential", Decimal("1500.5")),
    ]


@pytest.mark.parametrize(
    "table", ["events", "person_keys", "claims", FUNNEL.table, "access_log", "forecasts", "migrations"]
)
def test_nothing_else_can_be_read(reader: psycopg.Connection[Any], table: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute(f"select * from {table}")


def test_nothing_can_be_written(reader: psycopg.Connection[Any]) -> None:
    for statement in ("delete from reporting.opportunities", "create table public.mine (n int)"):
        with pytest.raises((psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.ObjectNotInPrerequisiteState,
                            psycopg.errors.InsufficientPrivilege)):  # fmt: skip
            reader.execute(statement)
    reader.execute("set default_transaction_read_only = off")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute("create table public.mine (n int)")


def test_personal_data_is_in_no_view(office: Office, reader: psycopg.Connection[Any]) -> None:
    assert reader.execute("select title from reporting.stakeholders").fetchall() == [("Buyer",)]
    kinds = reader.execute(
        "select table_name, column_name from information_schema.columns where table_schema = 'reporting'"
        " and data_type = 'bytea'"
    )
    assert kinds.fetchall() == []


def test_the_database_says_what_every_view_and_column_is(reader: psycopg.Connection[Any]) -> None:
    silent = reader.execute(
        "select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0"
        " where c.relnamespace = 'reporting'::regnamespace"
        " and (col_description(c.oid, a.attnum) is null or obj_description(c.oid, 'pg_class') is null)"
    )
    assert silent.fetchall() == []
    assert reader.execute("select count(*) from reporting.standing where waiting > 0").fetchone() == (0,)
    (behind,) = reader.execute("select max(journal - position) from reporting.standing").fetchone() or ("",)
    assert behind == 0


def test_a_rebuild_changes_nothing_for_reports(office: Office, reader: psycopg.Connection[Any]) -> None:
    before = reader.execute("select * from reporting.opportunities order by key").fetchall()
    assert office.engine.rebuild(FUNNEL).equal
    office.engine.prune()
    assert reader.execute("select * from reporting.opportunities order by key").fetchall() == before


def test_the_views_are_made_once_and_again_when_they_are_others(office: Office) -> None:
    with psycopg.connect(address(office.journal.pool), autocommit=True) as connection:
        assert is_published(connection)
        assert publish(connection) == (False, True, "")
        connection.execute("comment on schema reporting is 'older'")
        connection.execute("create view reporting.of_old as select 1 as n")
        connection.execute("drop view reporting.losses; drop function reporting.losses_as_of(timestamptz, bigint)")
        connection.execute(
            'create function reporting.losses_as_of(moment timestamptz, "position" bigint) returns table (n int)'
            " language sql as 'select 1'"
        )
        assert publish(connection) == (True, True, "")
        assert connection.execute("select to_regclass('reporting.of_old')").fetchone() == (None,)
        assert connection.execute("select count(*) from reporting.losses").fetchone() == (0,)


def test_what_rests_on_a_view_that_must_change_is_named(office: Office) -> None:
    with psycopg.connect(address(office.journal.pool), autocommit=True) as connection:
        connection.execute("comment on schema reporting is 'older'")
        connection.execute("create view reporting.of_old as select 1 as n")
        connection.execute("create view public.mine as select * from reporting.of_old")
        try:
            with pytest.raises(ReportingInUse, match="view mine depends on view reporting.of_old"):
                publish(connection)
        finally:
            connection.execute("drop view public.mine")
            publish(connection)


@pytest.fixture
def kams(database_url: str, valkey_url: str, tmp_path: Path) -> CommandLine:
    make_tables(database_url)
    line = company_system(database_url, valkey_url, tmp_path / "home")
    reading.add(line.app)
    return line


def test_the_terminal_lists_the_views_and_says_with_which_address_they_are_read(kams: CommandLine) -> None:
    found = kams("projections", "views", "--json").json
    assert found["address"].startswith("postgresql://kams_reader@")
    views = {each["view"]: each["columns"] for each in found["views"]}
    assert len(views) == len(published()) + 1
    assert {"name": "pushes", "sql": "bigint", "about": "How often its expected close was pushed out."} in views[
        "reporting.opportunities"
    ]
    shown = kams("projections", "views")
    assert "reporting.purchases" in shown.out
    assert "Connect as postgresql://kams_reader@" in shown.err
    assert kams("projections", "views", "--markdown").out.strip() == as_markdown().strip()
    assert kams("funnel", "--json").code == 0
    with psycopg.connect(found["address"]) as connection:
        assert connection.execute("select external_id from reporting.members").fetchall() == [("admin",)]
