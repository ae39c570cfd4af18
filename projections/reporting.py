"""Amounts of any day in the reporting currency: at the last rate of their day, each rounded; none is guessed."""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Any

from domain.aggregate import BEGINNING, END_OF_TIME
from domain.journal.reading import microseconds
from domain.policies.calendar import day_end, day_of
from projections.deal_values import RATE_CTE, half_even
from projections.deals import Range, rate_parameters, rate_ranges
from projections.view import View

if TYPE_CHECKING:
    from numpy.typing import NDArray

FOUR_DIGITS = Decimal("0.0001")


class Rates:
    """Dated rates to the reporting currency, as of the view's clocks. `currency` stands for it where it is known from
    elsewhere."""

    def __init__(self, view: View, currency: str | None = None) -> None:
        self.currency = view.currency if currency is None else currency
        self._ranges: list[Range] = [each for each in rate_ranges(view) if each[0] != self.currency]
        self._ranges.append((self.currency, BEGINNING, END_OF_TIME, Decimal(1)))
        self._of: dict[str, list[Range]] = {}
        for each in self._ranges:
            self._of.setdefault(each[0], []).append(each)

    def at(self, currency: str, moment: datetime) -> Decimal | None:
        """What one unit was worth at a moment; None where that is not known."""
        dated = self._of.get(currency, [])
        place = bisect_right(dated, moment, key=lambda each: each[1]) - 1
        return dated[place][3] if place >= 0 and moment < dated[place][2] else None

    def many(self, currency: str, moments: NDArray[Any]) -> NDArray[Any]:
        """What one unit was worth at moments, as columns have them; not a number where that is not known."""
        import numpy as np

        dated = self._of.get(currency, [])
        if not dated:
            return np.full(len(moments), np.nan)
        starts = np.array([microseconds(start) for _, start, _, _ in dated], np.int64)
        ends = np.array([microseconds(end) for _, _, end, _ in dated], np.int64)
        places = np.searchsorted(starts, moments, side="right") - 1
        known = (places >= 0) & (moments < ends[places])
        worth = np.array([float(each[3]) for each in dated])
        return np.where(known, worth[places], np.nan)

    @property
    def parameters(self) -> dict[str, list[Any]]:
        """For `RATE_CTE`."""
        return rate_parameters(self._ranges)


class Reporting:
    """Converts amounts and counts in `missing_rates` those of a currency without a rate on their day."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._rates = Rates(view)
        self.missing_rates: dict[str, int] = {}

    def amount(self, amount: Decimal | None, currency: str, at: datetime) -> Decimal | None:
        """An amount of the company's day in which `at` lies; None where there is none, or no rate."""
        if amount is None:
            return None
        company = self._view.policies.company
        rate = self._rates.at(currency, day_end(company, day_of(company, at)))
        if rate is not None:
            return self._view.money(amount * rate)
        self.count_missing(currency)
        return None

    def count_missing(self, currency: str, amounts: int = 1) -> None:
        """Count amounts in a currency without a rate."""
        self.missing_rates[currency] = self.missing_rates.get(currency, 0) + amounts


def purchases_valued(rows: str, currency: str) -> str:
    """CTEs that end with `valued`: the columns of `rows` (SQL with at, currency, revenue, margin), the company's `day`,
    `rate` (null where there is none on that day), and, each rounded, `value` and `value_of_margin`.

    Its parameters are `zone` and those of `Rates`.
    """
    return f"""
with bought as ({rows}), {RATE_CTE},
raw as (select bought.*, (at at time zone %(zone)s)::date as day, r.rate, revenue * r.rate as raw_revenue,
    margin * r.rate as raw_margin from bought
    left join rate r on r.currency = bought.currency and at >= r.from_day and at < r.to_day),
valued as (select raw.*, {half_even("raw_revenue", currency)} as value,
    {half_even("raw_margin", currency)} as value_of_margin from raw)
"""


def part_of(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """A part as a share of the whole, with four digits after the point; None where there is no whole above 0."""
    if part is None or whole is None or whole <= 0:
        return None
    return (part / whole).quantize(FOUR_DIGITS, ROUND_HALF_EVEN)


def plain(number: Decimal) -> Decimal:
    """The same number without trailing zeros after the point."""
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()
