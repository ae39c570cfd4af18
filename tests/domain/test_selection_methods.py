"""The methods of selecting key accounts, against the worked examples of their textbooks."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from domain.selection.ahp import priorities
from domain.selection.fuzzy import FuzzyOperator, defuzzified, evaluate, membership, normalised
from domain.selection.matrices import band, cell, growth, relative_share
from domain.selection.pareto import AbcClass, pareto
from domain.selection.weighted import weighted_mean


def numbers(text: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(each) for each in text.split())


# Weighted score: Kotler, "Marketing Management", the hydraulic pumps of table 3.2


ATTRACTIVENESS = {
    "overall market size": "0.20 4",
    "annual market growth rate": "0.20 5",
    "historical profit margin": "0.15 4",
    "competitive intensity": "0.15 2",
    "technological requirements": "0.15 4",
    "inflationary vulnerability": "0.05 3",
    "energy requirements": "0.05 2",
    "environmental impact": "0.05 3",
}
STRENGTH = {
    "market share": "0.10 4",
    "share growth": "0.15 2",
    "product quality": "0.10 4",
    "brand reputation": "0.10 5",
    "distribution network": "0.05 4",
    "promotional effectiveness": "0.05 3",
    "productive capacity": "0.05 3",
    "productive efficiency": "0.05 2",
    "unit costs": "0.15 3",
    "material supplies": "0.05 5",
    "R&D performance": "0.10 3",
    "managerial personnel": "0.05 4",
}


@pytest.mark.parametrize(("table", "total"), [(ATTRACTIVENESS, "3.70"), (STRENGTH, "3.40")])
def test_the_weighted_score_of_the_textbook(table: dict[str, str], total: str) -> None:
    weights = {name: numbers(both)[0] for name, both in table.items()}
    scores = {name: numbers(both)[1] for name, both in table.items()}
    assert weighted_mean(scores, weights) == Decimal(total)


def test_weights_need_not_sum_to_one_and_what_weighs_nothing_has_no_mean() -> None:
    assert weighted_mean({"a": Decimal(8), "b": Decimal(5)}, {"a": Decimal(20), "b": Decimal(10)}) == Decimal(7)
    assert weighted_mean({"a": Decimal(8)}, {}) is None


# Pareto: Heizer and Render, "Operations Management", ABC analysis of Silicon Chips, Inc.

SILICON_CHIPS = {
    "10286": 90_000,
    "11526": 77_000,
    "12760": 26_350,
    "10867": 15_001,
    "10500": 12_500,
    "12572": 8_502,
    "14075": 1_200,
    "01036": 850,
    "01307": 504,
    "10572": 150,
}


def test_the_classes_of_the_textbook() -> None:
    found = pareto({key: Decimal(amount) for key, amount in SILICON_CHIPS.items()}, Decimal("0.70"), Decimal("0.95"))
    assert "".join(found[key].abc for key in SILICON_CHIPS) == "AABBBCCCCC"
    assert [found[key].share for key in SILICON_CHIPS][:5] == list(numbers("0.3878 0.3318 0.1135 0.0646 0.0539"))
    assert [found[key].cumulative for key in ("11526", "10500", "10572")] == list(numbers("0.7197 0.9517 1"))
    assert [found[key].rank for key in SILICON_CHIPS] == list(range(1, 11))


def test_who_crosses_a_border_belongs_above_it_and_who_brings_nothing_is_a_c() -> None:
    amounts = {"most": Decimal(90), "some": Decimal(6), "none": Decimal(0), "less": Decimal(-5), "rest": Decimal(4)}
    found = pareto(amounts, Decimal("0.8"), Decimal("0.95"))
    assert {key: place.abc for key, place in found.items()} == {
        "most": AbcClass.A,
        "some": AbcClass.B,
        "rest": AbcClass.C,
        "none": AbcClass.C,
        "less": AbcClass.C,
    }
    assert [found[key].rank for key in ("most", "some", "rest", "none", "less")] == [1, 2, 3, 4, 5]


def test_who_begins_where_a_border_is_reached_belongs_below_it() -> None:
    amounts = {"a": Decimal(80), "b": Decimal(15), "c": Decimal(5)}
    assert [place.abc for place in pareto(amounts, Decimal("0.8"), Decimal("0.95")).values()] == list("ABC")


def test_where_nobody_buys_everybody_is_a_c_with_no_share() -> None:
    (place,) = pareto({"only": Decimal(0)}, Decimal("0.8"), Decimal("0.95")).values()
    assert (place.abc, place.share, place.cumulative) == (AbcClass.C, 0, 0)


# Matrices: Henderson 1970; Kotler on the growth-share matrix and the business screen

BOSTON = ("question mark", "star", "dog", "cash cow")
SCREEN = ("build selectively", "invest to build", "protect position")
SCREEN += ("limited expansion", "manage for earnings", "build selectively")
SCREEN += ("divest", "manage for earnings", "protect and refocus")


def test_a_tenth_of_the_leader_is_a_relative_share_of_a_tenth_and_ten_times_the_next_is_ten() -> None:
    assert relative_share(Decimal(5), Decimal(50)) == Decimal("0.1")
    assert relative_share(Decimal(50), Decimal(5)) == Decimal(10)
    assert relative_share(Decimal(1), Decimal(0)) is None


def test_growth_is_what_came_on_top_of_the_period_before() -> None:
    assert growth(Decimal(110), Decimal(100)) == Decimal("0.1")
    assert growth(Decimal(90), Decimal(100)) == Decimal("-0.1")
    assert growth(Decimal(90), Decimal(0)) is None


@pytest.mark.parametrize(
    ("share", "grows", "quadrant"),
    [
        ("0.1", "0.15", "question mark"),
        ("10", "0.15", "star"),
        ("1", "0.10", "star"),
        ("0.1", "0.05", "dog"),
        ("10", "0.05", "cash cow"),
    ],
)
def test_the_quadrants_of_the_growth_share_matrix(share: str, grows: str, quadrant: str) -> None:
    assert cell(Decimal(share), Decimal(grows), numbers("1"), numbers("0.1"), BOSTON) == quadrant


def test_the_hydraulic_pumps_of_the_textbook_are_to_be_built_by_investing() -> None:
    cuts = numbers("2.33 3.67")
    assert (band(Decimal("3.40"), cuts), band(Decimal("3.70"), cuts)) == (1, 2)
    assert cell(Decimal("3.40"), Decimal("3.70"), cuts, cuts, SCREEN) == "invest to build"
    assert cell(Decimal("1"), Decimal("1"), cuts, cuts, SCREEN) == "divest"


# Fuzzy evaluation: 谢季坚、刘承平《模糊数学方法及其应用》, 服装评判 (colour, style, durability, price)

CLOTHES = [numbers("0.2 0.5 0.2 0.1"), numbers("0.7 0.2 0.1 0"), numbers("0 0.4 0.5 0.1"), numbers("0.2 0.3 0.5 0")]
FIRST, SECOND = numbers("0.1 0.2 0.3 0.4"), numbers("0.4 0.35 0.15 0.1")


def test_the_clothes_of_the_textbook_by_max_and_min() -> None:
    assert evaluate(FIRST, CLOTHES, FuzzyOperator.MAX_MIN) == numbers("0.2 0.3 0.4 0.1")
    assert evaluate(SECOND, CLOTHES, FuzzyOperator.MAX_MIN) == numbers("0.35 0.4 0.2 0.1")
    assert normalised(numbers("0.35 0.4 0.2 0.1")) == numbers("0.3333 0.3810 0.1905 0.0952")


def test_the_same_clothes_by_the_other_operators() -> None:
    assert evaluate(FIRST, CLOTHES, FuzzyOperator.WEIGHTED_AVERAGE) == numbers("0.24 0.33 0.39 0.04")
    assert evaluate(FIRST, CLOTHES, FuzzyOperator.MAX_PRODUCT) == numbers("0.14 0.12 0.2 0.03")
    assert evaluate(FIRST, CLOTHES, FuzzyOperator.BOUNDED_SUM) == numbers("0.5 0.9 0.9 0.2")
    assert evaluate(numbers("0.6 0.4 0.5"), [numbers("0.7")] * 3, FuzzyOperator.BOUNDED_SUM) == numbers("1")


def test_one_number_from_grades_is_their_weighted_mean() -> None:
    assert defuzzified(numbers("0.24 0.33 0.39 0.04"), numbers("4 3 2 1")) == Decimal("2.77")
    assert defuzzified(numbers("0 0"), numbers("4 3")) == 0
    assert normalised(numbers("0 0")) == numbers("0 0")


@pytest.mark.parametrize(
    ("points", "value", "grade"),
    [
        ("2 4 6", "4", "1"),
        ("2 4 6", "3", "0.5"),
        ("2 4 6", "5.5", "0.25"),
        ("2 4 6", "2", "0"),
        ("2 4 6", "7", "0"),
        ("6 8 10 10", "10", "1"),
        ("6 8 10 10", "9", "1"),
        ("6 8 10 10", "7", "0.5"),
        ("0 0 2 4", "0", "1"),
        ("0 0 2 4", "3", "0.5"),
    ],
)
def test_triangles_and_trapezia(points: str, value: str, grade: str) -> None:
    assert membership(numbers(points), Decimal(value)) == Decimal(grade)


# AHP: the house of Saaty 1990 and 2003

HOUSE = {
    "size": "1 5 3 7 6 6 1/3 1/4",
    "transport": "1/5 1 1/3 5 3 3 1/5 1/7",
    "neighbourhood": "1/3 3 1 6 3 4 6 1/5",
    "age": "1/7 1/5 1/6 1 1/3 1/4 1/7 1/8",
    "yard": "1/6 1/3 1/3 3 1 1/2 1/5 1/6",
    "facilities": "1/6 1/3 1/4 4 2 1 1/5 1/6",
    "condition": "3 5 1/6 7 5 5 1 1/2",
    "financing": "4 7 5 8 6 6 2 1",
}
NAMES = list(HOUSE)


def stated(matrix: dict[str, str]) -> dict[tuple[str, str], Decimal]:
    """Each pair once, in the direction in which the ratio is a whole number."""
    found = {}
    for left, row in matrix.items():
        for right, ratio in zip(matrix, row.split(), strict=True):
            if left < right and Fraction(ratio) >= 1:
                found[left, right] = Decimal(ratio)
            elif left < right:
                found[right, left] = Decimal(str(1 / Fraction(ratio)))
    return found


def test_the_house_of_the_textbook_has_its_weights_and_its_contradiction() -> None:
    found = priorities(NAMES, stated(HOUSE))
    weights = [weight.quantize(Decimal("0.001")) for weight in found.weights.values()]
    assert weights == list(numbers("0.173 0.054 0.188 0.018 0.031 0.036 0.167 0.333"))
    assert found.eigenvalue.quantize(Decimal("0.001")) == Decimal("9.669")
    assert found.consistency_ratio.quantize(Decimal("0.001")) == Decimal("0.169")
    worst = found.contradictions[0]
    assert (worst.left, worst.right, worst.stated) == ("neighbourhood", "condition", 6)
    assert worst.deviation.quantize(Decimal("0.01")) == Decimal("5.32")


def test_the_house_of_the_textbook_after_its_worst_comparison_was_made_anew() -> None:
    mended = dict(HOUSE, neighbourhood="1/3 3 1 6 3 4 1/2 1/5", condition="3 5 2 7 5 5 1 1/2")
    found = priorities(NAMES, stated(mended))
    weights = [weight.quantize(Decimal("0.001")) for weight in found.weights.values()]
    assert weights == list(numbers("0.175 0.062 0.103 0.019 0.034 0.041 0.221 0.345"))
    assert found.eigenvalue.quantize(Decimal("0.01")) == Decimal("8.81")
    # The article of 2003 says 0.083, dividing by 1.40; the random index of 1980 and of the article of 1990 is 1.41.
    assert found.consistency_ratio.quantize(Decimal("0.001")) == Decimal("0.082")


def test_comparisons_that_agree_give_their_ratios_and_contradict_nothing() -> None:
    found = priorities(["a", "b", "c"], {("a", "b"): Decimal(2), ("b", "c"): Decimal(2), ("a", "c"): Decimal(4)})
    assert list(found.weights.values()) == list(numbers("0.571429 0.285714 0.142857"))
    assert (found.eigenvalue, found.consistency_ratio) == (3, 0)
    assert {each.deviation for each in found.contradictions} == {1}


def test_one_thing_alone_weighs_everything_and_two_never_contradict() -> None:
    assert priorities(["a"], {}).weights == {"a": 1}
    two = priorities(["a", "b"], {("b", "a"): Decimal(3)})
    assert (two.weights, two.consistency_ratio) == ({"a": Decimal("0.25"), "b": Decimal("0.75")}, 0)
