"""Random events about competing for a deal: answers, competitors in several spellings, strategies, criteria."""

from __future__ import annotations

import random
from datetime import date

from domain.aggregate import Event
from domain.opportunity.competition import Competition, Strategy
from domain.opportunity.criteria import Criteria, CriterionKind, SetBy
from domain.opportunity.decision_process import DecisionProcess, DecisionStep
from domain.opportunity.qualification import Qualification
from domain.policies.gates import Answer
from tests.domain.given import sealed, some_id

NAMES = ("Acme", "ＡＣＭＥ ", "Zenith", "zenith")
QUESTIONS = ("1", "2", "13")
CRITERIA = (some_id("price"), some_id("service"))


def of_rivals(chance: random.Random) -> Event:
    """Something that became known about the others, or about what the customer decides by."""
    return chance.choice([_answer, _competitor, _criterion, _process])(chance)


def _answer(chance: random.Random) -> Event:
    return Qualification.QualificationAnswered(
        question=chance.choice(QUESTIONS),
        answer=chance.choice(list(Answer)),
        process_edition=1,
        competitor=chance.choice(["", "", *NAMES]),
        evidence=chance.choice([None, sealed("minutes"), sealed("mail")]),
    )


def _competitor(chance: random.Random) -> Event:
    name, text = chance.choice(NAMES), chance.choice([None, sealed("price"), sealed("brand")])
    return chance.choice(
        [
            Competition.CompetitorIdentified(competitor=name, strengths=text),
            Competition.CompetitorAssessed(competitor=name, weaknesses=text),
            Competition.CompetitorAssessed(competitor=name, preferred_by=(some_id("stakeholder 0"),)),
            Competition.StrategyChosen(strategy=chance.choice(list(Strategy)), against=chance.choice(["", name])),
        ]
    )


def _criterion(chance: random.Random) -> Event:
    which, rank = chance.choice(CRITERIA), chance.randint(1, 3)
    kind, set_by = chance.choice(list(CriterionKind)), chance.choice([None, *SetBy])
    return chance.choice(
        [
            Criteria.DecisionCriterionRecorded(
                criterion_id=which, text=sealed("x"), kind=kind, set_by=set_by, priority=rank
            ),
            Criteria.CriterionReranked(criterion_id=which, previous=None, priority=rank),
            Criteria.CriterionStandingStated(
                criterion_id=which, standing=chance.randint(-2, 2), competitor=chance.choice(["", *NAMES])
            ),
        ]
    )


def _process(chance: random.Random) -> Event:
    steps = tuple(DecisionStep("board", on=date(2026, month, 1)) for month in chance.sample(range(1, 12), 2))
    return DecisionProcess.DecisionProcessRecorded(
        steps=steps[: chance.randint(0, 2)], budget_approved=chance.choice([None, True, False])
    )
