"""Rows: typed structs whose fields are the columns of a table, and the way between the two.

Inside the engine a row is the plain tuple of its columns ("columns"); None stands for "there is no row",
NOTHING for "no event yet".
"""

from __future__ import annotations

import enum
import types
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import cache
from typing import Any, Final
from uuid import UUID

import msgspec

from domain.decodable import decodable
from domain.journal.reading import array
from domain.sealed import Sealed
from projections.engine.errors import BadColumn, BadModel

Columns = tuple[Any, ...] | None
NOTHING: Final = ()
RESERVED = frozenset({"key", "place", "kind", "cause", "valid_from", "valid_to", "last_at"}) | {
    "known_from",
    "ended_at",
    "retracted_at",
    "span",
    "learned",
}


class Row(msgspec.Struct):
    """The base of all rows. Every field needs a default, and its type says the column's.

    UUID, str, StrEnum, int, Decimal, bool, date, datetime (with zone), bytes, Sealed, tuple[str, ...],
    tuple[UUID, ...], and each of them `| None`. A Decimal is kept to six digits after the point;
    `Annotated[Decimal, Scale(2)]` says another number.
    """


@dataclass(frozen=True, slots=True)
class Scale:
    """How many digits after the point a Decimal column keeps."""

    digits: int


@dataclass(frozen=True, slots=True)
class _Kind:
    """A type of column: `out` makes of a value what COPY sends (as `copied_as`), `back` makes it of what is read."""

    sql: str
    out: Callable[[Any], Any] | None = None
    back: Callable[[Any], Any] | None = None
    copied_as: str = ""


_sealed_out = msgspec.msgpack.Encoder(uuid_format="bytes").encode
_sealed_back = msgspec.msgpack.Decoder(decodable(Sealed)).decode


def _uuid_out(value: UUID) -> bytes:
    return value.int.to_bytes(16, "big")


def _uuids_out(values: Sequence[UUID]) -> bytes:
    return array("uuid", [value.bytes for value in values])


def _texts_out(values: Sequence[str]) -> bytes:
    return array("text", [value.encode() for value in values])


KINDS: dict[Any, _Kind] = {
    UUID: _Kind("uuid", _uuid_out, copied_as="bytea"),
    str: _Kind("text"),
    int: _Kind("bigint", copied_as="int8"),
    Decimal: _Kind("numeric"),
    bool: _Kind("boolean", copied_as="bool"),
    date: _Kind("date"),
    datetime: _Kind("timestamptz"),
    bytes: _Kind("bytea"),
    Sealed: _Kind("bytea", _sealed_out, _sealed_back),
    tuple[str, ...]: _Kind("text[]", _texts_out, tuple, "bytea"),
    tuple[UUID, ...]: _Kind("uuid[]", _uuids_out, tuple, "bytea"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a row: its name and SQL type, and how a value is made comparable, stored and read."""

    name: str
    kind: _Kind
    scale: Decimal | None = None

    @property
    def copied_as(self) -> str:
        return self.kind.copied_as or self.kind.sql


def column_of(model: str, field: msgspec.structs.FieldInfo) -> Column:
    """The column of a row's field. Raises BadModel for a type that no column has."""
    if field.name in RESERVED:
        raise BadModel(model=model, reason=f"the name {field.name} belongs to the engine")
    if field.required:
        raise BadModel(model=model, reason=f"the column {field.name} has no default")
    plain, scale = _plain(field.type)
    if isinstance(plain, type) and issubclass(plain, enum.StrEnum):
        members = {member.value: member for member in plain}
        return Column(field.name, _Kind("text", str.__str__, members.__getitem__))
    kind = KINDS.get(plain)
    if kind is None:
        raise BadModel(model=model, reason=f"the column {field.name} has the type {field.type}")
    digits = scale.digits if scale else 6
    return Column(field.name, kind, Decimal(1).scaleb(-digits) if plain is Decimal else None)


def _plain(declared: Any) -> tuple[Any, Scale | None]:
    """The type without `| None` and without annotations, and the scale among them."""
    scale = None
    while True:
        origin = typing.get_origin(declared)
        if origin is typing.Annotated:
            scale = next((note for note in declared.__metadata__ if isinstance(note, Scale)), scale)
            declared = declared.__origin__
        elif origin in (typing.Union, types.UnionType):
            (declared,) = (one for one in typing.get_args(declared) if one is not types.NoneType)
        else:
            return declared, scale


class Shape:
    """What the engine knows about a row type: its columns and the ways between struct, tuple and table."""

    def __init__(self, model: str, row: type[Row]) -> None:
        self.row = row
        self.columns = [column_of(model, field) for field in msgspec.structs.fields(row)]
        self.empty: tuple[None, ...] = (None,) * len(self.columns)
        self._numbers = [(n, column) for n, column in enumerate(self.columns) if column.scale is not None]
        self._out = [(n, column.kind.out) for n, column in enumerate(self.columns) if column.kind.out]
        self._back = [(n, column.kind.back) for n, column in enumerate(self.columns) if column.kind.back]

    def make(self, columns: Columns) -> Row | None:
        """A struct of its own for a handler to change."""
        return self.row(*columns) if columns else None

    def take(self, row: Row | None, before: Columns) -> Columns:
        """The columns of what a handler returned, numbers rounded (in the struct, too)."""
        if row is None:
            return None
        columns = msgspec.structs.astuple(row)
        for n, column in self._numbers:
            value = columns[n]
            if value is not None and not (before and value is before[n]):
                rounded = _rounded(column, value)
                setattr(row, column.name, rounded)
                columns = (*columns[:n], rounded, *columns[n + 1 :])
        return columns

    def out(self, columns: Columns, before: Columns = None, sent: Sequence[Any] = ()) -> Sequence[Any]:
        """The values for COPY. What is the same as `before` is taken from what was `sent` for it."""
        if not columns:
            return self.empty
        values = list(columns)
        if before:
            for n, change in self._out:
                value = values[n]
                if value is before[n]:
                    values[n] = sent[n]
                elif value is not None:
                    values[n] = change(value)
        else:
            for n, change in self._out:
                if values[n] is not None:
                    values[n] = change(values[n])
        return values

    def back(self, stored: list[Any]) -> tuple[Any, ...]:
        """The columns of what was read."""
        for n, change in self._back:
            if stored[n] is not None:
                stored[n] = change(stored[n])
        return tuple(stored)


@cache
def shape_of(model: str, row: type[Row]) -> Shape:
    """The shape of a model's rows, made once for all who work with them. Raises BadModel for columns that cannot be."""
    return Shape(model, row)


def _rounded(column: Column, value: Decimal) -> Decimal:
    try:
        rounded = value.quantize(column.scale or value, ROUND_HALF_EVEN)
    except (InvalidOperation, AttributeError) as error:
        raise BadColumn(column=column.name, value=value, reason="it is no finite Decimal") from error
    if not rounded.is_finite():
        raise BadColumn(column=column.name, value=value, reason="it is no finite Decimal")
    return rounded
