"""A customer with people, influence and a deal, as facts of a journal: for tests of the decision map and of health."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain.account.account import Account
from domain.account.influence import InfluenceKind, InfluenceNature, Influences
from domain.account.person import Coverage, Level, PoliticalStatus
from domain.account.stakeholders import Stakeholders
from domain.opportunity.buyers import BuyerRole, Buyers, Support
from domain.opportunity.opportunity import Opportunity
from tests.domain.given import sealed, some_id
from tests.projections.conftest import START, Told
from tests.projections.test_visits import logged

ACME, DEAL = some_id("acme"), some_id("deal")
SHEN, GAO, XU, VOSS = (some_id(name) for name in ("shen", "gao", "xu", "voss"))
ANNA, BEN = some_id("anna"), some_id("ben")


def at(day: float) -> datetime:
    """So many days after the start."""
    return START + timedelta(days=day)


def registered(day: float = 0, account: UUID = ACME) -> Told:
    return account, Account.Registered(name="Acme", external_id=f"A-{account.hex[:4]}", currency="EUR"), at(day)


def opened(day: float = 1, deal: UUID = DEAL, account: UUID = ACME) -> Told:
    opening = Opportunity.Opened(account=account, title="Line", process="default", process_edition=1, stage="potential")
    return deal, opening, at(day)


def added(day: float, who: UUID, account: UUID = ACME, **more: Any) -> Told:
    return account, Stakeholders.StakeholderAdded(stakeholder_id=who, name=sealed("沈国梁"), **more), at(day)


def changed(day: float, who: UUID, **more: Any) -> Told:
    return ACME, Stakeholders.StakeholderChanged(stakeholder_id=who, **more), at(day)


def left(day: float, who: UUID) -> Told:
    return ACME, Stakeholders.StakeholderLeft(stakeholder_id=who), at(day)


def inner_circle(day: float, who: UUID) -> Told:
    profiled = Stakeholders.StakeholderProfiled(stakeholder_id=who, political=PoliticalStatus.INNER_CIRCLE)
    return ACME, profiled, at(day)


def assessed(
    day: float, who: UUID, level: Level, desired: Level | None = None, coverage: Coverage | None = None, by: UUID = ANNA
) -> Told:
    fact = Stakeholders.RelationshipAssessed(
        stakeholder=who, member=by, level=level, desired=desired, coverage=coverage
    )
    return ACME, fact, at(day)


def influence(
    day: float,
    of: UUID,
    on: UUID,
    kind: InfluenceKind = InfluenceKind.ADVISES,
    strength: int = 2,
    nature: InfluenceNature = InfluenceNature.POLITICAL,
) -> Told:
    fact = Influences.InfluenceObserved(
        from_stakeholder=of, to_stakeholder=on, kind=kind, strength=strength, nature=nature
    )
    return ACME, fact, at(day)


def no_influence(day: float, of: UUID, on: UUID) -> Told:
    fact = Influences.InfluenceWithdrawn(from_stakeholder=of, to_stakeholder=on, kind=InfluenceKind.ADVISES)
    return ACME, fact, at(day)


def mapped(
    day: float, who: UUID, role: BuyerRole, support: Support, key_player: bool = False, deal: UUID = DEAL
) -> Told:
    return deal, Buyers.BuyerMapped(stakeholder=who, role=role, support=support, key_player=key_player), at(day)


def unmapped(day: float, who: UUID) -> Told:
    return DEAL, Buyers.BuyerUnmapped(stakeholder=who), at(day)


def met(day: float, *who: UUID, ours: tuple[UUID, ...] = (ANNA,), account: UUID = ACME) -> Told:
    visit = logged(visit_id=some_id(f"visit {day} {who}"), stakeholders=who, people=ours, ad_hoc=True)
    return account, visit, at(day)
