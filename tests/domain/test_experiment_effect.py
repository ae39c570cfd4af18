"""The effect of a test, against published examples and against scipy."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from domain.experiment.effect import Effect, EffectTest, TooFewResults, effect_of, fisher


def numbers(*values: str) -> list[Decimal]:
    return [Decimal(value) for value in values]


DRUG_1 = numbers("0.7", "-1.6", "-0.2", "-1.2", "-0.1", "3.4", "3.7", "0.8", "0.0", "2.0")
DRUG_2 = numbers("1.9", "0.8", "1.1", "0.1", "-0.1", "4.4", "5.5", "1.6", "4.6", "3.4")


def test_the_sleep_of_student() -> None:
    """Student's sleep data (Biometrika 6, 1908), as the manual of R prints its Welch test: t = -1.8608,
    df = 17.776, p-value = 0.07939, interval -3.3654832 0.2054832, means 0.75 and 2.33."""
    assert effect_of(DRUG_1, DRUG_2, yes_or_no=False) == Effect(
        test=EffectTest.WELCH,
        group_count=10,
        control_count=10,
        group_mean=Decimal("0.750000"),
        control_mean=Decimal("2.330000"),
        difference=Decimal("-1.580000"),
        low=Decimal("-3.365483"),
        high=Decimal("0.205483"),
        p_value=Decimal("0.079394"),
    )


@pytest.mark.parametrize(
    ("group", "control", "low", "high"),
    [
        ((56, 70), (48, 80), "0.0524", "0.3339"),
        ((9, 10), (3, 10), "0.1705", "0.8090"),
        ((6, 7), (2, 7), "0.0582", "0.8062"),
        ((5, 56), (0, 29), "-0.0381", "0.1926"),
        ((0, 10), (0, 20), "-0.1611", "0.2775"),
        ((0, 10), (0, 10), "-0.2775", "0.2775"),
        ((10, 10), (0, 20), "0.6791", "1.0000"),
        ((10, 10), (0, 10), "0.6075", "1.0000"),
    ],
)
def test_the_contrasts_of_newcombe(group: tuple[int, int], control: tuple[int, int], low: str, high: str) -> None:
    """Table II of Newcombe (1998), method 10, all eight contrasts at 95 %."""
    from scipy import stats

    found = effect_of(_answers(*group), _answers(*control), yes_or_no=True)
    places = Decimal("0.0001")
    assert (found.low.quantize(places), found.high.quantize(places)) == (Decimal(low), Decimal(high))
    assert found.p_value == _at_six(stats.fisher_exact([_table(*group), _table(*control)])[1])


def test_chances_of_shares_are_those_of_scipy() -> None:
    from scipy import stats

    dice = random.Random(12)
    for _ in range(300):
        count, other_count = dice.randint(2, 60), dice.randint(2, 60)
        yes, others = dice.randint(0, count), dice.randint(0, other_count)
        theirs = stats.fisher_exact([_table(yes, count), _table(others, other_count)])[1]
        assert fisher(yes, count, others, other_count) == pytest.approx(theirs, rel=1e-6)


def test_means_and_p_values_are_those_of_scipy() -> None:
    from scipy import stats

    dice = random.Random(11)
    for _ in range(20):
        group = [Decimal(dice.randint(-500, 500)) / 10 for _ in range(dice.randint(2, 30))]
        control = [Decimal(dice.randint(-900, 900)) / 10 for _ in range(dice.randint(2, 30))]
        found = effect_of(group, control, yes_or_no=False)
        theirs = stats.ttest_ind([float(x) for x in group], [float(x) for x in control], equal_var=False)
        interval = theirs.confidence_interval(0.95)
        assert found.p_value is not None
        assert abs(float(found.p_value) - theirs.pvalue) < 1e-6
        assert abs(float(found.low) - interval.low) < 1e-5
        assert abs(float(found.high) - interval.high) < 1e-5


def test_what_does_not_vary_has_no_chance_to_judge() -> None:
    found = effect_of(numbers("2", "2"), numbers("1", "1", "1"), yes_or_no=False)
    assert (found.difference, found.low, found.high, found.p_value) == (1, 1, 1, None)


def test_two_on_each_side_are_the_least() -> None:
    with pytest.raises(TooFewResults):
        effect_of(numbers("1", "2"), numbers("1"), yes_or_no=False)
    with pytest.raises(TooFewResults):
        effect_of([], numbers("1", "0"), yes_or_no=True)


def _answers(yes: int, count: int) -> list[Decimal]:
    return [Decimal(1)] * yes + [Decimal(0)] * (count - yes)


def _table(yes: int, count: int) -> list[int]:
    return [yes, count - yes]


def _at_six(value: float) -> Decimal:
    return Decimal(min(value, 1.0)).quantize(Decimal("0.000001"))
