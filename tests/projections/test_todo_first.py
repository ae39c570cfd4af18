"""The weightiest things that are due are the first of all that are due, by what a process keeps and without it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from domain.policies.calendar import day_of
from domain.visibility import Visibility
from projections.finding_facts import Facts
from projections.kept_columns import forget
from projections.todo import Todo, dues
from projections.todo_first import first_dues
from projections.view import View
from tests.projections.asking import Office
from tests.projections.conftest import EngineOf, Journal
from tests.projections.histories_work import OURS, work
from tests.projections.people import at

DAYS = 330
VISIBILITIES = [Visibility.whole(), Visibility(member=OURS[0], managers=frozenset(OURS[:1]))]


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Office:
    forget("test_")
    return Office(journal, engine_of)


def rank(view: View, one: Todo) -> tuple[Any, ...]:
    overdue = one.due and one.due < day_of(view.policies.company, view.clock.as_of)
    return not overdue, -one.score, str(one.due), one.name


@contextmanager
def asked(office: Office, chance: random.Random) -> Iterator[View]:
    known_at = chance.choice([None, None, chance.randrange(60, len(office.journal.facts) + 1)])
    with office.view(at(chance.uniform(0, DAYS + 20)), known_at, chance.choice(VISIBILITIES)) as view:
        view.keeps = chance.random() < 0.7
        yield view


@pytest.mark.parametrize("merges", [False, True])
def test_the_weightiest_are_the_first_of_all(merges: bool, office: Office) -> None:
    chance = random.Random(8)
    told, kinds = list(work(chance, 460, DAYS, merges=merges)), set[str]()
    for size in (180, 1, 5, 90, 2, len(told)):
        few, told = told[:size], told[size:]
        office.journal.append_all([[fact] for fact in few])
        office.engine.catch_up()
        for _ in range(5):
            member, most = chance.choice([None, None, *OURS]), chance.choice([1, 3, 8, 50])
            with asked(office, chance) as view:
                found = first_dues(view, most, member)
                every = [each for each in dues(Facts(view)) if member in (None, each.member)]
                every.sort(key=lambda one: rank(view, one))
                kinds |= {each.kind for each in every}
                assert [rank(view, one) for one in found.first] == [rank(view, one) for one in every[:most]]
                assert all(one in every for one in found.first)
                assert found.of_all == len(every)
                assert found.overdue == sum(not rank(view, one)[0] for one in every)
    assert merges or kinds >= {"action_item", "commitment", "visit", "next_step", "review", "issue"}


def test_a_visit_is_due_on_the_day_of_the_company(office: Office) -> None:
    told = list(work(random.Random(2), 60, 10, merges=False))
    office.journal.append_all([[fact] for fact in told])
    office.engine.catch_up()
    for hours in range(0, 48, 5):
        with office.view(at(9) + timedelta(hours=hours)) as view:
            found = first_dues(view, 100)
            assert len(found.first) == found.of_all == len(dues(Facts(view)))
