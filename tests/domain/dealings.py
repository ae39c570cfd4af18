"""Facts about what both sides give, promise and do together, for several tests."""

from __future__ import annotations

from datetime import date
from typing import Any

from domain.account.account import Account
from domain.account.commitments import CommitmentKind, Commitments
from domain.account.dealings import Side
from domain.account.gifts import Gifts
from domain.account.joint_activities import (
    Contributor,
    Input,
    InputKind,
    JointActivities,
    JointActivityKind,
)
from domain.account.needs import NeedKind, Needs
from domain.account.stakeholders import Stakeholders
from domain.account.value import Value, ValueKind
from tests.domain.given import Fact, day, eur, given, on, sealed, some_id

WANG, LI, ANNA, BEN, DEAL = (some_id(name) for name in ("Wang", "Li", "Anna", "Ben", "deal"))
NEED, VALUE, PROMISE, GIFT, ACTIVITY, OTHER = (
    some_id(name) for name in ("need", "value", "promise", "gift", "activity", "other")
)
REGISTERED = on(day(1), Account.Registered(name="Huarui Steel"))
WANG_ADDED = on(day(1), Stakeholders.StakeholderAdded(stakeholder_id=WANG, name=sealed("王")))
LI_ADDED = on(day(1), Stakeholders.StakeholderAdded(stakeholder_id=LI, name=sealed("李")))
WANG_LEFT = Stakeholders.StakeholderLeft(stakeholder_id=WANG)
OURS = Input(by=Contributor.US, kind=InputKind.MONEY, amount=eur(5000))
THEIRS = Input(by=Contributor.CUSTOMER, kind=InputKind.SPACE, amount=eur(2000), what="hall 3")


def account(*facts: Fact) -> Account:
    """Huarui Steel with Mr Wang and Ms Li, after these facts."""
    return given(Account, REGISTERED, WANG_ADDED, LI_ADDED, *facts)


def need(**more: Any) -> Needs.NeedRecorded:
    """Mr Wang's problem."""
    said: dict[str, Any] = {"need_id": NEED, "kind": NeedKind.PROBLEM, "words": sealed("rust"), "importance": 3}
    return Needs.NeedRecorded(**said | more)


def value(**more: Any) -> Value.ValueGiven:
    """A training that we gave."""
    return Value.ValueGiven(**{"value_id": VALUE, "kind": ValueKind.TRAINING, "what": sealed("two days")} | more)


def promise(**more: Any) -> Commitments.CommitmentMade:
    """We promised supply until 20 January 2025."""
    said: dict[str, Any] = {"commitment_id": PROMISE, "made_by": Side.US, "kind": CommitmentKind.SUPPLY}
    return Commitments.CommitmentMade(**said | {"what": sealed("coils first"), "due_on": date(2025, 1, 20)} | more)


def gift(**more: Any) -> Gifts.GiftDeclared:
    """Anna gave Mr Wang tea."""
    said: dict[str, Any] = {"gift_id": GIFT, "stakeholder": WANG, "what": sealed("tea"), "value": eur(40)}
    return Gifts.GiftDeclared(**said | {"giver": ANNA} | more)


def proposal(**more: Any) -> JointActivities.JointActivityProposed:
    """A joint promotion."""
    said: dict[str, Any] = {"activity_id": ACTIVITY, "kind": JointActivityKind.JOINT_PROMOTION}
    return JointActivities.JointActivityProposed(**said | {"title": "Coil week", "aim": sealed("30 new mills")} | more)


STARTED = JointActivities.JointActivityStarted(activity_id=ACTIVITY)


def conclusion(**more: Any) -> JointActivities.JointActivityConcluded:
    """It is over."""
    return JointActivities.JointActivityConcluded(**{"activity_id": ACTIVITY, "result": sealed("21 mills")} | more)
