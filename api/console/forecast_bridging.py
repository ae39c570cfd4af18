"""The bridge of a forecast as pages tell it: since which day, and what its steps are called and explained by."""

from __future__ import annotations

from urllib.parse import urlencode

from api.console.forecast_asked import Asked, ForecastPage, learned_for, since_of
from api.console.frame import Frame
from api.questions.forecasting import learned_at
from domain.language.catalogue import say
from projections.forecast_bridge import ForecastBridge, forecast_bridge


def bridge_of(frame: Frame[ForecastPage], asked: Asked, named: int | None = None) -> ForecastBridge | None:
    """The bridge since the day that the page states, with the events of all its items, or of the so many largest;
    None where that is not before the one that is shown."""
    call, first = frame.call, since_of(frame, asked)
    if first >= asked.view.clock.as_of:
        return None
    with call.doors.reader.view(
        call.asker.visibility, as_of=first, known_at=asked.view.known.position, now=call.now
    ) as then:
        then = then.under(asked.view.supposed) if asked.supposed else then
        before, after = learned_at(call, then), learned_for(frame, asked)
        return forecast_bridge(then, asked.view, before, after, asked.key, asked.filters, named=named)


def step_address(query: ForecastPage, asked: Asked, step: str) -> str:
    """The address that explains a step of the bridge; nothing does under a method that is not in use."""
    if asked.supposed:
        return ""
    named = {name: getattr(query, name) for name in ("territory", "owner", "product", "account", "since")}
    stated = {"step": step, "period": asked.key, **named}
    return f"forecast-step?{urlencode({name: value for name, value in stated.items() if value})}"


def step_words() -> dict[str, str]:
    """The steps of a bridge as people say them."""
    return {
        "new": say("New"),
        "reopened": say("Reopened"),
        "moved_in": say("Moved in"),
        "won": say("Won"),
        "increased": say("Larger"),
        "decreased": say("Smaller"),
        "pulled_in": say("Pulled in"),
        "pushed_out": say("Pushed out"),
        "probability": say("Chance changed"),
        "lost": say("Lost"),
        "disqualified": say("Disqualified"),
        "moved_out": say("Moved out"),
        "not_yet_opened": say("Not opened yet"),
        "correction": say("Correction of the model"),
    }
