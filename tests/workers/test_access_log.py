"""The access log is sealed hour by hour, once each, and a changed hour is named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from domain.access_log import ACCESS_LOG, HOUR, AccessLog
from domain.aggregate import Origin
from domain.journal.journal import Journal
from domain.journal.migrate import migrate
from projections.access_log import ChangedHour, SealedHour, changed_hours
from workers.access_log import AccessSealing

COPIED = "at, kind, key_id, method, path, status, rule, correlation_id"
NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Log:
    """An access log whose lines lie where the test puts them, and a worker whose clock it turns."""

    def __init__(self, database_url: str) -> None:
        migrate(database_url, ("domain.journal", "api"))
        self.journal, self.now = Journal(database_url), NINE
        self.sealing = AccessSealing(self.journal, lambda: self.now)

    def line(self, at: datetime, path: str = "/accounts") -> None:
        self.execute(
            "insert into access_log (at, kind, key_id, method, path, status, rule, correlation_id)"
            " values (%s, 'personal', 'k', 'GET', %s, 200, 'r', gen_random_uuid())",
            at,
            path,
        )

    def execute(self, sql: str, *values: object) -> None:
        with self.journal.pool.connection() as connection:
            connection.execute(sql.encode(), values)

    def behind_the_program(self, sql: str) -> None:
        with self.journal.pool.connection() as connection:
            connection.execute("alter table access_log disable trigger all")
            connection.execute(sql.encode())
            connection.execute("alter table access_log enable trigger all")

    def sealed(self) -> list[SealedHour]:
        facts = self.journal.streams.history(ACCESS_LOG)
        events = [(fact.event, fact.position) for fact in facts]
        return [SealedHour(e.hour, e.rows, e.digest, p) for e, p in events if isinstance(e, AccessLog.Sealed)]

    def changed(self) -> list[ChangedHour]:
        with self.journal.pool.connection() as connection, connection.transaction():
            return changed_hours(connection, self.sealed())


@pytest.fixture
def log(database_url: str) -> Iterator[Log]:
    made = Log(database_url)
    yield made
    made.journal.close()


def test_an_hour_is_sealed_when_it_is_over_and_only_once(log: Log) -> None:
    log.line(NINE + timedelta(minutes=5))
    log.line(NINE + timedelta(minutes=59, seconds=59))
    log.now = NINE + timedelta(minutes=59)
    assert log.sealing.seal_hours() == 0
    log.now = NINE + HOUR + timedelta(minutes=4)
    assert log.sealing.seal_hours() == 1
    assert log.sealing.seal_hours() == 0
    assert [(each.hour, each.rows, len(each.digest)) for each in log.sealed()] == [(NINE, 2, 32)]
    (fact,) = log.journal.streams.history(ACCESS_LOG)
    assert (fact.origin, fact.occurred_at) == (Origin.WORKER, log.now)


def test_a_worker_that_slept_a_week_seals_each_hour_with_lines(log: Log) -> None:
    for day in range(7):
        log.line(NINE + timedelta(days=day))
        log.line(NINE + timedelta(days=day, hours=2))
    log.now = NINE + timedelta(days=8)
    assert log.sealing.seal_hours() == 14
    assert [each.hour for each in log.sealed()] == [
        NINE + timedelta(days=day, hours=hours) for day in range(7) for hours in (0, 2)
    ]
    assert log.changed() == []


def test_two_workers_at_once_seal_an_hour_once(log: Log) -> None:
    log.line(NINE)
    log.now = NINE + 2 * HOUR
    other = AccessSealing(log.journal, lambda: log.now)
    log.sealing._seal(NINE, 1, b"a" * 32, log.now)
    other._seal(NINE, 1, b"b" * 32, log.now)
    assert [each.digest for each in log.sealed()] == [b"a" * 32]


@pytest.mark.parametrize(
    ("change", "hour", "found"),
    [
        ("update access_log set path = '/x' where path = '/second'", 1, 1),
        ("delete from access_log where path = '/second'", 1, 0),
        (f"insert into access_log ({COPIED}) select {COPIED} from access_log where path = '/third'", 2, 2),
        ("update access_log set at = at + interval '1 second' where path = '/third'", 2, 1),
    ],
)
def test_a_changed_hour_is_named(log: Log, change: str, hour: int, found: int) -> None:
    for number, path in enumerate(("/first", "/second", "/third")):
        log.line(NINE + number * HOUR, path)
    log.now = NINE + 10 * HOUR
    log.sealing.seal_hours()
    assert log.changed() == []
    log.behind_the_program(change)
    position = log.sealed()[hour].position
    assert log.changed() == [ChangedHour(NINE + hour * HOUR, 1, found, position)]


def test_a_line_put_into_an_hour_that_had_none_is_named(log: Log) -> None:
    log.line(NINE)
    log.line(NINE + 5 * HOUR)
    log.now = NINE + 10 * HOUR
    log.sealing.seal_hours()
    log.line(NINE + 2 * HOUR)
    log.line(NINE - 48 * HOUR)
    log.line(NINE + 9 * HOUR)
    assert log.changed() == [ChangedHour(NINE - 48 * HOUR, 0, 1, 0), ChangedHour(NINE + 2 * HOUR, 0, 1, 0)]
