"""Random facts of a partner programme: partners come and go, are scored, rewarded, and serve others."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import msgspec

from domain.account.profile import AccountKind
from domain.aggregate import Event
from domain.money import Money
from domain.partner_programme.compliance import Compliance
from domain.partner_programme.network import Network
from domain.partner_programme.partner_programme import PartnerProgramme
from domain.partner_programme.partners import Partners
from domain.partner_programme.rewards import Rewards
from domain.partner_programme.terms import PartnerSide, broken, earned, weighted_score
from tests.domain.given import sealed, some_id
from tests.domain.partners import TERMS

PROGRAMME = some_id("programme")
BEGUN = PartnerProgramme.Opened(title="Golden key", terms=TERMS)
QUARTERS = {"2026-Q1": date(2026, 1, 1), "2026-Q2": date(2026, 4, 1), "2026-Q3": date(2026, 7, 1)}


def of_programme(chance: random.Random, accounts: Sequence[UUID]) -> tuple[UUID, Event]:
    """A fact of the programme, and its stream."""
    account, day = chance.choice(accounts), date(2026, 1, 5) + timedelta(days=chance.randint(0, 200))
    kind = chance.randint(0, 9)
    if kind < 2:
        return PROGRAMME, _coming_or_going(chance, account, day)
    if kind < 6:
        return PROGRAMME, _scored(chance, account, day)
    if kind < 7:
        terms = msgspec.structs.replace(TERMS, threshold=Decimal(chance.randint(40, 90)), holds_from=day)
        return PROGRAMME, PartnerProgramme.Revised(edition=chance.randint(2, 4), terms=terms, reason="anew")
    if kind < 8:
        reward, period = chance.choice(("trip", "sign")), chance.choice(list(QUARTERS))
        if chance.random() < 0.3:
            gone = Rewards.RewardWithdrawn(account=account, reward=reward, period=period, reason="twice")
            return PROGRAMME, gone
        value = chance.choice([None, Money.of("99.95", "USD")])
        return PROGRAMME, Rewards.RewardGranted(account=account, reward=reward, period=period, value=value)
    name = chance.choice([None, sealed("Corner shop")])
    return PROGRAMME, Network.DownstreamCustomerServed(
        account=account,
        document_no=f"D-{chance.randint(1, 9)}",
        what="valves",
        served_on=day,
        customer=None if name else chance.choice(accounts),
        customer_name=name,
        amount=chance.choice([None, Money.of("12.50", "EUR"), Money.of("700", "CNY")]),
    )


def _coming_or_going(chance: random.Random, account: UUID, day: date) -> Event:
    if chance.random() < 0.3:
        return Partners.PartnerLeft(account=account, left_on=day, reason="sold")
    kind = chance.choice(list(AccountKind))
    return Partners.PartnerEnrolled(
        account=account, kind=kind, enrolled_on=day, member=some_id("member 1"), agreed_by=some_id("person 1")
    )


def _scored(chance: random.Random, account: UUID, day: date) -> Event:
    period = chance.choice(list(QUARTERS))
    scores = {each.key: Decimal(chance.randint(0, 10)) * 10 for each in TERMS.obligations}
    partner = weighted_score(TERMS, PartnerSide.PARTNER, scores)
    first = QUARTERS[period]
    return Compliance.ComplianceScored(
        account=account,
        period=period,
        first=first,
        last=(first + timedelta(days=93)).replace(day=1) - timedelta(days=1),
        edition=1,
        scores=scores,
        us=weighted_score(TERMS, PartnerSide.US, scores),
        partner=partner,
        threshold=TERMS.threshold,
        below=partner < TERMS.threshold,
        scored_on=day,
        evidence=sealed("counts"),
        broken_by_us=broken(TERMS, PartnerSide.US, scores),
        broken_by_partner=broken(TERMS, PartnerSide.PARTNER, scores),
        earned=earned(TERMS, partner),
    )
