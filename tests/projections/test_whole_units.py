"""Money in whole minor units is what money of single amounts is."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import rounded
from projections.forecast_quantiles import money_of
from projections.whole_units import back, units_of


def view_of(currency: str) -> Any:
    return SimpleNamespace(currency=currency, money=lambda amount: rounded(amount, currency) if currency else amount)


def must_be_money(currency: str, amounts: list[float]) -> None:
    view = view_of(currency)
    found = [back(view, units) for units in units_of(view, np.array(amounts, np.float64)).tolist()]
    assert found == [money_of(view, amount) or Decimal(0) for amount in amounts]


@pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD", ""])
@given(amounts=st.lists(st.floats(allow_nan=True, allow_infinity=True, min_value=None, max_value=None), max_size=20))
def test_any_amounts_are_rounded_as_one_alone_is(currency: str, amounts: list[float]) -> None:
    must_be_money(currency, [each for each in amounts if not abs(each) > 1e24] + [float("nan"), float("inf")])


@pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD"])
@given(cents=st.lists(st.integers(-(10**15), 10**15), max_size=50), tiny=st.sampled_from([0, 1e-5, -1e-5, 4e-5, 6e-5]))
def test_what_lies_at_half_a_unit_is_rounded_to_the_even_one(currency: str, cents: list[int], tiny: float) -> None:
    must_be_money(currency, [each / 1000 + 0.0005 + tiny for each in cents])
