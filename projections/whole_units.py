"""Money of many deals as whole minor units of the reporting currency: exact sums of what is reckoned in columns."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.currencies import minor_unit
from projections.forecast_quantiles import DIGITS, money_of
from projections.forecasting.histories import Numbers
from projections.valued_columns import half_even
from projections.view import View

Units = NDArray[Any]
"""Whole numbers: of 64 bits, or of any size where that is not enough."""
LARGE = 2.0**44
SLACK = 2.0**-48
"""More than the share by which a product of a few floats is off."""


def units_of(view: View, amounts: Numbers) -> Units:
    """Amounts in minor units, each rounded as `money_of` rounds it; 0 for what is no number. What lies so near to half
    a unit that it depends on the digits before is rounded to these first, and what lies near to half of such a digit
    one by one."""
    digits = _digits(view)
    finite = np.where(np.isfinite(amounts), amounts, 0.0)
    if not (np.abs(finite) * 10.0**digits < 2.0**62).all():
        return np.array([_units(view, each, digits) for each in amounts.tolist()], object)
    units, near_half = _whole(finite, digits, 0.5 * 10.0 ** (digits - DIGITS))
    first = np.flatnonzero(near_half)
    fine, unsure = _whole(finite[first], DIGITS, 0.0)
    units[first] = half_even(fine, 10 ** (DIGITS - digits))
    places = first[unsure]
    units[places] = [_units(view, each, digits) for each in finite[places].tolist()]
    return units


def _whole(amounts: Numbers, digits: int, near: float) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Amounts in units of so many digits; and of which of them it is not sure, as they are large or near to a half."""
    scaled = amounts * 10.0**digits
    whole = np.rint(scaled)
    of_half = np.abs(np.abs(scaled - whole) - 0.5)
    unsure = (of_half <= near + SLACK * (1.0 + np.abs(scaled))) | (np.abs(scaled) >= LARGE)
    return np.where(np.abs(scaled) < LARGE, whole, 0.0).astype(np.int64), unsure


def back(view: View, units: int) -> Decimal:
    """The money that whole minor units are."""
    return Decimal(units).scaleb(-_digits(view))


def _units(view: View, amount: float, digits: int) -> int:
    money = money_of(view, amount)
    return 0 if money is None else int(money.scaleb(digits))


def _digits(view: View) -> int:
    """The digits after the point of the reporting currency; of none as many as amounts are rounded to."""
    return -int(minor_unit(view.currency).as_tuple().exponent) if view.currency else DIGITS
