"""Snapshots are only a shorter way: whatever is recorded late or taken back, nothing comes out differently."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.aggregate import Recorded, decide, fold
from domain.errors import Refused
from domain.journal import journal as journal_module
from domain.journal import states
from domain.journal.context import Context
from domain.journal.journal import Journal
from tests.domain.given import contents
from tests.domain.ledger import Ledger

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
EVERY, KEPT = 5, 3


@pytest.fixture
def journal(migrated_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Journal]:
    """A journal that takes a snapshot every five facts and keeps three."""
    for module in (states, journal_module):
        monkeypatch.setattr(module, "SNAPSHOT_EVERY", EVERY)
        monkeypatch.setattr(module, "SNAPSHOTS_KEPT", KEPT)
    journal = Journal(migrated_url)
    yield journal
    journal.close()


def at(day: float) -> Context:
    return Context(at=MONDAY + timedelta(days=day))


def opened(journal: Journal) -> UUID:
    ledger = uuid4()
    journal.run(Ledger, ledger, lambda it: it.open(), at(0))
    return ledger


def put(journal: Journal, ledger: UUID, day: float, amount: int = 1) -> None:
    journal.run(Ledger, ledger, lambda it: it.put(amount=amount), at(day))


def kept(url: str) -> list[int]:
    with psycopg.connect(url) as connection:
        return [version for (version,) in connection.execute("select version from snapshots order by version")]


def in_bulk(journal: Journal, facts: int) -> UUID:
    ledger = uuid4()
    told: list[Any] = [Ledger.Opened(), *(Ledger.Put(amount=number) for number in range(1, facts))]
    rows = [
        Recorded(originator_id=ledger, originator_version=number + 1, event=event, occurred_at=at(number).at)
        for number, event in enumerate(told)
    ]
    journal.append_in_bulk(rows, uuid4())
    return ledger


def base_of(journal: Journal, ledger: UUID, day: float) -> int | None:
    base, _ = journal.streams.continued(Ledger, ledger, at(day).at)
    return base and base.version


def test_the_last_snapshots_on_the_way_stay(journal: Journal, migrated_url: str) -> None:
    ledger = opened(journal)
    for day in range(1, 24):
        put(journal, ledger, day)
    assert kept(migrated_url) == [5, 10, 15, 20]
    assert base_of(journal, ledger, 30) == 20


def test_a_fact_of_the_recent_past_starts_from_the_snapshot_before_it(journal: Journal) -> None:
    ledger = opened(journal)
    for day in range(1, 23):
        put(journal, ledger, day)
    assert [base_of(journal, ledger, day) for day in (19, 18.5, 14, 4, 3.5)] == [20, 15, 15, 5, None]
    put(journal, ledger, 16.5)
    assert [base_of(journal, ledger, day) for day in (30, 19, 16.5, 14, 13.5)] == [15, 15, 15, 15, 10]


def test_what_takes_back_a_fact_of_a_snapshot_ends_its_use(journal: Journal) -> None:
    ledger = opened(journal)
    for day in range(1, 12):
        put(journal, ledger, day)
    history = journal.streams.history(ledger)
    journal.withdraw(Ledger, ledger, history[11].position, "typo", at(20))
    assert (base_of(journal, ledger, 30), journal.streams.state(Ledger, ledger).balance) == (10, 10)
    journal.withdraw(Ledger, ledger, history[7].position, "typo", at(21))
    assert (base_of(journal, ledger, 30), journal.streams.state(Ledger, ledger).balance) == (5, 9)


def test_who_folds_a_long_history_leaves_snapshots_for_the_next(journal: Journal, migrated_url: str) -> None:
    ledger = in_bulk(journal, 33)
    assert kept(migrated_url) == []
    put(journal, ledger, 40)
    assert kept(migrated_url) == [20, 25, 30, 33]
    assert journal.known(Ledger, ledger).balance == sum(range(33)) + 1
    journal.forget_states({ledger})
    put(journal, ledger, 41)
    assert kept(migrated_url) == [20, 25, 30, 35]


def test_a_fact_of_the_past_leaves_snapshots_of_a_long_history_too(journal: Journal, migrated_url: str) -> None:
    ledger = in_bulk(journal, 33)
    put(journal, ledger, 31.5)
    assert kept(migrated_url) == [20, 25, 30, 33]
    assert [base_of(journal, ledger, day) for day in (40, 31.5, 29, 28.5)] == [30, 30, 30, 25]


def test_a_short_history_leaves_none(journal: Journal, migrated_url: str) -> None:
    ledger = in_bulk(journal, 10)
    assert journal.known(Ledger, ledger).version == 10
    assert kept(migrated_url) == []


@pytest.mark.parametrize("seed", range(6))
def test_random_late_facts_and_withdrawals_come_out_as_by_the_whole_history(journal: Journal, seed: int) -> None:
    chance = random.Random(seed)
    ledger = in_bulk(journal, 12) if seed % 2 else opened(journal)
    for number in range(60):
        if chance.random() < 0.5:
            journal.forget_states({ledger})
        if chance.random() < 0.1:
            position = chance.choice(journal.streams.history(ledger)).position
            with contextlib.suppress(Refused):
                journal.withdraw(Ledger, ledger, position, "typo", at(number))
        else:
            day = number if chance.random() < 0.6 else chance.uniform(max(0, number - 30), number)
            assert_decided_alike(journal, ledger, day, chance.randint(1, 6), taken=chance.random() < 0.3)
        whole = journal.streams.history(ledger)
        assert contents(journal.streams.state(Ledger, ledger)) == contents(fold(Ledger, ledger, whole))
        moment = at(chance.uniform(0, number)).at
        by_position = journal.streams.state_at(Ledger, ledger, moment, known_at=whole[-1].position)
        assert contents(journal.streams.state_at(Ledger, ledger, moment)) == contents(by_position)


def assert_decided_alike(journal: Journal, ledger: UUID, day: float, amount: int, *, taken: bool) -> None:
    """The journal decides as the whole history does."""

    def decision(it: Ledger) -> None:
        (it.take_out if taken else it.put)(amount=amount)

    history = journal.streams.history(ledger)
    expected = outcome(lambda: decide(Ledger, ledger, history, at(day).at, decision))
    assert outcome(lambda: journal.run(Ledger, ledger, decision, at(day))) == expected


def outcome(attempt: Any) -> str:
    """What is said, or nothing."""
    try:
        attempt()
    except Refused as refusal:
        return str(refusal)
    return ""
