"""Stakeholders (联系人), our relationships with them (关系), and buyers (决策人) as rows."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from api.importing.kinds.row import Kind, Row
from api.importing.values import Column, words

ATTITUDES = words(
    innovator="领先创造型",
    visionary="前瞻先进型",
    pragmatist="实用求是型",
    conservative="保守求稳型",
    laggard="不求进取型",
)
POLITICAL = words(inner_circle="核心圈 政治核心", political_structure="政治结构", outside="结构之外 圈外")
ORIENTATIONS = words(financial="财务", technical="技术", relationship="关系", business="业务 商务")
LEVELS = words(
    vendor="供应商",
    credible_source="可信来源 可信赖的来源",
    problem_solver="问题解决者",
    trusted_adviser="信赖顾问 trusted_advisor",
)
COVERAGE = words(none="无", brief="简短 一面之交", several_meetings="多次会面", in_depth="深入")
ROLES = words(
    approver="最后批准 批准者 ※",
    decision_maker="决策制定 决策者",
    evaluator="方案评估 评估者",
    user="最终用户 用户 使用者",
)
SUPPORT = words(
    mentor="教练 ※", supporter="支持者", neutral="中立", non_supporter="不支持者 nonsupporter", enemy="反对者 ×"
)


class StakeholderRow(Row):
    """A person of the customer."""

    external_id: Annotated[str, Column(("编号", "联系人编号", "id", "contact id"))]
    account: Annotated[str, Column(("客户", "客户名称", "客户编号", "account id", "account name"))]
    name: Annotated[str, Column(("姓名", "名称", "full name"))]
    title: Annotated[str | None, Column(("职务", "职位", "job title"))] = None
    department: Annotated[str | None, Column(("部门",))] = None
    reports_to: Annotated[str | None, Column(("上级", "汇报给"))] = None
    email: Annotated[str | None, Column(("邮箱", "电子邮件", "邮件", "mail"))] = None
    phone: Annotated[str | None, Column(("电话", "手机", "mobile"))] = None
    language: Annotated[str | None, Column(("语言",))] = None
    attitude: Annotated[str | None, Column(("创新态度", "态度"), ATTITUDES)] = None
    political: Annotated[str | None, Column(("政治关联", "政治地位", "political status"), POLITICAL)] = None
    orientation: Annotated[str | None, Column(("关注点", "取向", "导向"), ORIENTATIONS)] = None
    since: Annotated[date | None, Column(("开始日期", "起始日期", "自"))] = None
    left_on: Annotated[date | None, Column(("离职日期", "离开日期"))] = None


class RelationshipRow(Row):
    """How one of ours stands with a stakeholder."""

    stakeholder: Annotated[str, Column(("联系人", "联系人编号", "stakeholder id"))]
    member: Annotated[str, Column(("我方人员", "成员", "person"))]
    level: Annotated[str, Column(("关系层次", "当前层次", "层次", "current level"), LEVELS)]
    desired: Annotated[str | None, Column(("期望层次", "目标层次", "desired level"), LEVELS)] = None
    coverage: Annotated[str | None, Column(("覆盖", "接触程度"), COVERAGE)] = None
    on: Annotated[date | None, Column(("日期", "评估日期", "date", "assessed on"))] = None


class BuyerRow(Row):
    """The part that a stakeholder plays in an opportunity."""

    opportunity: Annotated[str, Column(("商机", "商机编号", "opportunity id"))]
    stakeholder: Annotated[str, Column(("联系人", "联系人编号", "stakeholder id"))]
    role: Annotated[str, Column(("采购角色", "角色"), ROLES)]
    support: Annotated[str, Column(("支持度", "项目支持度"), SUPPORT)]
    key_player: Annotated[bool | None, Column(("关键人", "关键人物"))] = None
    wants: Annotated[str | None, Column(("个人诉求", "想赢得什么"))] = None
    on: Annotated[date | None, Column(("日期", "date"))] = None


STAKEHOLDERS = Kind(
    7,
    "stakeholders",
    StakeholderRow,
    ("联系人", "关键人", "contacts"),
    lambda row: row.external_id,
    child=("stakeholder_id",),
)
RELATIONSHIPS = Kind(
    8,
    "relationships",
    RelationshipRow,
    ("关系", "关系层次", "关系评估", "relationship_assessments"),
    child=("stakeholder", "member"),
)
BUYERS = Kind(9, "buyers", BuyerRow, ("决策人", "采购角色", "决策人分析"), child=("stakeholder",))
