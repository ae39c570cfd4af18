"""A customer's life as relationship health sees it, by chance: meetings, deals, opinions, purchases, a tenth late."""

from __future__ import annotations

import random
from collections.abc import Iterator
from uuid import UUID

from domain.account.contacts import ContactChannel, ContactDirection, Contacts
from domain.account.dealings import Side
from domain.account.person import Coverage, Level
from domain.account.purchases import Purchases, Satisfaction, SurveyKind
from domain.account.value import Value, ValueKind
from domain.opportunity.buyers import BuyerRole, Buyers, Support
from domain.opportunity.opportunity import Opportunity
from domain.policies.policy import policy_id
from domain.policies.sales_target import SalesTarget, TargetScope
from tests.domain.given import eur, sealed, some_id
from tests.projections.conftest import Told
from tests.projections.histories_issues import of_issue, raises
from tests.projections.histories_plans import approved_plan, progress
from tests.projections.people import ACME, ANNA, BEN, GAO, SHEN, XU, added, assessed, at, left, opened, registered
from tests.projections.test_visits import logged

THEIRS, OURS = (SHEN, GAO, XU), (ANNA, BEN, some_id("cleo"))
PLAN = some_id("plan of acme")
DEALS = tuple(some_id(f"deal {n}") for n in range(5))


def lives(chance: random.Random, facts: int, days: int) -> Iterator[Told]:
    """So many facts over so many days."""
    yield registered(0)
    for who in THEIRS:
        yield added(1, who)
    for event in approved_plan(chance, ACME, at(1).date(), days):
        yield PLAN, event, at(1)
    waiting, complaints = list(DEALS), list[UUID]()
    for number in range(facts):
        day = 2 + days * number / facts
        if chance.random() < 0.05:
            complaints.append(some_id(f"issue {number}"))
            yield complaints[-1], raises(chance, ACME, at(day)), at(day)
            continue
        if complaints and chance.random() < 0.1:
            yield chance.choice(complaints), of_issue(chance), at(day)
            continue
        if chance.random() < 0.05:
            yield PLAN, progress(chance, at(day).date()), at(day)
            continue
        if waiting and chance.random() < 0.1:
            yield opened(day, waiting.pop())
            continue
        stream, event, moment = _fact(chance, number, day, [deal for deal in DEALS if deal not in waiting])
        yield stream, event, moment if chance.random() < 0.9 else at(chance.uniform(day, days + 2))


def _fact(chance: random.Random, number: int, day: float, deals: list[UUID]) -> Told:
    who, ours = chance.choice(THEIRS), tuple(chance.sample(OURS, chance.randint(1, 2)))
    amount = eur(chance.choice([-20, 50, 75, 100, 400]))
    made: list[Told] = [
        (ACME, logged(visit_id=some_id(f"v{number}"), people=ours, stakeholders=(who,), ad_hoc=True), at(day)),
        (ACME, _contact(number, ours, who), at(day)),
        (ACME, _survey(chance, number, who), at(day)),
        (ACME, Purchases.PurchaseRecorded(document_no=f"R-{number}", revenue=amount), at(day)),
        (ACME, _value(number), at(day)),
        assessed(day, who, chance.choice(list(Level)), None, chance.choice([None, *Coverage]), chance.choice(OURS)),
    ]
    if deals:
        support, role = chance.choice(list(Support)), chance.choice(list(BuyerRole))
        mapped = Buyers.BuyerMapped(stakeholder=who, role=role, support=support)
        made += [(chance.choice(deals), mapped, at(day))] * 3
        if chance.random() < 0.3:
            made.append((chance.choice(deals), Opportunity.Lost(reasons=("price",)), at(day)))
            made.append((chance.choice(deals), Opportunity.Reopened(previous=None, reason="again"), at(day)))  # type: ignore[arg-type]
    if chance.random() < 0.1:
        made.append(left(day, who))
        target = SalesTarget.TargetSet(
            scope=TargetScope.ACCOUNT, key=str(ACME), period=chance.choice(["2026-Q1", "2026-Q3"]), amount=eur(900),
            previous=None,
        )  # fmt: skip
        made.append((policy_id("SalesTarget"), target, at(day)))
    return chance.choice(made)


def _contact(number: int, ours: tuple[UUID, ...], who: UUID) -> Contacts.ContactLogged:
    return Contacts.ContactLogged(
        contact_id=some_id(f"c{number}"),
        channel=ContactChannel.PHONE,
        direction=ContactDirection.OUT,
        people=ours,
        stakeholders=(who,),
        subject=None,
        message_id="",
    )


def _survey(chance: random.Random, number: int, who: UUID) -> Satisfaction.SatisfactionSurveyed:
    kind, score = chance.choice([(SurveyKind.NPS, chance.randint(0, 10)), (SurveyKind.CSAT, chance.randint(1, 5))])
    return Satisfaction.SatisfactionSurveyed(survey_id=some_id(f"s{number}"), kind=kind, score=score, stakeholder=who)


def _value(number: int) -> Value.ValueGiven:
    return Value.ValueGiven(value_id=some_id(f"w{number}"), kind=ValueKind.SAVING, what=sealed("oil"), given_by=Side.US)
