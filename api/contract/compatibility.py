"""Whether an event's schema may take the place of the released one of the same version: what receivers rely on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api.contract.schemas import Released
from api.contract.shapes import Schema

WORDS = {"title", "description"}
OF_OBJECTS = {"properties", "required", "additionalProperties"}
DEEPEST = 40


def breaking(before: Released, after: Released) -> list[str]:
    """What a receiver of the released schema would be broken by, each with its path; empty where nothing would.

    Accepted are other words, a new field that need not be there, and a new value of an enumeration. All else is a new
    version: a field that is gone or renamed, is demanded from now on or no more, another type, format, bound or
    pattern, null where there was none, a value of an enumeration that is gone.
    """
    return list(_schemas("fields", before.fields, after.fields, before, after, 0))


def _schemas(path: str, old: Schema, new: Schema, before: Released, after: Released, depth: int) -> Iterator[str]:
    if depth > DEEPEST:
        return
    old, new = _resolved(old, before.defs), _resolved(new, after.defs)
    if "properties" in old and "properties" in new:
        yield from _objects(path, old, new, before, after, depth)
    for key in sorted((old.keys() | new.keys()) - WORDS - OF_OBJECTS):
        yield from _keyword(path, key, old.get(key), new.get(key), before, after, depth)
    if "properties" not in old or "properties" not in new:
        for key in sorted(OF_OBJECTS):
            yield from _keyword(path, key, old.get(key), new.get(key), before, after, depth)


def _objects(path: str, old: Schema, new: Schema, before: Released, after: Released, depth: int) -> Iterator[str]:
    was, is_ = old["properties"], new["properties"]
    needed, needs = set(old.get("required", [])), set(new.get("required", []))
    for name in was:
        at = f"{path}.{name}"
        if name not in is_:
            yield f"{at} is gone"
            continue
        if name in needs - needed:
            yield f"{at} must be there now: what was recorded before may lack it"
        if name in needed - needs:
            yield f"{at} may be missing now: it was always there"
        yield from _schemas(at, was[name], is_[name], before, after, depth + 1)
    for name in is_.keys() - was.keys():
        if name in needs:
            yield f"{path}.{name} is new and must be there: what was recorded before lacks it"


def _keyword(path: str, key: str, old: Any, new: Any, before: Released, after: Released, depth: int) -> Iterator[str]:
    if old == new and key not in ("items", "additionalProperties", "propertyNames", "anyOf", "prefixItems"):
        return
    if key == "enum" and old is not None and new is not None:
        gone = [value for value in old if value not in new]
        if gone:
            yield f"{path} can be {', '.join(map(str, gone))} no more"
    elif isinstance(old, dict) and isinstance(new, dict):
        yield from _schemas(f"{path}[]", old, new, before, after, depth + 1)
    elif isinstance(old, list) and isinstance(new, list) and key in ("anyOf", "prefixItems") and len(old) == len(new):
        for was, is_ in zip(old, new, strict=True):
            yield from _schemas(path, was, is_, before, after, depth + 1)
    elif old != new:
        yield f"{path} has another {key}: {_said(old)} became {_said(new)}"


def _resolved(schema: Schema, defs: dict[str, Schema]) -> Schema:
    """A schema without its reference."""
    while "$ref" in schema:
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**defs[schema["$ref"].rpartition("/")[2]], **rest}
    return schema


def _said(value: Any) -> str:
    return "nothing" if value is None else str(value)
