"""The stays that a process keeps in columns say of random histories, at all clocks, what the rows themselves say."""

from __future__ import annotations

import pytest

from domain.visibility import Visibility
from projections.conversion import conversion
from projections.deals import Filters
from projections.kept_answers import ANSWERS
from projections.stays import forget, stays_of
from tests.domain.given import some_id
from tests.projections.asking import Office, Questions
from tests.projections.business import Business
from tests.projections.conftest import START, EngineOf, Journal

MEMBERS = [some_id(f"member {n}") for n in range(4)]
HISTORIES = {
    "some late, some withdrawn": Business(),
    "accounts merge and separate": Business(merges=True),
    "closed again and again": Business(days=20, deals=8, withdrawn=0.15),
}


@pytest.mark.parametrize("name", HISTORIES)
def test_what_is_kept_says_what_the_rows_say_while_more_is_recorded(
    name: str, journal: Journal, engine_of: EngineOf
) -> None:
    forget()
    office = Office(journal, engine_of)
    questions, entered = Questions(office, 23, HISTORIES[name]), 0
    for told in (1, 4, 9, 2, 30):
        entered += sum(agrees(office, questions) for _ in range(20))
        journal.append_all([[questions.chronicle.next() for _ in range(size)] for size in range(1, told)])
        office.engine.catch_up()
    assert entered > 300


def agrees(office: Office, questions: Questions) -> int:
    """Ask both ways; how many stays began."""
    (as_of, known_at), filters = questions.clocks(), questions.random.choice([Filters(), questions.filters()])
    visibility = questions.random.choice([None, Visibility(member=None, managers=frozenset(MEMBERS[:2]))])
    with office.view(as_of, known_at, visibility) as view:
        asked = conversion(view, filters)
        view.keeps = True
        assert stays_of(view) is not None
        ANSWERS.forget()
        assert conversion(view, filters) == asked
    return sum(each.entered for each in asked.stages)


def test_rows_that_nobody_recorded_are_asked_themselves(journal: Journal, engine_of: EngineOf) -> None:
    office = Office(journal, engine_of)
    with office.view(START) as view:
        assert stays_of(view) is None
        view.keeps, view.complete = True, False
        assert stays_of(view) is None
