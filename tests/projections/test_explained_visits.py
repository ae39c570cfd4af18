"""Every count of visit discipline is the number of the visits that its explanation names."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest

from domain.account.account import Account
from domain.account.visits import ObjectiveMet, Visits
from domain.visibility import Visibility
from projections.explained import NotExplained
from projections.explained_visits import CELLS, KEPT, OUTCOMES, VisitsCell, explain_visits
from projections.visit_discipline import DisciplineBy, DisciplineLine, discipline
from tests.domain.given import some_id
from tests.projections.asking import Office
from tests.projections.conftest import Told
from tests.projections.test_explained_funnel import WHOLE, adds_up
from tests.projections.test_visit_discipline import ALPHA, ANNA, BEN, BETA, END, SECOND, WHOLESALER, at, planned
from tests.projections.test_visit_discipline import office as office
from tests.projections.test_visits import logged

VISITS = [some_id(f"random visit {n}") for n in range(24)]


def visiting(chance: random.Random) -> list[Told]:
    """Visits of two months to two accounts: planned, moved, cancelled and logged, soon, late or never; one account
    ends up in the other, managers change."""
    told: list[Told] = []
    for visit in VISITS:
        account, start = chance.choice([ALPHA, BETA]), at(chance.randint(1, 28), month=chance.choice([9, 10]))
        people = chance.choice([(), (ANNA,), (BEN,), (ANNA, BEN)])
        said = logged(visit_id=visit, people=people, objective_met=chance.choice([None, *ObjectiveMet]))
        moved = Visits.VisitRescheduled(visit_id=visit, start=at(chance.randint(1, 30)), end=None)
        cancelled = Visits.VisitCancelled(visit_id=visit, reason="closed")
        if chance.random() < 0.8:
            told.append((account, planned(visit, start, *people), at(chance.randint(1, 20), month=9)))
        happened = chance.sample([said, said, moved, cancelled], chance.randint(0, 2))
        told += [(account, each, at(chance.randint(1, 30), month=chance.choice([9, 10]))) for each in happened]
    told.append((ALPHA, Account.ManagerAssigned(manager=BEN), at(15)))
    told.append((BETA, Account.AccountsMerged(into=ALPHA, reason="one", people={}, open_items={}), at(20)))
    return told


def count(line: DisciplineLine, cell: str) -> int:
    if cell == "measured":
        return line.logging.measured
    part: Any = line.kept if cell in KEPT else line.outcome if cell in OUTCOMES else line.logging
    found: int = getattr(part, cell).count
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_visits_add_up_to_every_count_of_discipline(office: Office, seed: int) -> None:
    chance, explained = random.Random(seed), dict.fromkeys(CELLS, 0)
    last = office.tell(*visiting(chance))
    for _ in range(8):
        period, by = chance.choice(["2026-09", "2026-10", "2026"]), chance.choice([*DisciplineBy])
        with office.view(at(chance.randint(1, 31)), chance.choice([last, chance.randint(15, last)])) as view:
            answer = discipline(view, period, by=by)
            asked: list[tuple[dict[str, Any], DisciplineLine]] = [({}, answer.whole)]
            field = "member" if by is DisciplineBy.MANAGER else "account"
            asked += [({field: line.key}, line) for line in answer.lines if line.key]
            for about, line in asked:
                for cell in CELLS:
                    found = explain_visits(view, VisitsCell(cell=cell, period=period, **about), WHOLE)
                    assert found.value == count(line, cell) == len(found.shares), (cell, about)
                    adds_up(found)
                    explained[cell] += len(found.shares)
    assert sum(map(bool, explained.values())) > len(CELLS) - 2, explained


def test_a_cancelled_visit_leads_to_its_plan_and_its_end(office: Office) -> None:
    with office.view(END) as view:
        found = explain_visits(view, VisitsCell(cell="cancelled", period="2026-10", member=ANNA))
        (share,) = found.shares
        assert (found.value, found.unit, share.account) == (Decimal(1), "count", ALPHA)
        assert share.events[-1].contribution == 1
        assert share.events[-1].position == 19
        outlets = explain_visits(view, VisitsCell(cell="planned", outlets_of=WHOLESALER))
        assert outlets.value == 3
        assert explain_visits(view, VisitsCell(cell="planned", account=BETA)).value == 0
        with pytest.raises(NotExplained, match="outstanding"):
            explain_visits(view, VisitsCell(cell="mood"))
    with office.view(at(11)) as view:
        assert explain_visits(view, VisitsCell(cell="cancelled")).value == 0
        assert SECOND not in VISITS
    with office.view(END, visibility=Visibility(member=None, scope="own accounts")) as view:
        assert explain_visits(view, VisitsCell(cell="planned")).value == 0
