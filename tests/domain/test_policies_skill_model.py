"""The skill model: five dimensions in three levels, and the rule from measures to them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from domain.errors import Refused
from domain.policies import skill_model as rules
from domain.policies.policy import policy_id
from domain.policies.shipped_skills import SHIPPED_SKILLS
from domain.policies.skill_model import (
    DimensionRule,
    LevelText,
    Measured,
    SkillDimension,
    SkillMeasure,
    SkillModel,
    SkillRule,
    default_skill_model,
)
from tests.domain.given import given, recorded

OURS = policy_id("SkillModel")
RESULTS, RESOURCES = SkillDimension.RESULTS, SkillDimension.RESOURCES
WIN_RATE, ATTAINMENT, COST = SkillMeasure.WIN_RATE, SkillMeasure.ATTAINMENT, SkillMeasure.COST_PER_WON
Change = Callable[[DimensionRule], DimensionRule]


def model() -> SkillModel:
    return given(SkillModel, aggregate_id=OURS)


def changed(dimension: SkillDimension, change: Change) -> tuple[DimensionRule, ...]:
    return tuple(change(each) if each.dimension is dimension else each for each in SHIPPED_SKILLS)


def with_rules(*stated: SkillRule, enough: int = 1) -> Change:
    return lambda rule: msgspec.structs.replace(rule, rules=stated, enough=enough)


def rule(measure: SkillMeasure = WIN_RATE, low: str = "0.2", high: str = "0.4", **more: Any) -> SkillRule:
    return SkillRule(measure, Decimal(low), Decimal(high), **more)


def found(**values: tuple[str, int]) -> dict[SkillMeasure, Measured]:
    return {
        SkillMeasure(name): Measured(measure=SkillMeasure(name), value=Decimal(value), facts=facts, positions=(facts,))
        for name, (value, facts) in values.items()
    }


def test_the_shipped_model_has_five_dimensions_of_three_levels_in_both_languages():
    shipped = default_skill_model()
    assert shipped.edition == 0
    assert [each.name_zh for each in shipped.dimensions.values()] == [
        "客户接受程度", "客户服务响应", "客户内部关系", "销售资源利用", "销售业绩结果",
    ]  # fmt: skip
    assert {len(each.levels) for each in shipped.dimensions.values()} == {3}
    assert all(text.text and text.text_zh for each in shipped.dimensions.values() for text in each.levels)
    assert {each.measure for one in SHIPPED_SKILLS for each in one.rules} == set(SkillMeasure)


def test_the_shipped_model_can_be_stated_as_ones_own_and_again_records_nothing():
    ours = model()
    ours.define_from(default_skill_model().to_document())
    assert recorded(ours) == [SkillModel.Defined(edition=1, dimensions=SHIPPED_SKILLS)]
    ours.define(dimensions=tuple(reversed(SHIPPED_SKILLS)))
    assert recorded(ours) == []


def test_another_threshold_is_another_edition():
    ours = model()
    ours.define(dimensions=SHIPPED_SKILLS)
    ours.define(dimensions=changed(RESULTS, with_rules(rule())))
    assert [event.edition for event in recorded(ours)] == [1, 2]
    assert ours.dimensions[RESULTS].rules == (rule(),)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (with_rules(), rules.DimensionWithoutMeasures),
        (with_rules(rule(), rule()), rules.MeasureTwice),
        (with_rules(rule(low="0.4")), rules.ThresholdsOutOfOrder),
        (with_rules(rule(high="NaN")), rules.ThresholdsOutOfOrder),
        (with_rules(rule(COST, "0.1", "0.2")), rules.ThresholdsOutOfOrder),
        (with_rules(rule(weight=Decimal(0))), rules.MeasureWeightNotPositive),
        (with_rules(rule(weight=Decimal("Infinity"))), rules.MeasureWeightNotPositive),
        (with_rules(rule(fewest=0)), rules.FewestFactsNotPositive),
        (with_rules(rule(), enough=2), rules.EnoughMeasuresOutOfRange),
        (with_rules(rule(), enough=0), rules.EnoughMeasuresOutOfRange),
        (lambda each: msgspec.structs.replace(each, levels=each.levels[:2]), rules.LevelsIncomplete),
        (lambda each: msgspec.structs.replace(each, levels=each.levels * 2), rules.LevelsIncomplete),
        (
            lambda each: msgspec.structs.replace(each, levels=(*each.levels[:2], LevelText("Good", " "))),
            rules.LevelsIncomplete,
        ),
        (lambda each: msgspec.structs.replace(each, dimension=RESOURCES), rules.DimensionsIncomplete),
    ],
)
def test_a_model_that_cannot_judge_is_refused(change: Change, refusal: type[Refused]):
    ours = model()
    with pytest.raises(refusal):
        ours.define(dimensions=changed(RESULTS, change))
    assert recorded(ours) == []


def test_a_dimension_left_out_is_named():
    with pytest.raises(rules.DimensionsIncomplete) as refusal:
        model().define(dimensions=SHIPPED_SKILLS[:4])
    assert refusal.value.details["missing"] == "results"


@pytest.mark.parametrize(("value", "level"), [("0.19", 1), ("0.2", 2), ("0.39", 2), ("0.4", 3), ("1", 3)])
def test_a_measure_stands_for_the_highest_level_that_it_reaches(value: str, level: int):
    assert rule().level(Decimal(value)) == level


@pytest.mark.parametrize(("value", "level"), [("0.21", 1), ("0.2", 2), ("0.11", 2), ("0.1", 3), ("0", 3)])
def test_of_a_measure_of_which_less_is_better_the_thresholds_are_upper_limits(value: str, level: int):
    assert rule(COST, "0.2", "0.1").level(Decimal(value)) == level


def proposing(*stated: SkillRule, enough: int = 1) -> SkillModel:
    ours = model()
    ours.define(dimensions=changed(RESULTS, with_rules(*stated, enough=enough)))
    return ours


def test_the_level_is_the_mean_of_the_measures_by_weight_with_half_counted_up():
    ours = proposing(rule(), rule(ATTAINMENT, "0.8", "1"))
    proposal = ours.propose(RESULTS, found(win_rate=("0.5", 4), attainment=("0.9", 2)), position=17)
    assert (proposal.level, proposal.edition, proposal.position) == (3, 1, 17)
    assert [(each.measure, each.level, each.facts, each.positions) for each in proposal.measures] == [
        (WIN_RATE, 3, 4, (4,)),
        (ATTAINMENT, 2, 2, (2,)),
    ]
    heavier = proposing(rule(), rule(ATTAINMENT, "0.8", "1", weight=Decimal(2)))
    assert heavier.propose(RESULTS, found(win_rate=("0.5", 4), attainment=("0.9", 2))).level == 2


def test_without_facts_no_level_is_proposed():
    proposal = proposing(rule()).propose(RESULTS, {})
    assert (proposal.level, proposal.measures) == (None, (Measured(measure=WIN_RATE),))


def test_a_measure_of_too_few_facts_counts_for_nothing_and_shows_its_value():
    ours = proposing(rule(fewest=5), rule(ATTAINMENT, "0.8", "1"))
    proposal = ours.propose(RESULTS, found(win_rate=("0.5", 4), attainment=("0.1", 1)))
    assert proposal.level == 1
    assert [(each.value, each.level) for each in proposal.measures] == [(Decimal("0.5"), None), (Decimal("0.1"), 1)]


def test_fewer_measures_than_are_enough_propose_nothing():
    ours = proposing(rule(), rule(ATTAINMENT, "0.8", "1"), enough=2)
    assert ours.propose(RESULTS, found(win_rate=("0.5", 4))).level is None
    assert ours.propose(RESULTS, found(win_rate=("0.5", 4), attainment=("0.1", 1))).level == 2
