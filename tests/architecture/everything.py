"""What the rules of the architecture look at: the source files, all events of the domain, an example of each."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import inspect

import domain
from domain.aggregate import EVENTS, Event

REPOSITORY = Path(__file__).parents[2]
ROOMS = ("domain", "projections", "workers", "api")


def source_files(*rooms: str) -> list[Path]:
    """Every Python file of the rooms."""
    return sorted(file for room in rooms for file in (REPOSITORY / room).rglob("*.py"))


def name_of(file: Path) -> str:
    """The file as a person names it."""
    return str(file.relative_to(REPOSITORY))


class Function(NamedTuple):
    """A function of a file: its name, where it begins, how many lines it has, whether it states what it returns."""

    name: str
    line: int
    lines: int
    states_what_it_returns: bool


class Contents(NamedTuple):
    """What the rules ask of a file, found in one walk: modules imported wherever that is, those for type checking alone
    as well; its functions; whether it reads the environment."""

    imports: tuple[str, ...]
    functions: tuple[Function, ...]
    reads_environment: bool


@cache
def contents_of(file: Path) -> Contents:
    """What is in a file."""
    imports, functions, reads = list[str](), list[Function](), False
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            functions.append(Function(node.name, node.lineno, lines, node.returns is not None))
        elif isinstance(node, ast.Import):
            imports += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            imports += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
            reads = reads or node.attr in {"environ", "environb", "getenv", "putenv"}
    return Contents(tuple(imports), tuple(functions), reads or not {"os.environ", "os.getenv"}.isdisjoint(imports))


def imports_of(file: Path) -> tuple[str, ...]:
    """The modules that a file imports."""
    return contents_of(file).imports


def events() -> dict[str, type[Event]]:
    """All events of the domain by stored name."""
    for module in pkgutil.walk_packages(domain.__path__, "domain."):
        importlib.import_module(module.name)
    return {topic: event for topic, event in sorted(EVENTS.items()) if event.__module__.startswith("domain.")}


def schema_of(event: type[Event]) -> dict[str, Any]:
    """The JSON Schema of an event's fields, without words that may change."""
    (_,), components = msgspec.json.schema_components([event])
    return {name: _without_words(schema) for name, schema in sorted(components.items())}


def _without_words(schema: Any) -> Any:
    if isinstance(schema, dict):
        said = {"description", "title"}
        return {
            key: _without_words(value) for key, value in schema.items() if key not in said or not isinstance(value, str)
        }
    return [_without_words(each) for each in schema] if isinstance(schema, list) else schema


def example(event: type[Event]) -> Event:
    """An event with a value in every field."""
    made = _value(inspect.type_info(event))
    assert isinstance(made, event)
    return made


_PLAIN: dict[type[inspect.Type], Any] = {
    inspect.StrType: "something",
    inspect.IntType: 3,
    inspect.BoolType: True,
    inspect.FloatType: 0.5,
    inspect.BytesType: b"0123456789abcdef",
    inspect.DecimalType: Decimal("12.50"),
    inspect.UUIDType: UUID("5f0f7a52-9d0e-4f1e-8f57-0c1f4b0d9a11"),
    inspect.DateType: date(2026, 3, 2),
    inspect.DateTimeType: datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
    inspect.TimeType: time(9, 30),
    inspect.TimeDeltaType: timedelta(minutes=45),
}


def _value(kind: inspect.Type) -> Any:
    if type(kind) in _PLAIN:
        return _PLAIN[type(kind)]
    match kind:
        case inspect.Metadata():
            return _value(kind.type)
        case inspect.EnumType():
            return next(iter(kind.cls))
        case inspect.LiteralType():
            return kind.values[0]
        case inspect.UnionType():
            return _value(next(each for each in kind.types if not isinstance(each, inspect.NoneType)))
        case inspect.StructType():
            return kind.cls(**{field.name: _value(field.type) for field in kind.fields})
        case inspect.TupleType():
            return tuple(_value(each) for each in kind.item_types)
        case inspect.VarTupleType():
            return (_value(kind.item_type),)
        case inspect.ListType():
            return [_value(kind.item_type)]
        case inspect.FrozenSetType():
            return frozenset([_value(kind.item_type)])
        case inspect.DictType():
            return {_value(kind.key_type): _value(kind.value_type)}
    raise AssertionError(f"no example for {kind}")
