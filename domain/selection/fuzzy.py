"""Fuzzy comprehensive evaluation (模糊综合评价): grades instead of one number. Pure functions.

Source: 谢季坚、刘承平《模糊数学方法及其应用》, chapter on 模糊综合评判; the operators with their names there.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from decimal import Decimal

from domain.selection.weighted import rounded

ZERO, ONE = Decimal(0), Decimal(1)


class FuzzyOperator(enum.StrEnum):
    """How weights and grades are composed (合成算子)."""

    WEIGHTED_AVERAGE = "weighted_average"
    """M(·,+) 加权平均型: Σ aᵢ·rᵢⱼ, every criterion counts by its weight."""

    MAX_MIN = "max_min"
    """M(∧,∨) 主因素决定型: max min(aᵢ, rᵢⱼ), the decisive criterion alone counts."""

    MAX_PRODUCT = "max_product"
    """M(·,∨) 主因素突出型: max aᵢ·rᵢⱼ, the decisive criterion stands out."""

    BOUNDED_SUM = "bounded_sum"
    """M(∧,⊕) 取小上界和型: min(1, Σ min(aᵢ, rᵢⱼ))."""


def membership(points: Sequence[Decimal], value: Decimal) -> Decimal:
    """How much a value belongs to a grade, 0 to 1: triangular for three points (foot, peak, foot), trapezoidal for
    four (foot, shoulder, shoulder, foot); a foot that equals its shoulder is a wall.

    Source: the triangular and trapezoidal membership functions, Dubois and Prade, "Fuzzy Sets and Systems" (1980).
    """
    left, low, high, right = (points[0], points[1], points[-2], points[-1])
    if low <= value <= high:
        return ONE
    if left < value < low:
        return rounded((value - left) / (low - left))
    if high < value < right:
        return rounded((right - value) / (right - high))
    return ZERO


def evaluate(
    weights: Sequence[Decimal], relation: Sequence[Sequence[Decimal]], operator: FuzzyOperator
) -> tuple[Decimal, ...]:
    """B = A ∘ R: how much the whole belongs to each grade. `weights` sum to 1; `relation` has a row per criterion and
    a column per grade."""
    compose = _COMPOSED[operator]
    return tuple(rounded(compose(weights, column)) for column in zip(*relation, strict=True))


def normalised(vector: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """The same proportions, summing to 1; all 0 stay so (归一化)."""
    total = sum(vector, ZERO)
    return tuple(rounded(each / total) if total else ZERO for each in vector)


def defuzzified(vector: Sequence[Decimal], values: Sequence[Decimal]) -> Decimal:
    """Σ bⱼ·vⱼ / Σ bⱼ: one number to rank by, from the value of each grade (加权平均原则); 0 where nothing belongs."""
    total = sum(vector, ZERO)
    weighed = sum((b * v for b, v in zip(vector, values, strict=True)), ZERO)
    return rounded(weighed / total) if total else ZERO


def _average(weights: Sequence[Decimal], column: Sequence[Decimal]) -> Decimal:
    return sum((a * r for a, r in zip(weights, column, strict=True)), ZERO)


def _max_min(weights: Sequence[Decimal], column: Sequence[Decimal]) -> Decimal:
    return max(min(a, r) for a, r in zip(weights, column, strict=True))


def _max_product(weights: Sequence[Decimal], column: Sequence[Decimal]) -> Decimal:
    return max(a * r for a, r in zip(weights, column, strict=True))


def _bounded_sum(weights: Sequence[Decimal], column: Sequence[Decimal]) -> Decimal:
    return min(ONE, sum((min(a, r) for a, r in zip(weights, column, strict=True)), ZERO))


_COMPOSED: dict[FuzzyOperator, Callable[[Sequence[Decimal], Sequence[Decimal]], Decimal]] = {
    FuzzyOperator.WEIGHTED_AVERAGE: _average,
    FuzzyOperator.MAX_MIN: _max_min,
    FuzzyOperator.MAX_PRODUCT: _max_product,
    FuzzyOperator.BOUNDED_SUM: _bounded_sum,
}
