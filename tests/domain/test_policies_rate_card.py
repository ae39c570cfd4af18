"""The rate card: what a person-day of each kind of resource costs."""

from __future__ import annotations

from decimal import Decimal

import pytest

from domain.currencies import NotACurrency
from domain.errors import Refused
from domain.money import Money
from domain.policies.policy import policy_id
from domain.policies.rate_card import (
    RateCard,
    RateNegative,
    ResourceKeyUnusable,
    ResourceKindUnknown,
    ResourceRate,
)
from tests.domain.given import after_snapshot, eur, recorded

SALES, ENGINEER = (
    ResourceRate("sales", "Sales", eur(600)),
    ResourceRate("engineer", "Engineer", eur("812.35"), "工程师"),
)


def card(*rates: ResourceRate) -> RateCard:
    it = RateCard(id=policy_id("RateCard"))
    if rates:
        it.define(rates=rates)
        recorded(it)
    return it


def test_a_rate_card_is_defined_once_and_anew_as_another_edition() -> None:
    it = card()
    it.define(rates=(SALES, ENGINEER))
    it.define(rates=(SALES, ENGINEER))
    it.define(rates=(SALES,))
    assert recorded(it) == [
        RateCard.Defined(edition=1, rates=(SALES, ENGINEER)),
        RateCard.Defined(edition=2, rates=(SALES,)),
    ]
    assert (it.edition, it.rates) == (2, {"sales": SALES})
    assert after_snapshot(it).rates == it.rates


def test_a_rate_is_kept_at_the_minor_unit_of_its_currency() -> None:
    it = card(ResourceRate("sales", "Sales", Money(Decimal("600.005"), "eur")))
    assert it.rate("sales").per_day == Money(Decimal("600.00"), "EUR")


def test_what_is_shown_can_be_set_again() -> None:
    it = card(SALES, ENGINEER)
    it.define_from(it.to_document())
    assert recorded(it) == []


def test_person_days_cost_their_rate_rounded_half_to_even() -> None:
    assert ENGINEER.cost_of(Decimal("2.5")) == eur("2030.88")  # 2030.875: to the even cent
    assert ResourceRate("x", "X", eur("0.05")).cost_of(Decimal("0.5")) == eur("0.02")  # 0.025
    assert ResourceRate("x", "X", Money(Decimal(1001), "JPY")).cost_of(Decimal("0.5")) == Money(Decimal(500), "JPY")


def test_a_kind_that_is_not_on_the_card_is_refused_and_those_that_are_listed() -> None:
    with pytest.raises(ResourceKindUnknown, match="has no resource kind magic; it has: sales, engineer"):
        card(SALES, ENGINEER).rate("magic")
    with pytest.raises(ResourceKindUnknown, match="define a rate card first"):
        card().rate("sales")


@pytest.mark.parametrize(
    ("rates", "refusal"),
    [
        ((ResourceRate(" ", "Blank", eur(1)),), ResourceKeyUnusable),
        ((SALES, SALES), ResourceKeyUnusable),
        ((ResourceRate("sales", "Sales", eur(-1)),), RateNegative),
        ((ResourceRate("sales", "Sales", Money(Decimal(1), "EURO")),), NotACurrency),
    ],
)
def test_a_rate_card_is_refused(rates: tuple[ResourceRate, ...], refusal: type[Refused]) -> None:
    it = card()
    with pytest.raises(refusal):
        it.define(rates=rates)
    assert recorded(it) == []


def test_a_rate_of_nothing_is_fine() -> None:
    assert card(ResourceRate("intern", "Intern", eur(0))).rate("intern").cost_of(Decimal(3)) == eur(0)
