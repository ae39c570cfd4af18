"""From a sheet to typed rows of a kind: columns found, values read, every fault of a row named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import msgspec

from api.importing.dialect import Sheet
from api.importing.kinds.row import Field, Kind, Row, headers_of
from api.importing.mapping import Mapping, Table, headers_in
from api.importing.refusals import Fault, FileRefused
from api.importing.report import Ledger
from api.importing.spreading import ANSWERED, QUESTION, ROW, offered
from api.importing.values import Form, plain, read_column
from domain.language.catalogue import say

BLANK = Fault("this column must not be blank", "Fill it.")


class Source(msgspec.Struct):
    """Where the cells of one column come from: columns of the file, joined by a template, or a default alone."""

    indexes: list[int]
    template: str
    header: str
    default: str
    values: dict[str, str]
    times: Decimal | None

    def cells(self, columns: Sequence[Sequence[str]], count: int) -> list[str]:
        """The cells of the column, one for each of `count` rows, from the columns of the file."""
        if not self.indexes:
            return [self.default] * count
        if not columns:
            return []
        if self.template:
            found = [self._joined(cells) for cells in zip(*(columns[index] for index in self.indexes), strict=True)]
        else:
            found = list(map(str.strip, columns[self.indexes[0]]))
        if self.values:
            found = [self.values.get(cell, cell) for cell in found]
        return [cell or self.default for cell in found] if self.default else found

    def _joined(self, cells: Sequence[str]) -> str:
        parts = [cell.strip() for cell in cells]
        return self.template.format(*parts).strip() if any(parts) else ""


def rows_of(
    sheet: Sheet, kind: Kind, table: Table | None, mapping: Mapping, first: int, usable: Sequence[int], ledger: Ledger
) -> list[Row]:
    """The rows of one kind in a sheet, those as well that the ledger refuses because a cell cannot be read.

    `first` is the place of the sheet's first row, `usable` the indexes of its records that are sound.
    """
    fields = kind.fields()
    seen = offered(sheet, table, first, usable)
    sources = sources_of(seen.sheet, kind, table, ledger)
    _see_that_required_columns_are_there(sheet, fields, sources)
    count, columns_of_file = len(seen.places), seen.columns
    blank, nothing = [""] * count, [None] * count
    cells = [sources[field.name].cells(columns_of_file, count) if field.name in sources else blank for field in fields]
    form = Form((table and table.dates) or mapping.dates, (table and table.decimal) or mapping.decimal)
    columns: list[Sequence[Any]] = []
    for field, column in zip(fields, cells, strict=True):
        if column is blank:
            columns.append(nothing)
            continue
        values, faults = read_column(column, field.type, field.column, form)
        if field.required:
            faults = {**faults, **{index: BLANK for index, cell in enumerate(column) if not cell}}
        for index, fault in faults.items():
            source = sources[field.name]
            ledger.refuse(seen.places[index], source.header, column[index], fault)
        columns.append(_multiplied(values, sources[field.name].times))
    digests = digests_of(kind.name, cells, ledger.key)
    return list(map(kind.row, seen.places, digests, *columns))


def digests_of(kind: str, cells: Sequence[Sequence[str]], key: bytes) -> list[bytes]:
    """Eight bytes for the content of each row; trailing blank columns say nothing, so new ones change nothing.

    They go into the journal, and rows hold names: without the key, which is kept apart, nobody can test a guess.
    """
    head = f"{kind}\x1f"
    joined = map("\x1f".join, zip(*cells, strict=True))
    return [blake2b((head + text.rstrip("\x1f")).encode(), digest_size=8, key=key).digest() for text in joined]


def sources_of(sheet: Sheet, kind: Kind, table: Table | None, ledger: Ledger) -> dict[str, Source]:
    """Where each column of the kind comes from."""
    positions: dict[str, int] = {}
    for index, header in enumerate(sheet.header):
        if header and positions.setdefault(plain(header), index) != index:
            raise FileRefused(file=sheet.file, reason=say("two columns are called {header}", header=header))
    if table is None:
        return _by_usual_headers(sheet, kind, positions, ledger)
    sources = {name: _mapped(sheet, table, name, positions) for name in [*table.defaults, *table.columns]}
    if table.answers:
        sources |= {name: Source([positions[name]], "", name, "", {}, None) for name in (QUESTION, ANSWERED)}
    usual = _usual(sheet, kind, positions)
    return {**{name: usual[name] for name in table.also if name in usual}, **sources}


def _by_usual_headers(sheet: Sheet, kind: Kind, positions: dict[str, int], ledger: Ledger) -> dict[str, Source]:
    usual = _usual(sheet, kind, positions)
    used = {index for source in usual.values() for index in source.indexes}
    if unused := [header for index, header in enumerate(sheet.header) if header and index not in used]:
        ledger.notes.append(
            say(
                "{file}: columns that {name} do not have were left out: {unused}",
                file=sheet.file,
                name=kind.name,
                unused=", ".join(unused),
            )
        )
    return usual


def _usual(sheet: Sheet, kind: Kind, positions: dict[str, int]) -> dict[str, Source]:
    known = headers_of(kind)
    found: dict[str, Source] = {}
    for spelling, index in positions.items():
        name = known.get(spelling)
        if name is None:
            continue
        header = sheet.header[index]
        if name in found:
            reason = say(
                "the columns {first} and {second} both mean {name}",
                first=found[name].header,
                second=header,
                name=name,
            )
            raise FileRefused(file=sheet.file, reason=reason)
        found[name] = Source([index], "", header, "", {}, None)
    return found


def _mapped(sheet: Sheet, table: Table, name: str, positions: dict[str, int]) -> Source:
    column = table.columns.get(name, "")
    headers = headers_in(column) if column else []
    absent = [header for header in headers if plain(header) not in positions]
    if absent:
        reason = say(
            "the mapping names the column {absent} for {name}; the file has {header}",
            absent=absent[0],
            name=name,
            header=", ".join(header for header in sheet.header if header != ROW),
        )
        raise FileRefused(file=sheet.file, reason=reason)
    template = column
    for header in headers:
        template = template.replace(f"{{{header}}}", "{}")
    return Source(
        [positions[plain(header)] for header in headers],
        template if template != column else "",
        column or name,
        table.defaults.get(name, ""),
        table.values.get(name, {}),
        table.times.get(name),
    )


def _see_that_required_columns_are_there(sheet: Sheet, fields: Sequence[Field], sources: dict[str, Source]) -> None:
    absent = [field for field in fields if field.required and field.name not in sources]
    if absent:
        names = ", ".join("/".join((field.name, *field.column.headers[:1])) for field in absent)
        reason = say(
            "there is no column {names}; the file has {known}", names=names, known=", ".join(filter(None, sheet.header))
        )
        raise FileRefused(file=sheet.file, reason=reason)


def _multiplied(values: Sequence[Any], times: Decimal | None) -> Sequence[Any]:
    return values if times is None else [value if value is None else value * times for value in values]


def sound_records(sheet: Sheet, first: int, ledger: Ledger) -> list[int]:
    """The indexes of the records that can be read; the others are refused, identical ones counted as repeated."""
    seen: set[str] = set()
    sound = []
    for index, record in enumerate(sheet.records):
        if record.fault:
            ledger.refuse(first + index, "", "\x1f".join(record.cells).replace("\x1f", ", "), record.fault)
            continue
        content = "\x1f".join(record.cells)
        if content in seen:
            ledger.repeat(first + index)
        else:
            seen.add(content)
            sound.append(index)
    return sound


def without_contradictions(kind: Kind, rows: list[Row], ledger: Ledger) -> list[Row]:
    """Rows that differ about the same thing are all refused; equal ones, from several files, count once."""
    if kind.identity is None:
        return list(_distinct(rows))
    first: dict[Any, Row] = {}
    contradicted: dict[Any, list[Row]] = {}
    for row in rows:
        about = kind.identity(row)
        earlier = first.setdefault(about, row)
        if earlier.digest != row.digest:
            contradicted.setdefault(about, [earlier]).append(row)
    for about, several in contradicted.items():
        del first[about]
        lines = ", ".join(str(ledger.where(row.place)[1]) for row in several[:5])
        fault = Fault(
            say("the file says different things about {about}: lines {lines}", about=about, lines=lines),
            "Keep the row that holds.",
        )
        for row in several:
            ledger.refuse(row.place, "", str(about), fault)
    return list(first.values())


def _distinct(rows: list[Row]) -> Iterator[Row]:
    seen: set[bytes] = set()
    for row in rows:
        if row.digest not in seen:
            seen.add(row.digest)
            yield row
