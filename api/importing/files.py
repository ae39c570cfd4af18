"""Which files an import reads, and which kind each of them is."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from api.importing.dialect import Record, Sheet, count_lines, read_sheet
from api.importing.kinds import KINDS
from api.importing.kinds.row import Kind, Row
from api.importing.mapping import Mapping, Table
from api.importing.refusals import FileRefused
from api.importing.report import Ledger
from api.importing.table import rows_of, sound_records, without_contradictions
from api.importing.values import plain
from api.importing.workbook import is_workbook, read_workbook, title_of
from domain.language.catalogue import say

ENDINGS = (".csv", ".tsv", ".txt", ".xlsx")
SEPARATORS = re.compile(r'[,;\t\n"]')
NAMED = "name:"


class Content(msgspec.Struct):
    """All rows of an import by kind, sound in themselves and free of contradictions.

    `named` is by kind what the files hold under an identifier, refused rows as well; `unread` are the kinds of which
    a file could not be read.
    """

    rows: dict[str, list[Row]]
    named: dict[str, set[str]]
    unread: set[str]

    def of(self, kind: str) -> list[Any]:
        """The rows of a kind."""
        return self.rows.get(kind, [])


def read_files(paths: Iterable[Path], mapping: Mapping, kind: str | None, ledger: Ledger) -> Content:
    """Read all files. A folder stands for the CSV files in it, of which those of no known kind are ignored."""
    content = Content({name: [] for name in KINDS}, defaultdict(set), set())
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.is_file() and p.suffix.lower() in ENDINGS)
            for each in inside:
                _read(each, mapping, kind if len(inside) == 1 else None, False, content, ledger)
        else:
            _read(path, mapping, kind, True, content, ledger)
    for name, row in _rows_of_the_mapping(mapping, ledger):
        content.rows[name].append(row)
        content.named[name].update(identifiers([row]))
    content.rows = {
        name: without_contradictions(KINDS[name], found, ledger) for name, found in content.rows.items() if found
    }
    return content


def kind_of(file: str) -> Kind | None:
    """The kind that a file's name tells: singular, plural or Chinese, digits and dates at its end left out."""
    stem = plain(Path(file).stem).rstrip("0123456789年月日")
    for kind in KINDS.values():
        names = {plain(name) for name in (kind.name, *kind.file_names)}
        if stem in names or stem in {_singular(name) for name in names}:
            return kind
    return None


def _singular(name: str) -> str:
    return f"{name[:-3]}y" if name.endswith("ies") else name.removesuffix("s")


def identifiers(rows: Iterable[Any]) -> Iterator[str]:
    """The external ids of rows, or names where there are none."""
    for row in rows:
        if external_id := getattr(row, "external_id", None):
            yield external_id
        elif name := getattr(row, "name", None):
            yield f"{NAMED}{name}"


def _read(path: Path, mapping: Mapping, kind: str | None, named: bool, content: Content, ledger: Ledger) -> None:
    if is_workbook(path.name):
        _read_workbook(path, mapping, kind, content, ledger)
        return
    views = _views(path.name, mapping, kind)
    if not views and not named:
        ledger.ignored_files.append(path.name)
        return
    data = path.read_bytes()
    try:
        if not views and mapping.tables:
            ledger.ignored_files.append(path.name)
            return
        if not views:
            reason = say("its name does not tell what it holds: state --kind ({known})", known=", ".join(KINDS))
            raise FileRefused(file=path.name, reason=reason)
        _take_in(read_sheet(path.name, data, mapping.encoding, mapping.delimiter), views, mapping, content, ledger)
    except FileRefused as refused:
        ledger.refuse_file(path.name, count_lines(data), refused.details["reason"])
        content.unread.update(view.name for view, _ in views)


def _read_workbook(path: Path, mapping: Mapping, kind: str | None, content: Content, ledger: Ledger) -> None:
    """Each worksheet as a file of its own: what its title tells, else --kind or the file's name where it is alone."""
    data = path.read_bytes()
    try:
        sheets = read_workbook(path.name, data)
    except FileRefused as refused:
        ledger.refuse_file(path.name, 0, refused.details["reason"])
        content.unread.update(KINDS)
        return
    for sheet in sheets:
        alone = len(sheets) == 1
        views = _views(title_of(sheet), mapping, kind if alone else None)
        if not views and alone:
            views = _views(path.name, mapping, None)
        if not views:
            ledger.ignored_files.append(sheet.file)
            continue
        try:
            _take_in(sheet, views, mapping, content, ledger)
        except FileRefused as refused:
            ledger.refuse_file(sheet.file, len(sheet.records), refused.details["reason"])
            content.unread.update(view.name for view, _ in views)


def _views(file: str, mapping: Mapping, kind: str | None) -> list[tuple[Kind, Table | None]]:
    """As which kinds a file is read, and by which tables of the mapping."""
    if mapping.tables:
        return [(KINDS[table.kind], table) for table in mapping.tables_of(file)]
    found = KINDS[kind] if kind else kind_of(file)
    return [(found, None)] if found else []


def _take_in(
    sheet: Sheet, views: Sequence[tuple[Kind, Table | None]], mapping: Mapping, content: Content, ledger: Ledger
) -> None:
    """The rows of a sheet in all its views, or FileRefused and nothing of it."""
    trial = Ledger(ledger.key)
    first = trial.enter(sheet.file, [record.line for record in sheet.records])
    usable = sound_records(sheet, first, trial)
    found = [(kind.name, rows_of(sheet, kind, table, mapping, first, usable, trial)) for kind, table in views]
    offset = ledger.adopt(trial)
    damaged = {piece for record in sheet.records if record.fault for piece in _pieces(record)}
    for name, rows in found:
        for row in rows:
            row.place += offset
        content.rows[name].extend(row for row in rows if not ledger.is_refused(row.place))
        if "external_id" in KINDS[name].row.__struct_fields__:
            content.named[name].update(damaged, identifiers(rows))


def _pieces(record: Record) -> Iterator[str]:
    """What may be an identifier in a row that cannot be read."""
    for cell in record.cells:
        for piece in SEPARATORS.split(cell):
            yield from (piece.strip(), f"{NAMED}{piece.strip()}")


def _rows_of_the_mapping(mapping: Mapping, ledger: Ledger) -> list[tuple[str, Row]]:
    """Rows that the mapping itself states; they are rows of no file."""
    found: list[tuple[str, Row]] = []
    for number, stated in enumerate(mapping.rows, 1):
        cells = {name: value for name, value in stated.items() if name != "kind"}
        sheet = Sheet("(mapping)", list(cells), [Record(0, list(cells.values()))])
        faults = len(ledger.refusals)
        rows = rows_of(sheet, KINDS[stated["kind"]], None, mapping, -number, [0], ledger)
        found.extend((stated["kind"], row) for row in rows if len(ledger.refusals) == faults)
    return found
