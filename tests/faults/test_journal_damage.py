"""A clock that jumps, stored events that are damaged or from another program: named, and no more than that fails."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest

from domain.errors import CorruptEvent, UnknownTopic
from domain.journal.context import Context
from domain.journal.journal import Journal
from domain.journal.mapper import Decoder, encode_state, row_of
from tests.domain.ledger import Ledger
from tests.faults.writers import new_ledger

NOW = Context(at=datetime(2026, 3, 2, 9, tzinfo=UTC))
HOUR = timedelta(hours=1)


@pytest.fixture
def journal(migrated_url: str) -> Iterator[Journal]:
    journal = Journal(migrated_url)
    yield journal
    journal.close()


def store(url: str, position: int, recorded_at: datetime, *, topic: str = "Ledger.Opened", state: bytes = b"") -> UUID:
    """A row as another program, or a server with another clock, would have written it."""
    row = row_of(new_ledger(0)[0])
    with psycopg.connect(url) as connection:
        connection.execute(
            "insert into events (position, recorded_at, aggregate_id, version, topic, state)"
            " values (%s, %s, %s, 1, %s, %s)",
            (position, recorded_at, row.originator_id, topic, state or row.state),
        )
    assert isinstance(row.originator_id, UUID)
    return row.originator_id


@pytest.mark.parametrize("clock_was", [HOUR, -HOUR], ids=["an hour ahead", "an hour behind"])
def test_recorded_at_rises_when_the_clock_jumps(journal: Journal, migrated_url: str, clock_was: timedelta) -> None:
    ledger = store(migrated_url, 1, datetime.now(UTC) + clock_was)
    journal.run(Ledger, ledger, lambda it: it.put(amount=1), NOW)
    journal.append_in_bulk(new_ledger(3), uuid4())
    journal.run(Ledger, ledger, lambda it: it.put(amount=1), NOW)
    facts = journal.streams.facts(0, 100)
    moments = [fact.recorded_at for fact in facts if fact.recorded_at]
    steps = sorted(set(moments))
    assert moments == sorted(moments)
    assert [moments.count(step) for step in steps] == [1, 1, 4, 1]
    sql = "select position_recorded_by(step) from unnest(%s::timestamptz[]) step"
    assert journal.streams.read(lambda c: c.execute(sql, (steps,)).fetchall()) == [(1,), (2,), (6,), (7,)]


def test_a_corrupted_event_is_named_with_its_position_and_stored_name(journal: Journal, migrated_url: str) -> None:
    whole = encode_state(new_ledger(1)[1])
    ledger = store(migrated_url, 1, datetime.now(UTC), topic="Ledger.Put", state=whole[:-9])
    with pytest.raises(CorruptEvent, match=r"position 1 \(Ledger.Put\) cannot be read"):
        journal.streams.history(ledger)
    with pytest.raises(CorruptEvent):
        journal.run(Ledger, ledger, lambda it: it.put(amount=1), NOW)
    other = uuid4()
    assert journal.run(Ledger, other, lambda it: it.open(), NOW).positions == (2,)


def test_an_unknown_stored_name_is_named_with_its_position(journal: Journal, migrated_url: str) -> None:
    ledger = store(migrated_url, 1, datetime.now(UTC), topic="Ledger.Burnt")
    with pytest.raises(UnknownTopic, match=r"position 1 has the unknown name Ledger.Burnt"):
        journal.streams.state(Ledger, ledger)


def test_an_event_of_a_newer_program_is_named(journal: Journal, migrated_url: str) -> None:
    state = msgspec.msgpack.encode([7, NOW.at, {"code": "x", "colour": "red"}])
    ledger = store(migrated_url, 1, datetime.now(UTC), state=state)
    with pytest.raises(CorruptEvent, match="schema version 7 is newer than this program, which knows 1"):
        journal.streams.history(ledger)


def test_whatever_bytes_are_stored_the_answer_is_an_event_or_a_named_fault() -> None:
    decoder, chance = Decoder(Ledger.Put), random.Random(3)
    whole = encode_state(new_ledger(1)[1])
    named = []
    for _ in range(20_000):
        damaged = bytearray(whole)
        for _ in range(chance.randrange(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            decoder.full(9, bytes(damaged[: chance.randrange(1, len(damaged) + 1)]))
        except CorruptEvent as fault:
            named.append(fault.details["position"])
    assert len(named) > 10_000
    assert set(named) == {9}
