"""What the values of a command refer to, by the names and types of its parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from domain.commands import CommandType
from domain.references import NAMED

STAKEHOLDER, VISIT, OPEN_ITEM = "stakeholder", "visit", "open item"
VISITS = ("visit_id", "visit", "visits")
MEANT: dict[str, dict[str, str]] = {
    "open": {"account": "account"},
    "raise_issue": {"account": "account"},
    "draft": {"account": "account"},
    "objectives.set": {"parent": "objective", "goal": "goal"},
    "milestones.set": {"objective": "objective"},
    "revise": {"parent": "objective", "drop_objectives": "objective", "drop_milestones": "milestone"},
    "goals.set": {"parent": "goal"},
    "hand_over": {"open_issues": "issue"},
    "merge": {"people": STAKEHOLDER, "open_items": OPEN_ITEM},
    "visits.plan": {"chances": "opportunity"},
    "criteria.rerank": {"criterion": "criterion"},
    "criteria.stand": {"criterion": "criterion"},
    "decision_process.describe": {"owner": STAKEHOLDER},
    "visit_plans.submit": {"account": "account"},
}
"""By command, parameters that mean something else than their name alone would say."""
OPEN_ITEMS = ("visit", "item", "need", "commitment", "activity")
"""Kinds of open items; where one may be any of them it is written `need N-7`."""


def meaning(command: CommandType, name: str) -> str:
    """What a parameter of a command names: an account, member, opportunity, stakeholder, visit or open item, else the
    kind of a thing inside its aggregate that is told apart by an identifier of the source (need, gift …)."""
    if (meant := MEANT.get(command.name, {}).get(name)) is not None:
        return meant
    if (named := NAMED.get(command.root, {}).get(name)) is not None:
        return named.__name__.lower()
    if name in VISITS:
        return VISIT
    if name.endswith("_id") and name != "stakeholder_id":
        return name.removesuffix("_id")
    return STAKEHOLDER


def references_in(command: CommandType, stated: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What the values of a command refer to: (its meaning, as it is named)."""
    fields = {field.name: field.type for field in shape_of(command.body).fields}
    for name, value in stated.items():
        if name in fields:
            yield from _references(fields[name], command, name, value)


def _references(kind: inspect.Type, command: CommandType, name: str, value: Any) -> Iterator[tuple[str, str]]:
    match kind:
        case inspect.Metadata():
            yield from _references(kind.type, command, name, value)
        case inspect.UnionType():
            for each in kind.types:
                yield from _references(each, command, name, value)
        case inspect.UUIDType() if isinstance(value, str):
            yield meaning(command, name), value
        case inspect.VarTupleType() | inspect.ListType() if isinstance(value, list | tuple):
            for each in value:
                yield from _references(kind.item_type, command, name, each)
        case inspect.DictType() if isinstance(value, dict):
            for key, each in value.items():
                yield from _references(kind.key_type, command, name, key)
                yield from _references(kind.value_type, command, name, each)
        case inspect.StructType() if isinstance(value, dict):
            inner = {field.name: field.type for field in kind.fields}
            for key, each in value.items():
                if key in inner:
                    yield from _references(inner[key], command, key, each)


def with_references(kind: inspect.Type, name: str, value: Any, id_of: Callable[[str, Any], Any]) -> Any:
    """The value of a parameter with every reference in it replaced by what `id_of` gives for the parameter's name and
    the reference."""
    if value is None:
        return None
    match kind:
        case inspect.Metadata():
            return with_references(kind.type, name, value, id_of)
        case inspect.UnionType():
            present = next(each for each in kind.types if not isinstance(each, inspect.NoneType))
            return with_references(present, name, value, id_of)
        case inspect.UUIDType():
            return id_of(name, value)
        case inspect.VarTupleType() | inspect.ListType() if isinstance(value, list | tuple):
            return [with_references(kind.item_type, name, each, id_of) for each in value]
        case inspect.StructType() if isinstance(value, dict):
            inner = {field.name: field.type for field in kind.fields}
            return {key: with_references(inner[key], key, each, id_of) if key in inner else each
                    for key, each in value.items()}  # fmt: skip
        case inspect.DictType() if isinstance(value, dict):
            return {
                with_references(kind.key_type, name, key, id_of): with_references(kind.value_type, name, each, id_of)
                for key, each in value.items()
            }
    return value


@cache
def shape_of(kind: type[msgspec.Struct]) -> inspect.StructType:
    """The fields of a body with their types."""
    found = inspect.type_info(kind)
    assert isinstance(found, inspect.StructType)
    return found
