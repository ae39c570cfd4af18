"""Gifts: declared with their value; above the company's limit somebody else than the giver approves."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.account.account import Account
from domain.account.gifts import ApproverIsGiver, ApproverMissing, GiftNotComparable, exceeds
from domain.account.stakeholders import StakeholderHasLeft, StakeholderUnknown
from domain.aggregate import LaterFactForbids
from domain.claims import Claim
from domain.money import Money
from domain.opportunity.amounts import AmountNegative
from domain.policies.company import Company
from domain.policies.exchange_rates import ExchangeRates
from domain.policies.policy import policy_id
from tests.domain.dealings import ANNA, BEN, DEAL, GIFT, REGISTERED, WANG, WANG_ADDED, WANG_LEFT, account, gift
from tests.domain.given import ROOT, day, eur, history, late, on, recorded, sealed


def cny(amount: int) -> Money:
    return Money.of(amount, "CNY")


def declaring(value: Money, limit: Money | None = None, /, rates: dict[str, str] | None = None, **more: Any) -> Any:
    """The words of a declaration at a company of that limit."""
    company = Company(id=policy_id("Company"), currency="EUR", gift_limit=limit, edition=4)
    known = {code: Decimal(rate) for code, rate in (rates or {}).items()}
    exchange_rates = ExchangeRates(id=policy_id("ExchangeRates"), rates=known)
    said = {"gift_id": GIFT, "stakeholder": WANG, "what": sealed("tea"), "value": value, "giver": ANNA}
    return said | more | {"company": company, "exchange_rates": exchange_rates}


def test_a_gift_is_declared_with_its_value_and_the_limit_of_that_moment():
    huarui = account()
    huarui.gifts.declare(**declaring(Money(Decimal("50.004"), "EUR"), eur(50)))
    assert recorded(huarui) == [gift(value=eur("50.00"), limit=eur(50), company_edition=4)]


def test_without_a_limit_no_gift_needs_an_approver():
    huarui = account()
    huarui.gifts.declare(**declaring(cny(90_000)))
    assert recorded(huarui) == [gift(value=cny(90_000), company_edition=4)]


def test_above_the_limit_somebody_else_than_the_giver_approves():
    huarui = account()
    with pytest.raises(ApproverMissing, match=r"50.01 EUR is above the company's limit of 50.00 EUR"):
        huarui.gifts.declare(**declaring(eur("50.01"), eur(50)))
    with pytest.raises(ApproverIsGiver, match=str(ANNA)):
        huarui.gifts.declare(**declaring(eur("50.01"), eur(50), approved_by=ANNA))
    assert recorded(huarui) == []
    huarui.gifts.declare(**declaring(eur("50.01"), eur(50), approved_by=BEN))
    assert recorded(huarui) == [
        gift(value=eur("50.01"), limit=eur(50), above_limit=True, approved_by=BEN, company_edition=4)
    ]


@pytest.mark.parametrize(
    ("value", "limit", "rates", "above"),
    [
        (cny(400), eur(50), {"CNY": "0.125"}, False),
        (cny(401), eur(50), {"CNY": "0.125"}, True),
        (eur(51), cny(400), {"CNY": "0.125"}, True),
        (cny(800), Money.of(100, "USD"), {"CNY": "0.125", "USD": "1"}, False),
        (cny(300), cny(200), {}, True),
        (cny(300), None, {}, False),
    ],
)
def test_a_gift_and_a_limit_of_two_currencies_are_compared_in_the_reporting_currency(value, limit, rates, above):
    assert exceeds(value, limit, "EUR", {code: Decimal(rate) for code, rate in rates.items()}) is above


@pytest.mark.parametrize(
    ("value", "limit", "rates", "missing"),
    [
        (cny(1), eur(50), {}, "CNY"),
        (eur(1), cny(400), {}, "CNY"),
        (cny(1), Money.of(9, "USD"), {"CNY": "0.125"}, "USD"),
    ],
)
def test_a_gift_in_a_currency_without_a_rate_is_refused_and_says_so(value, limit, rates, missing):
    huarui = account()
    with pytest.raises(GiftNotComparable, match=f"no rate for {missing}.*state the value in {limit.currency}"):
        huarui.gifts.declare(**declaring(value, limit, rates=rates, approved_by=BEN))
    assert recorded(huarui) == []


def test_a_gift_of_negative_value_or_to_nobody_is_refused():
    with pytest.raises(AmountNegative):
        account().gifts.declare(**declaring(eur(-1)))
    with pytest.raises(StakeholderUnknown):
        account().gifts.declare(**declaring(eur(1), stakeholder=DEAL))
    with pytest.raises(StakeholderHasLeft):
        account(WANG_LEFT).gifts.declare(**declaring(eur(1)))


def test_a_gift_is_declared_once():
    assert gift().claims(ROOT) == [Claim("gift", str(ROOT), str(GIFT))]


def test_a_gift_is_declared_late_to_who_was_there_then_and_who_got_one_later_has_not_left_before():
    facts = history(REGISTERED, WANG_ADDED, on(day(5), WANG_LEFT))
    (declared,) = late(Account, facts, day(4), lambda a: a.gifts.declare(**declaring(eur(1))))
    assert (declared.stakeholder, declared.above_limit) == (WANG, False)
    facts = history(REGISTERED, WANG_ADDED, on(day(5), gift()))
    with pytest.raises(LaterFactForbids, match="GiftDeclared"):
        late(Account, facts, day(4), lambda a: a.stakeholders.leave(stakeholder_id=WANG))
