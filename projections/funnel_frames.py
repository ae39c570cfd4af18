"""The funnel at many moments in one question: what a slider shows while it moves through a year."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

from projections.deals import Filters
from projections.funnel import FunnelAnswer, first_day_of_year, funnel, funnel_kept
from projections.kept_answers import standings_of
from projections.many_moments import at_each
from projections.view import FEW, View


def frames(
    view: View,
    moments: Sequence[datetime],
    filters: Filters | None = None,
    *,
    since: Callable[[View], date] = first_day_of_year,
) -> list[FunnelAnswer]:
    """The funnel as of each of these moments, by what is known in the view: each is what `funnel` says of it; `since`
    says from which day on what was won and lost counts. What was worked out before is not asked again; of
    few accounts all moments are asked for at once."""
    standings_of(view)
    found = {moment: funnel_kept(then, filters, since(then)) for moment in moments if (then := view.at(moment))}
    wanted = [moment for moment, answer in found.items() if answer is None]
    few = (visible := view.visible_accounts()) is not None and len(visible) <= FEW
    for moment, then in zip(wanted, at_each(view, wanted) if few else map(view.at, wanted), strict=True):
        found[moment] = funnel(then, filters, since=since(then))
    return [answer for moment in moments if (answer := found[moment])]
