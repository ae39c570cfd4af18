"""What a small test comes to, reckoned by hand."""

from decimal import Decimal

from domain.experiment.effect import Effect, EffectTest

EFFECT = Effect(
    test=EffectTest.WELCH,
    group_count=2,
    control_count=2,
    group_mean=Decimal("6.000000"),
    control_mean=Decimal("2.000000"),
    difference=Decimal("4.000000"),
    low=Decimal("-2.084870"),
    high=Decimal("10.084870"),
    p_value=Decimal("0.105573"),
)
"""Means 6 and 2, variances 2 and 2: se = √2, ν = 2, t(0.975, 2) = 4.302653, t = 2.828427, p = 1 − t/√(t² + 2)."""
