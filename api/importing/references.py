"""What the values of a command refer to, by the names and types of its parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import inspect

from domain.aggregate import Aggregate
from domain.commands import CommandType
from domain.references import NAMED

VISITS = ("visit_id", "visit", "visits")


def kind_named(root: type[Aggregate], name: str) -> type[Aggregate] | None:
    """What a parameter of an aggregate's commands names, where that is an aggregate."""
    return NAMED.get(root, {}).get(name)


def is_a_child(name: str) -> bool:
    """Whether a parameter names a thing inside its aggregate that is told apart by an identifier of the source."""
    return name.endswith("_id") and name != "stakeholder_id"


def references_in(command: CommandType, stated: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What the values of a command refer to: (account | member | opportunity | stakeholder, as it is named)."""
    fields = {field.name: field.type for field in shape_of(command.body).fields}
    for name, value in stated.items():
        if name in fields:
            yield from _references(fields[name], command.root, name, value)


def _references(kind: inspect.Type, root: type[Aggregate], name: str, value: Any) -> Iterator[tuple[str, str]]:
    match kind:
        case inspect.Metadata():
            yield from _references(kind.type, root, name, value)
        case inspect.UnionType():
            for each in kind.types:
                yield from _references(each, root, name, value)
        case inspect.UUIDType() if isinstance(value, str):
            named = kind_named(root, name)
            if named is not None:
                yield named.__name__.lower(), value
            elif not is_a_child(name) and name not in VISITS:
                yield "stakeholder", value
        case inspect.VarTupleType() | inspect.ListType() if isinstance(value, list | tuple):
            for each in value:
                yield from _references(kind.item_type, root, name, each)
        case inspect.StructType() if isinstance(value, dict):
            inner = {field.name: field.type for field in kind.fields}
            for key, each in value.items():
                if key in inner:
                    yield from _references(inner[key], root, key, each)


def shape_of(kind: type[msgspec.Struct]) -> inspect.StructType:
    """The fields of a body with their types."""
    found = inspect.type_info(kind)
    assert isinstance(found, inspect.StructType)
    return found
