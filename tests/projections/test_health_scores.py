"""Scores that are kept are those worked out afresh, now and in the past, whatever is recorded in between."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from domain.policies.policy import policy_id
from domain.visibility import Visibility
from projections import health_scores
from projections.engine import Clock
from projections.health_scores import kept_scores, present_scores
from projections.kept_answers import ANSWERS
from projections.relationship_health import scores
from projections.view import KnownAt, View
from tests.domain.given import some_id
from tests.projections.asking import Office
from tests.projections.business import Business, Chronicle
from tests.projections.conftest import EngineOf, Journal, Told
from tests.projections.histories_health import lives
from tests.projections.people import at
from tests.projections.test_kept_answers import DEFINED, Written


class Asking(Office):
    """Asks at a moment after all that is recorded."""

    @contextmanager
    def now(self, moment: datetime) -> Iterator[View]:
        position = len(self.journal.facts)
        with self.journal.reading() as connection:
            known = KnownAt(position, min(moment, max(fact.occurred_at for fact in self.journal.facts)))
            view = View(connection, Clock(moment, position), known, Visibility.whole(), True)
            view.keeps = True
            yield view

    def must_agree(self, moment: datetime) -> None:
        with self.now(moment) as view:
            assert kept_scores(view) == scores(view)

    def must_agree_for(self, manager: UUID, moment: datetime) -> None:
        """Also with what somebody is told who sees some of the accounts, of whom the present is kept already."""
        with self.now(moment) as view:
            kept_scores(view)
            mine = view.at(moment)
            mine._visible = None
            mine.visibility = Visibility(member=None, managers=frozenset({manager}))
            assert present_scores(mine) == scores(mine)


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often a book was begun anew."""
    ANSWERS.forget()
    health_scores.forget()
    found, begin = list[int](), health_scores._Book._begin_anew

    def noted(book: health_scores._Book, view: View) -> None:
        found.append(1)
        begin(book, view)

    monkeypatch.setattr(health_scores._Book, "_begin_anew", noted)
    return found


@pytest.fixture
def office(journal: Journal, engine_of: EngineOf) -> Asking:
    return Asking(journal, engine_of)


def test_the_present_of_a_customer_goes_on_until_something_happens(office: Asking, begun: list[int]) -> None:
    told = [(policy_id("Company"), DEFINED, at(0)), *lives(random.Random(4), 130, 200)]
    chance, asked, latest = random.Random(4), 0, at(0)
    while told:
        few, told = told[:5], told[5:]
        office.tell(*few)
        latest = max(latest, *(moment for _, _, moment in few))
        for most in (0, 0.16, 3, 20, 2_000):
            office.must_agree(latest + timedelta(hours=chance.uniform(0, most)))
            asked += 1
    assert 1 <= len(begun) < asked * 0.1


@pytest.mark.parametrize("merges", [False, True])
def test_the_present_of_a_company_follows_late_facts_merges_and_policies(
    merges: bool, office: Asking, begun: list[int]
) -> None:
    written = Written()
    Chronicle(6, Business(facts=420, late=0.5, withdrawn=0.05, merges=merges, largest_append=4)).write(written)  # type: ignore[arg-type]
    asked, latest = 0, at(0)
    for begins in range(0, len(written.appends), 8):
        appends: list[list[Told]] = [list(each) for each in written.appends[begins : begins + 8]]
        office.journal.append_all(appends)
        office.engine.catch_up()
        latest = max(latest, *(moment for append in appends for _, _, moment in append))
        for hours in (0, 0.1, 0.4, 700):
            office.must_agree(latest + timedelta(hours=hours))
            asked += 1
        office.must_agree_for(some_id(f"member {begins // 8 % 4}"), latest + timedelta(hours=3))
    assert 3 < len(begun) < asked * 0.6
