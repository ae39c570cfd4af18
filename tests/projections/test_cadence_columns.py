"""What became of a whole company's visits, and how often its customers were visited, found in columns, is what their
rows say, at all clocks, while more is recorded, for who sees all and for who does not."""

from __future__ import annotations

import random

import pytest
from msgspec import structs

from domain.account.visits import ObjectiveMet, VisitKind, Visits
from domain.aggregate import Event
from domain.visibility import Visibility
from projections import kept_columns, visit_discipline
from projections.cadence_columns import cadences
from projections.kept_columns import forget
from projections.view import View
from projections.visit_discipline import DisciplineLine, discipline, discipline_of_all
from projections.visit_facts import Held, accounts_asked, held, span_of
from tests.domain.given import some_id
from tests.projections.asking import Office
from tests.projections.business import Business, Chronicle
from tests.projections.conftest import EngineOf, Journal
from tests.projections.histories_visits import in_store
from tests.projections.histories_work import ACCOUNTS, OURS, Told, work
from tests.projections.people import at
from tests.projections.test_kept_answers import Written
from tests.projections.test_visits import PLANNED

VISIBILITIES = [Visibility.whole(), Visibility(member=OURS[0], managers=frozenset(OURS[:1]))]
MONTHS = ("", "", "2026-01", "2026-02", "2026-03", "2026-04", "2026-Q1", "2026", "2027-01")


def with_store_visits(chance: random.Random, told: list[Told]) -> list[Told]:
    """Store visits among what is told, most of them planned before: some moved, some cancelled, most logged."""
    for number in range(90):
        account, visit, start = chance.choice(ACCOUNTS), some_id(f"store visit {number}"), chance.uniform(5, 100)
        planned = structs.replace(PLANNED, visit_id=visit, start=at(start), end=None, what=VisitKind.STORE_VISIT)
        logged = structs.replace(
            in_store(chance, visit),
            objective_met=chance.choice([None, *ObjectiveMet]),
            template_version=1,
        )
        moved = Visits.VisitRescheduled(visit_id=visit, start=at(start + 1), end=None, reason="ill")
        cancelled = Visits.VisitCancelled(visit_id=visit, reason="ill")
        events: list[tuple[Event, float]] = [
            *chance.choice([[], [(planned, start - 4)], [(planned, start - 4), (moved, start - 2)]]),
            *chance.choice([[], [(cancelled, start - 1)], [(logged, start + 1)], [(logged, start + 1)]]),
        ]
        places = sorted(chance.randint(90, len(told)) for _ in events)
        for later, (place, (event, moment)) in enumerate(zip(places, events, strict=True)):
            told.insert(place + later, (account, event, at(moment)))
    return told


def agrees(view: View, month: str, most: int) -> DisciplineLine:
    """Ask both ways."""
    whole = discipline(view, month).whole
    whole.plans, whole.cadence.gaps = [], whole.cadence.gaps[:most]
    assert discipline_of_all(view, month, most=most) == whole
    assert _visits(view, month) == whole_visits(view, month)
    return whole


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
    told, found = with_store_visits(chance, list(work(chance, 300, 100, merges=merges))), list[DisciplineLine]()
    for size in (120, 1, 4, 60, len(told)):
        few_told, told = told[:size], told[size:]
        office.journal.append_all([[fact] for fact in few_told])
        office.engine.catch_up()
        for _ in range(8):
            known_at = chance.choice([None, None, chance.randrange(60, len(office.journal.facts) + 1)])
            with office.view(at(chance.uniform(0, 110)), known_at, chance.choice(VISIBILITIES)) as view:
                view.keeps = chance.random() < 0.8
                found.append(agrees(view, chance.choice(MONTHS), chance.choice([1, 2, 12])))
    assert any(each.cadence.kept for each in found)
    assert any(0 < len(each.cadence.gaps) < each.cadence.accounts - each.cadence.kept for each in found)
    for figure in ("planned", "logged", "cancelled", "outstanding", "ahead", "moved", "ad_hoc"):
        assert any(getattr(each.kept, figure).count for each in found), figure
    assert any(0 < (each.outcome.met_rate or 0) < 1 and 0 < (each.outcome.action_share or 0) < 1 for each in found)
    assert any(each.logging.late.count for each in found)
    assert any(step.positions and step.done for each in found for step in each.steps)


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
