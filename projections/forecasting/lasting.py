"""Which fact about each deal is the last one that counts: told for every moment at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from projections.forecasting.histories import NONE, Places
from projections.forecasting.tables import NEVER_KNOWN, Table

At = NDArray[np.int64]


class Lasting:
    """The facts of a table about deals that were opened once, of which none counted earlier than the one before it in
    business order, and none was taken back: each is the last one until the next counts. They lie at `places` of the
    table. The `others` that were opened are to be folded. What is known before the `newest` position is not told."""

    def __init__(self, table: Table, openings: Table) -> None:
        self.openings, self.newest = openings, newest_of(table, openings)
        plain, opened = _plain(table, openings)
        self.others: Places = np.flatnonzero(opened & ~plain).astype(np.int32)
        self.places = np.flatnonzero((table.of >= 0) & plain[table.of])
        self.of, self.since = table.of[self.places], table.when[self.places]
        self.until = np.full(len(self.of), NEVER_KNOWN, np.int64)
        goes_on = self.of[1:] == self.of[:-1]
        self.until[:-1][goes_on] = self.since[1:][goes_on]
        count = np.bincount(self.of, minlength=len(plain))
        self._end = np.cumsum(count)
        self._first = self._end - count

    def at(self, moment: int) -> At:
        """Which of these facts are the last ones at a moment (microseconds since 1970)."""
        return np.flatnonzero((self.since <= moment) & (moment < self.until))

    def of_deals(self, deals: At, moment: int) -> At:
        """Which of these facts is the last one of each of some deals; NONE where there is none, and of the others."""
        first, found = self._first[deals], self._end[deals] - 1
        later = np.flatnonzero(found >= first)
        while len(later := later[self.since[found[later]] > moment]):
            found[later] -= 1
            later = later[found[later] >= first[later]]
        found[found < first] = NONE
        return found


def newest_of(table: Table, openings: Table) -> int:
    """Up to which position all is known of a table, and of what was opened."""
    return max(table.last_position, openings.last_position)


def lasting(table: Table, openings: Table) -> Lasting:
    """The same, worked out once for a table."""
    found: Lasting | None = table.derived.get("lasting")
    if found is None or found.openings is not openings:
        found = table.derived["lasting"] = Lasting(table, openings)
    return found


def _plain(table: Table, openings: Table) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Of which deals all that a table says was said after their one opening, and counted in its order; and which were
    opened at all."""
    count = int(max(table.of.max(initial=-1), openings.of.max(initial=-1))) + 1
    times = np.bincount(openings.of, minlength=count)
    plain, opened = times == 1, times > 0
    plain[openings.of[openings.gone < NEVER_KNOWN]] = False
    begin, begin_position = np.full((2, count), NEVER_KNOWN, np.int64)
    begin[openings.of], begin_position[openings.of] = openings.occurred, openings.position
    about = np.flatnonzero(table.of >= 0)
    of, occurred, when = table.of[about], table.occurred[about], table.when[about]
    before = (occurred < begin[of]) | ((occurred == begin[of]) & (table.position[about] < begin_position[of]))
    plain[of[before | (table.gone[about] < NEVER_KNOWN)]] = False
    plain[of[1:][(of[1:] == of[:-1]) & (when[1:] < when[:-1])]] = False
    return plain, opened
