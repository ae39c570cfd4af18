"""The selection model that KAMS ships: the attributes of key account management in three groups, Boston's matrix and
that of attractiveness and relationship, four fuzzy grades."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from domain.policies.policy import policy_id
from domain.policies.selection_definition import (
    Axis,
    Criterion,
    CriterionGroup,
    Fuzzy,
    FuzzyGrade,
    Matrix,
    Measure,
    SelectionDefinition,
    Threshold,
)

ATTRACTIVENESS, POTENTIAL, RELATIONSHIP = CriterionGroup

CRITERIA = (
    Criterion("difference", "Difference", ATTRACTIVENESS, Decimal(6), "差异性"),
    Criterion("value_and_price", "Value and price", ATTRACTIVENESS, Decimal(8), "价值与价格"),
    Criterion("preference", "Preference", ATTRACTIVENESS, Decimal(5), "偏好"),
    Criterion("closeness", "Closeness to key people", ATTRACTIVENESS, Decimal(6), "与关键人的亲近度"),
    Criterion("buying_rules", "Buying rules", ATTRACTIVENESS, Decimal(4), "采购规则"),
    Criterion("buying_frequency", "Buying frequency", ATTRACTIVENESS, Decimal(4), "购买频率"),
    Criterion("concentration_of_funds", "Concentration of funds", ATTRACTIVENESS, Decimal(4), "资金集中度"),
    Criterion("price_sensitivity", "Low price sensitivity", ATTRACTIVENESS, Decimal(3), "价格敏感度低"),
    Criterion("sales", "Sales over the horizon", POTENTIAL, Decimal(15), "销售额"),
    Criterion("profitability", "Profitability over the horizon", POTENTIAL, Decimal(15), "盈利能力"),
    Criterion("strategic_fit", "Strategic fit", POTENTIAL, Decimal(5), "战略契合度"),
    Criterion("current_state", "Current state", RELATIONSHIP, Decimal(10), "关系现状"),
    Criterion("prospects", "Prospects", RELATIONSHIP, Decimal(7), "关系前景"),
    Criterion("service_demand", "Demand for service", RELATIONSHIP, Decimal(3), "服务需求"),
    Criterion("partnership", "Wish for partnership", RELATIONSHIP, Decimal(5), "合作意愿"),
)

BOSTON = Matrix(
    key="boston",
    name="Boston: relative share and growth",
    name_zh="波士顿矩阵",
    x=Axis(Measure.RELATIVE_SHARE, (Decimal(1),)),
    y=Axis(Measure.GROWTH, (Decimal("0.1"),)),
    cells=("question mark", "star", "dog", "cash cow"),
)

SELECTION_MATRIX = Matrix(
    key="attractiveness-relationship",
    name="Attractiveness and relationship",
    name_zh="吸引力与关系矩阵",
    x=Axis(RELATIONSHIP, (Decimal(5),)),
    y=Axis(ATTRACTIVENESS, (Decimal(5),)),
    cells=("key development", "key account", "opportunistic", "maintenance"),
)
"""The four kinds of P. Cheverton, "Key Account Management": selection by attractiveness and relative strength."""


def _points(text: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(each) for each in text.split())


GRADES = (
    FuzzyGrade("excellent", "Excellent", Decimal(9), _points("6 8 10 10"), "优"),
    FuzzyGrade("good", "Good", Decimal(6), _points("4 6 8"), "良"),
    FuzzyGrade("fair", "Fair", Decimal(4), _points("2 4 6"), "中"),
    FuzzyGrade("poor", "Poor", Decimal(1), _points("0 0 2 4"), "差"),
)

DEFAULT_MODEL = "key-accounts"

KEY_ACCOUNTS = SelectionDefinition(
    key=DEFAULT_MODEL,
    name="Key accounts",
    name_zh="大客户选择",
    objective="Profitable growth with few customers over three years",
    criteria=CRITERIA,
    thresholds=(Threshold(Measure.OVERALL, Decimal(6)),),
    matrices=(BOSTON, SELECTION_MATRIX),
    fuzzy=Fuzzy(GRADES),
)

SHIPPED_MODELS: dict[UUID, SelectionDefinition] = {
    policy_id("SelectionModel", definition.key): definition for definition in (KEY_ACCOUNTS,)
}
