"""Amounts of any day in the reporting currency: at the last rate of their day, each rounded; none is guessed."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from domain.policies.calendar import day_end, day_of
from projections.deals import rate_ranges
from projections.view import View

FOUR_DIGITS = Decimal("0.0001")


class Reporting:
    """Converts amounts and counts in `missing_rates` those of a currency without a rate on their day."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._rates = rate_ranges(view)
        self.missing_rates: dict[str, int] = {}

    def amount(self, amount: Decimal | None, currency: str, at: datetime) -> Decimal | None:
        """An amount of the company's day in which `at` lies; None where there is none, or no rate."""
        if amount is None:
            return None
        company = self._view.policies.company
        end = day_end(company, day_of(company, at))
        for known, starts, ends, rate in self._rates:
            if known == currency and starts <= end < ends:
                return self._view.money(amount * rate)
        self.missing_rates[currency] = self.missing_rates.get(currency, 0) + 1
        return None


def part_of(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """A part as a share of the whole, with four digits after the point; None where there is no whole above 0."""
    if part is None or whole is None or whole <= 0:
        return None
    return (part / whole).quantize(FOUR_DIGITS, ROUND_HALF_EVEN)


def plain(number: Decimal) -> Decimal:
    """The same number without trailing zeros after the point."""
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()
