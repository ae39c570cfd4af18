"""Dates as people write them: ISO, a stated format, or the one that the column's own values prove."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime

from api.importing.refusals import Unreadable
from domain.language.catalogue import say

ISO = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
AMBIGUOUS = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})", re.ASCII)
MIDNIGHT = re.compile(r"[T ]00?:00(:00(\.0+)?)?(Z|\+00:?00)?$", re.ASCII)
DAY_FIRST, MONTH_FIRST = "day first", "month first"
REMEDY = 'Write it as 2017-03-31, or state `dates` in a mapping (such as `dates = "%d/%m/%Y"`).'


def day_reader(cells: Iterable[str], form: str | None) -> Callable[[str], date]:
    """A reader of one column's days. `form` is a stated strftime format; ISO dates are always read."""
    proofs = set() if form else proofs_of(cells)

    def read(cell: str) -> date:
        found = _iso_day(MIDNIGHT.sub("", cell)) if not form else _stated(cell, form) or _iso_day(cell)
        return found or _proved(MIDNIGHT.sub("", cell), proofs)

    return read


def instant_reader(cells: Iterable[str], form: str | None) -> Callable[[str], date | datetime]:
    """A reader of one column's instants: a day, or an ISO time (without offset: in the company's time zone)."""
    day = day_reader(cells, form)

    def read(cell: str) -> date | datetime:
        if len(cell) > 10 and ":" in cell:
            try:
                return datetime.fromisoformat(cell)
            except ValueError:
                pass
        return day(cell)

    return read


def proofs_of(cells: Iterable[str]) -> set[str]:
    """The orders of day and month that single values prove, by a number above 12."""
    proofs = set()
    for cell in set(cells):
        if match := AMBIGUOUS.match(cell):
            first, second = int(match[1]), int(match[3])
            if first > 12 >= second:
                proofs.add(DAY_FIRST)
            elif second > 12 >= first:
                proofs.add(MONTH_FIRST)
    return proofs


def _stated(cell: str, form: str) -> date | None:
    try:
        return datetime.strptime(cell, form).date()  # noqa: DTZ007 a day has no time zone
    except ValueError:
        return None


def _iso_day(cell: str) -> date | None:
    match = ISO.fullmatch(cell) or COMPACT.fullmatch(cell)
    return _day(int(match[1]), int(match[2]), int(match[3])) if match else None


def _proved(cell: str, proofs: set[str]) -> date:
    match = AMBIGUOUS.fullmatch(cell)
    if not match:
        raise Unreadable("this is not a date", REMEDY)
    first, second, year = int(match[1]), int(match[3]), int(match[4])
    if first == second and len(proofs) < 2:
        return _day(year, first, second)
    if len(proofs) != 1:
        why = "other values of the column prove both" if proofs else "no value of the column proves which"
        raise Unreadable(say("day and month can be meant either way: {why}", why=why), REMEDY)
    return _day(year, second, first) if proofs == {DAY_FIRST} else _day(year, first, second)


def _day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise Unreadable("there is no such day", REMEDY) from None
