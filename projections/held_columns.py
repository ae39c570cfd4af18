"""Rows of kept columns that hold at some of many moments, found for all of them at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from projections.kept_columns import Picked, Rows, Versions
from projections.valued_columns import SMALL

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Held:
    """Rows that hold at any of so many moments in order: from which of them on each does, and from which on no more."""

    rows: Rows
    first: NDArray[Any]
    end: NDArray[Any]
    count: int

    def where(self, chosen: NDArray[Any]) -> Held:
        """Those of a mask."""
        return Held(self.rows.where(chosen), self.first[chosen], self.end[chosen], self.count)

    def sums(self, units: NDArray[Any], chosen: NDArray[Any]) -> list[int]:
        """What those of a mask come to at each of the moments; `units` is what each of all is, in whole numbers."""
        import numpy as np

        most = int(np.abs(units).max(initial=0)) * len(units)
        units = units[chosen] if most < SMALL else units[chosen].astype(object)
        steps = np.zeros(self.count + 1, units.dtype)
        np.add.at(steps, self.first[chosen], units)
        np.subtract.at(steps, self.end[chosen], units)
        return [int(each) for each in np.cumsum(steps)[: self.count].tolist()]


def held_through(versions: Versions, moments: NDArray[Any], known_at: int) -> Held:
    """The rows that hold at any of some moments, in order, as known at a position."""
    import numpy as np

    places, begins, ends = versions.known(known_at)
    first, end = np.searchsorted(moments, begins), np.searchsorted(moments, ends)
    some = np.flatnonzero(first < end)
    return Held(Rows(versions.ids, Picked(versions.columns, places[some])), first[some], end[some], len(moments))
