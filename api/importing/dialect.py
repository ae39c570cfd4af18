"""From the text of a file to its records: delimiter, quoting, and what is wrong with single lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import msgspec

from api.cells import as_written
from api.importing.encoding import MARKED, text_of
from api.importing.refusals import Fault, FileRefused
from domain.language.catalogue import say

DELIMITERS = (",", ";", "\t")
LONGEST_CELL = 100_000


class Record(msgspec.Struct, gc=False):
    """One row: the line it begins on, its cells, and what is wrong with it as a whole (None where nothing is)."""

    line: int
    cells: list[str]
    fault: Fault | None = None


class Sheet(msgspec.Struct):
    """A file as header and records. Blank lines are none of them."""

    file: str
    header: list[str]
    records: list[Record]


def read_sheet(file: str, content: bytes, encoding: str | None = None, delimiter: str | None = None) -> Sheet:
    """The header and records of a file. Raises FileRefused for a file that is not CSV."""
    text = text_of(file, content, encoding)
    lines = list(io.StringIO(text, newline=""))
    start, stated = _stated_delimiter(lines)
    head = next((line for line in lines[start:] if line.strip()), "")
    if not head:
        raise FileRefused(file=file, reason="the file is empty: its first line must name the columns")
    records = _records(lines, start, delimiter or stated or delimiter_of(head))
    header = next(records)
    if fault := header.fault or _hidden_fault(header.cells):
        raise FileRefused(
            file=file, reason=say("the line that names the columns cannot be read: {reason}", reason=fault.reason)
        )
    escaped = any(mark in text for mark in ("'=", "'+", "'-", "'@", "'\t", "'\0"))
    look_inside = "\0" in text or MARKED.search(text) is not None or max(map(len, lines)) > LONGEST_CELL
    kept = [record for record in records if record.cells[0].strip() or any(map(str.strip, record.cells))]
    for record in kept:
        if look_inside or len(record.cells) != len(header.cells):
            _check(record, len(header.cells), look_inside)
    if escaped:
        for record in kept:
            record.cells = [as_written(cell) for cell in record.cells]
    return Sheet(file, [cell.strip() for cell in header.cells], kept)


def count_lines(content: bytes) -> int:
    """How many rows a file that cannot be read would have had: its lines that are not blank, without the first."""
    return max(sum(1 for line in content.splitlines() if line.strip(b" \t\r\n,;\0")) - 1, 0)


def delimiter_of(head: str) -> str:
    """The delimiter that occurs most often in the header line, outside quotes; a comma if none does."""
    outside = "".join(head.split('"')[::2])
    return max(DELIMITERS, key=outside.count)


def _stated_delimiter(lines: list[str]) -> tuple[int, str]:
    """Spreadsheets may write `sep=;` into the first line."""
    first = lines[0].strip() if lines else ""
    return (1, first[4:]) if first.lower().startswith("sep=") and first[4:] in DELIMITERS else (0, "")


class _Lines:
    """Lines that a reader takes one by one and that can be set back."""

    def __init__(self, lines: list[str], at: int) -> None:
        self.lines, self.at = lines, at

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if self.at >= len(self.lines):
            raise StopIteration
        self.at += 1
        return self.lines[self.at - 1]


def _records(lines: list[str], start: int, delimiter: str) -> Iterator[Record]:
    """All records, blank lines left out. A record that cannot be parsed is its first line; reading goes on below it."""
    source = _Lines(lines, start)
    same: dict[str, str] = {}  # equal cells share their memory
    csv.field_size_limit(max(csv.field_size_limit(), sum(map(len, lines)) + 1))
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    while True:
        begins = source.at
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Record(begins + 1, [lines[begins]], _quoting(str(error)))
            source.at = begins + 1
            reader = csv.reader(source, delimiter=delimiter, strict=True)
            continue
        if cells:
            yield Record(begins + 1, list(map(same.setdefault, cells, cells)))


def _quoting(error: str) -> Fault:
    reason = (
        "a quoted cell is not closed" if "end of data" in error else say("the quotes do not fit ({error})", error=error)
    )
    return Fault(reason, 'Enclose the cell in double quotes and write a quote inside it as "".')


def _check(record: Record, width: int, look_inside: bool) -> None:
    cells = record.cells
    if record.fault:
        return
    if look_inside and (fault := _hidden_fault(cells)):
        record.fault = fault
    elif len(cells) != width:
        what = "fewer" if len(cells) < width else "more"
        record.fault = Fault(
            say(
                "the row has {what} cells than the header: {cells}, not {width}",
                what=what,
                cells=len(cells),
                width=width,
            ),
            "Give the row a cell for each column; quote cells that hold the delimiter.",
        )


def _hidden_fault(cells: list[str]) -> Fault | None:
    if any("\0" in cell for cell in cells):
        return Fault("the row holds a NUL byte", "Remove it: the row was damaged when it was written.")
    if any(len(cell) > LONGEST_CELL for cell in cells):
        longest = max(map(len, cells))
        return Fault(
            say(
                "a cell has {found} characters; {accepted} are accepted",
                found=longest,
                accepted=LONGEST_CELL,
            ),
            "Shorten the cell.",
        )
    if any(MARKED.search(cell) for cell in cells):
        return Fault("the row is in another encoding than the file", "Save the whole file in one encoding (UTF-8).")
    return None
