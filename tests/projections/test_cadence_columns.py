"""How often a whole company's customers were visited, found in columns, is what their rows say, at all clocks, while
more is recorded, for who sees all and for who does not."""

from __future__ import annotations

import random

import pytest

from domain.visibility import Visibility
from projections import kept_columns, visit_discipline
from projections.cadence_columns import cadences
from projections.kept_columns import forget
from projections.view import View
from projections.visit_cadence import CadenceKept
from projections.visit_discipline import discipline, discipline_of_all
from projections.visit_facts import Held, accounts_asked, held, span_of
from tests.projections.asking import Office
from tests.projections.business import Business, Chronicle
from tests.projections.conftest import EngineOf, Journal
from tests.projections.histories_work import OURS, work
from tests.projections.people import at
from tests.projections.test_kept_answers import Written

VISIBILITIES = [Visibility.whole(), Visibility(member=OURS[0], managers=frozenset(OURS[:1]))]
MONTHS = ("", "2026-05", "2026-06", "2026-07", "2026-08", "2026-Q3", "2026", "2027-01")


def agrees(view: View, month: str, most: int) -> CadenceKept:
    """Ask both ways."""
    whole = discipline(view, month).whole
    whole.plans, whole.cadence.gaps = [], whole.cadence.gaps[:most]
    assert discipline_of_all(view, month, most=most) == whole
    assert _visits(view, month) == whole_visits(view, month)
    return whole.cadence


def _visits(view: View, month: str) -> list[Held]:
    span = span_of(view, month)
    return held(view, accounts_asked(view), span.starts, span.ends)


def whole_visits(view: View, month: str) -> list[Held]:
    """The visits of a month, found among all rows."""
    keeps, view.keeps = view.keeps, False
    found = _visits(view, month)
    view.keeps = keeps
    return found


@pytest.mark.parametrize(("merges", "few"), [(False, 0), (True, 0), (True, 300)])
def test_columns_say_what_the_rows_say(
    merges: bool, few: int, journal: Journal, engine_of: EngineOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget("test_")
    monkeypatch.setattr(kept_columns, "FEW", few)
    office, chance = Office(journal, engine_of), random.Random(7)
    told, found = list(work(chance, 300, 100, merges=merges)), list[CadenceKept]()
    for size in (120, 1, 4, 60, len(told)):
        few_told, told = told[:size], told[size:]
        office.journal.append_all([[fact] for fact in few_told])
        office.engine.catch_up()
        for _ in range(8):
            known_at = chance.choice([None, None, chance.randrange(60, len(office.journal.facts) + 1)])
            with office.view(at(chance.uniform(0, 110)), known_at, chance.choice(VISIBILITIES)) as view:
                view.keeps = chance.random() < 0.8
                found.append(agrees(view, chance.choice(MONTHS), chance.choice([1, 2, 12])))
    assert any(each.kept for each in found)
    assert any(0 < len(each.gaps) < each.accounts - each.kept for each in found)


def test_a_wild_history_is_counted_in_columns(journal: Journal, engine_of: EngineOf) -> None:
    forget("test_")
    office, written, chance, counted = Office(journal, engine_of), Written(), random.Random(11), 0
    Chronicle(11, Business(facts=420, late=0.3, withdrawn=0.05, merges=True)).write(written)  # type: ignore[arg-type]
    journal.append_all([list(each) for each in written.appends])
    office.engine.catch_up()
    for _ in range(12):
        known = chance.randint(len(journal.facts) // 2, len(journal.facts))
        with office.view(at(chance.uniform(20, 120)), known) as view:
            view.keeps = True
            month = chance.choice(MONTHS)
            agrees(view, month, visit_discipline.MOST)
            counted += cadences(view, span_of(view, month), 1) is not None
    assert counted == 12
