"""Columns of text become columns of values: one reader for each type that a row's field can have."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from api.importing.dates import day_reader, instant_reader
from api.importing.numbers import number_reader, whole_number_reader
from api.importing.refusals import Fault, Unreadable
from domain.language.catalogue import say

Instant = date | datetime
Words = Mapping[str, str]
YES_NO: Words = {
    **dict.fromkeys(("yes", "y", "true", "1", "是", "有", "x", "✓"), "yes"),
    **dict.fromkeys(("no", "n", "false", "0", "否", "无"), "no"),
}


class Column(msgspec.Struct, frozen=True):
    """Marks a field of a row: the Chinese headers under which it may stand, and the words that it accepts."""

    headers: tuple[str, ...]
    words: Words | None = None


class Form(msgspec.Struct, frozen=True):
    """How a table writes its values, where that is stated: the format of dates, the decimal sign."""

    dates: str | None = None
    decimal: str | None = None


def words(**synonyms: str) -> Words:
    """Accepted words: each canonical word with its synonyms, separated by spaces; case and _ do not matter."""
    found = {}
    for word, others in synonyms.items():
        canonical = word.rstrip("_")
        for spelling in (canonical, *others.split()):
            found[plain(spelling)] = canonical
    return found


def plain(text: str) -> str:
    """A word without case, spaces, underscores, hyphens and brackets, full-width letters made narrow."""
    return unicodedata.normalize("NFKC", text).casefold().translate(IGNORED)


IGNORED = str.maketrans("", "", " _-.\t\u00a0()[]'\"*:")


def read_column(cells: Sequence[str], kind: Any, column: Column, form: Form) -> tuple[Sequence[Any], dict[int, Fault]]:
    """The values of a column (None where blank) and the faults by index. `kind` is the type of the row's field."""
    if kind is str and column.words is None:
        return [cell or None for cell in cells], {}
    read = reader_of(cells, kind, column, form)
    known: dict[str, Any] = {}
    unreadable: dict[str, Fault] = {}
    for cell in dict.fromkeys(cells):
        try:
            known[cell] = read(cell) if cell else None
        except Unreadable as fault:
            unreadable[cell] = fault.fault
    values = list(map(known.get, cells))
    return values, {n: unreadable[cell] for n, cell in enumerate(cells) if cell in unreadable} if unreadable else {}


def reader_of(cells: Sequence[str], kind: Any, column: Column, form: Form) -> Callable[[str], Any]:
    """The reader of one column, after a look at all of its cells."""
    if kind is Decimal:
        return number_reader(cells, form.decimal)
    if kind is int:
        return whole_number_reader(cells, form.decimal)
    if kind is date:
        return day_reader(cells, form.dates)
    if kind == Instant:
        return instant_reader(cells, form.dates)
    if kind is bool:
        return lambda cell: _word(cell, YES_NO) == "yes"
    accepted = column.words
    if kind is str and accepted:
        return lambda cell: _word(cell, accepted)
    return lambda cell: _several(cell, accepted)


def _word(cell: str, accepted: Words) -> str:
    found = accepted.get(plain(cell))
    if found is None:
        choices = ", ".join(dict.fromkeys(accepted.values()))
        raise Unreadable("this word is not known here", say("Use one of: {choices}.", choices=choices))
    return found


def _several(cell: str, accepted: Words | None) -> tuple[str, ...]:
    parts = [part.strip() for part in cell.replace("；", ";").split(";")]
    return tuple(_word(part, accepted) if accepted else part for part in parts if part)
