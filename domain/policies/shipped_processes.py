"""The sales processes that KAMS ships: four funnels with gates, nine phases, and a plain one."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from domain.policies.policy import policy_id
from domain.policies.process_definition import Definition, ForecastCategory, Gate, Milestone, Question, Stage

PIPELINE, BEST_CASE, COMMIT = ForecastCategory.PIPELINE, ForecastCategory.BEST_CASE, ForecastCategory.COMMIT

QUESTIONNAIRE = (
    Question("1", "Business under challenge?", "real", "客户业务是否面临挑战？"),
    Question("2", "Need clear?", "real", "需求是否明确？"),
    Question("3", "Decision process settled?", "real", "决策流程是否确定？"),
    Question("4", "Money in place?", "real", "资金是否到位？"),
    Question("5", "Compelling event?", "real", "是否有驱动因素？"),
    Question("6", "Decision criteria clear?", "ours", "决策标准是否清楚？"),
    Question("7", "Our solution fits?", "ours", "我们的方案是否合适？"),
    Question("8", "Resources needed reasonable?", "ours", "所需资源是否合理？"),
    Question("9", "Relationship to build on?", "ours", "是否有关系基础？"),
    Question("10", "Unique value?", "ours", "是否有独特价值？"),
    Question("11", "Inside support?", "winnable", "是否有内部支持？"),
    Question("12", "Credibility with deciders?", "winnable", "决策人是否信任我们？"),
    Question("13", "A leaning towards another vendor?", "winnable", "是否有厂家倾向？", against=True),
    Question("14", "Informal decision factors against us?", "winnable", "是否有不利的非正式决策因素？", against=True),
    Question("15", "Political structure understood?", "winnable", "是否了解政治结构？"),
    Question("16", "Short-term revenue?", "worth", "是否有短期收入？"),
    Question("17", "Future revenue?", "worth", "是否有未来收入？"),
    Question("18", "Profitable?", "worth", "是否有利润？"),
    Question("19", "Risk acceptable?", "worth", "风险是否可接受？"),
    Question("20", "Strategic value?", "worth", "是否有战略价值？"),
)


def _stage(
    key: str, name: str, name_zh: str, percent: int, category: ForecastCategory, gate: Gate | None = None
) -> Stage:
    return Stage(key, name, Decimal(percent) / 100, category, name_zh, gate)


FOUR_FUNNEL = Definition(
    key="four-funnel",
    name="Four funnels",
    name_zh="四漏斗",
    stages=(
        _stage("potential", "Potential", "潜在商机", 10, PIPELINE),
        _stage("confirmed", "Confirmed", "落实项目", 25, PIPELINE, Gate("real", mandatory=("2", "4"))),
        _stage("ours", "Ours", "我的项目", 50, BEST_CASE, Gate("ours", mandatory=("7",))),
        _stage("winnable", "Winnable", "项目胜算", 75, BEST_CASE, Gate("winnable", mandatory=("11",))),
        _stage("negotiation", "Negotiation", "商务谈判", 90, COMMIT),
    ),
    milestones=(
        Milestone("need-confirmed", "The customer has confirmed the need", "confirmed", "客户确认需求"),
        Milestone("solution-accepted", "The customer has accepted the solution", "ours", "客户认可方案"),
        Milestone("decider-met", "The decision maker was met", "winnable", "拜访决策人"),
        Milestone("terms-agreed", "The terms are agreed", "negotiation", "条款达成一致"),
    ),
    questionnaire=QUESTIONNAIRE,
    asks_for_pursuit=True,
)

NINE_PHASE = Definition(
    key="nine-phase",
    name="Nine phases",
    name_zh="九阶段",
    stages=(
        _stage("found", "Opportunity found", "商机获得", 5, PIPELINE),
        _stage("decided", "Decision to pursue", "抉择参与", 10, PIPELINE),
        _stage("resourced", "Resources committed", "资源投入", 15, PIPELINE),
        _stage("needs", "Needs explored", "需求发掘", 25, PIPELINE),
        _stage("contest", "Contest of solutions", "方案竞争", 40, PIPELINE),
        _stage("relations", "Customer relations", "客户关系", 55, BEST_CASE),
        _stage("negotiation", "Technical and commercial negotiation", "技术/商务谈判", 75, BEST_CASE),
        _stage("steering", "Steering the sale", "销售过程管理", 85, COMMIT),
        _stage("closing", "Closing", "商机结束", 95, COMMIT),
    ),
    milestones=(
        Milestone("pursuit-decided", "The decision to pursue is taken", "decided", "已决定参与"),
        Milestone("resources-agreed", "The resources are agreed", "resourced", "资源已落实"),
        Milestone("needs-confirmed", "The customer has confirmed the needs", "needs", "客户确认需求"),
        Milestone("solution-accepted", "The customer has accepted the solution", "contest", "客户认可方案"),
        Milestone("decider-met", "The decision maker was met", "relations", "拜访决策人"),
        Milestone("terms-agreed", "The terms are agreed", "negotiation", "条款达成一致"),
        Milestone("contract-signed", "The contract is signed", "closing", "合同签订"),
    ),
    questionnaire=QUESTIONNAIRE,
    asks_for_pursuit=True,
)

PLAIN = Definition(
    key="plain",
    name="Plain",
    name_zh="简单流程",
    stages=(
        _stage("prospecting", "Prospecting", "寻找客户", 10, PIPELINE),
        _stage("qualification", "Qualification", "确认资格", 25, PIPELINE),
        _stage("proposal", "Proposal", "提交方案", 50, BEST_CASE),
        _stage("negotiation", "Negotiation", "谈判", 75, BEST_CASE),
        _stage("contract", "Contract", "签约", 90, COMMIT),
    ),
    milestones=(
        Milestone("need-confirmed", "The customer has confirmed the need", "qualification", "客户确认需求"),
        Milestone("proposal-presented", "The proposal was presented", "proposal", "方案已提交"),
        Milestone("terms-agreed", "The terms are agreed", "negotiation", "条款达成一致"),
    ),
    questionnaire=QUESTIONNAIRE,
)

DEFAULT_PROCESS = FOUR_FUNNEL.key

SHIPPED: dict[UUID, Definition] = {
    policy_id("SalesProcess", definition.key): definition for definition in (FOUR_FUNNEL, NINE_PHASE, PLAIN)
}
