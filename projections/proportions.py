"""Shares of counted things with their uncertainty. Pure functions.

Sources: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927) 209-212;
R. G. Newcombe, "Two-sided confidence intervals for the single proportion" and "Interval estimation for the difference
between independent proportions", Statistics in Medicine 17 (1998) 857-872 and 873-890.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from math import sqrt

import msgspec

Z95 = 1.959963984540054
FLOOR = 10
"""Of how many things a share is worth stating, unless the asker says otherwise."""
_PLACES = Decimal("0.0001")


class Share(msgspec.Struct, frozen=True):
    """`part` of `whole`: `rate` from 0 to 1 and its 95 % interval (Wilson). Silent (all null) below the floor."""

    part: int
    whole: int
    rate: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None


class Difference(msgspec.Struct, frozen=True):
    """By how much one share lies above another, from −1 to 1, with its 95 % interval (Newcombe's hybrid score)."""

    difference: Decimal
    low: Decimal
    high: Decimal


def share(part: int, whole: int, floor: int = FLOOR) -> Share:
    """A share with its interval; silent where there are fewer than `floor`."""
    if whole < max(floor, 1):
        return Share(part, whole)
    low, high = wilson(part, whole)
    return Share(part, whole, _rounded(part / whole), _rounded(low), _rounded(high))


def difference(of: Share, other: Share, floor: int = FLOOR) -> Difference | None:
    """By how much a share lies above another; None where one of them rests on fewer than `floor`."""
    if min(of.whole, other.whole) < max(floor, 1):
        return None
    apart, low, high = newcombe(of.part, of.whole, other.part, other.whole)
    return Difference(_rounded(apart), _rounded(low), _rounded(high))


def wilson(part: int, whole: int, z: float = Z95) -> tuple[float, float]:
    """Wilson's score interval, without continuity correction, of `part` of `whole` (at least 1)."""
    rate, square = part / whole, z * z
    middle = (2 * part + square) / (2 * (whole + square))
    half = z * sqrt(square + 4 * part * (1 - rate)) / (2 * (whole + square))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def newcombe(part: int, whole: int, other_part: int, other_whole: int, z: float = Z95) -> tuple[float, float, float]:
    """The difference of two independent shares, and its interval by Newcombe's method 10: Wilson's intervals of both,
    combined."""
    one, other = part / whole, other_part / other_whole
    low, high = wilson(part, whole, z)
    other_low, other_high = wilson(other_part, other_whole, z)
    apart = one - other
    below = sqrt((one - low) ** 2 + (other_high - other) ** 2)
    above = sqrt((high - one) ** 2 + (other - other_low) ** 2)
    return apart, apart - below, apart + above


def _rounded(number: float) -> Decimal:
    return Decimal(number).quantize(_PLACES, ROUND_HALF_EVEN) + 0
