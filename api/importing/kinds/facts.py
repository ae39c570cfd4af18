"""Any fact as a row: which command was given to what, when, with which values (a JSON object)."""

from __future__ import annotations

from typing import Annotated

from api.importing.kinds.row import Kind, Row
from api.importing.things import THINGS
from api.importing.values import Column, Instant, words
from domain.account.account import Account
from domain.aggregate import Aggregate
from domain.member import Member
from domain.opportunity.opportunity import Opportunity

AGGREGATES = words(
    account="客户",
    opportunity="商机",
    member="我方人员 成员",
    issue="客户问题 投诉",
    plan="大客户发展计划 计划",
    strategy="大客户战略 战略",
    programme="合作伙伴计划 金钥匙",
    experiment="营销测试 测试",
)
ROOTS: dict[str, type[Aggregate]] = {"account": Account, "opportunity": Opportunity, "member": Member, **THINGS}


class FactRow(Row):
    """A command that somebody gave."""

    aggregate: Annotated[str, Column(("对象类型", "about"), AGGREGATES)]
    id: Annotated[str, Column(("编号", "对象", "对象编号", "external id"))]
    command: Annotated[str, Column(("命令", "动作"))]
    on: Annotated[Instant | None, Column(("日期", "时间", "date", "at"))] = None
    values: Annotated[str | None, Column(("内容", "值", "json"))] = None


FACTS = Kind(19, "facts", FactRow, ("事实", "commands", "命令"))
