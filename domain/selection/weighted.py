"""Weighted score: what several criteria come to together. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal

PLACES = Decimal("0.0001")


def rounded(value: Decimal) -> Decimal:
    """A score at four digits after the point, half to even: the same everywhere it is shown or compared."""
    return value.quantize(PLACES, ROUND_HALF_EVEN)


def weighted_mean(scores: Mapping[str, Decimal], weights: Mapping[str, Decimal]) -> Decimal | None:
    """Σ wᵢ·sᵢ / Σ wᵢ over the criteria that have a score; None where none of them weighs anything.

    Source: the weighted rating of the multifactor portfolio model, Kotler, "Marketing Management" (Millennium ed.),
    ch. 3, table "Factors underlying market attractiveness and competitive position".
    """
    total = sum((weights.get(key, Decimal(0)) for key in scores), Decimal(0))
    if total <= 0:
        return None
    return rounded(sum((weights.get(key, Decimal(0)) * score for key, score in scores.items()), Decimal(0)) / total)
