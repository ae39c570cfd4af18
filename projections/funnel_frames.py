"""The funnel at many moments in one question: what a slider shows while it moves through a year."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

from projections.deals import Filters
from projections.funnel import FunnelAnswer, first_day_of_year, funnel
from projections.many_moments import at_each
from projections.view import View


def frames(
    view: View,
    moments: Sequence[datetime],
    filters: Filters | None = None,
    *,
    since: Callable[[View], date] = first_day_of_year,
) -> list[FunnelAnswer]:
    """The funnel as of each of these moments, by what is known in the view: each is what `funnel` says of it; `since`
    says from which day on what was won and lost counts."""
    return [funnel(then, filters, since=since(then)) for then in at_each(view, moments)]
