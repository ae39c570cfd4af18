"""Amounts of an opportunity: at the minor unit, in a currency that can be one, never negative."""

from __future__ import annotations

from domain.currencies import currency_code
from domain.errors import Refused
from domain.money import Money


class AmountNegative(Refused):
    """The amount {amount} is negative: state 0 or more, or none."""


def normal(amount: Money) -> Money:
    """The amount at its currency's minor unit; refuses what is no amount or no currency."""
    return Money.of(amount.amount, currency_code(amount.currency))


def see_that_it_is_not_negative(amount: Money | None, field: str = "amount") -> None:
    """Refuse an amount below 0, which stands in a field; none is fine."""
    if amount and amount.amount < 0:
        raise AmountNegative(amount=amount, within=field)
