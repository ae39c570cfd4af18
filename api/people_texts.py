"""What is sealed in a fact, with the names of the fields that hold it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from domain.aggregate import Recorded
from domain.sealed import Sealed


def texts_in(fact: Recorded) -> Iterator[tuple[str, Sealed]]:
    """All that is sealed in a fact, its note too, with the name of the field that holds it."""
    for name in fact.event.__struct_fields__:
        yield from _sealed_in(name, getattr(fact.event, name))
    if fact.note is not None:
        yield "note", fact.note


def _sealed_in(field: str, value: Any) -> Iterator[tuple[str, Sealed]]:
    if isinstance(value, Sealed):
        yield field, value
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _sealed_in(name, getattr(value, name))
    elif isinstance(value, dict):
        for each in value.values():
            yield from _sealed_in(field, each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _sealed_in(field, each)
