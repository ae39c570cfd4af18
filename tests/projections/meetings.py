"""Random events about the people of a customer: who they are, visits, opinions, purchases, their part in a deal."""

from __future__ import annotations

import random
from datetime import timedelta

from domain.account.person import Attitude, Coverage, Level
from domain.account.purchases import Purchases, Satisfaction, SurveyKind
from domain.account.stakeholders import Stakeholders
from domain.account.standing import RelationshipType, ReviewDecision, Standing
from domain.account.visits import VisitKind, VisitPurpose, Visits
from domain.aggregate import Event
from domain.money import Money
from domain.opportunity.buyers import BuyerRole, Buyers, Support
from tests.domain.given import sealed, some_id
from tests.projections.conftest import START
from tests.projections.histories_dealings import of_dealings
from tests.projections.histories_influence import of_influence
from tests.projections.histories_selection import scored
from tests.projections.histories_team import of_team
from tests.projections.histories_trade import of_trade_terms
from tests.projections.histories_visits import in_store
from tests.projections.test_visits import logged

PEOPLE = tuple(some_id(f"stakeholder {n}") for n in range(3))
OURS = tuple(some_id(f"member {n}") for n in range(4))
VISITS = tuple(some_id(f"visit {n}") for n in range(3))


def of_account(chance: random.Random) -> Event:
    """Something that happened with a customer."""
    several = [_of_people, of_influence, _of_visits, _of_standing, _of_trade, of_trade_terms, of_dealings, of_team]
    return chance.choice(several)(chance)


def of_buyers(chance: random.Random) -> Event:
    """Something that became known about the people who decide on a deal."""
    who = chance.choice(PEOPLE)
    role, support = chance.choice(list(BuyerRole)), chance.choice(list(Support))
    mapped = Buyers.BuyerMapped(stakeholder=who, role=role, support=support, key_player=chance.random() < 0.5)
    return chance.choice([mapped, mapped, Buyers.BuyerUnmapped(stakeholder=who)])


def _of_people(chance: random.Random) -> Event:
    who, name = chance.choice(PEOPLE), sealed(chance.choice(["Wang", "Li"]))
    level, coverage = chance.choice(list(Level)), chance.choice([None, *Coverage])
    return chance.choice(
        [
            Stakeholders.StakeholderAdded(stakeholder_id=who, name=name, external_id=chance.choice(["", "P-1"])),
            Stakeholders.StakeholderChanged(stakeholder_id=who, title=chance.choice(["", "Buyer"])),
            Stakeholders.StakeholderLeft(stakeholder_id=who),
            Stakeholders.StakeholderProfiled(stakeholder_id=who, attitude=chance.choice(list(Attitude))),
            Stakeholders.RelationshipAssessed(
                stakeholder=who, member=chance.choice(OURS), level=level, coverage=coverage
            ),
        ]
    )


def _of_visits(chance: random.Random) -> Event:
    visit, start = chance.choice(VISITS), START + timedelta(days=chance.randint(0, 9))
    planned = Visits.VisitPlanned(
        visit_id=visit,
        start=start,
        end=None,
        what=chance.choice(list(VisitKind)),
        why="they asked",
        where="there",
        purpose=chance.choice(list(VisitPurpose)),
        expected_action="names the approver",
        people=tuple(chance.sample(OURS, chance.randint(0, 2))),
        stakeholders=tuple(chance.sample(PEOPLE, chance.randint(0, 2))),
        opportunities=(),
    )
    held = logged(visit_id=visit, minutes=chance.choice([None, 30]), people=OURS[:1], ad_hoc=True)
    moved = Visits.VisitRescheduled(visit_id=visit, start=start, end=start + timedelta(hours=1))
    return chance.choice([planned, held, in_store(chance, visit), moved, Visits.VisitCancelled(visit_id=visit)])


def _of_standing(chance: random.Random) -> Event:
    kind, justified = chance.choice(list(RelationshipType)), "grows"
    granted = Standing.KeyStatusGranted(relationship_type=kind, justification=justified, override="known")
    keep = ReviewDecision.KEEP
    reviewed = Standing.KeyStatusReviewed(decision=keep, relationship_type=kind, justification=justified)
    return chance.choice([granted, reviewed, Standing.KeyStatusWithdrawn(reason="shrinks"), scored(chance)])


def _of_trade(chance: random.Random) -> Event:
    document, revenue = chance.choice(["R-1", "R-2", "R-3"]), Money.of(chance.choice([10, 20]), "EUR")
    survey, score = some_id(chance.choice(["first", "second"])), chance.randint(1, 5)
    bought = Purchases.PurchaseRecorded(document_no=document, revenue=revenue)
    asked = Satisfaction.SatisfactionSurveyed(survey_id=survey, kind=SurveyKind.CSAT, score=score)
    return chance.choice([bought, asked])
