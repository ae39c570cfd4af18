"""What an import refuses, row by row: where, what was found, why, and what to do."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

import msgspec

from api.cells import harmless
from api.files import whole
from domain.errors import KamsError
from domain.language.catalogue import say

SHOWN = 200


class FileRefused(KamsError):
    """{file}: {reason}"""


class Fault(msgspec.Struct, frozen=True):
    """Why a cell or a row cannot be taken, and what to do about it."""

    reason: str
    remedy: str


class Unreadable(Exception):
    """A cell has no value of its column's kind."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.fault = Fault(reason, remedy)


class Refusal(msgspec.Struct, frozen=True):
    """One fault of one row. `line` is the line on which the row begins, 1 being the first of the file."""

    file: str
    line: int
    column: str
    value: str
    reason: str
    remedy: str


def write_refusals(path: Path, refusals: Iterable[Refusal]) -> None:
    """Write the refusals as a CSV file (UTF-8 with BOM, so that a spreadsheet reads it) in order of file and line."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["file", "line", "column", "value", "reason", "what to do"])
    for r in sorted(refusals, key=lambda refusal: (refusal.file, refusal.line)):
        cells = (r.file, str(r.line), r.column, shown(r.value), r.reason, r.remedy)
        writer.writerow([harmless(legible(cell)) for cell in cells])
    with whole(path) as file:
        file.write(out.getvalue().encode("utf-8-sig"))


def shown(value: str) -> str:
    """A value as it can be shown: cut where it is long."""
    return (
        value if len(value) <= SHOWN else say("{value}… ({length} characters)", value=value[:SHOWN], length=len(value))
    )


def legible(text: str) -> str:
    """A text in which undecodable bytes and NUL are written out."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
