"""Our own people (成员) and the tree of territories (区域) as rows."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from api.importing.kinds.row import Kind, Row
from api.importing.values import Column, words

ROLES = words(
    manager="客户经理 经理 account_manager sales sales_agent",
    director="总监 销售总监 区域总监",
    forecaster="预测员",
    auditor="审计 审计员",
    integrator="集成 集成商",
    admin="管理员 administrator",
)


class MemberRow(Row):
    """A person of our company."""

    name: Annotated[str, Column(("姓名", "名称", "成员", "full name"))]
    external_id: Annotated[str | None, Column(("编号", "工号", "员工编号", "id", "employee id"))] = None
    email: Annotated[str | None, Column(("邮箱", "电子邮件", "邮件", "mail"))] = None
    language: Annotated[str | None, Column(("语言",))] = None
    territory: Annotated[str | None, Column(("区域", "大区", "region"))] = None
    manager: Annotated[str | None, Column(("上级", "主管", "经理", "team leader"))] = None
    roles: Annotated[tuple[str, ...] | None, Column(("角色", "role"), ROLES)] = None
    joined_on: Annotated[date | None, Column(("入职日期", "加入日期"))] = None
    left_on: Annotated[date | None, Column(("离职日期", "离开日期"))] = None


class TerritoryRow(Row):
    """A node of the tree of territories."""

    key: Annotated[str, Column(("编号", "代码", "区域", "territory", "code"))]
    name: Annotated[str | None, Column(("名称", "区域名称"))] = None
    parent: Annotated[str | None, Column(("上级", "上级区域", "parent key"))] = None


MEMBERS = Kind(
    2,
    "members",
    MemberRow,
    ("成员", "人员", "员工", "users", "people", "sales_people"),
    lambda row: row.external_id or f"name:{row.name}",
)
TERRITORIES = Kind(
    3, "territories", TerritoryRow, ("区域", "大区", "territory", "regions"), lambda row: row.key, child=("key",)
)
