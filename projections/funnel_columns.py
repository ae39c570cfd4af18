"""The figures of the funnel of a whole company, summed over columns: what its SQL says, in a fraction of the time."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from domain.journal.reading import microseconds
from projections.closed_columns import OUTCOMES, WON, closed_in
from projections.deals import Filters, stages
from projections.kept_columns import NEVER
from projections.valued_columns import Unvalued, Valued, money_of, open_then, summed
from projections.view import View

if TYPE_CHECKING:
    from numpy.typing import NDArray

A_DAY = 86_400_000_000
Open = tuple[str, str, str, int, Decimal, Decimal, int, int, int, int]
"""No group, process and stage; how many; the amount in sum, weighted too; the middle age since opening and at the
stage, in days; how often they were put off; how many amounts are not known."""
Closed = tuple[str, str, int, Decimal, int]
"""No group, and the outcome; how many; the amount in sum; how many are not known."""


def open_lines(view: View, filters: Filters) -> list[Open] | None:
    """The open opportunities by stage; None where columns do not say it."""
    try:
        found = open_then(view, filters)
    except Unvalued:
        return None
    if (found.rows["opened"] == NEVER).any() or (found.rows["since"] == NEVER).any():
        return None
    return [_line(view, found, places) for places in by_stage(found)]


def by_stage(found: Valued) -> list[NDArray[Any]]:
    """The places of open opportunities, stage by stage."""
    import numpy as np

    order = np.argsort(found.stage, kind="stable")
    _, begins = np.unique(found.stage[order], return_index=True)
    return np.split(order, begins[1:]) if len(order) else []


def _line(view: View, found: Valued, places: NDArray[Any]) -> Open:
    process, stage = stages(view)[int(found.stage[places[0]])]
    amount, weighted = (money_of(view, summed(each[places])) for each in (found.value, found.weighted))
    opened, since = (_middle_age(view, found.rows[name][places]) for name in ("opened", "since"))
    pushes = int(found.rows["pushes"][places].sum())
    return "", process, stage.key, len(places), amount, weighted, opened, since, pushes, 0


def _middle_age(view: View, moments: NDArray[Any]) -> int:
    """In whole days; of an even number the smaller one of the two in the middle."""
    import numpy as np

    middle = len(moments) // 2
    return int((microseconds(view.clock.as_of) - int(np.partition(moments, middle)[middle])) // A_DAY)


def closed_lines(view: View, filters: Filters, since: datetime) -> list[Closed] | None:
    """What was closed since a moment, by outcome; None where columns do not say it."""
    try:
        found, signed = closed_in(view, since, view.clock.as_of, filters)
    except Unvalued:
        return None
    lines: list[Closed] = []
    for number, outcome in enumerate(OUTCOMES, start=1):
        theirs = found.rows["outcome"] == number
        if theirs.any():
            units = (signed if number == WON else found.value)[theirs]
            lines.append(("", outcome, len(units), money_of(view, summed(units)), 0))
    return lines
