"""Weights from comparisons in pairs: the analytic hierarchy process (层次分析法). Pure functions.

Source: T. L. Saaty, "The Analytic Hierarchy Process", McGraw-Hill 1980; "How to make a decision", European Journal of
Operational Research 48 (1990); which comparison contradicts most: "Decision-making with the AHP: Why is the principal
eigenvector necessary", ibid. 145 (2003).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

import msgspec

WEIGHT = Decimal("0.000001")
RATIO = Decimal("0.0001")
ROUNDS = 200
PRECISION = 30

RANDOM_INDEX = {
    number: Decimal(index)
    for number, index in enumerate(
        "0 0 0.58 0.90 1.12 1.24 1.32 1.41 1.45 1.49 1.51 1.48 1.56 1.57 1.59".split(), start=1
    )
}
"""The mean consistency index of random matrices by their size (Saaty 1980)."""


class Contradiction(msgspec.Struct, frozen=True):
    """A comparison beside what the weights say: `left` was stated to weigh `stated` times `right`, all comparisons
    together say `implied` times; `deviation` is how many times the one exceeds the other, 1 or more."""

    left: str
    right: str
    stated: Decimal
    implied: Decimal
    deviation: Decimal


class Priorities(msgspec.Struct, frozen=True):
    """What comparisons come to: weights that sum to 1, the largest eigenvalue, the consistency ratio, and the
    comparisons by how much they contradict the others, the worst first."""

    weights: dict[str, Decimal]
    eigenvalue: Decimal
    consistency_ratio: Decimal
    contradictions: tuple[Contradiction, ...]


def priorities(names: Sequence[str], ratios: Mapping[tuple[str, str], Decimal]) -> Priorities:
    """Weights of 1 to 15 things from how many times the one weighs the other, each pair stated once.

    The principal right eigenvector of the reciprocal matrix, found by power iteration with a fixed precision, so that
    the same comparisons give the same weights everywhere. CI = (λmax − n) / (n − 1), CR = CI / RI(n). The comparison
    that contradicts most is the one with the largest aᵢⱼ·wⱼ/wᵢ (or its reciprocal).
    """
    with localcontext(Context(prec=PRECISION, rounding=ROUND_HALF_EVEN)):
        matrix = [[_ratio(left, right, ratios) for right in names] for left in names]
        weights = _principal_eigenvector(matrix)
        size = len(names)
        products = [sum((a * w for a, w in zip(row, weights, strict=True)), Decimal(0)) for row in matrix]
        eigenvalue = sum(products, Decimal(0))
        index = (eigenvalue - size) / (size - 1) if size > 1 else Decimal(0)
        ratio = max(index / RANDOM_INDEX[size], Decimal(0)) if size > 2 else Decimal(0)
        by_name = dict(zip(names, weights, strict=True))
        found = [_contradiction(left, right, stated, by_name) for (left, right), stated in ratios.items()]
        return Priorities(
            weights={name: weight.quantize(WEIGHT) for name, weight in by_name.items()},
            eigenvalue=eigenvalue.quantize(RATIO),
            consistency_ratio=ratio.quantize(RATIO),
            contradictions=tuple(sorted(found, key=lambda each: (-each.deviation, each.left, each.right))),
        )


def _ratio(left: str, right: str, ratios: Mapping[tuple[str, str], Decimal]) -> Decimal:
    if left == right:
        return Decimal(1)
    return ratios[left, right] if (left, right) in ratios else 1 / ratios[right, left]


def _principal_eigenvector(matrix: Sequence[Sequence[Decimal]]) -> list[Decimal]:
    """Scaled so that it sums to 1."""
    weights = [Decimal(1) / len(matrix)] * len(matrix)
    for _ in range(ROUNDS):
        products = [sum((a * w for a, w in zip(row, weights, strict=True)), Decimal(0)) for row in matrix]
        total = sum(products, Decimal(0))
        weights = [product / total for product in products]
    return weights


def _contradiction(left: str, right: str, stated: Decimal, weights: Mapping[str, Decimal]) -> Contradiction:
    implied = weights[left] / weights[right]
    deviation = max(stated / implied, implied / stated)
    return Contradiction(left, right, stated, implied.quantize(RATIO), deviation.quantize(RATIO))
