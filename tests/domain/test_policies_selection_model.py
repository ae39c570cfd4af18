"""Selection models: shipped, defined in editions, weighed by comparisons, refused where they make no sense."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from domain.errors import Refused
from domain.policies import selection_rules as rules
from domain.policies.policy import policy_id
from domain.policies.selection_definition import (
    AmountBase,
    Axis,
    Classes,
    Comparison,
    Criterion,
    CriterionGroup,
    Fuzzy,
    FuzzyGrade,
    Matrix,
    SelectionDefinition,
    Threshold,
)
from domain.policies.selection_model import SelectionModel
from domain.policies.shipped_selection import GRADES, KEY_ACCOUNTS
from domain.selection.fuzzy import FuzzyOperator
from tests.domain.given import given, recorded

ATTRACTIVENESS, POTENTIAL, RELATIONSHIP = CriterionGroup
OURS = policy_id("SelectionModel", "ours")
CRITERIA = (
    Criterion("closeness", "Closeness", ATTRACTIVENESS, Decimal(1)),
    Criterion("sales", "Sales", POTENTIAL, Decimal(2)),
    Criterion("profit", "Profit", POTENTIAL, Decimal(1)),
    Criterion("prospects", "Prospects", POTENTIAL, Decimal(0)),
)


def document(**changed: Any) -> dict[str, Any]:
    return {"key": "ours", "name": "Ours", "objective": "margin", "criteria": CRITERIA, **changed}


def defined(**changed: Any) -> SelectionModel:
    model = given(SelectionModel, aggregate_id=OURS)
    model.define(**document(**changed))
    return model


def numbers(text: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(each) for each in text.split())


def test_the_model_that_is_shipped_can_be_used_and_has_the_attributes_of_the_domain():
    shipped = SelectionModel(id=policy_id("SelectionModel", "key-accounts"))
    rules.see_that_it_selects(KEY_ACCOUNTS, shipped.id)
    assert (shipped.edition, shipped.horizon_years, shipped.portfolio_limit) == (0, 3, 35)
    assert shipped.is_there()
    asked = "difference value_and_price preference closeness buying_rules buying_frequency concentration_of_funds"
    asked += " service_demand price_sensitivity partnership sales profitability current_state prospects"
    assert set(asked.split()) < set(shipped.weights())
    assert sum(shipped.weights().values()) == 100
    assert {criterion.group for criterion in shipped.criteria} == set(CriterionGroup)
    assert not SelectionModel(id=OURS).is_there()


def test_a_shipped_model_is_taken_over_as_an_edition_of_the_company():
    own = given(SelectionModel, aggregate_id=policy_id("SelectionModel", "key-accounts"))
    own.define_from(own.to_document())
    assert recorded(own) == [SelectionModel.Defined(edition=1, definition=KEY_ACCOUNTS)]
    own.define_from(own.to_document())
    assert recorded(own) == []


def test_each_definition_is_an_edition_and_the_same_again_is_none():
    model = defined()
    model.define(**document(objective="growth"))
    model.define(**document(objective="growth"))
    first = SelectionDefinition(key="ours", name="Ours", objective="margin", criteria=CRITERIA)
    second = SelectionDefinition(key="ours", name="Ours", objective="growth", criteria=CRITERIA)
    assert recorded(model) == [
        SelectionModel.Defined(edition=1, definition=first),
        SelectionModel.Defined(edition=2, definition=second),
    ]
    assert (model.edition, model.objective) == (2, "growth")


def test_everything_about_methods_is_a_field_of_the_edition():
    matrix = Matrix("m", "M", Axis("sales", numbers("5")), Axis("growth", numbers("0 0.2")), tuple("abcdef"))
    chosen: dict[str, Any] = {
        "classes": Classes(AmountBase.MARGIN, Decimal("0.7"), Decimal("0.9")),
        "period_months": 24,
        "horizon_years": 5,
        "portfolio_limit": 15,
        "matrices": (matrix,),
        "thresholds": (Threshold("potential", Decimal(5)), Threshold("margin", Decimal(100_000))),
        "fuzzy": Fuzzy(GRADES, FuzzyOperator.BOUNDED_SUM),
    }
    model = defined(**chosen)
    assert {name: getattr(model, name) for name in chosen} == chosen


# Weights from comparisons


COMPARED = (
    Comparison("potential", "attractiveness", Decimal(3)),
    Comparison("sales", "profit", Decimal(2)),
    Comparison("profit", "prospects", Decimal(2)),
    Comparison("sales", "prospects", Decimal(4)),
)


def test_weights_are_computed_from_comparisons_when_the_model_is_defined():
    model = defined(comparisons=COMPARED)
    assert list(model.weights().values()) == list(numbers("0.25 0.428572 0.214286 0.107143"))
    assert model.consistency == {"groups": 0, "attractiveness": 0, "potential": 0}
    (event,) = recorded(model)
    assert isinstance(event, SelectionModel.Defined)
    assert event.definition.criteria == model.criteria
    assert event.definition.comparisons == COMPARED
    model.define_from(model.to_document())
    assert recorded(model) == []


def test_comparisons_that_contradict_are_refused_and_the_worst_are_named():
    circle = (*COMPARED[:3], Comparison("prospects", "sales", Decimal(4)))
    with pytest.raises(rules.ComparisonsContradict) as refusal:
        defined(comparisons=circle)
    assert refusal.value.details["what"] == "potential"
    assert refusal.value.details["ratio"] > Decimal("0.1")
    assert "prospects to sales is 4, the others say 1.59" in refusal.value.details["worst"]
    assert "0.1 at most is accepted" in str(refusal.value)


@pytest.mark.parametrize(
    ("comparisons", "refusal", "words"),
    [
        (COMPARED[:3], rules.ComparisonsIncomplete, "Missing: sales to prospects. Twice: none"),
        (
            (*COMPARED, Comparison("profit", "sales", Decimal(1))),
            rules.ComparisonsIncomplete,
            "Missing: none. Twice: sales to profit, profit to sales",
        ),
        (
            (Comparison("sales", "closeness", Decimal(1)),),
            rules.ComparisonWrong,
            "there are: attractiveness, potential, closeness, sales, profit, prospects",
        ),
        ((Comparison("sales", "sales", Decimal(1)),), rules.ComparisonWrong, "sales cannot be compared with sales"),
        ((Comparison("sales", "charm", Decimal(1)),), rules.ComparisonWrong, "with charm"),
        ((Comparison("sales", "profit", Decimal(10)),), rules.RatioOutOfScale, "from 1/9 to 9"),
        ((Comparison("sales", "profit", Decimal("0.1")),), rules.RatioOutOfScale, "0.1"),
        ((Comparison("sales", "profit", Decimal("NaN")),), rules.RatioOutOfScale, "NaN"),
    ],
)
def test_each_pair_is_compared_once_on_saatys_scale(
    comparisons: tuple[Comparison, ...], refusal: type[Refused], words: str
):
    with pytest.raises(refusal) as refused:
        defined(comparisons=comparisons)
    assert words in str(refused.value)


def test_fifteen_criteria_at_most_are_compared():
    keys = [f"c{n}" for n in range(16)]
    pairs = [(a, b) for n, a in enumerate(keys) for b in keys[n + 1 :]]
    with pytest.raises(rules.TooManyToCompare, match="16 criteria of potential"):
        defined(
            criteria=tuple(Criterion(key, key, POTENTIAL) for key in keys),
            comparisons=tuple(Comparison(a, b, Decimal(1)) for a, b in pairs),
        )


# Models that make no sense


def matrix(**changed: Any) -> tuple[Matrix, ...]:
    told = {"key": "m", "name": "M", "x": Axis("sales", numbers("5")), "y": Axis("growth", numbers("0.1"))}
    return (Matrix(**{**told, "cells": ("a", "b", "c", "d"), **changed}),)


def grade(key: str, value: str, points: str) -> FuzzyGrade:
    return FuzzyGrade(key, key.title(), Decimal(value), numbers(points))


@pytest.mark.parametrize(
    ("changed", "refusal", "words"),
    [
        ({"key": "other"}, rules.ModelElsewhere, "other has a stream of its own"),
        ({"objective": " "}, rules.ObjectiveBlank, "objective"),
        ({"criteria": ()}, rules.NoCriteria, "ours has no criteria"),
        ({"criteria": CRITERIA + CRITERIA[:1]}, rules.SelectionKeyTwice, "criterion closeness stands twice"),
        ({"criteria": (Criterion(" ", "x", POTENTIAL),)}, rules.SelectionKeyTwice, "is blank"),
        ({"criteria": (Criterion("growth", "x", POTENTIAL),)}, rules.SelectionKeyTwice, "name of a group or measure"),
        ({"criteria": CRITERIA[3:]}, rules.CriteriaWeightless, "above 0 for at least one"),
        ({"criteria": (Criterion("a", "a", POTENTIAL, Decimal(-1)),)}, rules.CriteriaWeightless, "0 or more"),
        ({"criteria": (Criterion("a", "a", POTENTIAL, Decimal("NaN")),)}, rules.CriteriaWeightless, "0 or more"),
        ({"thresholds": (Threshold("charm", Decimal(1)),)}, rules.MeasureUnknown, "threshold names charm"),
        ({"matrices": matrix() * 2}, rules.SelectionKeyTwice, "matrix m"),
        ({"matrices": matrix(x=Axis("charm", numbers("5")))}, rules.MeasureUnknown, "axis x of m names charm"),
        ({"matrices": matrix(y=Axis("growth", ()))}, rules.CutsOutOfOrder, "axis y of m is cut at nothing"),
        ({"matrices": matrix(y=Axis("growth", numbers("2 1")))}, rules.CutsOutOfOrder, "2, 1"),
        ({"matrices": matrix(y=Axis("growth", numbers("1 2 3")))}, rules.CutsOutOfOrder, "one or two"),
        ({"matrices": matrix(y=Axis("growth", numbers("NaN")))}, rules.CutsOutOfOrder, "NaN"),
        ({"matrices": matrix(cells=("a",))}, rules.CellsMiscounted, "m has 4 cells, row by row"),
        ({"classes": Classes(a_border=Decimal("0.95"))}, rules.ClassBordersWrong, "0 < A < B < 1"),
        ({"portfolio_limit": 14}, rules.PortfolioLimitWrong, "14 key accounts: state a limit from 15 to 35"),
        ({"portfolio_limit": 36}, rules.PortfolioLimitWrong, "36"),
        ({"period_months": 0}, rules.PeriodWrong, "state 1 to 60"),
        ({"horizon_years": 11}, rules.PeriodWrong, "state 1 to 10"),
        ({"fuzzy": Fuzzy(GRADES[:1])}, rules.GradesMissing, "at least two"),
        ({"fuzzy": Fuzzy(GRADES + GRADES[:1])}, rules.SelectionKeyTwice, "grade excellent"),
        ({"fuzzy": Fuzzy((*GRADES, grade("a", "1", "1 2")))}, rules.MembershipWrong, "points 1, 2"),
        ({"fuzzy": Fuzzy((*GRADES, grade("a", "1", "3 2 1")))}, rules.MembershipWrong, "rising"),
        ({"fuzzy": Fuzzy((*GRADES, grade("a", "11", "1 2 3")))}, rules.MembershipWrong, "value 11"),
        ({"fuzzy": Fuzzy((grade("a", "9", "6 8 10 10"), grade("b", "1", "0 0 2 6")))}, rules.GradesLeaveGap, "of 6 "),
        ({"fuzzy": Fuzzy((grade("a", "9", "6 8 10 10"), grade("b", "1", "0 0 2 5")))}, rules.GradesLeaveGap, "of 5 "),
    ],
)
def test_a_model_that_makes_no_sense_is_refused(changed: dict[str, Any], refusal: type[Refused], words: str):
    with pytest.raises(refusal) as refused:
        defined(**changed)
    assert words in str(refused.value)


def test_groups_without_a_weighing_criterion_have_no_total():
    model = defined()
    scores = dict(zip(["closeness", "sales", "profit", "prospects"], numbers("8 6 3 10"), strict=True))
    assert model.totals(scores) == {
        "attractiveness": Decimal(8),
        "potential": Decimal(5),
        "overall": Decimal("5.75"),
    }
    assert model.grades_of(scores, {}) == {}


@pytest.mark.parametrize("months", [1, 60])
@pytest.mark.parametrize("years", [1, 10])
def test_the_shortest_and_the_longest_period_and_horizon_are_accepted(months: int, years: int):
    model = defined(period_months=months, horizon_years=years)
    assert (model.period_months, model.horizon_years) == (months, years)
