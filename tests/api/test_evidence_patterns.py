"""Patterns of dating back: given facts, then what somebody should explain."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from api.evidence.patterns import patterns
from domain.account.visits import Visits
from domain.aggregate import Origin, Recorded
from domain.lateness import late_by
from domain.money import Money
from domain.opportunity.opportunity import Opportunity
from domain.opportunity.qualification import Qualification
from domain.policies.company import Company
from domain.policies.gates import Answer

DEAL, OTHER = UUID(int=1), UUID(int=2)
LIN, MO = UUID(int=11), UUID(int=12)
COMPANY = Company(id=UUID(int=3))
MARCH = datetime(2026, 3, 16, 9, tzinfo=UTC)


class Told:
    """Facts in the order of recording."""

    def __init__(self):
        self.facts = []

    def add(self, event, occurred, recorded, *, actor=LIN, origin=Origin.PERSON, stream=DEAL):
        position = len(self.facts) + 1
        self.facts.append(
            Recorded(
                originator_id=stream,
                originator_version=position,
                event=event,
                occurred_at=occurred,
                recorded_at=recorded,
                position=position,
                actor=actor,
                origin=origin,
            )
        )
        return self

    def found(self):
        return [(pattern.words, pattern.positions) for pattern in patterns(self.facts, COMPANY)]


def revised(amount=5):
    money = Money(amount=amount, currency="EUR")
    return Opportunity.AmountRevised(previous=money, amount=money, reason="")


def advanced():
    return Opportunity.StageAdvanced(from_="a", to="b", process_edition=1, after=(), gates=(), override="")


def answered():
    return Qualification.QualificationAnswered(question="1", answer=Answer.YES, process_edition=1)


def test_a_fact_is_late_when_a_person_records_it_more_than_a_week_after_it_occurred():
    week = timedelta(days=7)
    told = Told().add(revised(), MARCH, MARCH + week).add(revised(), MARCH, MARCH + week + timedelta(seconds=1))
    told.add(revised(), MARCH, MARCH + 2 * week, origin=Origin.IMPORT)
    assert [late_by(fact) is not None for fact in told.facts] == [False, True, False]


def test_figures_dated_into_a_quarter_that_was_over_show():
    april = datetime(2026, 4, 1, 0, 0, tzinfo=UTC)
    told = Told().add(revised(), MARCH, april - timedelta(seconds=1)).add(revised(), MARCH, april)
    assert told.found() == [("1 fact dated into 2026-Q1, recorded after it was over", (2,))]


def test_an_answer_recorded_after_the_advance_that_it_justifies_shows():
    late = MARCH + timedelta(days=2)
    told = Told().add(advanced(), MARCH, MARCH).add(answered(), MARCH - timedelta(days=1), late)
    told.add(answered(), late, late).add(answered(), MARCH, late, stream=OTHER)
    assert [positions for _, positions in told.found()] == [(1, 2)]


def test_a_fact_dated_before_the_end_and_recorded_after_it_shows():
    end = Opportunity.Lost(reasons=("price",))
    told = Told().add(revised(), MARCH - timedelta(days=3), MARCH).add(end, MARCH, MARCH)
    told.add(answered(), MARCH - timedelta(days=1), MARCH + timedelta(days=1))
    assert [positions for _, positions in told.found()] == [(2, 3)]


def test_five_late_facts_of_one_person_within_an_hour_show_and_four_do_not():
    def logged(count, actor):
        for minute in range(count):
            told.add(visit(), MARCH, MARCH + timedelta(days=9, minutes=minute), actor=actor)

    told = Told()
    logged(5, LIN)
    logged(4, MO)
    told.add(visit(), MARCH, MARCH + timedelta(days=9, hours=2), actor=MO)
    assert [positions for _, positions in told.found()] == [(1, 2, 3, 4, 5)]


def visit():
    return Visits.VisitCancelled(visit_id=UUID(int=9), reason="")


def test_an_import_is_not_judged():
    told = Told()
    for _ in range(6):
        told.add(revised(), MARCH, MARCH + timedelta(days=300), origin=Origin.IMPORT)
    assert told.found() == []
