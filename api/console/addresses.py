"""Values as addresses state them."""

from __future__ import annotations

from typing import Any


def plain(value: Any) -> str:
    """A value of a parameter: booleans in small letters, several separated by commas, enumerations by their values;
    empty for None."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ",".join(map(plain, value))
    return str(getattr(value, "value", value))
