"""Amounts of money: a Decimal and an ISO 4217 currency, never a float."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

import msgspec

from domain.currencies import currency_code, minor_unit
from domain.errors import Refused


class NotAnAmount(Refused):
    """{found} is not an amount of money: state a number such as 1234.50."""


class CurrenciesDiffer(Refused):
    """{left} and {right} are different currencies and cannot be added: state both amounts in one."""


def rounded(amount: Decimal, currency: str) -> Decimal:
    """The amount rounded half to even to the currency's minor unit."""
    return amount.quantize(minor_unit(currency), ROUND_HALF_EVEN)


class Money(msgspec.Struct, frozen=True, order=False):
    """An amount in a currency, kept at the currency's minor unit."""

    amount: Decimal
    currency: str

    @classmethod
    def of(cls, amount: Decimal | int | str, currency: str) -> Money:
        """Money from a number; refuses what is not finite."""
        try:
            value = Decimal(amount)
        except InvalidOperation:
            raise NotAnAmount(found=amount) from None
        if not value.is_finite():
            raise NotAnAmount(found=amount)
        return cls(rounded(value, currency), currency)

    def normal(self) -> Money:
        """The same amount at the currency's minor unit; refuses what is not finite, and what is no currency."""
        return Money.of(self.amount, currency_code(self.currency))

    def __add__(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise CurrenciesDiffer(left=self.currency, right=other.currency)
        return Money(self.amount + other.amount, self.currency)

    def __str__(self) -> str:
        return f"{self.amount:,} {self.currency}"
