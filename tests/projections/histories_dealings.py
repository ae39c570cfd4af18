"""Random events about what both sides need, give, promise and do together."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal

from domain.account.commitments import CommitmentKind, Commitments
from domain.account.dealings import Side
from domain.account.gifts import Gifts
from domain.account.joint_activities import Contributor, Input, InputKind, JointActivities, JointActivityKind
from domain.account.needs import NeedKind, Needs
from domain.account.value import Value, ValueKind
from domain.account.visits import ObjectiveMet
from domain.aggregate import Event
from domain.money import Money
from tests.domain.given import sealed, some_id
from tests.projections.conftest import START

KEYS = tuple(some_id(f"dealing {n}") for n in range(3))
PEOPLE = tuple(some_id(f"stakeholder {n}") for n in range(3))
OURS = tuple(some_id(f"member {n}") for n in range(4))


def of_dealings(chance: random.Random) -> Event:
    """Something between the two sides."""
    return chance.choice([_of_needs, _of_value, _of_commitments, _of_gifts, _of_activities])(chance)


def _of_needs(chance: random.Random) -> Event:
    need, kind, importance = chance.choice(KEYS), chance.choice(list(NeedKind)), chance.randint(1, 5)
    said, restated = sealed(chance.choice(["rust", "price"])), chance.random() < 0.5
    recorded = Needs.NeedRecorded(
        need_id=need, kind=kind, words=said, importance=importance, stakeholders=PEOPLE[:1], restated=restated
    )
    return chance.choice([recorded, Needs.NeedMet(need_id=need), Needs.NeedDropped(need_id=need, reason="gone")])


def _of_value(chance: random.Random) -> Event:
    value, worth = chance.choice(KEYS), _money(chance)
    given = Value.ValueGiven(
        value_id=value,
        kind=chance.choice(list(ValueKind)),
        what=sealed("two days"),
        given_by=chance.choice(list(Side)),
        worth=worth,
        reckoned=sealed("by hand"),
        cost=_money(chance),
        people=OURS[:1],
    )
    confirmed = Value.ValueAcknowledged(value_id=value, worth=_money(chance), stakeholder=chance.choice(PEOPLE))
    return chance.choice([given, given, confirmed])


def _of_commitments(chance: random.Random) -> Event:
    promise, due_on = chance.choice(KEYS), (START + timedelta(days=chance.randint(0, 90))).date()
    side, kind = chance.choice(list(Side)), chance.choice(list(CommitmentKind))
    made = Commitments.CommitmentMade(
        commitment_id=promise, made_by=side, kind=kind, what=sealed("coils"), due_on=due_on, owner=chance.choice(OURS)
    )
    broken = Commitments.CommitmentBroken(commitment_id=promise, reason="no coils")
    return chance.choice([made, made, broken, Commitments.CommitmentKept(commitment_id=promise)])


def _of_gifts(chance: random.Random) -> Event:
    gift, above_limit = chance.choice(KEYS), chance.random() < 0.3
    worth, approved_by = _money(chance) or Money.of(1, "EUR"), OURS[1] if above_limit else None
    return Gifts.GiftDeclared(
        gift_id=gift,
        stakeholder=chance.choice(PEOPLE),
        what=sealed("tea"),
        value=worth,
        giver=OURS[0],
        approved_by=approved_by,
        above_limit=above_limit,
    )


def _of_activities(chance: random.Random) -> Event:
    activity, kind = chance.choice(KEYS), chance.choice(list(JointActivityKind))
    inputs = tuple(_input(chance) for _ in range(chance.randint(0, 3)))
    proposed = JointActivities.JointActivityProposed(
        activity_id=activity, kind=kind, title="Coil week", aim=sealed("mills"), inputs=inputs, partners=KEYS[:1]
    )
    concluded = JointActivities.JointActivityConcluded(
        activity_id=activity,
        result=sealed("some"),
        attendance=chance.choice([None, 21]),
        aim_met=chance.choice([None, *ObjectiveMet]),
        inputs=inputs,
    )
    return chance.choice([proposed, JointActivities.JointActivityStarted(activity_id=activity), concluded])


def _input(chance: random.Random) -> Input:
    return Input(
        by=chance.choice(list(Contributor)),
        kind=chance.choice(list(InputKind)),
        amount=Money.of(chance.choice([10, 20]), "EUR"),
        days=Decimal(chance.choice(["0.5", "2"])),
        what="hall",
    )


def _money(chance: random.Random) -> Money | None:
    return chance.choice([None, Money.of(chance.choice([10, 20]), chance.choice(["EUR", "CNY", "GBP"]))])
