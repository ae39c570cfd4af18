"""The newest facts that had occurred by a moment are those that a search of the journal finds, at all clocks."""

from __future__ import annotations

import random
from uuid import UUID

import psycopg
import pytest

from domain.visibility import Visibility
from projections import recorded_moments
from projections.engine import Clock
from projections.recorded_moments import forget, occurred_back
from projections.view import KnownAt, View
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal
from tests.projections.histories_work import work
from tests.projections.people import at


def found(view: View, topics: tuple[str, ...], first: int = 100, streams: set[UUID] | None = None) -> list[int]:
    """Their positions, as they come."""
    facts = [fact for chunk in occurred_back(view, topics, first, streams) for fact in chunk]
    assert all(fact.occurred_at <= view.clock.as_of for fact in facts)
    assert streams is None or all(fact.originator_id in streams for fact in facts)
    return [fact.position for fact in facts]


def test_the_column_says_what_a_search_says(
    journal: Journal, engine_of: EngineOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget()
    monkeypatch.setattr(recorded_moments, "TOGETHER", 70)
    office, chance, asked = Office(journal, engine_of), random.Random(5), 0
    told = list(work(chance, 900, 100, merges=False))
    topics = tuple(sorted({event.topic for _, event, _ in told}))[::2]
    for size in (400, 1, 4, 90, len(told)):
        few, told = told[:size], told[size:]
        office.journal.append_all([[fact] for fact in few])
        office.engine.catch_up()
        for _ in range(8):
            known_at = chance.choice([None, None, chance.randrange(60, len(office.journal.facts) + 1)])
            with office.view(at(chance.uniform(0, 110)), known_at) as view:
                view.keeps = True
                kept = found(view, topics)
                view.keeps = False
                assert kept == found(view, topics)
                asked += len(kept)
    assert asked > 2_000


def test_the_newest_facts_of_some_streams_are_those_of_a_search(
    journal: Journal, engine_of: EngineOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget()
    monkeypatch.setattr(recorded_moments, "BLOCK", 60)
    monkeypatch.setattr(recorded_moments, "CHUNK", 9)
    office, chance, asked = Office(journal, engine_of), random.Random(8), 0
    told = list(work(chance, 900, 100, merges=False))
    topics = tuple(sorted({event.topic for _, event, _ in told}))[::2]
    every = sorted({stream for stream, _, _ in told})
    for size in (500, 40, len(told)):
        few, told = told[:size], told[size:]
        office.journal.append_all([[fact] for fact in few])
        office.engine.catch_up()
        for several in (0, 1, 1, 2, len(every) // 2, len(every)):
            streams, first = set(chance.sample(every, several)), chance.choice([1, 5, 100])
            known_at = chance.choice([None, None, chance.randrange(60, len(office.journal.facts) + 1)])
            with office.view(at(chance.uniform(0, 110)), known_at) as view:
                searched = found(view, topics, first, streams)
                view.keeps = True
                assert found(view, topics, first, streams) == searched
                found(view.at(at(50)), topics)
                assert found(view, topics, first, streams) == searched
                asked += len(searched)
    assert asked > 500


def test_an_older_transaction_sees_nothing_that_was_read_since(journal: Journal, engine_of: EngineOf) -> None:
    forget()
    office, told = Office(journal, engine_of), list(work(random.Random(3), 300, 60, merges=False))
    topics = tuple(sorted({event.topic for _, event, _ in told}))
    office.journal.append_all([[fact] for fact in told[:150]])
    office.engine.catch_up()
    position = len(office.journal.facts)
    with psycopg.connect(journal.url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        older = View(connection, Clock(at(50), position), KnownAt(position, None), Visibility.whole(), True)
        older.keeps = True
        before = found(older, topics)
        office.journal.append_all([[fact] for fact in told[150:]])
        office.engine.catch_up()
        with office.view(at(50)) as newer:
            newer.keeps = True
            assert len(found(newer, topics)) > len(before) > 0
        assert found(older, topics) == before


def test_of_another_journal_nothing_is_taken_over(journal: Journal, engine_of: EngineOf) -> None:
    forget()
    office, told = Office(journal, engine_of), list(work(random.Random(3), 200, 60, merges=False))
    topics = tuple(sorted({event.topic for _, event, _ in told}))
    office.journal.append_all([[fact] for fact in told])
    office.engine.catch_up()
    with office.view(at(40)) as view:
        view.keeps = True
        whole = found(view, topics)
    with psycopg.connect(journal.url, autocommit=True) as connection:
        connection.execute("alter table events disable trigger all")
        last = "(select max(position) from events)"
        connection.execute(f"update events set recorded_at = recorded_at + interval '1 second' where position = {last}")
        connection.execute("delete from events where position between 20 and 60")
    with office.view(at(40)) as view:
        view.keeps = True
        kept = found(view, topics)
        view.keeps = False
        assert kept == found(view, topics)
        assert len(kept) < len(whole)
