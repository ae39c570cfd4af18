"""Accounts (客户) as rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from api.importing.kinds.row import Kind, Row
from api.importing.values import Column, words

ACCOUNT_KINDS = words(
    end_customer="最终客户 终端客户 直接客户 customer",
    distributor="分销商",
    dealer="经销商",
    wholesaler="批发商",
    retailer="零售商",
    agent="代理商",
)


class AccountRow(Row):
    """A customer: what it is called, where it belongs, how large it is."""

    name: Annotated[str, Column(("名称", "客户名称", "客户", "account", "account name", "公司名称"))]
    external_id: Annotated[str | None, Column(("编号", "客户编号", "外部编号", "id", "account id"))] = None
    tax_number: Annotated[str | None, Column(("税号", "统一社会信用代码", "vat"))] = None
    address: Annotated[str | None, Column(("地址",))] = None
    kind: Annotated[str | None, Column(("类型", "客户类型", "type"), ACCOUNT_KINDS)] = None
    industry: Annotated[str | None, Column(("行业", "sector"))] = None
    territory: Annotated[str | None, Column(("区域", "大区", "region"))] = None
    country: Annotated[str | None, Column(("国家",))] = None
    currency: Annotated[str | None, Column(("币种", "货币"))] = None
    parent: Annotated[str | None, Column(("上级客户", "母公司", "parent account"))] = None
    headcount: Annotated[int | None, Column(("人数", "员工人数", "employees"))] = None
    revenue: Annotated[Decimal | None, Column(("营业额", "年营业额", "annual revenue"))] = None
    website: Annotated[str | None, Column(("网站", "网址"))] = None
    segment: Annotated[str | None, Column(("细分市场", "客户细分"))] = None
    registered_on: Annotated[date | None, Column(("登记日期", "建档日期", "注册日期", "created on"))] = None


ACCOUNTS = Kind(
    1,
    "accounts",
    AccountRow,
    ("客户", "客户档案", "customers", "companies"),
    lambda row: row.external_id or f"name:{row.name}",
)
