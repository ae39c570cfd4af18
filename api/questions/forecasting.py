"""Forecasts over HTTP: of a period, and of every open deal. A request never fits a model: it takes one that is there,
or asks the workers for one and answers with the win rates of the stages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec

from api.asking import WhatIf, Which, question, viewing
from api.endpoints import Call, Endpoint, Reply
from api.forecast_names import name_layers
from api.names import with_names
from projections.forecast import ForecastAnswer, current_period, forecast
from projections.forecast_chances import LONGEST, WITHIN, DealsAnswer, deal_chances
from projections.forecast_keeping import keep_deals, keep_period
from projections.forecast_layers import with_layers
from projections.forecast_learning import Learned, learned, model_wanted
from projections.forecast_quantiles import add_quantiles
from projections.forecast_scenario import ScenarioAnswer, one_by_one, scenario
from projections.forecasting.store import note_wanted, serving
from projections.funnel import By
from projections.view import View

if TYPE_CHECKING:
    from projections.forecasting.model import Model

Within = Annotated[int, msgspec.Meta(ge=1, le=LONGEST)]


class ForecastQuery(Which, kw_only=True, forbid_unknown_fields=True):
    """The forecast of a period: a quarter, a month, a fiscal year, or two days as in 2017-10-15..2017-11-14; default:
    the quarter of `as_of`. `what_if` are suppositions, separated by commas, of which nothing is recorded: won=ID,
    lost=ID, move=ID:2026-12, amount=ID:50000; the answer then has the figures with and without them."""

    by: By | None = None
    what_if: WhatIf = ""


class DealsQuery(Which, kw_only=True, forbid_unknown_fields=True):
    """Every open deal; `within` so many days is the second chance; `period` is that of the expected close."""

    within: Within = WITHIN


def endpoints() -> list[Endpoint]:
    """The forecasts."""
    about = "The forecast of a period, with quantiles of its revenue by a model fitted as of then."
    deals = "Every open deal: its chance of a win, when, and what moved the chance."
    return [
        question("/forecast", "forecast", about, _forecast, (ForecastAnswer, ScenarioAnswer), ForecastQuery),
        question("/forecast/deals", "forecast-deals", deals, _deals, DealsAnswer, DealsQuery),
    ]


def learned_at(call: Call, view: View) -> Learned:
    """The histories and the model as of the view's clocks; without a model the workers are asked for it."""
    return learned(view, model_served(call, view))


def model_served(call: Call, view: View) -> Model | None:
    """The model as of the view's clocks; without one the workers are asked for it."""
    asked = model_wanted(view, call.now)
    model = serving(view.connection, asked)
    if model is None:
        with call.doors.journal.pool.connection() as connection:
            note_wanted(connection, asked)
        call.doors.wake_workers()
    return model


def _forecast(call: Call) -> Reply:
    query = call.query(ForecastQuery)
    with viewing(call, query) as view:
        filters = msgspec.structs.replace(query.filters(call), period="")
        key = query.period or current_period(view)
        if query.what_if:
            return Reply(scenario(view, learned_at(call, view), key, one_by_one(query.what_if), filters))
        answer = forecast(view, key, filters, by=query.by)
        add_quantiles(view, answer, learned_at(call, view), filters, by=query.by)
        with call.doors.journal.pool.connection() as connection:
            keep_period(connection, view, answer, filters, query.by)
        call.opened_personal = call.opened_personal or (query.by is By.OWNER and view.visibility.personal)
        with_layers(view, with_names(call.doors.journal, view, answer, query.by), query.by)
        name_layers(call.doors.journal, view, answer)
        return Reply(answer)


def _deals(call: Call) -> Reply:
    query = call.query(DealsQuery)
    with viewing(call, query) as view:
        filters = query.filters(call)
        answer = deal_chances(view, learned_at(call, view), filters, within=query.within)
        with call.doors.journal.pool.connection() as connection:
            keep_deals(connection, view, answer, filters)
        return Reply(answer)
