"""What an account says and buys: satisfaction surveys (满意度) and purchases (采购) as rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from api.importing.kinds.row import Kind, Row
from api.importing.values import Column, words

SURVEYS = words(nps="净推荐值", csat="满意度")
SUBJECTS = words(person="人员 我方人员", product="产品", service="服务", company="公司")


class SatisfactionRow(Row):
    """An answer to a survey."""

    account: Annotated[str, Column(("客户", "客户名称", "客户编号", "account id", "account name"))]
    kind: Annotated[str, Column(("类型", "调查类型", "type", "survey"), SURVEYS)]
    score: Annotated[int, Column(("得分", "评分", "分数"))]
    on: Annotated[date, Column(("日期", "调查日期", "date"))]
    external_id: Annotated[str | None, Column(("编号", "id", "survey id"))] = None
    subject: Annotated[str | None, Column(("对象", "调查对象"), SUBJECTS)] = None
    comment: Annotated[str | None, Column(("意见", "评论", "备注"))] = None
    stakeholder: Annotated[str | None, Column(("联系人", "联系人编号", "stakeholder id"))] = None


class PurchaseRow(Row):
    """A document by which an account bought."""

    account: Annotated[str, Column(("客户", "客户名称", "客户编号", "account id", "account name"))]
    document_no: Annotated[str, Column(("单据号", "订单号", "发票号", "document number", "invoice no"))]
    on: Annotated[date, Column(("日期", "采购日期", "date"))]
    revenue: Annotated[Decimal, Column(("金额", "收入", "销售额"))]
    product_line: Annotated[str | None, Column(("产品线", "产品"))] = None
    quantity: Annotated[Decimal | None, Column(("数量",))] = None
    currency: Annotated[str | None, Column(("币种", "货币"))] = None
    margin: Annotated[Decimal | None, Column(("毛利", "利润"))] = None


SATISFACTION = Kind(11, "satisfaction", SatisfactionRow, ("满意度", "满意度调查", "surveys"), child=("survey_id",))
PURCHASES = Kind(
    12,
    "purchases",
    PurchaseRow,
    ("采购", "采购记录", "订单", "orders"),
    lambda row: (row.account, row.document_no),
    child=("document_no",),
)
