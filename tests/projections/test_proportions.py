"""Intervals of shares and of their differences, against the examples of the papers that they come from."""

from decimal import Decimal

import pytest

from projections.proportions import Share, difference, newcombe, share, wilson


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_is_that_of_newcombes_first_table(part: int, whole: int, low: float, high: float) -> None:
    assert wilson(part, whole) == pytest.approx((low, high), abs=0.00005)


@pytest.mark.parametrize(
    ("counts", "interval"),
    [
        ((56, 70, 48, 80), (0.2, 0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.6, 0.1705, 0.8090)),
        ((5, 56, 0, 29), (0.0893, -0.0381, 0.1926)),
        ((0, 10, 0, 20), (0.0, -0.1611, 0.2775)),
        ((10, 10, 0, 20), (1.0, 0.6791, 1.0)),
    ],
)
def test_the_difference_is_that_of_newcombes_method_10(
    counts: tuple[int, int, int, int], interval: tuple[float, float, float]
) -> None:
    assert newcombe(*counts) == pytest.approx(interval, abs=0.00005)


def test_a_share_of_too_few_is_silent() -> None:
    assert share(9, 9) == Share(9, 9)
    assert share(0, 0, floor=0) == Share(0, 0)
    assert share(5, 10) == Share(5, 10, Decimal("0.5000"), Decimal("0.2366"), Decimal("0.7634"))
    assert share(1, 2, floor=2).rate == Decimal("0.5000")


def test_a_difference_needs_enough_on_both_sides() -> None:
    assert difference(share(9, 10), share(3, 9)) is None
    assert difference(share(3, 9), share(9, 10)) is None
    found = difference(share(9, 10), share(3, 10))
    assert found
    assert (found.difference, found.low, found.high) == (Decimal("0.6000"), Decimal("0.1705"), Decimal("0.8090"))
