"""A partner programme and facts about its partner Huarui, for several tests."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from domain.account.account import Account
from domain.account.profile import AccountKind
from domain.account.stakeholders import Stakeholders
from domain.partner_programme.compliance import Compliance
from domain.partner_programme.network import Network
from domain.partner_programme.partner_programme import PartnerProgramme
from domain.partner_programme.partners import Partners
from domain.partner_programme.rewards import Rewards
from domain.partner_programme.terms import Obligation, ObligationKind, PartnerSide, Reward, Terms
from tests.domain.given import Fact, day, given, on, sealed, some_id

HUARUI, OTHER, ANNA, WANG = (some_id(name) for name in ("Huarui", "Other", "Anna", "Wang"))
OBLIGATIONS = (
    Obligation(
        key="delivery",
        text="Delivered in time and complete",
        owed_by=PartnerSide.US,
        kind=ObligationKind.DELIVERY,
        weight=Decimal(60),
        threshold=Decimal(80),
    ),
    Obligation(key="training", text="Two trainings", owed_by=PartnerSide.US, weight=Decimal(40)),
    Obligation(
        key="stock",
        text="Thirty days in stock",
        owed_by=PartnerSide.PARTNER,
        kind=ObligationKind.STOCK,
        weight=Decimal(3),
        measured_by="counts of each month",
    ),
    Obligation(key="no-poaching", text="No poaching", owed_by=PartnerSide.PARTNER, kind=ObligationKind.NO_POACHING),
)
REWARDS = (
    Reward(key="trip", text="A journey", from_score=Decimal(90)),
    Reward(key="sign", text="The golden sign", from_score=Decimal(70)),
)
TERMS = Terms(obligations=OBLIGATIONS, rewards=REWARDS, threshold=Decimal(65), holds_from=date(2025, 1, 2))
OPENED = on(day(1), PartnerProgramme.Opened(title="Golden key", terms=TERMS))
ENROLLED = on(
    day(2),
    Partners.PartnerEnrolled(
        account=HUARUI,
        kind=AccountKind.WHOLESALER,
        enrolled_on=date(2025, 1, 3),
        member=ANNA,
        agreed_by=WANG,
    ),
)
LEFT = Partners.PartnerLeft(account=HUARUI, left_on=date(2025, 5, 1), reason="sold")
SCORES = {"delivery": Decimal(90), "training": Decimal(50), "stock": Decimal(80), "no-poaching": Decimal(40)}
FIRST_QUARTER = {"period": "2025-Q1", "first": date(2025, 1, 1), "last": date(2025, 3, 31)}


def scored(**more: Any) -> Compliance.ComplianceScored:
    """The first quarter: we come to 74, Huarui to 70."""
    said: dict[str, Any] = {
        "account": HUARUI,
        **FIRST_QUARTER,
        "edition": 1,
        "scores": SCORES,
        "us": Decimal("74.00"),
        "partner": Decimal("70.00"),
        "threshold": Decimal(65),
        "below": False,
        "scored_on": date(2025, 4, 10),
        "evidence": sealed("counts"),
        "broken_by_us": ("training",),
        "broken_by_partner": ("no-poaching",),
        "earned": ("sign",),
    }
    return Compliance.ComplianceScored(**said | more)


def granted(**more: Any) -> Rewards.RewardGranted:
    """The golden sign for the first quarter."""
    said: dict[str, Any] = {"account": HUARUI, "reward": "sign", "period": "2025-Q1"}
    return Rewards.RewardGranted(**said | more)


def served(**more: Any) -> Network.DownstreamCustomerServed:
    """Huarui delivered valves to somebody."""
    said: dict[str, Any] = {"account": HUARUI, "document_no": "D-1", "what": "valves", "served_on": date(2025, 2, 3)}
    return Network.DownstreamCustomerServed(**said | {"customer_name": sealed("Corner shop")} | more)


def programme(*facts: Fact) -> PartnerProgramme:
    """The golden key, after these facts."""
    return given(PartnerProgramme, OPENED, *facts)


def huarui(kind: AccountKind = AccountKind.WHOLESALER, *facts: Fact) -> Account:
    """The account Huarui with Mr Wang."""
    registered = Account.Registered(name="Huarui", kind=kind)
    added = Stakeholders.StakeholderAdded(stakeholder_id=WANG, name=sealed("王"))
    return given(Account, on(day(1), registered), on(day(1), added), *facts, aggregate_id=HUARUI)
