"""The figures of a forecast of a whole company, summed over columns: what its SQL says, in a fraction of the time."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from domain.policies.calendar import Period
from projections.deals import end_of, start_of
from projections.funnel import By
from projections.valued_columns import CATEGORIES, Unvalued, Valued, open_in, won_in
from projections.view import View

if TYPE_CHECKING:
    from numpy.typing import NDArray

SUMMED = (None, By.OWNER)
"""What it may be grouped by: what stands in the row itself."""
Line = tuple[str | None, str, Decimal, Decimal, int, int]
"""A group and a category: the amount in sum, weighted too; how many have no stage that is known, and how many no
amount."""


def summed(view: View, days: Period, by: By | None) -> list[Line] | None:
    """The lines of a period; None where columns do not say it."""
    if by not in SUMMED or not view.currency:
        return None
    try:
        opened = open_in(view, days.first, days.last)
        won = won_in(view, start_of(view, days.first), end_of(view, days.last))
    except Unvalued:
        return None
    lines = _lines(view, opened, (*map(str, CATEGORIES), "undated"), by)
    return lines + _lines(view, won, ("closed",), by)


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


def _sums(units: NDArray[Any], begins: NDArray[Any]) -> list[int]:
    """What stretches come to."""
    import numpy as np

    return [int(each) for each in np.add.reduceat(units.astype(object), begins).tolist()]


def _group(found: Valued, code: int) -> str | None:
    return str(found.rows.ids.key(code)) if code else None


def _money(unit: Decimal, units: int) -> Decimal:
    return Decimal(units).scaleb(int(unit.as_tuple().exponent))
