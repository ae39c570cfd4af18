"""Sealed personal data opened at the door, for those who may see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from api.endpoints import Call
from domain.sealed import SECRETS, Sealed


def opened(call: Call, sealed: Sealed | None, field: str) -> str | None:
    """The text for one who may read it; None for others, and where the person was forgotten."""
    if sealed is None or field in SECRETS or not call.asker.visibility.personal:
        return None
    text = call.doors.journal.people.open(sealed, field)
    call.opened_personal = call.opened_personal or text is not None
    return text


def plain(call: Call, value: msgspec.Struct, *without: str) -> dict[str, Any]:
    """A Struct as plain values, what is sealed in it, however deep, opened or null."""
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(type(value)):
        each = getattr(value, field.name)
        if field.name not in without and each is not msgspec.UNSET:
            found[field.encode_name] = _opened_within(call, each, field.name)
    return found


def _opened_within(call: Call, value: Any, field: str) -> Any:
    """A value of a field; a text is sealed under the name of the field that holds it."""
    if isinstance(value, Sealed):
        return opened(call, value, field)
    if isinstance(value, msgspec.Struct):
        return plain(call, value)
    if isinstance(value, Mapping):
        return {key: _opened_within(call, each, field) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_opened_within(call, each, field) for each in value]
    return value


def sealed_fields(value: msgspec.Struct) -> list[str]:
    """The names of the fields that hold personal data, in themselves or within."""
    return [name for name in value.__struct_fields__ if _holds_sealed(getattr(value, name))]


def _holds_sealed(value: Any) -> bool:
    if isinstance(value, msgspec.Struct):
        return isinstance(value, Sealed) or bool(sealed_fields(value))
    if isinstance(value, Mapping):
        return any(map(_holds_sealed, value.values()))
    return isinstance(value, list | tuple) and any(map(_holds_sealed, value))
