"""What is recorded of deliveries: all of a batch or nothing, by who holds the lease alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.account.account import Account
from domain.commands import Commands, command_type
from domain.member import Member
from domain.subscription.subscription import EVERYTHING
from projections.streams.deliveries import (
    EVERY_LANE,
    Batch,
    DeadLetter,
    DeliveryStore,
    LeaseLost,
    Logged,
    Parked,
    Standing,
    oldest_after,
    oldest_parked,
)
from projections.streams.feed import Feed, brought_up
from projections.streams.redeliveries import RedeliveryStore
from tests.workers.following import NOW, Company
from workers.store import WorkerStore
from workers.webhooks.circuit import Circuit, CircuitStore

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINE, ME, LEASE = uuid4(), uuid4(), "webhooks:mine"


@pytest.fixture
def connection(company: Company) -> Iterator[psycopg.Connection]:
    with psycopg.connect(company.url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def store(connection: psycopg.Connection) -> DeliveryStore:
    return DeliveryStore(connection)


def logged(position: int, at: datetime = NOON) -> Logged:
    return Logged(position, EVERY_LANE, 1, at, "delivered", 200, 10.5, "", "ok", None)


def parked(lane: UUID, position: int = 3, seconds: float = 0) -> Parked:
    return Parked(lane=lane, position=position, attempts=1, next_at=NOON + timedelta(seconds=seconds), since=NOON)


def count(connection: psycopg.Connection, table: str) -> int:
    (found,) = connection.execute(f"select count(*) from {table}".encode()).fetchone() or (0,)
    return int(found)


def account_with_visits(company: Company, visits: int) -> UUID:
    """An account and visits to it, each an event."""
    account, commands = uuid4(), Commands(company.journal)
    commands.give(Account, account, "register", command_type(Account, "register").body(name="ACME"), NOW)
    for _ in range(visits):
        body = command_type(Account, "visits.log").body(visit_id=uuid4())
        commands.give(Account, account, "visits.log", body, NOW)
    return account


def test_a_subscription_begins_where_it_asked_to_and_never_beyond_the_journal(company: Company, store: DeliveryStore):
    for _ in range(3):
        company.registers()
    assert store.known(MINE) is None
    assert store.standing(MINE, 2) == Standing(cursor=2)
    assert store.standing(MINE, 0) == Standing(cursor=2)
    assert store.standing(uuid4(), 7) == Standing(cursor=3)


def test_results_and_cursor_are_recorded_together(company, connection, store):
    for _ in range(9):
        company.registers()
    store.standing(MINE, 0)
    lane, dead = uuid4(), DeadLetter(4, uuid4(), 10, 500, "it answered 500", NOON)
    batch = Batch(cursor=5, reason="busy", busy=2, waits_until=NOON, parked=(parked(lane),), dead=(dead,),
                  log=(logged(1), logged(2)))  # fmt: skip
    store.record(MINE, batch)
    found = store.standing(MINE, 0)
    assert found == Standing(cursor=5, waits_until=NOON, reason="busy", busy=2, lanes=(parked(lane),))
    store.record(MINE, Batch(cursor=4, freed=(lane,)))
    assert store.standing(MINE, 0) == Standing(cursor=5)
    assert [count(connection, table) for table in ("delivery_log", "dead_letters", "delivery_lanes")] == [2, 1, 0]
    totals = connection.execute("select outcome, count from delivery_totals").fetchall()
    assert totals == [("delivered", 2)]


def test_who_has_lost_the_lease_records_nothing(company, connection, store):
    company.registers()
    store.standing(MINE, 0)
    leases = WorkerStore(connection)
    assert leases.lease(LEASE, ME, 60)
    store.record(MINE, Batch(cursor=1), ME, LEASE)
    with pytest.raises(LeaseLost):
        store.record(MINE, Batch(cursor=1, log=(logged(1),)), uuid4(), LEASE)
    assert count(connection, "delivery_log") == 0


def test_a_lane_reads_what_it_owes_from_the_feed(company, connection, store):
    account = account_with_visits(company, 4)
    other = account_with_visits(company, 2)
    company.records_deals(40)
    invited = command_type(Member, "invite").body(name="Wang", external_id="M-1")
    Commands(company.journal).give(Member, uuid4(), "invite", invited, NOW)
    brought_up(Feed(company.journal), most=None)
    rows = connection.execute("select account, position from feed where account is not null order by 2").fetchall()
    assert {each for each, _ in rows} > {account, other}, "deals count as of their accounts"
    mine = [position for each, position in rows if each == account]
    assert len(mine) == 5
    head = company.journal.streams.head()
    found = store.owed(EVERYTHING, account, mine[1], head, 100)
    assert [row.position for row in found.rows] == mine[1:]
    assert found.examined == head
    assert store.owed(EVERYTHING, account, mine[0], head, 1).examined == mine[0]
    assert len(store.owed(EVERYTHING, EVERY_LANE, 1, head, 7).rows) == 7
    alone = connection.execute("select subject from feed where account is null limit 1").fetchone()
    assert alone
    owed = store.owed(EVERYTHING, alone[0], 1, head, 1_000).rows
    assert {row.subject for row in owed} == {alone[0]}
    moment, before = oldest_after(connection, 0, EVERYTHING)
    assert (moment is not None, before) == (True, 0)
    assert oldest_after(connection, head, EVERYTHING) == (None, head)
    assert oldest_parked(connection, MINE) is None
    store.standing(MINE, 0)
    store.record(MINE, Batch(cursor=1, parked=(parked(account, mine[1]),)))
    (recorded,) = connection.execute("select recorded_at from feed where position = %s", (mine[1],)).fetchone() or (0,)
    assert oldest_parked(connection, MINE) == recorded


def test_a_lane_is_tried_now_where_it_waits(store):
    lane = uuid4()
    store.record(MINE, Batch(cursor=0, parked=(parked(lane, seconds=900),)))
    assert store.retry_now(MINE, lane, NOON)
    assert not store.retry_now(MINE, uuid4(), NOON)
    assert [each.next_at for each in store.lanes(MINE)] == [NOON]


def test_attempts_are_kept_for_thirty_days(connection, store):
    store.log(MINE, [logged(1, NOON - timedelta(days=31)), logged(2, NOON - timedelta(days=29))])
    assert store.prune(NOON) == 1
    assert connection.execute("select position from delivery_log").fetchall() == [(2,)]


def test_an_event_given_up_twice_is_one_dead_letter_until_it_was_delivered(connection, store):
    letter = DeadLetter(4, uuid4(), 10, 500, "it answered 500", NOON)
    again = RedeliveryStore(connection)
    store.bury(MINE, [letter])
    assert again.dead(MINE, 0, 9, 10) == [4]
    again.revive(MINE, 4, NOON)
    assert again.dead(MINE, 0, 9, 10) == []
    store.bury(MINE, [letter._replace(attempts=1)])
    assert again.dead(MINE, 0, 9, 10) == [4]
    assert connection.execute("select attempts from dead_letters").fetchall() == [(11,)]


def test_a_redelivery_goes_on_until_it_is_done_or_stopped(connection):
    again, by = RedeliveryStore(connection), uuid4()
    asked = again.ask(MINE, "range", by, first=3, last=9, rate=5, count=7)
    assert (asked.state, asked.cursor, asked.count) == ("waiting", 2, 7)
    assert again.advance(asked.id, 4, sent=2)
    assert again.open_of(MINE)[0].cursor == 4
    stopped = again.stop(MINE, asked.id)
    assert stopped
    assert stopped.state == "stopped"
    assert not again.advance(asked.id, 5, failed=1)
    other = again.ask(MINE, "dead_letters", by, last=9)
    again.finish(other.id)
    assert [(each.id, each.state, each.sent, each.failed) for each in again.of(MINE, None, 10)] == [
        (other.id, "done", 0, 0),
        (asked.id, "stopped", 2, 1),
    ]
    assert [each.id for each in again.of(MINE, other.id, 10)] == [asked.id]
    assert again.stop(MINE, 99) is None


def test_a_test_is_taken_by_one_and_again_when_he_died(connection):
    tests = RedeliveryStore(connection)
    asked = tests.ask(MINE, "test", uuid4())
    taken = tests.take_test()
    assert taken
    assert taken.id == asked.id
    assert tests.take_test() is None
    connection.execute("update redeliveries set taken_at = taken_at - interval '61 s'")
    assert tests.take_test()
    tests.tested(asked.id, "delivered", 200, 12.5, "", "ok")
    answered = tests.one(MINE, asked.id)
    assert answered
    assert (answered.state, answered.status, answered.excerpt) == ("done", 200, "ok")
    assert (answered.sent, answered.failed) == (1, 0)


def test_one_of_several_workers_probes_a_host(connection):
    circuits = CircuitStore(connection)
    circuits.keep(Circuit("x", 1, NOON, "it refuses connections"))
    assert not circuits.may_probe("x", NOON - timedelta(seconds=1))
    assert circuits.may_probe("x", NOON)
    assert not circuits.may_probe("x", NOON + timedelta(seconds=1))
    assert circuits.may_probe("x", NOON + timedelta(seconds=61))
    circuits.keep(Circuit("x", 2, NOON, "no"))
    assert circuits.open_ones() == [Circuit("x", 2, NOON, "no")]
    circuits.close("x")
    assert circuits.open_ones() == []
