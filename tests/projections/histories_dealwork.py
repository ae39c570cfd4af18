"""Random events about the work on a deal: pursuit, resources, concessions, samples, quotes, milestones, delivery."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal

from domain.aggregate import Event
from domain.money import Money
from domain.opportunity.concessions import Concessions
from domain.opportunity.delivery import Delivery
from domain.opportunity.milestones import Milestones
from domain.opportunity.pursuit import Decision, Pursuit
from domain.opportunity.quote_lines import QuoteLine, Requirement, total_of
from domain.opportunity.quotes import Quotes
from domain.opportunity.resources import Resources
from domain.opportunity.samples import Samples
from tests.domain.given import sealed, some_id

DAYS = (date(2026, 2, 1), date(2026, 3, 15), date(2026, 5, 1))
SAMPLES = (some_id("sample 0"), some_id("sample 1"))
NUMBERS = ("Q-1", "Q-2")
NAMES = ("installation", "training")


def of_dealwork(chance: random.Random) -> Event:
    """Something that was done to win a deal, or to deliver it."""
    return chance.choice([_effort, _effort, _given, _quote, _quote, _delivered])(chance)


def _money(chance: random.Random) -> Money:
    return Money.of(chance.choice(["0.05", "100.15", "812.35"]), chance.choice(["EUR", "USD", "JPY", "GBP"]))


def _effort(chance: random.Random) -> Event:
    days, limit = Decimal(chance.choice(["0.5", "2"])), chance.choice([None, _money(chance)])
    decided = Pursuit.PursuitDecided(
        decision=chance.choice(list(Decision)), by=some_id("member 0"), why="x", cost_allowed=limit, days_allowed=days
    )
    spent = Resources.ResourceSpent(
        kind=chance.choice(["sales", "engineer"]),
        person_days=days,
        cost=_money(chance),
        stage=chance.choice(["potential", "ours"]),
        rate_card_edition=1,
        process_edition=0,
        member=chance.choice([None, some_id("member 1")]),
    )
    reached = Milestones.MilestoneReached(
        milestone=chance.choice(NAMES), stage="ours", process_edition=0, evidence=sealed("mail")
    )
    return chance.choice([decided, spent, spent, reached])


def _given(chance: random.Random) -> Event:
    sample, worth = chance.choice(SAMPLES), chance.choice([None, _money(chance)])
    conceded = Concessions.ConcessionMade(
        asked=sealed("more"), given=sealed("some"), received=chance.choice([None, sealed("time")]), worth=worth
    )
    lent = Samples.SampleLent(sample_id=sample, what="Pump", lent_on=DAYS[0], due_back=DAYS[1], worth=worth)
    return chance.choice([conceded, lent, lent, Samples.SampleReturned(sample_id=sample)])


def _quote(chance: random.Random) -> Event:
    number, day, later = chance.choice(NUMBERS), chance.choice(DAYS), chance.choice([None, *DAYS])
    lines = (QuoteLine("pump", Decimal(chance.randint(1, 3)), Decimal("10.125"), Decimal("0.1")),)
    total = total_of(lines, chance.choice(["EUR", "USD"]))
    return chance.choice(
        [
            Quotes.QuoteRequested(quote_no=number, requested_on=day, requirements=(Requirement.USE,)),
            Quotes.QuoteIssued(
                quote_no=number, version=1, lines=lines, total=total, issued_on=day, valid_until=DAYS[2]
            ),
            Quotes.QuoteRevised(
                quote_no=number,
                version=2,
                lines=lines,
                total=total,
                revised_on=day,
                valid_until=day,
                follow_up_on=later,
            ),
            Quotes.QuoteFollowedUp(quote_no=number, followed_up_on=day, follow_up_on=later),
            Quotes.QuoteAccepted(quote_no=number, version=2, accepted_on=day),
            Quotes.QuoteDeclined(quote_no=number, reason="too dear"),
        ]
    )


def _delivered(chance: random.Random) -> Event:
    name, day = chance.choice(NAMES), chance.choice(DAYS)
    return chance.choice(
        [
            Delivery.DeliveryMilestonePlanned(milestone=name, due=day),
            Delivery.DeliveryMilestoneReached(milestone=name, reached_on=day),
            Delivery.DeliveryMilestoneMissed(milestone=name, missed_on=day, reason="strike"),
            Delivery.DeliveryAccepted(stakeholder=some_id("stakeholder 0"), accepted_on=day),
        ]
    )
