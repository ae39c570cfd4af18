"""Forecast calls over HTTP."""

from __future__ import annotations

from datetime import date

from api.asking import Clocks, question, viewing
from api.endpoints import Call, Endpoint, Reply
from api.forecast_names import name_calls
from api.identity import Named, member_of
from projections.forecast_layers import CallsAnswer, calls


class CallsQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """Whose calls, of the periods that end within these days."""

    member: Named | None = None
    first: date | None = None
    last: date | None = None


def endpoints() -> list[Endpoint]:
    """The calls."""
    about = "What people called and what was adjusted, by period; of periods that are over, whether it helped."
    return [question("/forecast/calls", "forecast.calls", about, _calls, CallsAnswer, CallsQuery)]


def _calls(call: Call) -> Reply:
    query = call.query(CallsQuery)
    with viewing(call, query) as view:
        answer = calls(view, member=member_of(call, query.member), first=query.first, last=query.last)
        call.opened_personal = call.opened_personal or (view.visibility.personal and bool(answer.calls))
        name_calls(call.doors.journal, view, answer.calls, answer.scores)
        return Reply(answer)
