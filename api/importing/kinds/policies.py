"""The company's own settings as rows: products, sales targets, exchange rates, holidays."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from api.importing.kinds.row import Kind, Row
from api.importing.values import Column, words

SCOPES = words(owner="负责人 客户经理 member person", territory="区域", product="产品", account="客户")


class ProductRow(Row):
    """A product with its list price, from a day on."""

    name: Annotated[str, Column(("名称", "产品", "产品名称", "product", "product name"))]
    key: Annotated[str | None, Column(("编号", "产品编号", "代码", "id", "code", "sku"))] = None
    series: Annotated[str | None, Column(("系列",))] = None
    price: Annotated[Decimal | None, Column(("价格", "单价", "标价", "list price", "sales price"))] = None
    currency: Annotated[str | None, Column(("币种", "货币"))] = None
    from_: Annotated[date | None, Column(("生效日期", "起始日期", "valid from"))] = None


class TargetRow(Row):
    """What a person, territory, product or account shall bring in a quarter."""

    scope: Annotated[str, Column(("范围", "维度"), SCOPES)]
    key: Annotated[str, Column(("对象", "编号", "名称"))]
    period: Annotated[str, Column(("期间", "季度", "quarter"))]
    amount: Annotated[Decimal, Column(("金额", "目标金额", "目标"))]
    currency: Annotated[str | None, Column(("币种", "货币"))] = None


class RateRow(Row):
    """Units of the reporting currency for one unit of a currency, from a day on."""

    currency: Annotated[str, Column(("币种", "货币"))]
    on: Annotated[date, Column(("日期", "date"))]
    rate: Annotated[Decimal, Column(("汇率",))]


class HolidayRow(Row):
    """A day off, or a make-up working day (调休)."""

    day: Annotated[date, Column(("日期", "date"))]
    name: Annotated[str | None, Column(("名称", "节日", "假日"))] = None
    working: Annotated[bool | None, Column(("上班", "调休上班", "是否上班", "调休"))] = None


PRODUCTS = Kind(
    4,
    "products",
    ProductRow,
    ("产品", "价目表", "price_list"),
    lambda row: (row.key or row.name, row.from_),
    child=("key",),
)
TARGETS = Kind(
    16,
    "targets",
    TargetRow,
    ("销售目标", "目标", "sales_targets"),
    lambda row: (row.scope, row.key, row.period),
    child=("scope", "key", "period"),
)
RATES = Kind(17, "rates", RateRow, ("汇率", "exchange_rates"), lambda row: (row.currency, row.on), child=("currency",))
HOLIDAYS = Kind(18, "holidays", HolidayRow, ("假日", "节假日", "假期"), lambda row: row.day, child=("day",))
