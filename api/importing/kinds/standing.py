"""The standing of an account: key status (大客户状态) and its managers (客户经理) as rows."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from api.importing.kinds.row import Kind, Row
from api.importing.values import Column, words

ACTIONS = words(granted="授予 认定 grant", reviewed="盘点 复审 review", withdrawn="取消 撤销 withdraw")
RELATIONSHIP_TYPES = words(ordinary="普通", partner="伙伴式 伙伴", strategic="战略性 战略")
DECISIONS = words(keep="保持 保留", promote="升级 提升", demote="降级")


class KeyStatusRow(Row):
    """Key status granted, reviewed or withdrawn."""

    account: Annotated[str, Column(("客户", "客户名称", "客户编号", "account id", "account name"))]
    action: Annotated[str, Column(("动作", "操作"), ACTIONS)]
    on: Annotated[date, Column(("日期", "date"))]
    relationship_type: Annotated[str | None, Column(("关系类型",), RELATIONSHIP_TYPES)] = None
    justification: Annotated[str | None, Column(("理由", "依据"))] = None
    decision: Annotated[str | None, Column(("决定", "结论"), DECISIONS)] = None
    improvement: Annotated[str | None, Column(("改进", "我方改进"))] = None
    review_due: Annotated[date | None, Column(("下次盘点", "下次盘点日期", "next review"))] = None
    override: Annotated[str | None, Column(("例外理由", "无评分理由"))] = None


class ManagerRow(Row):
    """Who manages an account from a day on."""

    account: Annotated[str, Column(("客户", "客户名称", "客户编号", "account id", "account name"))]
    manager: Annotated[str, Column(("客户经理", "经理", "account manager"))]
    effective_on: Annotated[date | None, Column(("生效日期", "日期", "date"))] = None
    reason: Annotated[str | None, Column(("原因",))] = None


KEY_STATUS = Kind(13, "key_status", KeyStatusRow, ("大客户状态", "大客户认定", "key_accounts"))
MANAGERS = Kind(14, "managers", ManagerRow, ("客户经理", "客户经理分配", "manager_assignments"))
