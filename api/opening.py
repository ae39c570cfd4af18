"""Sealed personal data opened at the door, for those who may see it."""

from __future__ import annotations

from typing import Any

import msgspec

from api.endpoints import Call
from domain.sealed import Sealed


def opened(call: Call, sealed: Sealed | None, field: str) -> str | None:
    """The text for one who may read it; None for others, and where the person was forgotten."""
    if sealed is None or not call.asker.visibility.personal:
        return None
    text = call.doors.journal.people.open(sealed, field)
    call.opened_personal = call.opened_personal or text is not None
    return text


def plain(call: Call, value: msgspec.Struct, *without: str) -> dict[str, Any]:
    """A Struct as plain values, sealed fields opened or null."""
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(type(value)):
        each = getattr(value, field.name)
        if field.name in without or each is msgspec.UNSET:
            continue
        found[field.encode_name] = opened(call, each, field.name) if isinstance(each, Sealed) else each
    return found


def sealed_fields(value: msgspec.Struct) -> list[str]:
    """The names of the fields that hold personal data."""
    return [name for name in value.__struct_fields__ if isinstance(getattr(value, name), Sealed)]
