"""Visits in columns are those of the rows, at all clocks, while more is recorded, for who sees all and for who does
not."""

from __future__ import annotations

import random
from datetime import timedelta

import psycopg
import pytest

from domain.visibility import Visibility
from projections import kept_columns
from projections.engine import Clock
from projections.kept_columns import forget
from projections.view import KnownAt, View
from projections.visit_columns import first_planned, visits_between
from projections.visit_facts import accounts_asked
from projections.visit_list import lines
from projections.visits import VisitStatus
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal
from tests.projections.histories_work import OURS, work
from tests.projections.people import at

VISIBILITIES = [Visibility.whole(), Visibility(member=OURS[0], managers=frozenset(OURS[:1]))]


def agrees(view: View) -> int:
    """Ask both ways; how many visits there are."""
    now = view.clock.as_of
    first, last = now - timedelta(days=30), now + timedelta(days=20)
    found = lines(view, accounts_asked(view), first, last)
    assert [
        (each.visit, each.account, each.status, each.what, each.start, each.at, each.who)
        for each in visits_between(view, first, last)
    ] == [
        (each.visit, each.account, each.status, each.what, each.start, each.at, each.people[0] if each.people else None)
        for each in found
    ]
    planned = [each for each in lines(view, accounts_asked(view), now, last) if each.status is VisitStatus.PLANNED][:2]
    among = lines(view, first_planned(view, now, last, 2), now, last)
    assert [each for each in among if each.status is VisitStatus.PLANNED][:2] == planned
    return len(found)


@pytest.mark.parametrize(("merges", "few"), [(False, 0), (True, 0), (True, 300)])
def test_columns_say_what_the_rows_say(
    merges: bool, few: int, journal: Journal, engine_of: EngineOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget("test_")
    monkeypatch.setattr(kept_columns, "FEW", few)
    office, chance, asked = Office(journal, engine_of), random.Random(5), 0
    told = list(work(chance, 300, 100, merges=merges))
    for size in (120, 1, 4, 60, len(told)):
        few_told, told = told[:size], told[size:]
        office.journal.append_all([[fact] for fact in few_told])
        office.engine.catch_up()
        for _ in range(8):
            known_at = chance.choice([None, None, chance.randrange(60, len(office.journal.facts) + 1)])
            with office.view(at(chance.uniform(0, 110)), known_at, chance.choice(VISIBILITIES)) as view:
                view.keeps = chance.random() < 0.8
                asked += agrees(view)
    assert asked > 60


def test_an_older_transaction_does_not_see_what_was_read_since(journal: Journal, engine_of: EngineOf) -> None:
    forget("test_")
    office, told = Office(journal, engine_of), list(work(random.Random(3), 200, 60, merges=False))
    office.journal.append_all([[fact] for fact in told[:150]])
    office.engine.catch_up()
    position = len(office.journal.facts)
    with psycopg.connect(journal.url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        older = View(connection, Clock(at(80), position), KnownAt(position, None), Visibility.whole(), True)
        older.keeps = True
        before = agrees(older)
        office.journal.append_all([[fact] for fact in told[150:]])
        office.engine.catch_up()
        with office.view(at(80)) as newer:
            newer.keeps = True
            agrees(newer)
        assert agrees(older) == before
