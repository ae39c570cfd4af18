"""A mapping drafted from the headers of files: what was found, what is likely, what somebody still has to say."""

from __future__ import annotations

import difflib
import typing
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import msgspec

from api.importing.dialect import Sheet, read_sheet
from api.importing.files import ENDINGS, kind_of
from api.importing.kinds import KINDS
from api.importing.kinds.row import Field, Kind, headers_of
from api.importing.synonyms import Unit, kind_elsewhere, unit_of, usual_elsewhere
from api.importing.values import Words, plain
from api.importing.workbook import is_workbook, read_workbook, title_of

LIKELY = 0.8
MOST_WORDS = 12
HEAD = """# A draft made from the headers. Check it, fill what is open, then: kams import --mapping THIS.toml FILES
# on = 2026-01-31          # the day of the export
# currency = "EUR"         # of amounts that state none"""


class Draft(msgspec.Struct):
    """What is drafted for one table: columns as they were recognised, and what is open."""

    file: str
    kind: Kind
    columns: dict[str, str]
    likely: dict[str, str]
    lacking: list[str]
    unused: list[str]
    words: dict[str, list[str]]
    units: dict[str, Unit]


def suggest(paths: Iterable[Path]) -> str:
    """A mapping (TOML) for files and folders, with comments on what is open. Raises FileRefused for a file that
    cannot be read."""
    lines = [HEAD]
    for path in paths:
        inside = sorted(p for p in path.iterdir() if p.suffix.lower() in ENDINGS) if path.is_dir() else [path]
        for file in inside:
            for name, hint, sheet in _sheets(file):
                lines += ["", *_table(name, hint, sheet)]
    return "\n".join(lines) + "\n"


def _sheets(path: Path) -> Iterator[tuple[str, str, Sheet]]:
    """The tables of a file: as a mapping names them, what may tell their kind, and their rows."""
    data = path.read_bytes()
    if not is_workbook(path.name):
        yield path.name, path.name, read_sheet(path.name, data)
        return
    for sheet in read_workbook(path.name, data):
        yield title_of(sheet), title_of(sheet), sheet


def draft(name: str, hint: str, sheet: Sheet) -> Draft | None:
    """What a table most likely holds; None where its headers say nothing."""
    named = kind_of(hint) or kind_elsewhere(Path(hint).stem)
    drafts = [_as(name, kind, sheet) for kind in ([named] if named else KINDS.values())]
    best = max(drafts, key=_fit)
    return best if named or ((best.columns or len(best.likely) > 2) and _fit(best)[0] > 0) else None


def _fit(one: Draft) -> tuple[float, int]:
    """How well a kind fits: the share of headers it knows, less what it lacks; then how many."""
    found = len(one.columns) + 0.5 * len(one.likely)
    total = found + len(one.unused)
    return (found / total if total else 0.0) - 0.25 * len(one.lacking), len(one.columns)


def _as(name: str, kind: Kind, sheet: Sheet) -> Draft:
    known = headers_of(kind)
    columns: dict[str, str] = {}
    for header in filter(None, sheet.header):
        if (column := known.get(plain(header))) and column not in columns:
            columns[column] = header
    open_headers = [header for header in sheet.header if header and header not in columns.values()]
    likely = _elsewhere(kind, open_headers, known, columns)
    for header in open_headers:
        if header in likely.values():
            continue
        near = difflib.get_close_matches(plain(header), known, 1, LIKELY) or _contained(plain(header), known)
        if near and known[near[0]] not in {*columns, *likely}:
            likely[known[near[0]]] = header
    fields = {field.name: field for field in kind.fields()}
    found = {**columns, **likely}
    return Draft(
        file=name,
        kind=kind,
        columns=columns,
        likely=likely,
        lacking=[field.name for field in fields.values() if field.required and field.name not in found],
        unused=[header for header in open_headers if header not in likely.values()],
        words=_foreign_words(sheet, found, fields),
        units=_units(found, fields),
    )


