"""Lists whose rows each give one command: their columns are the command's own parameters, in both languages."""

from __future__ import annotations

import enum
import types
import typing
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec

from api.importing.kinds.row import Kind, Row
from api.importing.values import Column, Instant, words
from domain.account.account import Account
from domain.account_plan.account_plan import AccountPlan
from domain.aggregate import Aggregate
from domain.commands import CommandType, command_type
from domain.experiment.experiment import Experiment
from domain.language.catalogue import terms
from domain.money import Money
from domain.opportunity.opportunity import Opportunity

ABOUT: dict[type[Aggregate], tuple[str, tuple[str, ...]]] = {
    Account: ("account", ("客户", "客户名称", "客户编号", "account id", "account name")),
    Opportunity: ("opportunity", ("商机", "商机编号", "opportunity id")),
    AccountPlan: ("plan", ("计划", "计划编号", "plan id")),
    Experiment: ("experiment", ("测试", "测试编号", "experiment id")),
}
ON = ("日期", "发生日期", "时间", "date", "at")
CURRENCY = ("币种", "货币")
IDENTIFIER = ("编号", "外部编号", "id")
ALSO_CALLED: dict[str, tuple[str, ...]] = {
    "kind": ("类型", "type"),
    "member": ("我方人员",),
    "people": ("我方人员",),
    "due_on": ("截止日期",),
    "amount": ("付款金额",),
    "paid_on": ("付款日期",),
    "what": ("说明",),
    "preferred_by": ("倾向人",),
}
"""The usual headers of a parameter beside its term: those under which the other lists know it."""


class CommandKind(Kind, frozen=True):
    """A kind of list: each row gives `command` to the aggregate that its first column names.

    `identifier` is the parameter that tells children apart (need_id …), written in the column external_id; a row
    without one is known by its content.
    """

    root: type[Aggregate] = Account
    command: str = ""
    identifier: str = ""

    @property
    def about(self) -> str:
        """The column that names the aggregate."""
        return ABOUT[self.root][0]

    def type(self) -> CommandType:
        """The command."""
        return command_type(self.root, self.command)


def listed(
    number: int, name: str, root: type[Aggregate], command: str, file_names: tuple[str, ...], identifier: str = ""
) -> CommandKind:
    """A list of commands as a kind of file."""
    row = _row_of(name, command_type(root, command), root, identifier)
    return CommandKind(number, name, row, file_names, root=root, command=command, identifier=identifier)


def _row_of(name: str, command: CommandType, root: type[Aggregate], identifier: str) -> type[Row]:
    about, headers = ABOUT[root]
    columns: list[tuple[str, Any, bool]] = [(about, _column(str, headers), True)]
    if identifier:
        columns.append(("external_id", _column(str, IDENTIFIER), False))
    columns.append(("on", _column(Instant, ON), False))
    for field in msgspec.structs.fields(command.body):
        if field.name not in (identifier, about, "on", "external_id"):
            columns.extend(column for column in _columns_of(field) if column not in columns)
    required = [(column, kind) for column, kind, must in columns if must]
    optional = [(column, _or_none(kind), None) for column, kind, must in columns if not must]
    title = f"{name.title().replace('_', '')}Row"
    made = msgspec.defstruct(title, [*required, *optional], bases=(Row,), gc=False, module=__name__)
    made.__doc__ = (command.method.__doc__ or "").partition("\n\n")[0]
    assert issubclass(made, Row)
    return made


def _columns_of(field: msgspec.structs.FieldInfo) -> Iterator[tuple[str, Any, bool]]:
    """The columns of a parameter; none for one that holds what no cell can."""
    kind, accepted = kind_of(field.type)
    if kind is None:
        return
    yield field.name, _column(kind, _headers(field.name), accepted), field.required
    if is_money(field.type):
        yield "currency", _column(str, CURRENCY), False


def kind_of(declared: Any) -> tuple[Any, dict[str, str] | None]:
    """The type of a column for a parameter's type, and the words that it accepts."""
    inner = _inner(declared)
    if typing.get_origin(inner) is tuple:
        kind, accepted = kind_of(typing.get_args(inner)[0])
        return (None if kind is None else tuple[str, ...]), accepted
    if isinstance(inner, type) and issubclass(inner, enum.StrEnum):
        return str, _words(inner)
    if inner is Money:
        return Decimal, None
    if inner in (str, int, Decimal, bool, date):
        return inner, None
    return {UUID: str, datetime: Instant}.get(inner), None


def is_money(declared: Any) -> bool:
    """Whether a parameter is an amount of money."""
    return _inner(declared) is Money


def _inner(declared: Any) -> Any:
    """The type without `| None`, UNSET and annotations."""
    while True:
        origin = typing.get_origin(declared)
        if origin is Annotated:
            declared = declared.__origin__
        elif origin in (typing.Union, types.UnionType):
            absent = (types.NoneType, msgspec.UnsetType)
            declared = next(one for one in typing.get_args(declared) if one not in absent)
        else:
            return declared


def _words(enumeration: type[enum.StrEnum]) -> dict[str, str]:
    known = terms(enumeration.__name__)
    said = {each.value: known[each.value].chinese if each.value in known else "" for each in enumeration}
    return dict(words(**{f"{value}_": chinese.replace(" ", "") for value, chinese in said.items()}))


def _headers(name: str) -> tuple[str, ...]:
    known = terms("fields").get(name)
    if known is None:
        return ()
    own = (known.chinese,) if known.english.replace(" ", "_") == name else (known.chinese, known.english)
    return (*own, *ALSO_CALLED.get(name, ()))


def _column(kind: Any, headers: tuple[str, ...], accepted: dict[str, str] | None = None) -> Any:
    return Annotated[kind, Column(headers, accepted)]


def _or_none(column: Any) -> Any:
    kind, note = typing.get_args(column)
    return Annotated[kind | None, note]
