"""Documents as people write them: TOML or JSON, from a file or from standard input; and back as TOML."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from domain.errors import Fault, Malformed
from domain.language.catalogue import say

STANDARD_INPUT = "-"
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def read_document(where: str) -> dict[str, Any]:
    """The document in a file (TOML, or JSON where it begins with a brace). Raises Malformed."""
    try:
        raw = sys.stdin.buffer.read() if where == STANDARD_INPUT else Path(where).read_bytes()
    except OSError as error:
        raise Malformed(Fault(where, "", say("cannot be read: {strerror}", strerror=error.strerror))) from None
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
        is_json = text.lstrip().startswith("{")
        found = json.loads(text, parse_float=Decimal) if is_json else tomllib.loads(text, parse_float=Decimal)
    except (UnicodeDecodeError, ValueError) as error:
        raise Malformed(Fault(where, "", say("is neither TOML nor JSON in UTF-8: {error}", error=error))) from None
    if not isinstance(found, dict):
        raise Malformed(Fault(where, "", "expected a table of names and values"))
    return found


def toml_text(document: Mapping[str, Any]) -> str:
    """A document of plain values as TOML: simple values first, then tables, then lists of tables. TOML has no
    null: what is absent is left out."""
    return "\n".join(_lines(_without_none(document))).lstrip() + "\n"


def _without_none(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _without_none(each) for name, each in value.items() if each is not None}
    return [_without_none(each) for each in value] if isinstance(value, list | tuple) else value


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    tables = {name: value for name, value in document.items() if isinstance(value, dict)}
    lists = {name: value for name, value in document.items() if _is_list_of_tables(value)}
    for name, value in document.items():
        if name not in tables and name not in lists:
            yield f"{_key(name)} = {_value(value)}"
    for name, value in tables.items():
        yield from ("", f"[{_key(name)}]")
        yield from _pairs(value)
    for name, rows in lists.items():
        for row in rows:
            yield from ("", f"[[{_key(name)}]]")
            yield from _pairs(row)


def _pairs(table: Mapping[str, Any]) -> Iterator[str]:
    return (f"{_key(name)} = {_value(value)}" for name, value in table.items())


def _is_list_of_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(_pairs(value)) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else _quoted(str(value))


def _key(name: str) -> str:
    return name if BARE_KEY.fullmatch(name) else _quoted(name)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
