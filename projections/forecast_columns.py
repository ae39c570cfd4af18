"""The figures of a forecast of a whole company, summed over columns: what its SQL says, in a fraction of the time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any

from domain.journal.reading import microseconds
from domain.policies.calendar import Period
from projections.closed_columns import CLOSED_DEAL, are_won, valued_won
from projections.deal_columns import OPEN_DEAL
from projections.deals import Filters, end_of, start_of
from projections.funnel import By
from projections.held_columns import Held, held_through
from projections.kept_columns import NO_DAY, Picked, Rows, Versions, day_number, kept_versions
from projections.valued_columns import CATEGORIES, SMALL, Unvalued, Valued, passes, valued_open
from projections.view import View

if TYPE_CHECKING:
    from numpy.typing import NDArray

SUMMED = (None, By.OWNER)
"""What it may be grouped by: what stands in the row itself."""
OPEN_NAMES = (*map(str, CATEGORIES), "undated")
Line = tuple[str | None, str, Decimal, Decimal, int, int]
"""A group and a category: the amount in sum, weighted too; how many have no stage that is known, and how many no
amount."""


class Sums:
    """What is open and expected to close in some days, or on none, and what was won in them, as of whatever moments:
    for forecasts of parts of these days, or of many moments."""

    def __init__(self, view: View, first: date, last: date) -> None:
        self._first, self._last = first, last
        visible = view.visible_accounts()
        opened, won = (kept_versions(view, kind, visible) for kind in (OPEN_DEAL, CLOSED_DEAL))
        self._opened = opened and _some(opened, _expected(opened, first, last))
        self._won = won and _some(won, _closed(view, won, first, last))
        self._valued: dict[datetime, tuple[Valued, Valued]] = {}

    def lines(self, view: View, days: Period, by: By | None, filters: Filters) -> list[Line] | None:
        """The lines of a period at the moment of a view, of some opportunities; None where columns do not say it."""
        if by not in SUMMED or not view.currency or self._opened is None or self._won is None:
            return None
        try:
            opened, won = self._at(view, self._opened, self._won)
            opened, won = (each.where(passes(view, each.rows, filters)) for each in (opened, won))
        except Unvalued:
            is_all = (self._first, self._last) == (days.first, days.last)
            return None if is_all else Sums(view, days.first, days.last).lines(view, days, by, filters)
        opened = opened.where(_expected(opened.rows, days.first, days.last))
        won = won.where(_closed(view, won.rows, days.first, days.last))
        return _lines(view, opened, OPEN_NAMES, by) + _lines(view, won, ("closed",), by)

    def of_each(self, views: Sequence[View], days: Period, filters: Filters) -> list[list[Line] | None]:
        """The lines of all at the moments of several views, in order, which differ in nothing else: as long as policies
        stay, what opportunities come to is reckoned once."""
        found: list[list[Line] | None] = []
        for _, alike in groupby(views, lambda view: view.policies.segment or view.clock):
            several = [*alike]
            lines = self._through(several, days, filters)
            found += [self.lines(view, days, None, filters) for view in several] if lines is None else lines
        return found

    def _through(self, views: Sequence[View], days: Period, filters: Filters) -> Sequence[list[Line]] | None:
        """The lines at each of some moments between which policies stay; None where they are asked one by one."""
        import numpy as np

        view = views[0]
        if filters.account or not view.currency or self._opened is None or self._won is None:
            return None
        moments = np.array([microseconds(each.clock.as_of) for each in views])
        opened, won = (held_through(each, moments, view.clock.known_at) for each in (self._opened, self._won))
        try:
            expected, closed = passes(view, opened.rows, filters), passes(view, won.rows, filters)
            opened = opened.where(expected & _expected(opened.rows, days.first, days.last))
            won = won.where(closed & are_won(won.rows) & _closed(view, won.rows, days.first, days.last))
            of_open, of_won = valued_open(view, opened.rows), valued_won(view, won.rows)
        except Unvalued:
            return None
        sums = _through(view, of_open, opened, OPEN_NAMES), _through(view, of_won, won, ("closed",))
        return [one + other for one, other in zip(*sums, strict=True)]

    def _at(self, view: View, opened: Versions, won: Versions) -> tuple[Valued, Valued]:
        """What holds at a view's moment, valued: once for all periods that are asked for."""
        moment = view.clock.as_of
        if moment not in self._valued:
            self._valued[moment] = valued_open(view, opened.then(view)), valued_won(view, won.then(view))
        return self._valued[moment]


def _expected(rows: Rows | Versions, first: date, last: date) -> NDArray[Any]:
    close_on = rows["close_on"]
    found: NDArray[Any] = (close_on == NO_DAY) | ((close_on >= day_number(first)) & (close_on <= day_number(last)))
    return found


def _closed(view: View, rows: Rows | Versions, first: date, last: date) -> NDArray[Any]:
    since, until = microseconds(start_of(view, first)), microseconds(end_of(view, last))
    found: NDArray[Any] = (rows["closed"] >= since) & (rows["closed"] <= until)
    return found


def _lines(view: View, found: Valued, names: tuple[str, ...], by: By | None) -> list[Line]:
    """The sums of each group and category that has any; the last name is that of what has no category."""
    import numpy as np

    if not len(found.rows):
        return []
    category = np.where(found.category < 0, len(names) - 1, found.category)
    group = found.rows["owner"].astype(np.int64) if by is By.OWNER else np.zeros(len(category), np.int64)
    key = group * len(names) + category
    order = np.argsort(key, kind="stable")
    keys, begins = np.unique(key[order], return_index=True)
    sums = zip(keys.tolist(), *(_sums(each[order], begins) for each in (found.value, found.weighted)), strict=True)
    unit = view.money(Decimal(0))
    return [
        (_group(found, each // len(names)), names[each % len(names)], _money(unit, value), _money(unit, weighted), 0, 0)
        for each, value, weighted in sums
    ]


def _through(view: View, found: Valued, held: Held, names: tuple[str, ...]) -> list[list[Line]]:
    """The sums of each category at each of some moments; the last name is that of what has no category."""
    import numpy as np

    unit, lines = view.money(Decimal(0)), [list[Line]() for _ in range(held.count)]
    category = np.where(found.category < 0, len(names) - 1, found.category)
    for number in np.unique(category).tolist():
        value, weighted = (held.sums(each, category == number) for each in (found.value, found.weighted))
        for line, one, other in zip(lines, value, weighted, strict=True):
            line.append((None, names[number], _money(unit, one), _money(unit, other), 0, 0))
    return lines


def _some(versions: Versions, chosen: NDArray[Any]) -> Versions:
    """Some versions, of which each column is taken when it is asked for."""
    return Versions(versions.ids, Picked(versions.columns, chosen.nonzero()[0]))


def _sums(units: NDArray[Any], begins: NDArray[Any]) -> list[int]:
    """What stretches come to."""
    import numpy as np

    most = int(np.abs(units).max(initial=0)) * len(units)
    return [int(each) for each in np.add.reduceat(units if most < SMALL else units.astype(object), begins).tolist()]


def _group(found: Valued, code: int) -> str | None:
    return str(found.rows.ids.key(code)) if code else None


def _money(unit: Decimal, units: int) -> Decimal:
    return Decimal(units).scaleb(int(unit.as_tuple().exponent))
