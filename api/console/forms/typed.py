"""What somebody typed, as a tree of texts: from the fields of a form, from values, and to the body of a command."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import msgspec

from api.console.forms.numbers import plain_number
from api.console.forms.shapes import Kind, Shape, Slot
from domain.money import Money

Typed = Any
"""A text; a list of texts; a list of trees (rows); a tree of parts by name. Blank is ""."""
Fields = Mapping[str, list[str]]
NOT_STATED: Any = msgspec.UNSET
WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")


def read(shape: Shape, fields: Fields, path: str) -> Typed:
    """What was typed into the fields at a path."""
    if shape.kind in (Kind.GROUP, Kind.MONEY):
        return {name: read(part, fields, f"{path}.{name}") for name, part in parts(shape).items()}
    if shape.kind == Kind.ROWS:
        assert shape.of is not None
        rows = [read(shape.of, fields, f"{path}.{number}") for number in _numbers(fields, path)]
        return [row for row in rows if not is_blank(row)]
    if shape.kind == Kind.TABLE:
        assert shape.of is not None
        keys = dict.fromkeys(name[len(path) + 1 :].partition("]")[0] for name in fields if name.startswith(f"{path}["))
        stated = {key: read(shape.of, fields, f"{path}[{key}]") for key in keys}
        return {key: each for key, each in (stated | _further(shape, fields, path)).items() if not is_blank(each)}
    if shape.kind == Kind.LIST:
        found = [each.strip() for text in fields.get(path, []) for each in _split(shape, text)]
        return [each for each in found if each]
    return "".join(fields.get(path, [])[-1:]).strip().replace("\r\n", "\n")


def parts(shape: Shape) -> dict[str, Shape]:
    """The parts of a group by name."""
    if shape.kind == Kind.MONEY:
        return {"amount": Shape(Kind.DECIMAL), "currency": Shape(Kind.TEXT)}
    return {each.name: each.shape for each in shape.parts}


def is_blank(typed: Typed) -> bool:
    """Whether nothing was typed. A currency alone, or a choice that stands there by itself, is nothing yet."""
    if isinstance(typed, Mapping):
        return all(is_blank(each) for name, each in typed.items() if name != "currency")
    return not typed or (isinstance(typed, list) and all(is_blank(each) for each in typed))


def stated(slot: Slot, typed: Typed, zone: ZoneInfo, was: Typed = None, fresh: UUID | None = None) -> Any:
    """The value of a body's field; NOT_STATED where there is none, or where it stays as it was. `fresh` is what an
    identifier of something new is made of."""
    shape = slot.shape
    if shape.stays and was is not None and typed == was:
        return NOT_STATED
    if not is_blank(typed) or (shape.kind == Kind.BOOL and not shape.nothing and not shape.stays):
        return _value(shape, typed, zone, fresh)
    if shape.kind == Kind.IDENTIFIER and fresh and slot.required:
        return str(fresh)
    if not shape.stays or was is None or is_blank(was):
        return NOT_STATED
    return None if shape.nothing else [] if shape.kind in (Kind.LIST, Kind.ROWS) else ""


def _value(shape: Shape, typed: Typed, zone: ZoneInfo, fresh: UUID | None) -> Any:
    """The plain value of what was typed; what is none stays as it is, so that the door says what would be accepted."""
    if shape.kind == Kind.MONEY:
        return {**typed, "amount": plain_number(typed.get("amount", ""), typed.get("currency", ""))}
    if shape.kind == Kind.GROUP:
        return _group(shape, typed, zone, fresh)
    if shape.of is not None and shape.kind == Kind.TABLE:
        return {key: _value(shape.of, each, zone, fresh) for key, each in typed.items()}
    if shape.of is not None:
        made = [fresh and uuid5(fresh, str(number)) for number in range(len(typed))]
        return [_value(shape.of, each, zone, new) for each, new in zip(typed, made, strict=True)]
    if shape.kind == Kind.BOOL:
        return typed == "true"
    if shape.kind in (Kind.INT, Kind.DECIMAL):
        number = plain_number(typed)
        return int(number) if shape.kind == Kind.INT and WHOLE_NUMBER.fullmatch(number) else number
    if shape.kind == Kind.MOMENT:
        return _moment(typed, zone)
    return typed


def _group(shape: Shape, typed: Mapping[str, Typed], zone: ZoneInfo, fresh: UUID | None) -> dict[str, Any]:
    found = {}
    for slot in shape.parts:
        value = stated(slot, typed.get(slot.name, ""), zone, fresh=fresh and uuid5(fresh, slot.name))
        if value is not NOT_STATED:
            found[slot.name] = value
    return found


def _moment(typed: str, zone: ZoneInfo) -> str:
    """A moment by the company's clock, with its zone."""
    try:
        found = datetime.fromisoformat(typed)
    except ValueError:
        return typed
    return (found if found.tzinfo else found.replace(tzinfo=zone)).isoformat()


def as_typed(shape: Shape, value: Any, zone: ZoneInfo) -> Typed:
    """A value as somebody would have typed it."""
    if shape.kind in (Kind.GROUP, Kind.MONEY):
        return {name: as_typed(part, _part(value, name), zone) for name, part in parts(shape).items()}
    if shape.of is not None and shape.kind == Kind.TABLE:
        return {str(_plain(key, zone)): as_typed(shape.of, each, zone) for key, each in (value or {}).items()}
    if shape.of is not None:
        return [as_typed(shape.of, each, zone) for each in (value or ())]
    if shape.kind == Kind.BOOL and value is False and not shape.nothing:
        return ""
    return _plain(value, zone)


def _plain(value: Any, zone: ZoneInfo) -> str:
    if value is None or value is msgspec.UNSET:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, enum.Enum):
        return str(value.value)
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%dT%H:%M")
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value)


def _part(value: Any, name: str) -> Any:
    if value is None or value is msgspec.UNSET:
        return None
    if isinstance(value, Money):
        return getattr(value, name)
    field = next(each.name for each in msgspec.structs.fields(value) if each.encode_name == name)
    return getattr(value, field)


def _split(shape: Shape, text: str) -> list[str]:
    """A list of texts is typed as lines."""
    return text.splitlines() if shape.of and shape.of.kind in (Kind.TEXT, Kind.INT) else [text]


def _numbers(fields: Fields, path: str) -> list[int]:
    found = {name[len(path) + 1 :].partition(".")[0] for name in fields if name.startswith(f"{path}.")}
    return sorted(int(each) for each in found if each.isascii() and each.isdigit() and len(each) < 5)


def _further(shape: Shape, fields: Fields, path: str) -> dict[str, Typed]:
    """Entries of a table under keys that were typed, too."""
    found: dict[str, Typed] = {}
    assert shape.of is not None
    for number in _numbers(fields, path):
        key = "".join(fields.get(f"{path}.{number}.key", [])).strip()
        if key:
            found[key] = read(shape.of, fields, f"{path}.{number}.value")
    return found
