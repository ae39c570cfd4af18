"""The skill model that KAMS ships: what each level of the five dimensions means, and which facts propose it."""

from __future__ import annotations

from decimal import Decimal

from domain.policies.skill_model import DimensionRule, LevelText, SkillDimension, SkillMeasure, SkillRule


def _rule(measure: SkillMeasure, level_2: str, level_3: str, *, fewest: int = 1) -> SkillRule:
    return SkillRule(measure, Decimal(level_2), Decimal(level_3), Decimal(1), fewest)


SHIPPED_SKILLS = (
    DimensionRule(
        SkillDimension.ACCEPTANCE,
        "Acceptance by the customer",
        "客户接受程度",
        (
            LevelText("The customer takes the manager for one seller of many.", "客户把客户经理当作众多销售中的一个。"),
            LevelText("The customer asks for the manager, mostly satisfied.", "客户会主动找客户经理，并大多满意。"),
            LevelText("The customer treats the manager as an adviser.", "客户把客户经理当作自己的顾问。"),
        ),
        (
            _rule(SkillMeasure.SATISFACTION, "60", "80", fewest=3),
            _rule(SkillMeasure.HEALTH, "50", "75"),
        ),
    ),
    DimensionRule(
        SkillDimension.SERVICE,
        "Response to the customer",
        "客户服务响应",
        (
            LevelText("Requests wait; promises slip.", "客户的请求常被搁置，承诺常常拖延。"),
            LevelText("Requests are answered in time most of the time.", "大多数请求能及时回应。"),
            LevelText("Answers come in time, and promises are kept.", "回应及时，承诺兑现。"),
        ),
        (
            _rule(SkillMeasure.SLA_MET, "0.8", "0.95", fewest=3),
            _rule(SkillMeasure.COMMITMENTS_KEPT, "0.7", "0.9", fewest=3),
            _rule(SkillMeasure.CADENCE_KEPT, "0.5", "0.8"),
        ),
    ),
    DimensionRule(
        SkillDimension.RELATIONS,
        "Relations inside the customer",
        "客户内部关系",
        (
            LevelText("Knows the buyer.", "只认识采购人员。"),
            LevelText("Knows who decides, and meets them.", "认识决策的人，并与他们见面。"),
            LevelText("Covers all who decide, with supporters among them.", "覆盖全部决策人，并在其中有支持者。"),
        ),
        (
            _rule(SkillMeasure.MAP_COVERAGE, "40", "70"),
            _rule(SkillMeasure.SENTIMENT, "50", "70"),
        ),
    ),
    DimensionRule(
        SkillDimension.RESOURCES,
        "Use of sales resources",
        "销售资源利用",
        (
            LevelText("Effort is spent without a plan.", "投入没有计划。"),
            LevelText("Effort is planned and recorded.", "投入有计划、有记录。"),
            LevelText("Effort is small against what it wins.", "以较少的投入取得较大的成果。"),
        ),
        (
            _rule(SkillMeasure.COST_PER_WON, "0.10", "0.03"),
            _rule(SkillMeasure.LOGGED_IN_TIME, "0.7", "0.9", fewest=5),
            _rule(SkillMeasure.OBJECTIVES_MET, "0.5", "0.7", fewest=5),
        ),
    ),
    DimensionRule(
        SkillDimension.RESULTS,
        "Sales results",
        "销售业绩结果",
        (
            LevelText("Targets are missed.", "未完成目标。"),
            LevelText("Targets are nearly met.", "基本完成目标。"),
            LevelText("Targets are met, and foreseen.", "完成目标，并且预测准确。"),
        ),
        (
            _rule(SkillMeasure.ATTAINMENT, "0.8", "1"),
            _rule(SkillMeasure.WIN_RATE, "0.25", "0.45", fewest=5),
            _rule(SkillMeasure.FORECAST_ACCURACY, "0.7", "0.85"),
        ),
    ),
)
"""Health, coverage and sentiment are the scores of relationship health, 0–100."""
