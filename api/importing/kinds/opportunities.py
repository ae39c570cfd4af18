"""Opportunities (商机) and their stage changes (阶段历史) as rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from api.importing.kinds.row import Kind, Row
from api.importing.values import Column, Instant, words

CATEGORIES = words(
    omitted="不计 忽略 omit", pipeline="管道 漏斗 在手", best_case="乐观 最好情况 bestcase upside", commit="承诺 确定"
)


class OpportunityRow(Row):
    """An opportunity as it stood on the export's day. `opening_stage` is stated by mappings alone."""

    external_id: Annotated[str, Column(("编号", "商机编号", "id", "opportunity id"))]
    account: Annotated[str | None, Column(("客户", "客户名称", "客户编号", "account id", "account name"))] = None
    title: Annotated[str | None, Column(("标题", "商机名称", "名称", "name", "opportunity name"))] = None
    product: Annotated[str | None, Column(("产品",))] = None
    amount: Annotated[Decimal | None, Column(("金额", "预计金额", "商机金额"))] = None
    currency: Annotated[str | None, Column(("币种", "货币"))] = None
    owner: Annotated[str | None, Column(("负责人", "客户经理", "所有人", "sales agent"))] = None
    process: Annotated[str | None, Column(("销售流程", "流程"))] = None
    stage: Annotated[str | None, Column(("阶段", "商机阶段", "deal stage"))] = None
    opened_on: Annotated[date | None, Column(("开始日期", "创建日期", "立项日期", "created on"))] = None
    close_on: Annotated[date | None, Column(("预计成交日期", "预计关闭日期", "expected close"))] = None
    closed_on: Annotated[date | None, Column(("成交日期", "关闭日期", "实际关闭日期", "actual close"))] = None
    signed_amount: Annotated[Decimal | None, Column(("签约金额", "成交金额", "合同金额"))] = None
    category: Annotated[str | None, Column(("预测类别", "forecast category"), CATEGORIES)] = None
    reason: Annotated[str | None, Column(("原因", "赢单原因", "输单原因", "loss reason"))] = None
    winner: Annotated[str | None, Column(("赢家", "中标方", "中标厂家"))] = None
    opening_stage: Annotated[str | None, Column(("初始阶段",))] = None


class StageRow(Row):
    """What became true of an opportunity at a moment; a blank cell says nothing."""

    opportunity: Annotated[str, Column(("商机", "商机编号", "opportunity id"))]
    at: Annotated[Instant, Column(("时间", "日期", "变更时间", "变更日期", "changed at", "date"))]
    stage: Annotated[str | None, Column(("阶段", "商机阶段", "to stage"))] = None
    amount: Annotated[Decimal | None, Column(("金额", "预计金额", "商机金额"))] = None
    close_on: Annotated[date | None, Column(("预计成交日期", "预计关闭日期", "expected close"))] = None
    category: Annotated[str | None, Column(("预测类别", "forecast category"), CATEGORIES)] = None
    owner: Annotated[str | None, Column(("负责人", "客户经理", "所有人"))] = None
    reason: Annotated[str | None, Column(("原因",))] = None


OPPORTUNITIES = Kind(
    5, "opportunities", OpportunityRow, ("商机", "机会", "opportunity", "deals"), lambda row: row.external_id
)
STAGE_HISTORY = Kind(
    6, "stage_history", StageRow, ("阶段历史", "阶段变更", "商机阶段历史", "stage_changes", "opportunity_history")
)
