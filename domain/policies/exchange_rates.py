"""Exchange rates (汇率): dated rates to the reporting currency."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from domain.aggregate import Event, Withdrawal, command, learn
from domain.currencies import currency_code
from domain.errors import Refused
from domain.policies.policy import Policy


class RateNotPositive(Refused):
    """{rate} is not a rate for {currency}: state how much of the reporting currency one unit is worth, above 0."""


@learn
class ExchangeRates(Policy, eq=False):
    """What one unit of a currency is worth in the reporting currency. One stream; a rate holds from its moment on."""

    rates: dict[str, Decimal] = msgspec.field(default_factory=dict)

    class RateSet(Event):
        """One unit of a currency is worth this much of the reporting currency."""

        currency: str
        rate: Decimal

        def check(self, rates: ExchangeRates) -> None:
            if not (self.rate.is_finite() and self.rate > 0):
                raise RateNotPositive(currency=self.currency, rate=self.rate)

        def apply(self, rates: ExchangeRates) -> None:
            rates.rates[self.currency] = self.rate

    class FactWithdrawn(Withdrawal):
        """A rate is taken back (冲销)."""

    @command
    def define(self, *, rates: dict[str, Decimal]) -> None:
        """State several rates at once; currencies that are not stated keep theirs."""
        for currency, rate in rates.items():
            self.set_rate(currency=currency, rate=rate)

    @command
    def set_rate(self, *, currency: str, rate: Decimal) -> None:
        """State what one unit of a currency is worth in the reporting currency from now on."""
        code = currency_code(currency)
        event = self.RateSet(currency=code, rate=rate)
        event.check(self)
        if self.rates.get(code) != rate:
            self.record(event)
