"""Issues of customers (客户投诉与反馈) as rows: each with all that became of it."""

from __future__ import annotations

from typing import Annotated

from api.importing.kinds.row import Kind, Row
from api.importing.values import Column, Instant, words

KIND_OF_ISSUE = words(complaint="投诉 客诉", suggestion="建议", question="问题 咨询", request="请求 要求")


class IssueRow(Row):
    """An issue, from its raising to the customer's word that it is settled."""

    external_id: Annotated[str, Column(("编号", "投诉编号", "问题编号", "id", "ticket", "case no"))]
    account: Annotated[str, Column(("客户", "客户名称", "客户编号", "account id", "account name"))]
    kind: Annotated[str, Column(("类型", "问题类型", "type"), KIND_OF_ISSUE)]
    severity: Annotated[int, Column(("严重程度", "等级", "priority"))]
    category: Annotated[str, Column(("类别", "分类", "问题类别"))]
    description: Annotated[str, Column(("描述", "内容", "问题描述", "text"))]
    raised_on: Annotated[Instant, Column(("提出日期", "投诉日期", "日期", "raised", "date"))]
    raised_by: Annotated[str | None, Column(("提出人", "联系人", "投诉人"))] = None
    opportunity: Annotated[str | None, Column(("商机", "商机编号"))] = None
    acknowledged_on: Annotated[Instant | None, Column(("确认日期", "受理日期", "响应日期", "acknowledged"))] = None
    acknowledged_by: Annotated[str | None, Column(("受理人", "确认人"))] = None
    resolved_on: Annotated[Instant | None, Column(("解决日期", "关闭日期", "resolved", "closed on"))] = None
    root_cause: Annotated[str | None, Column(("根本原因", "原因", "cause"))] = None
    resolution: Annotated[str | None, Column(("解决方案", "处理结果", "处理措施"))] = None
    confirmed_on: Annotated[Instant | None, Column(("客户确认日期", "confirmed"))] = None
    confirmed_by: Annotated[str | None, Column(("客户确认人",))] = None


ISSUES = Kind(
    31, "issues", IssueRow, ("客户投诉", "投诉", "客户问题", "complaints", "tickets"), lambda row: row.external_id
)
