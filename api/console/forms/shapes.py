"""What kind of field a type asks for."""

from __future__ import annotations

import enum
import types
import typing
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Final, get_args, get_origin
from uuid import UUID

import msgspec

from domain.money import Money


class Kind:
    """How a value is typed. A list is of several plain values, rows are of several groups, a table has a value for each
    of its keys."""

    TEXT: Final = "text"
    INT: Final = "int"
    DECIMAL: Final = "decimal"
    BOOL: Final = "bool"
    DATE: Final = "date"
    MOMENT: Final = "moment"
    TIME: Final = "time"
    CHOICE: Final = "choice"
    IDENTIFIER: Final = "identifier"
    MONEY: Final = "money"
    GROUP: Final = "group"
    LIST: Final = "list"
    ROWS: Final = "rows"
    TABLE: Final = "table"


PLAIN: dict[type, str] = {
    str: Kind.TEXT,
    int: Kind.INT,
    Decimal: Kind.DECIMAL,
    bool: Kind.BOOL,
    date: Kind.DATE,
    datetime: Kind.MOMENT,
    time: Kind.TIME,
    UUID: Kind.IDENTIFIER,
    Money: Kind.MONEY,
}


@dataclass(frozen=True)
class Shape:
    """A type, for a form. `nothing`: it may be said that there is none; `stays`: what is not stated stays as it is;
    `whole`: a list of exactly so many. `of` is what a list or table holds, `keys` the type of a table's keys."""

    kind: str
    nothing: bool = False
    stays: bool = False
    whole: int = 0
    enumeration: type[enum.Enum] | None = None
    struct: type[msgspec.Struct] | None = None
    of: Shape | None = None
    keys: Shape | None = None
    least: float | None = None
    most: float | None = None

    @property
    def parts(self) -> tuple[Slot, ...]:
        """The fields of a group."""
        return slots_of(self.struct) if self.struct else ()


@dataclass(frozen=True)
class Slot:
    """A field of a body or of a group. `default` is the value that it has where nothing is stated."""

    name: str
    shape: Shape
    required: bool
    default: Any = None


class NoSuchField(TypeError):
    """No form knows how this type is typed."""


@cache
def slots_of(body: type[msgspec.Struct]) -> tuple[Slot, ...]:
    """The fields of a Struct."""
    found = []
    for each in msgspec.structs.fields(body):
        default = None if each.default in (msgspec.NODEFAULT, msgspec.UNSET) else each.default
        found.append(Slot(each.encode_name, shape_of(each.type), each.required, default))
    return tuple(found)


def shape_of(kind: Any, **marks: Any) -> Shape:
    """The shape of a type. Raises NoSuchField."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        meta = next((each for each in arguments[1:] if isinstance(each, msgspec.Meta)), msgspec.Meta())
        return shape_of(arguments[0], **_bounds(meta), **marks)
    if origin in (typing.Union, types.UnionType):
        left = [each for each in arguments if each not in (types.NoneType, msgspec.UnsetType)]
        if len(left) == 1:
            marks |= {"nothing": types.NoneType in arguments, "stays": msgspec.UnsetType in arguments}
            return shape_of(left[0], **marks)
    if origin in (tuple, list):
        return _several(arguments, marks)
    if origin is dict:
        return Shape(Kind.TABLE, keys=shape_of(arguments[0]), of=shape_of(arguments[1]), **marks)
    if kind in PLAIN:
        return Shape(PLAIN[kind], **marks)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return Shape(Kind.CHOICE, enumeration=kind, **marks)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return Shape(Kind.GROUP, struct=kind, **marks)
    raise NoSuchField(str(kind))


def _several(arguments: tuple[Any, ...], marks: dict[str, Any]) -> Shape:
    of = shape_of(arguments[0])
    whole = 0 if Ellipsis in arguments or len(arguments) == 1 else len(arguments)
    rows = of.kind in (Kind.GROUP, Kind.MONEY)
    return Shape(Kind.ROWS if rows else Kind.LIST, of=of, whole=whole, **marks)


def _bounds(meta: msgspec.Meta) -> dict[str, float]:
    least = meta.ge if meta.ge is not None else meta.gt
    most = meta.le if meta.le is not None else meta.lt
    return {name: value for name, value in (("least", least), ("most", most)) if value is not None}
