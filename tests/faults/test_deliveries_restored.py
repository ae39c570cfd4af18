"""How far integrators were served survives a restore from a backup: each is served on from there, with ids of its own
for what came after."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from api.backup.saving import Files, save
from domain.journal.restores import epoch
from tests.conftest import new_database
from tests.faults.test_backup_restore import quiet, restored
from tests.workers.following import company_on, until
from tests.workers.receiving import DELIVERED, Clock, Office, Receivers, delivering, failed

TABLES = ("deliveries", "delivery_lanes", "dead_letters", "valkey_groups")


@pytest.fixture
def systems(postgres_url: str, fresh_names: Iterator[str], database_url: str) -> Iterator[tuple[str, str]]:
    """Two empty systems."""
    for other in new_database(postgres_url, next(fresh_names)):
        yield database_url, other


def kept(office: Office) -> dict[str, list[Any]]:
    return {table: office.rows(f"select t::text from {table} t order by 1") for table in TABLES}


def test_deliveries_go_on_where_the_backup_stood(systems: tuple[str, str], tmp_path: Path) -> None:
    files = Files(tmp_path / "a.journal", tmp_path / "a.keys")
    with company_on(systems[0]) as company:
        office, clock = Office(company), Clock()
        receivers = Receivers(clock)
        ill, well = office.account(3), office.account(3)
        erp = office.subscribe()
        url = office.state(erp).address
        saved = office.publish()
        receivers.answers[url] = lambda one: failed() if one.body.get("account") == str(ill) else DELIVERED
        with delivering(company, receivers, clock):
            assert office.reaches(erp, saved)
            assert until(lambda: len(office.rows("select 1 from delivery_lanes")) == 1)
        (owed,) = office.rows("select position from delivery_lanes")[0]
        office.rows(
            "insert into dead_letters (subscription, position, lane, attempts, reason, at)"
            " values (%s, 1, %s, 10, 'no', now()) returning 1",
            erp, well,
        )  # fmt: skip
        office.rows(
            "insert into valkey_groups (subscription, name, position, epoch) values (%s, 'books', 5, 0) returning 1",
            erp,
        )
        before = kept(office)
        with psycopg.connect(company.url, autocommit=True) as connection:
            save(connection, files, company.journal.people.wrapping, datetime.now(UTC), quiet)
        lost = office.visit(well)
        office.publish()
        with delivering(company, receivers, clock):
            assert office.reaches(erp, lost)
        wrapping = company.journal.people.wrapping

    restored(systems[1], files, wrapping=wrapping)
    with company_on(systems[1]) as company:
        assert company.journal.streams.head() == saved
        again = Office(company)  # its first events are new: their positions were given before the restore
        receivers = Receivers(clock)
        assert kept(again) == before
        clock.forward(24 * 3600)
        newest = again.publish()
        with delivering(company, receivers, clock):
            assert again.reaches(erp, newest)
            assert until(lambda: again.rows("select 1 from delivery_lanes") == [])
        now_in = company.journal.streams.read(epoch)
    came = receivers.ids(url)
    theirs = [str(each) for each in range(owed, owed + 3)]
    assert newest >= lost
    assert [each for each in came if "-" not in each] == theirs
    assert [each for each in came if "-" in each] == [f"{now_in}-{each}" for each in range(saved + 1, newest + 1)]
