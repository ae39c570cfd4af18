"""The stretch of days in which deals were closed, as questions about won and lost state it."""

from __future__ import annotations

from datetime import date
from typing import Any

from domain.errors import Refused
from domain.policies.calendar import day_of
from projections.deals import end_of, start_of
from projections.funnel import first_day_of_year
from projections.view import View


class PeriodBackwards(Refused):
    """The period would end on {until}, before it starts on {since}: state a first day that is not after the last."""


def closed_between(view: View, since: date | None, until: date | None) -> tuple[date, date]:
    """The first and the last day: by default of the fiscal year up to the view's moment. Raises PeriodBackwards."""
    until = until or day_of(view.policies.company, view.clock.as_of)
    since = since or min(first_day_of_year(view), until)
    if since > until:
        raise PeriodBackwards(since=since, until=until)
    return since, until


def within(view: View, since: date, until: date) -> dict[str, Any]:
    """The parameters of `CLOSED_WITHIN`."""
    return {"closed_since": start_of(view, since), "closed_until": end_of(view, until)}


CLOSED_WITHIN = "closed >= %(closed_since)s and closed <= %(closed_until)s"
"""The condition on a deal's row."""
