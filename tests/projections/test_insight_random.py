"""Over random histories the insight counts what a person would, going through the facts of each deal."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, datetime, timedelta

import pytest

from domain.aggregate import Event
from domain.opportunity.opportunity import Opportunity
from domain.opportunity.outcome import Outcome
from domain.opportunity.qualification import Qualification
from domain.policies.gates import Answer
from projections.qualification_insight import Asked, insight
from tests.domain.given import eur, some_id
from tests.projections.asking import Office
from tests.projections.conftest import START, EngineOf, Journal
from tests.projections.naive import Fact

ENDINGS = {Opportunity.Won: "won", Opportunity.Lost: "lost", Opportunity.Disqualified: "disqualified"}
Counted = Counter[tuple[str, str, Answer, bool]]
DEALS = [some_id(f"deal {n}") for n in range(10)]


def _written(chance: random.Random, journal: Journal) -> list[Fact]:
    """Deals that are answered for, closed and reopened, often late; their openings lie before everything."""
    opened = Opportunity.Opened(account=DEALS[0], title="x", process="plain", process_edition=0, stage="prospecting")
    journal.append_all([[(deal, opened, START)] for deal in DEALS])
    for hour in range(1, 200):
        told = []
        for _ in range(chance.choice([1, 1, 3])):
            at = hour if chance.random() < 0.6 else chance.randint(1, hour)
            told.append((chance.choice(DEALS), _event(chance), START + timedelta(hours=at // 4)))
        journal.append(*told)
    return journal.facts


def _event(chance: random.Random) -> Event:
    kind = chance.random()
    if kind < 0.7:
        return Qualification.QualificationAnswered(
            question=chance.choice("12"), answer=chance.choice(list(Answer)), process_edition=0
        )
    if kind < 0.75:
        return Opportunity.OwnerChanged(previous=None, owner=chance.choice(DEALS))
    ends: list[Event] = [Opportunity.Won(signed=eur(1)), Opportunity.Lost(), Opportunity.Disqualified()]
    return chance.choice([*ends, Opportunity.Reopened(previous=Outcome.LOST, reason="they called")])


@pytest.mark.parametrize("seed", [1, 2])
def test_the_insight_counts_what_was_known_of_each_deal_at_half_of_its_life(
    seed: int, journal: Journal, engine_of: EngineOf
) -> None:
    chance, office, seen = random.Random(seed), Office(journal, engine_of), 0
    facts = _written(chance, journal)
    office.engine.catch_up()
    for _ in range(25):
        as_of, known_at = chance.choice(facts).occurred_at, chance.choice([facts[-1], chance.choice(facts)]).step
        with office.view(as_of, known_at) as view:
            answer = insight(view, asked=Asked(since=date(2020, 1, 1), until=date(2030, 1, 1)))
        found: Counted = Counter()
        for line in answer.questions:
            for stood, share in ((Answer.YES, line.yes), (Answer.NO, line.no)):
                found[line.process, line.question, stood, True] = share.part
                found[line.process, line.question, stood, False] = share.whole - share.part
        expected, deals = _counted(facts, as_of, known_at)
        assert (+found, answer.deals) == (+expected, deals)
        seen += expected.total()
    assert seen > 50


def _counted(facts: list[Fact], as_of: datetime, known_at: int) -> tuple[Counted, int]:
    held = [fact for fact in facts if fact.step <= known_at and fact.occurred_at <= as_of]
    streams: dict[object, list[Fact]] = {}
    for fact in sorted(held, key=lambda fact: (fact.occurred_at, fact.position)):
        streams.setdefault(fact.stream, []).append(fact)
    counted, deals = Counted(), 0
    for deal in streams.values():
        opening = next((fact for fact in deal if isinstance(fact.event, Opportunity.Opened)), None)
        end = _end(deal)
        if opening and end and ENDINGS[type(end.event)] != "disqualified":
            deals += 1
            assert isinstance(opening.event, Opportunity.Opened)
            for question, stood in _stood(deal, opening.occurred_at, end).items():
                won = isinstance(end.event, Opportunity.Won)
                counted[opening.event.process, question, stood, won] += stood is not Answer.UNKNOWN
    return counted, deals


def _end(deal: list[Fact]) -> Fact | None:
    """What ended the deal; of the same said twice for one moment, the first."""
    end: Fact | None = None
    for fact in deal:
        if isinstance(fact.event, Opportunity.Reopened):
            end = None
        elif type(fact.event) in ENDINGS:
            again = end and (type(end.event), end.occurred_at) == (type(fact.event), fact.occurred_at)
            end = end if again else fact
    return end


def _stood(deal: list[Fact], opened: datetime, end: Fact) -> dict[str, Answer]:
    cut, found = opened + (end.occurred_at - opened) / 2, dict[str, Answer]()
    for fact in deal:
        event = fact.event
        if isinstance(event, Qualification.QualificationAnswered) and not event.competitor:
            in_time = fact.occurred_at <= cut and fact.occurred_at < end.occurred_at
            if in_time and fact.position < end.position:
                found[event.question] = event.answer
    return found
