"""Amounts in the reporting currency, by the rates and list prices that were knowable at a moment."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from domain.currencies import minor_unit
from projections.forecasting.decoding import Moments
from projections.forecasting.histories import NONE, Numbers, Places
from projections.forecasting.known import Tables
from projections.forecasting.tables import Table, distinct


class Money(Protocol):
    """What is asked of a frame here: the reporting currency."""

    @property
    def currency(self) -> str:
        """Its three letters, empty where the company has none."""


class Values:
    """Rates and prices that counted at a moment. A rate holds from its moment on, until the next one of its currency;
    the reporting currency's is 1 for ever."""

    def __init__(self, tables: Tables, frame: Money, at: int, known_at: int) -> None:
        self._tables, self._currency = tables, frame.currency
        rates = tables.rates.known(at, known_at)
        self._rates = tables.rates.taken(rates)
        self._price, self._unit = _prices(tables, at, known_at)

    def stated(self, amounts: Numbers, units: Places, valued_at: Moments) -> Numbers:
        """Amounts of currencies, each at the rate of a moment; NaN without a rate."""
        found = np.full(len(amounts), np.nan)
        for unit in distinct(units[units >= 0]).tolist():
            of_unit = np.flatnonzero(units == unit)
            found[of_unit] = amounts[of_unit] * self._rate(unit, valued_at[of_unit])
        return found

    def listed(self, baskets: Places, valued_at: Moments) -> Numbers:
        """The list prices of baskets of products; NaN for an empty basket and where a price or a rate is missing."""
        first, products = self._tables.products_of_baskets
        counts = np.where(baskets >= 0, (first[1:] - first[:-1])[baskets] if len(first) > 1 else 0, 0)
        deals = np.repeat(np.arange(len(baskets)), counts)
        inside = np.arange(len(deals)) - np.repeat(np.cumsum(counts) - counts, counts)
        one = products[first[baskets[deals]] + inside]
        prices = self.stated(self._price[one], self._unit[one], valued_at[deals])
        found: Numbers = np.where(counts > 0, np.bincount(deals, prices, len(baskets)), np.nan)
        return found

    def first_products(self, baskets: Places) -> Places:
        """The first product of each basket, with which a deal stands in groups; NONE in an empty one."""
        firsts = np.array([basket[0] if basket else NONE for basket in self._tables.baskets] or [NONE], np.int32)
        return np.where(baskets >= 0, firsts[baskets], NONE).astype(np.int32)

    def rounded(self, amounts: Numbers) -> Numbers:
        """Half to even at the minor unit, where a half is what a float can tell from one no more."""
        unit = minor_unit(self._currency) if self._currency else None
        digits = -int(unit.as_tuple().exponent) if unit is not None else 2
        scaled = amounts * 10.0**digits
        below = np.floor(scaled)
        halfway = np.abs(scaled - below - 0.5) <= np.maximum(1e-6, np.abs(scaled) * 1e-15)
        whole: Numbers = np.rint(scaled)
        whole[halfway] = below[halfway] + below[halfway] % 2
        found: Numbers = whole / 10.0**digits
        return found

    def _rate(self, unit: int, valued_at: Moments) -> Numbers:
        if unit < 0:
            return np.full(len(valued_at), np.nan)
        if self._tables.currencies[unit] == self._currency:
            return np.ones(len(valued_at))
        first, last = np.searchsorted(self._rates.of, [unit, unit + 1])
        if first == last:
            return np.full(len(valued_at), np.nan)
        place = np.searchsorted(self._rates.occurred[first:last], valued_at, side="right") - 1
        return np.where(place >= 0, self._rates.value[first:last][np.maximum(place, 0)], np.nan)


def _prices(tables: Tables, at: int, known_at: int) -> tuple[Numbers, Places]:
    """The list price of each product and its currency; NaN where none counted."""
    prices: Table = tables.prices
    known = prices.known(at, known_at)
    last = np.full(max(len(tables.product_keys), 1), NONE, np.int64)
    last[prices.of[known]] = known
    if not len(prices):
        return np.full(len(last), np.nan), np.full(len(last), NONE, np.int32)
    amount = np.where(last >= 0, prices.value[last], np.nan)
    return amount, np.where(last >= 0, prices.unit[last], NONE).astype(np.int32)
