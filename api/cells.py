"""Cells of CSV files: what every export of the product writes, and what the importer takes off again."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

FORMULA = re.compile(r"'*[=+\-@\t\r\0]")
"""How a text begins that a spreadsheet may run as a formula, also behind apostrophes of ours."""


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula: `'` before = + - @ tab, carriage return and NUL."""
    return f"'{text}" if FORMULA.match(text) else text


def as_written(text: str) -> str:
    """The text without the `'` that `harmless` put before it."""
    return text[1:] if text[:1] == "'" and FORMULA.match(text, 1) else text


def cell(value: Any) -> Any:
    """A value as a cell: texts harmless, numbers plain, nothing where there is none."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, str):
        return harmless(str(value))
    return "" if value is None else value


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """A CSV file line by line (UTF-8), whatever its length."""
    line = io.StringIO()
    writer = csv.writer(line)
    writer.writerow(header)
    for row in rows:
        yield _taken(line)
        writer.writerow([cell(value) for value in row])
    yield _taken(line)


def _taken(line: io.StringIO) -> bytes:
    text = line.getvalue()
    line.seek(0)
    line.truncate()
    return text.encode()
