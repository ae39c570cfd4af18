"""Workbooks (.xlsx): each worksheet is read like a file of its own, its cells as the text that means them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import PurePath
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from api.importing.dialect import Record, Sheet
from api.importing.refusals import Fault, FileRefused
from domain.language.catalogue import say

ENDING = ".xlsx"
NO_RESULT = Fault(
    "a cell holds a formula whose result the file does not keep",
    "Open the file in a spreadsheet program, save it there, and import it again; or write the value.",
)
ERRORS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!")


def is_workbook(file: str) -> bool:
    """Whether a file's name says that it is a workbook."""
    return PurePath(file).suffix.lower() == ENDING


def read_workbook(file: str, content: bytes) -> list[Sheet]:
    """The worksheets that hold something, each with its title. Raises FileRefused for what is no workbook."""
    try:
        values, formulas = (
            load_workbook(io.BytesIO(content), read_only=True, data_only=results) for results in (True, False)
        )
        found = [
            sheet
            for value, formula in zip(values.worksheets, formulas.worksheets, strict=True)
            if (sheet := _sheet(f"{file} [{value.title}]", value, formula)) is not None
        ]
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        raise FileRefused(
            file=file, reason=say("this is no readable workbook ({error}): save it as .xlsx or CSV", error=error)
        ) from error
    if not found:
        raise FileRefused(file=file, reason="the workbook is empty: the first row of a sheet must name the columns")
    return found


def title_of(sheet: Sheet) -> str:
    """The title of the worksheet."""
    return sheet.file.rpartition(" [")[2].removesuffix("]")


def _sheet(name: str, values: Any, formulas: Any) -> Sheet | None:
    rows = _rows(values, formulas)
    header = next(((number, cells) for number, cells, _ in rows if any(cells)), None)
    if header is None:
        return None
    width = max((n for n, cell in enumerate(header[1], 1) if cell), default=0)
    records = [_record(number, cells, fault, width) for number, cells, fault in rows if any(cells) or fault]
    return Sheet(name, header[1][:width], records)


def _rows(values: Any, formulas: Any) -> Iterator[tuple[int, list[str], Fault | None]]:
    """Number, cells and what is wrong with each row."""
    pairs = zip(values.iter_rows(values_only=True), formulas.iter_rows(values_only=True), strict=True)
    for number, (row, stated) in enumerate(pairs, 1):
        yield number, [_text(cell) for cell in row], _fault(row, stated)


def _fault(row: Sequence[Any], stated: Sequence[Any]) -> Fault | None:
    for value, formula in zip(row, stated, strict=True):
        if value is None and isinstance(formula, str) and formula.startswith("="):
            return NO_RESULT
        if value in ERRORS:
            return Fault(say("a cell holds the error {value}", value=value), "Mend the formula, or write the value.")
    return None


def _record(number: int, cells: list[str], fault: Fault | None, width: int) -> Record:
    if fault is None and any(cells[width:]):
        fault = Fault("the row has cells beyond the last named column", "Name the column in the first row.")
    return Record(number, (cells + [""] * width)[:width], fault)


def _text(cell: Any) -> str:
    """A cell as a CSV would write it; numbers so that their point cannot be taken for a separator of thousands."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return _number(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell).strip()


def _number(value: float) -> str:
    if value.is_integer():
        return str(int(value))
    text = format(Decimal(repr(value)), "f")
    return f"{text}0" if len(text.partition(".")[2]) == 3 else text
