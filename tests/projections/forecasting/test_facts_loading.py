"""Reading the journal for forecasts: once, then only what is new; told apart from a journal that took its place."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import msgspec
import psycopg
import pytest

from domain.aggregate import EVENTS
from domain.journal.mapper import encode_state
from domain.journal.reading import EPOCH
from domain.opportunity.opportunity import Opportunity
from projections.forecasting import facts as reading
from projections.forecasting.decoding import TOPICS, occurred_at
from projections.forecasting.facts import histories, load, newest_counted
from tests.domain.given import day, history, some_id
from tests.projections.business import Business, Chronicle
from tests.projections.conftest import START, Journal, Told
from tests.projections.forecasting.clocked import (
    BEGIN,
    DEAL,
    FRAME,
    Clocked,
    advanced,
    as_bytes,
    at,
    facts,
    imported,
    known,
    live,
    opened,
)

AFTER = START + timedelta(days=2000)


@pytest.fixture
def asking(journal: Journal) -> psycopg.Connection:
    return journal.connection


def told(seed: int, count: int = 200) -> list[Told]:
    chronicle = Chronicle(seed, Business(facts=count))
    chronicle.write(_Nowhere())  # type: ignore[arg-type]
    return chronicle.told[:count]


class _Nowhere:
    def append_all(self, appends: object) -> int:
        return 0


def seen(connection: psycopg.Connection, moment: datetime = AFTER, known_at: int = 2**40) -> bytes:
    return as_bytes(histories(load(connection), FRAME, moment, known_at=known_at))


def expected(journal: Journal, count: int) -> bytes:
    recorded = START + timedelta(days=1000, milliseconds=1)
    return as_bytes(known([Clocked(f.stream, f.event, f.occurred_at, recorded) for f in journal.facts[:count]], AFTER))


def test_what_is_new_is_added_to_what_was_read(journal: Journal, asking: psycopg.Connection) -> None:
    story = told(1)
    for begin in (0, 70, 71, 150):
        end = {0: 70, 70: 71, 71: 150, 150: 200}[begin]
        journal.append_all([[each] for each in story[begin:end]])
        assert load(asking).position == end
        assert seen(asking) == expected(journal, end)
    assert load(asking) is load(asking)


def test_another_journal_in_the_same_database_is_read_anew(journal: Journal, asking: psycopg.Connection) -> None:
    for seed, count in ((1, 200), (2, 150), (3, 200), (4, 60)):
        journal.wipe()
        journal.append_all([[each] for each in told(seed, count)])
        assert seen(asking) == expected(journal, count)


def test_a_transaction_that_began_before_sees_what_was_known_to_it(
    journal: Journal, asking: psycopg.Connection
) -> None:
    story = told(5)
    journal.append_all([[each] for each in story[:120]])
    load(asking)
    with psycopg.connect(journal.url) as before:
        before.execute("set transaction isolation level repeatable read read only")
        before.execute("select from events")
        journal.append_all([[each] for each in story[120:]])
        load(asking)
        assert seen(before, known_at=120) == expected(journal, 120)
    assert seen(asking) == expected(journal, 200)


def test_an_empty_journal_has_no_facts(journal: Journal, asking: psycopg.Connection) -> None:
    assert load(asking).position == 0
    assert len(histories(load(asking), FRAME, AFTER)) == 0


def test_a_fact_that_cannot_be_read_is_left_out(journal: Journal, asking: psycopg.Connection) -> None:
    journal.append_all(
        [[(DEAL, opened(), day(1))], [(DEAL, advanced("proposal"), day(2))], [(DEAL, advanced("contract"), day(3))]]
    )
    journal.forge(3, state=b"\x9a\x01")
    found = histories(load(asking), FRAME, AFTER)
    assert found.codes.stages[int(found.stage[0])] == ("plain", "proposal")


def test_many_may_ask_at_once(journal: Journal) -> None:
    journal.append_all([[each] for each in told(6)])
    found: list[bytes] = []

    def ask() -> None:
        with psycopg.connect(journal.url) as connection:
            found.append(seen(connection))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) == {expected(journal, 200)}
    assert len(found) == 6


def test_a_journal_is_read_in_slices(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "CHUNK", 60)
    monkeypatch.setattr(reading, "AT_ONCE", 7)
    journal.append_all([[each] for each in told(7)])
    assert seen(journal.connection) == expected(journal, 200)


def test_moments_are_read_in_all_their_forms() -> None:
    moments = [day(1), day(1) + timedelta(microseconds=1), datetime(1900, 1, 1, tzinfo=EPOCH.tzinfo), BEGIN]
    moments += [datetime(2600, 1, 1, 1, 2, 3, 4, tzinfo=EPOCH.tzinfo)]
    states = [encode_state(history((moment, opened()))[0]) for moment in moments]
    assert occurred_at(states).tolist() == [(moment - BEGIN) // timedelta(microseconds=1) for moment in moments]
    assert occurred_at([states[0][:10]]).shape == (1,)


def test_every_topic_is_one_of_the_domains_and_what_is_read_of_it_is_there() -> None:
    for topic, lean in TOPICS.items():
        fields = {field.encode_name for field in msgspec.structs.fields(EVENTS[topic])}
        assert {field.encode_name for field in msgspec.structs.fields(lean)} <= fields, topic


def test_the_newest_position_that_counts_is_not_moved_by_what_does_not() -> None:
    story = [live(opened(), 1), live(advanced("proposal"), 3), live(advanced("contract"), 4, recorded=20)]
    gone = live(Opportunity.FactWithdrawn(position=2, reason="typo"), 12)
    more = [*story, imported(opened(), 2, stream=some_id("early")), gone]
    assert [newest_counted(facts(more), at(number), 99) for number in (0, 1, 3, 12, 20)] == [0, 1, 4, 5, 5]
    assert newest_counted(facts(more), at(20), 3) == 3
    assert newest_counted(facts(story), at(9), 99) == 2
