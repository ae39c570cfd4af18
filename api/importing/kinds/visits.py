"""Visits (拜访) as rows."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from api.importing.kinds.row import Kind, Row
from api.importing.values import Column, Instant, words

STATUS = words(planned="计划 已计划", logged="已拜访 完成 已完成 done", cancelled="取消 已取消 canceled")
WHAT = words(
    sales_call="销售拜访 拜访",
    technical_seminar="技术研讨会 技术交流会",
    exchange="交流",
    demo="演示 产品演示",
    executive_visit="高层拜访 高层互访",
    site_visit="现场参观 实地考察 参观",
    terms_negotiation="商务谈判 条款谈判",
    store_visit="门店拜访 巡店",
    training="培训",
    other="其他 其它",
)
PURPOSES = words(
    rapport="融洽关系", information="挖掘信息", advantage="加强优势", moving_forward="推动前进 movingforward"
)
MET = words(yes="是 y true 达成", partly="部分 部分达成 partially", no="否 n false 未达成")


class VisitRow(Row):
    """A visit: planned, logged or cancelled."""

    external_id: Annotated[str, Column(("编号", "拜访编号", "id", "visit id"))]
    account: Annotated[str, Column(("客户", "客户名称", "客户编号", "account id", "account name"))]
    start: Annotated[Instant, Column(("开始时间", "时间", "拜访时间", "start time"))]
    status: Annotated[str | None, Column(("状态",), STATUS)] = None
    minutes: Annotated[int | None, Column(("时长", "分钟", "时长分钟", "duration"))] = None
    what: Annotated[str | None, Column(("拜访类型", "方式", "类型", "type"), WHAT)] = None
    why: Annotated[str | None, Column(("原因", "拜访原因", "为什么"))] = None
    purpose: Annotated[str | None, Column(("目的", "拜访目的"), PURPOSES)] = None
    expected_action: Annotated[str | None, Column(("期望客户行动", "期望行动"))] = None
    where: Annotated[str | None, Column(("地点",))] = None
    planned_on: Annotated[Instant | None, Column(("计划日期", "制定日期"))] = None
    our_people: Annotated[tuple[str, ...] | None, Column(("我方人员",))] = None
    stakeholders: Annotated[tuple[str, ...] | None, Column(("联系人", "客户方人员"))] = None
    opportunities: Annotated[tuple[str, ...] | None, Column(("商机", "相关商机"))] = None
    objective_met: Annotated[str | None, Column(("目标达成", "是否达成目标"), MET)] = None
    action_agreed: Annotated[str | None, Column(("客户承诺行动", "约定行动"))] = None
    outcome: Annotated[str | None, Column(("结果", "拜访结果"))] = None
    next_step: Annotated[str | None, Column(("下一步", "下一步行动"))] = None
    next_step_on: Annotated[date | None, Column(("下一步日期",))] = None


VISITS = Kind(
    10, "visits", VisitRow, ("拜访", "拜访记录", "拜访计划"), lambda row: row.external_id, child=("visit_id",)
)
