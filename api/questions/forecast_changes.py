"""What moved a forecast, and what is missing to its target, over HTTP."""

from __future__ import annotations

import msgspec

from api.asking import WhatIf, Which, known, question, viewing
from api.endpoints import Call, Endpoint, Reply
from api.moments import When
from api.questions.forecasting import learned_at
from projections.forecast import current_period
from projections.forecast_bridge import ForecastBridge, forecast_bridge
from projections.forecast_gap import GapAnswer, gap
from projections.forecast_scenario import one_by_one


class BridgeQuery(Which, kw_only=True, forbid_unknown_fields=True):
    """Two forecasts of a period: as of `since` and `as_of`, known at `known_since` and `known_at`; what is not stated
    of the first is as in the second."""

    since: When | None = None
    known_since: str | None = None


class GapQuery(Which, kw_only=True, forbid_unknown_fields=True):
    """The gap of a period; `what_if` are suppositions, separated by commas: won=ID, lost=ID, move=ID:2026-12,
    amount=ID:50000."""

    what_if: WhatIf = ""


def endpoints() -> list[Endpoint]:
    """Bridge and gap."""
    moved = "How the expected revenue of a period went from one forecast to another, to the cent, per opportunity."
    missing = "The gap to target: coverage, required pipeline, and what would have to be opened by when."
    return [
        question("/forecast/bridge", "forecast.bridge", moved, _bridge, ForecastBridge, BridgeQuery),
        question("/forecast/gap", "forecast.gap", missing, _gap, GapAnswer, GapQuery),
    ]


def _bridge(call: Call) -> Reply:
    query = call.query(BridgeQuery)
    start = call.doors.calendar.moment("since", query.since)
    with viewing(call, query) as now:
        filters = msgspec.structs.replace(query.filters(call), period="")
        first = now.clock.as_of if start is None else start
        knew = now.clock.known_at if query.known_since is None else known(call, query.known_since)
        with call.doors.reader.view(call.asker.visibility, as_of=first, known_at=knew, now=call.now) as then:
            before, after = learned_at(call, then), learned_at(call, now)
            key = query.period or current_period(now)
            return Reply(forecast_bridge(then, now, before, after, key, filters))


def _gap(call: Call) -> Reply:
    query = call.query(GapQuery)
    with viewing(call, query) as view:
        filters = msgspec.structs.replace(query.filters(call), period="")
        key = query.period or current_period(view)
        return Reply(gap(view, learned_at(call, view), key, filters, what_if=one_by_one(query.what_if)))
