"""What a selection model is made of: criteria with weights, thresholds, classes, matrices, fuzzy grades."""

from __future__ import annotations

import enum
from decimal import Decimal

import msgspec

from domain.selection.fuzzy import FuzzyOperator


class CriterionGroup(enum.StrEnum):
    """What a criterion speaks of: attractiveness 吸引力, potential 潜力, relationship 关系."""

    ATTRACTIVENESS = "attractiveness"
    POTENTIAL = "potential"
    RELATIONSHIP = "relationship"


class AmountBase(enum.StrEnum):
    """What classes are formed by: revenue (销售额) or margin (利润)."""

    REVENUE = "revenue"
    MARGIN = "margin"


class Measure(enum.StrEnum):
    """What is computed from recorded facts, as an axis or a threshold may name it, beside `overall`, the three groups
    and the criteria (all scores of 0 to 10).

    revenue and margin: of the period, in the reporting currency. growth: revenue of the period against the period
    before, 0.1 for 10 %. wallet_share: our share of what the account buys, 0 to 1, as stated when it was scored.
    relative_share: our share divided by the largest competitor's, as stated when it was scored; where that of the
    competitor is not stated, all that others sell counts as one competitor's.
    """

    OVERALL = "overall"
    REVENUE = "revenue"
    MARGIN = "margin"
    GROWTH = "growth"
    WALLET_SHARE = "wallet_share"
    RELATIVE_SHARE = "relative_share"


class Criterion(msgspec.Struct, frozen=True):
    """What an account is scored on, 0 to 10; `weight` says how much it counts beside the others."""

    key: str
    name: str
    group: CriterionGroup
    weight: Decimal = Decimal(0)
    name_zh: str = ""


class Comparison(msgspec.Struct, frozen=True):
    """`left` counts `ratio` times as much as `right`, on Saaty's scale from 1/9 to 9 (层次分析法). Both are groups, or
    both are criteria of one group. State a pair in the direction in which the ratio is 1 or more."""

    left: str
    right: str
    ratio: Decimal


class Threshold(msgspec.Struct, frozen=True):
    """What a key account must reach: a measure, a group, a criterion or `overall`, and at least how much."""

    measure: str
    at_least: Decimal


class Axis(msgspec.Struct, frozen=True):
    """An axis of a matrix: a measure, a group, a criterion or `overall`, and where it is cut, rising."""

    measure: str
    cuts: tuple[Decimal, ...]


class Matrix(msgspec.Struct, frozen=True):
    """A portfolio matrix (矩阵). `cells` are named row by row, the highest band of y first, within a row the lowest
    band of x first."""

    key: str
    name: str
    x: Axis
    y: Axis
    cells: tuple[str, ...]
    name_zh: str = ""


class Classes(msgspec.Struct, frozen=True):
    """Pareto classes (ABC 分类): by what, and up to which cumulative share (0 to 1) A and B reach."""

    base: AmountBase = AmountBase.REVENUE
    a_border: Decimal = Decimal("0.8")
    b_border: Decimal = Decimal("0.95")


class FuzzyGrade(msgspec.Struct, frozen=True):
    """A grade (评语): its value on the scale of 0 to 10, and the points of its membership function over a score of 0
    to 10: three for a triangle, four for a trapezium, rising (隶属函数)."""

    key: str
    name: str
    value: Decimal
    points: tuple[Decimal, ...]
    name_zh: str = ""


class Fuzzy(msgspec.Struct, frozen=True):
    """Fuzzy comprehensive evaluation (模糊综合评价): the grades and how weights and grades are composed."""

    grades: tuple[FuzzyGrade, ...]
    operator: FuzzyOperator = FuzzyOperator.WEIGHTED_AVERAGE


class SelectionDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """A whole selection model, as people write it."""

    key: str
    name: str
    objective: str
    criteria: tuple[Criterion, ...]
    name_zh: str = ""
    comparisons: tuple[Comparison, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    horizon_years: int = 3
    portfolio_limit: int = 35
    period_months: int = 12
    classes: Classes = Classes()
    matrices: tuple[Matrix, ...] = ()
    fuzzy: Fuzzy | None = None
