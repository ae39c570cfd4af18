"""What the rows of a file offer to a mapping beside their own columns: their number, and answers made of columns."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from api.importing.dialect import Sheet
from api.importing.kinds.answers import ANSWER
from api.importing.mapping import Table
from api.importing.refusals import FileRefused
from api.importing.values import plain
from domain.language.catalogue import say

ROW = "#"
"""The column of a mapping that is the number of a row in its file, the first one being 1."""
QUESTION, ANSWERED = "question", "answer"


class Offered(msgspec.Struct):
    """A sheet's columns as a table of the mapping sees them; `places` are those of the rows."""

    sheet: Sheet
    columns: list[Sequence[str]]
    places: list[int]


def offered(sheet: Sheet, table: Table | None, first: int, usable: Sequence[int]) -> Offered:
    """The columns of the records that are sound. `first` is the place of the sheet's first row."""
    columns: list[Sequence[str]] = list(zip(*(sheet.records[index].cells for index in usable), strict=True))
    places = [first + index for index in usable]
    if table is None or ROW in map(plain, sheet.header):
        return Offered(sheet, columns, places)
    columns = columns or [()] * len(sheet.header)
    numbered = Sheet(sheet.file, [*sheet.header, ROW], sheet.records)
    found = Offered(numbered, [*columns, [str(index + 1) for index in usable]], places)
    return _spread(found, table.answers) if table.answers else found


def _spread(found: Offered, headers: Sequence[str]) -> Offered:
    """A row for each cell of the columns that are questions; blank ones answer nothing.

    A cell that says yes, no or unknown answers the question that its column is. Of any other word there is a question
    of its own, `Column: word`, which the row answers with yes.
    """
    at = {plain(header): place for place, header in enumerate(found.sheet.header)}
    if absent := [header for header in headers if plain(header) not in at]:
        reason = say(
            "the mapping names the column {absent} for {name}; the file has {header}",
            absent=absent[0],
            name="answers",
            header=", ".join(found.sheet.header[:-1]),
        )
        raise FileRefused(file=found.sheet.file, reason=reason)
    asked = [(header, found.columns[at[plain(header)]]) for header in headers]
    said = [
        (row, *answer(header, cells[row].strip()))
        for row in range(len(found.places))
        for header, cells in asked
        if cells[row].strip()
    ]
    rows = [row for row, _, _ in said]
    columns: list[Sequence[str]] = [[column[row] for row in rows] for column in found.columns]
    columns += [[question for _, question, _ in said], [answered for _, _, answered in said]]
    sheet = Sheet(found.sheet.file, [*found.sheet.header, QUESTION, ANSWERED], found.sheet.records)
    return Offered(sheet, columns, [found.places[row] for row in rows])


def answer(header: str, cell: str) -> tuple[str, str]:
    """The question and the answer that a cell is."""
    return (header, cell) if plain(cell) in ANSWER else (f"{header}: {cell}", "yes")
