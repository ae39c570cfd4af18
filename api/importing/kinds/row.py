"""What all kinds of rows have in common."""

from __future__ import annotations

import typing
from collections.abc import Callable, Hashable
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from api.importing.values import Column, Instant, plain


class Row(msgspec.Struct, gc=False):
    """One row of one kind: where it stands (`place` numbers the rows of the whole import), and its digest."""

    place: int
    digest: bytes


class Field(msgspec.Struct, frozen=True):
    """A column of a kind: its name, the type of its values, whether it must be filled, how it is recognised."""

    name: str
    type: Any
    required: bool
    column: Column


class Kind(msgspec.Struct, frozen=True):
    """A kind of file. `identity` says what a row is about: two rows about the same thing must not differ.

    `number` is stored with every imported fact (`source`) and never changes; `child` names the fields of an event
    that say which part of its aggregate a row of this kind is about.
    """

    number: int
    name: str
    row: type[Row]
    file_names: tuple[str, ...]
    identity: Callable[[Any], Hashable] | None = None
    child: tuple[str, ...] = ()

    def fields(self) -> list[Field]:
        """The columns, in the order of the row's fields."""
        return [_field(info) for info in msgspec.structs.fields(self.row)[len(msgspec.structs.fields(Row)) :]]


def _field(info: msgspec.structs.FieldInfo) -> Field:
    inner, column = typing.get_args(info.type)
    return Field(info.name.rstrip("_"), TYPES.get(inner, inner), info.required, column)


def headers_of(kind: Kind) -> dict[str, str]:
    """Every spelling under which a column of this kind is recognised, with the column's name."""
    found = {}
    for field in kind.fields():
        for header in (field.name, *field.column.headers):
            found[plain(header)] = field.name
    return found


TYPES: dict[Any, Any] = {
    str | None: str,
    Decimal | None: Decimal,
    int | None: int,
    bool | None: bool,
    date | None: date,
    Instant | None: Instant,
}