def _elsewhere(kind: Kind, headers: list[str], known: dict[str, str], columns: dict[str, str]) -> dict[str, str]:
    """Headers as others usually write them, and known ones that state a unit besides."""
    spelled: dict[str, str] = {}
    for header in headers:
        for spelling in (plain(header), plain(unit_of(header).header)):
            spelled.setdefault(spelling, header)
    found: dict[str, str] = {}
    candidates = [(column, spelling) for spelling, column in known.items()]
    candidates += [(column, name) for column, names in usual_elsewhere(kind).items() for name in names]
    for column, spelling in candidates:
        header = spelled.get(spelling, "")
        if header and column not in columns and column not in found and header not in found.values():
            found[column] = header
    return found


def _units(columns: dict[str, str], fields: dict[str, Field]) -> dict[str, Unit]:
    """The units that headers of amounts state."""
    amounts = {column: unit_of(header) for column, header in columns.items() if fields[column].type is Decimal}
    return {column: unit for column, unit in amounts.items() if unit.times or unit.currency}


def _stated_units(one: Draft) -> Iterator[str]:
    """What the headers say of amounts, as keys of the mapping."""
    found = {**one.columns, **one.likely}
    times = {column: unit.times for column, unit in one.units.items() if unit.times}
    currencies = sorted({unit.currency for unit in one.units.values() if unit.currency})
    if times:
        yield f"times = {{ {', '.join(f'{column} = {factor}' for column, factor in times.items())} }}"
    if len(currencies) == 1 and "currency" in {field.name for field in one.kind.fields()} - found.keys():
        yield f"defaults = {{ currency = {_text(currencies[0])} }}"
    elif len(currencies) > 1:
        yield f"# the headers state several currencies: {', '.join(currencies)}"
    yield from (f"# likely only: the unit of {column} from {found[column]}" for column in one.units)


def _contained(header: str, known: Iterable[str]) -> list[str]:
    """A known header of some length that stands inside the file's own."""
    return sorted((each for each in known if len(each) >= 4 and each in header), key=len, reverse=True)[:1]


def _foreign_words(sheet: Sheet, columns: dict[str, str], fields: dict[str, Field]) -> dict[str, list[str]]:
    """Words in columns of enumerated values that nobody knows."""
    found: dict[str, list[str]] = {}
    for column, header in columns.items():
        if (accepted := fields[column].column.words) is None:
            continue
        at = sheet.header.index(header)
        cells = {record.cells[at].strip() for record in sheet.records if len(record.cells) > at}
        if foreign := sorted(cell for cell in cells if cell and not _known(cell, accepted, fields[column])):
            found[column] = foreign
    return found


def _known(cell: str, accepted: Words, field: Field) -> bool:
    several = typing.get_origin(field.type) is not None
    parts = [part.strip() for part in cell.replace("；", ";").split(";")] if several else [cell]
    return all(plain(part) in accepted for part in parts if part)


def _table(name: str, hint: str, sheet: Sheet) -> list[str]:
    one = draft(name, hint, sheet)
    if one is None:
        return [f"# {name}: no kind has these columns: {', '.join(filter(None, sheet.header))}"]
    lines = ["[[tables]]", f"file = {_text(one.file)}", f"kind = {_text(one.kind.name)}"]
    found = {**one.columns, **one.likely}
    order = [field.name for field in one.kind.fields() if field.name in found]
    lines.append(f"columns = {{ {', '.join(f'{column} = {_text(found[column])}' for column in order)} }}")
    lines += [f"# likely only: {column} from {header}" for column, header in one.likely.items()]
    lines += _stated_units(one)
    if one.lacking:
        lines.append(f"# REQUIRED and not found: {', '.join(one.lacking)} (add to columns, or to defaults = {{ … }})")
    if one.unused:
        lines.append(f"# left out: {', '.join(one.unused)}")
    for column, foreign in one.words.items():
        lines += _words(column, foreign, one.kind)
    return lines


def _words(column: str, foreign: Sequence[str], kind: Kind) -> Iterator[str]:
    accepted = next(field.column.words for field in kind.fields() if field.name == column) or {}
    yield f"# {column}: each word on the right must be one of {', '.join(dict.fromkeys(accepted.values()))}"
    shown = ", ".join(f'{_text(word)} = "?"' for word in foreign[:MOST_WORDS])
    more = f"   # and {len(foreign) - MOST_WORDS} more" if len(foreign) > MOST_WORDS else ""
    yield f"# values.{column} = {{ {shown} }}{more}"


def _text(value: str) -> str:
    """A TOML string; JSON's escapes are TOML's."""
    return msgspec.json.encode(value).decode()
