"""How good forecasts were, over HTTP: scores of those that were kept, the methods side by side, and what was kept."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

import msgspec

from api.asking import Clocks, Limit, question, viewing
from api.endpoints import Call, Endpoint, Reply
from api.pages import next_page, page_of
from projections.forecast_kept import KeptLine, kept_forecasts
from projections.forecast_methods import MethodsAnswer, compared
from projections.forecast_scores import ScoresAnswer, ScoresAsked, scores
from projections.view import Answer

ScoresBy = Literal["owner", "territory", "product"]


class ScoresQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """Kept forecasts issued from a day to a day; `period` is one, or month, quarter or year."""

    since: date | None = msgspec.field(default=None, name="from")
    to: date | None = None
    period: str = ""
    by: ScoresBy | None = None


class MethodsQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """The methods as of a moment."""


class KeptQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """What was kept, the newest first; by `as_of`, and resting on no more than was known at `known_at`, if stated."""

    limit: Limit = 50
    cursor: str | None = None


class KeptAnswer(Answer, kw_only=True):
    """A page of kept forecasts; `next` is the cursor of the following one, null on the last."""

    forecasts: list[KeptLine]
    next: str | None


def endpoints() -> list[Endpoint]:
    """Scores, methods, and what was kept."""
    about = "The scores of kept forecasts whose periods are over, per method, period and layer."
    methods = "The methods of forecasting, the best first, by kept forecasts."
    listed = "The forecasts that were shown or scheduled, as they were; those that the asker was shown, or all."
    return [
        question("/forecast/scores", "forecast.scores", about, _scores, ScoresAnswer, ScoresQuery),
        question("/forecast/methods", "forecast.methods", methods, _methods, MethodsAnswer, MethodsQuery),
        question("/forecast/kept", "forecast.kept", listed, _kept, KeptAnswer, KeptQuery),
    ]


def _scores(call: Call) -> Reply:
    query = call.query(ScoresQuery)
    with viewing(call, query) as view:
        asked = ScoresAsked(since=query.since, to=query.to, period=query.period, by=query.by or "")
        return Reply(scores(view, asked))


def _methods(call: Call) -> Reply:
    with viewing(call, call.query(MethodsQuery)) as view:
        return Reply(compared(view))


def _kept(call: Call) -> Reply:
    query = call.query(KeptQuery)
    page = page_of(query.cursor, query)
    with viewing(call, query, page.as_of) as view:
        before = page.after.int if page.after else None
        clocks = {"as_of": query.as_of is not None, "known_at": query.known_at is not None}
        found = kept_forecasts(view, query.limit, **clocks, before=before)
        last = page.after_line(view.clock, UUID(int=found.forecasts[-1].id)) if found.more else None
        return Reply(KeptAnswer(**view.head(), forecasts=found.forecasts, next=next_page(last)))
