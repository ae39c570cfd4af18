"""What a test came to: the difference between the group and its control, with its interval. Pure functions.

Numbers: Welch's unequal-variances t-test. B. L. Welch, "The generalization of 'Student's' problem when several
different population variances are involved", Biometrika 34 (1947); its degrees of freedom by F. E. Satterthwaite,
Biometrics Bulletin 2 (1946):
d = m₁ − m₂, se² = s₁²/n₁ + s₂²/n₂, ν = se⁴ / ((s₁²/n₁)²/(n₁−1) + (s₂²/n₂)²/(n₂−1)), d ± t(0.975, ν)·se.

Yes or no: R. G. Newcombe, "Interval estimation for the difference between independent proportions: comparison of
eleven methods", Statistics in Medicine 17 (1998), method 10: from the score intervals (lᵢ, uᵢ) of E. B. Wilson (1927),
d − √((p₁−l₁)² + (u₂−p₂)²) to d + √((u₁−p₁)² + (p₂−l₂)²); the p-value is that of Fisher's exact test, two-sided.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from statistics import NormalDist

import msgspec

from domain.errors import Refused

PLACES = Decimal("0.000001")
CONFIDENCE = 0.95
LEAST = 2


class EffectTest(enum.StrEnum):
    """How the effect of a test was judged."""

    WELCH = "welch_t_test"
    NEWCOMBE = "newcombe_interval_fisher_test"


class TooFewResults(Refused):
    """An effect needs {least} results or more on each side: the group has {group}, the control group {control}. Record
    those that are missing, or stop the experiment with its reason."""


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """The mean of the group less that of its control group, or the share of yes less that of the control, with its
    95 % interval `low` to `high`; six digits after the point. `p_value` is two-sided, None where nothing varies."""

    test: EffectTest
    group_count: int
    control_count: int
    group_mean: Decimal
    control_mean: Decimal
    difference: Decimal
    low: Decimal
    high: Decimal
    p_value: Decimal | None = None


def effect_of(group: Sequence[Decimal], control: Sequence[Decimal], *, yes_or_no: bool) -> Effect:
    """The effect from the results of both sides; refuses fewer than two on a side. Yes is 1, no is 0."""
    if min(len(group), len(control)) < LEAST:
        raise TooFewResults(least=LEAST, group=len(group), control=len(control))
    return (_of_shares if yes_or_no else _of_means)(group, control)


def _of_means(group: Sequence[Decimal], control: Sequence[Decimal]) -> Effect:
    (mean, variance), (other, its) = _mean_and_variance(group), _mean_and_variance(control)
    left, right = variance / len(group), its / len(control)
    margin, p_value = 0.0, None
    if error := math.sqrt(left + right):
        from scipy.special import stdtr, stdtrit  # scipy.stats takes seconds to import

        freedom = (left + right) ** 2 / (left**2 / (len(group) - 1) + right**2 / (len(control) - 1))
        margin = float(stdtrit(freedom, (1 + CONFIDENCE) / 2)) * error
        p_value = 2 * float(stdtr(freedom, -abs(float(mean - other)) / error))
    difference = float(mean - other)
    return _effect(EffectTest.WELCH, group, control, (difference - margin, difference + margin), p_value)


def _of_shares(group: Sequence[Decimal], control: Sequence[Decimal]) -> Effect:
    yes, others = int(sum(group)), int(sum(control))
    share, other = yes / len(group), others / len(control)
    (low, high), (least, most) = wilson(yes, len(group)), wilson(others, len(control))
    difference = share - other
    interval = (
        difference - math.hypot(share - low, most - other),
        difference + math.hypot(high - share, other - least),
    )
    p_value = fisher(yes, len(group), others, len(control))
    return _effect(EffectTest.NEWCOMBE, group, control, interval, p_value)


def fisher(yes: int, count: int, others: int, other_count: int) -> float:
    """The two-sided p-value of Fisher's exact test: the chance, with as many yes in all, of what is no likelier than
    what was found. Exact: ways are counted in whole numbers."""
    all_yes = yes + others
    ways = {
        first: math.comb(count, first) * math.comb(other_count, all_yes - first)
        for first in range(max(0, all_yes - other_count), min(count, all_yes) + 1)
    }
    return sum(each for each in ways.values() if each <= ways[yes]) / math.comb(count + other_count, all_yes)


def wilson(yes: int, count: int) -> tuple[float, float]:
    """The 95 % score interval of a share: (2np + z² ± z√(z² + 4np(1−p))) / 2(n + z²) (Wilson 1927)."""
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    middle, width = 2 * yes + z * z, z * math.sqrt(z * z + 4 * yes * (count - yes) / count)
    below = 2 * (count + z * z)
    return max((middle - width) / below, 0.0), min((middle + width) / below, 1.0)


def _mean_and_variance(values: Sequence[Decimal]) -> tuple[Decimal, float]:
    """The variance is that of a sample, over n − 1."""
    mean = sum(values, Decimal(0)) / len(values)
    return mean, float(sum(((each - mean) ** 2 for each in values), Decimal(0)) / (len(values) - 1))


def _effect(
    test: EffectTest,
    group: Sequence[Decimal],
    control: Sequence[Decimal],
    interval: tuple[float, float],
    p_value: float | None,
) -> Effect:
    mean, other = sum(group, Decimal(0)) / len(group), sum(control, Decimal(0)) / len(control)
    return Effect(
        test=test,
        group_count=len(group),
        control_count=len(control),
        group_mean=_rounded(mean),
        control_mean=_rounded(other),
        difference=_rounded(mean - other),
        low=_rounded(Decimal(interval[0])),
        high=_rounded(Decimal(interval[1])),
        p_value=None if p_value is None else _rounded(Decimal(min(p_value, 1.0))),
    )


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(PLACES, ROUND_HALF_EVEN)
