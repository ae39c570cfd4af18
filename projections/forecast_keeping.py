"""Every forecast that is shown is kept, so that it can be scored when its days are over."""

from __future__ import annotations

from datetime import timedelta

import psycopg

from domain.policies.calendar import day_of, period
from projections.deals import Filters
from projections.forecast import ForecastAnswer
from projections.forecast_chances import DealsAnswer
from projections.forecasting.kept import keep, scope_of
from projections.funnel import By
from projections.view import View


def keep_period(
    connection: psycopg.Connection, view: View, answer: ForecastAnswer, filters: Filters, by: By | None
) -> None:
    """Keep the forecast of a period that was shown, under what its asker sees."""
    days = period(view.policies.company, answer.period)
    keep(
        connection,
        reason="shown",
        answer=answer,
        first=days.first,
        last=days.last,
        period=answer.period,
        filters=filters,
        by=by or "",
        scope=scope_of(view.visibility),
    )


def keep_deals(connection: psycopg.Connection, view: View, answer: DealsAnswer, filters: Filters) -> None:
    """Keep what was said of single deals: their days begin after the one that was asked about."""
    today = day_of(view.policies.company, answer.as_of)
    first, last = today + timedelta(days=1), today + timedelta(days=answer.within)
    scope = scope_of(view.visibility)
    keep(connection, reason="shown", answer=answer, first=first, last=last, filters=filters, scope=scope)
