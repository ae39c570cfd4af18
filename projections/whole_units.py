"""Money of many deals as whole minor units of the reporting currency: exact sums of what is reckoned in columns."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.currencies import minor_unit
from projections.forecast_quantiles import DIGITS, money_of
from projections.forecasting.histories import Numbers
from projections.view import View

Units = NDArray[Any]
"""Whole numbers: of 64 bits, or of any size where that is not enough."""
LARGE = 2.0**44
SLACK = 2.0**-48
"""More than the share by which a product of a few floats is off."""


def units_of(view: View, amounts: Numbers) -> Units:
    """Amounts in minor units, each rounded as `money_of` rounds it; 0 for what is no number. What lies so near to half
    a unit that it depends on the digits before is rounded one by one."""
    digits = _digits(view)
    scaled = np.where(np.isfinite(amounts), amounts, 0.0) * 10.0**digits
    near = np.rint(scaled)
    of_half = np.abs(np.abs(scaled - near) - 0.5)
    near_half = of_half <= 0.5 * 10.0 ** (digits - DIGITS) + SLACK * (1.0 + np.abs(scaled))
    one_by_one = near_half | (np.abs(scaled) >= LARGE)
    if not (np.abs(scaled) < 2.0**62).all():
        return np.array([_units(view, each, digits) for each in amounts.tolist()], object)
    units = near.astype(np.int64)
    places = np.flatnonzero(one_by_one)
    units[places] = [_units(view, each, digits) for each in amounts[places].tolist()]
    return units


def back(view: View, units: int) -> Decimal:
    """The money that whole minor units are."""
    return Decimal(units).scaleb(-_digits(view))


def _units(view: View, amount: float, digits: int) -> int:
    money = money_of(view, amount)
    return 0 if money is None else int(money.scaleb(digits))


def _digits(view: View) -> int:
    """The digits after the point of the reporting currency; of none as many as amounts are rounded to."""
    return -int(minor_unit(view.currency).as_tuple().exponent) if view.currency else DIGITS
