"""The doctor warns of integrators who do not get what they subscribed to, and says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest

from api.cli import doctor
from api.cli.doctor import DoctorReport
from api.cli.doctor_deliveries import check_deliveries
from api.health_checks import Check
from domain.journal.context import Context
from domain.subscription.subscription import EVERYTHING, Subscription, Transport
from tests.workers.following import company_on
from tests.workers.receiving import JUNE, Office


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with company_on(database_url) as company:
        yield Office(company)


def looked(office: Office, *statements: str) -> Check:
    with psycopg.connect(office.company.url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
        return check_deliveries(connection, office.company.url)


def test_without_subscriptions_there_is_nothing_to_warn_of(office: Office) -> None:
    assert looked(office) == Check("deliveries", ok=True, found="no subscriptions")


def test_subscriptions_in_order_are_counted_and_ended_ones_forgotten(office: Office) -> None:
    office.subscribe("erp")
    office.later(office.subscribe("crm"), "end")
    assert looked(office) == Check("deliveries", ok=True, found="subscriptions that get what is theirs: 1")


def test_each_trouble_is_told_with_what_to_do(office: Office) -> None:
    erp = office.subscribe("erp")
    gone = office.subscribe("old")
    late = office.subscribe("slow")
    office.subscribe("well")
    office.journal.run(Subscription, gone, lambda it: it.disable(reason="it answered 410"), Context(at=JUNE))
    office.later(late, "pause", reason="moving")
    office.journal.run(Subscription, late, lambda it: it.fall_behind(position=1, lag_seconds=4000), Context(at=JUNE))
    found = looked(
        office,
        "insert into delivery_lanes (subscription, lane, position, attempts, next_at, since, status, reason)"
        f" values ('{erp}', gen_random_uuid(), 1, 2, now(), now(), 500, 'it answered 500')",
        "insert into delivery_hosts (host, failures, open_until, reason)"
        " values ('https://erp.example:443', 5, now() + interval '1 hour', 'no connection'),"
        " ('https://well.example:443', 5, now() - interval '1 hour', 'no connection'),"
        f" ('{erp}', 1, now() + interval '1 hour', 'no answer within 15 s')",
        "insert into dead_letters (subscription, position, lane, attempts, status, reason, at, redelivered_at) values"
        f" ('{erp}', 1, gen_random_uuid(), 10, 500, 'no', now(), null),"
        f" ('{erp}', 2, gen_random_uuid(), 10, 500, 'no', now(), now())",
    )
    assert found.ok
    assert found.found.split("; ") == [
        "erp: lanes that wait: 1 (it answered 500)",
        "erp is left alone: no answer within 15 s",
        "https://erp.example:443 is left alone: no connection",
        "erp: dead letters not sent again: 1",
        "old is disabled: it answered 410",
        f"slow is behind by more than {office.state(late).lag_alarm_seconds} s",
    ]
    for command in ("status erp", "redeliver erp --dead-letters", "resume old", "resume slow"):
        assert f"kams streams {command}" in found.remedy
    assert "Look whether https://erp.example:443 is up" in found.remedy


def test_a_stream_that_goes_no_further_is_told(office: Office) -> None:
    books = uuid4()
    office.give(
        Subscription,
        books,
        "open",
        name="books",
        owner=office.integrator,
        transport=Transport.VALKEY,
        filter=EVERYTHING,
    )
    sql = "insert into valkey_streams (subscription, start, examined, entries, waits) values"
    found = looked(office, f"{sql} ('{books}', 0, 1, 1, 'it is full')")
    assert found.found == "the stream of books goes no further: it is full"
    assert "kams streams groups books" in found.remedy


def test_a_warning_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    report = DoctorReport(True, None, None, (Check("deliveries", ok=True, found="erp is late", remedy="Look."),))
    doctor.show(report)
    told = capsys.readouterr()
    assert "warning" in told.out
    assert "Nothing FAILED; see what is warned of." in told.err
