"""The bridge of a forecast as pages tell it: since which day, and what its steps are called and explained by."""

from __future__ import annotations

from typing import NamedTuple

from api.console.forecast_asked import Asked, ForecastPage, joined, learned_for, since_of
from api.console.frame import Frame
from api.questions.forecasting import learned_at
from domain.language.catalogue import say
from projections.forecast_bridge import ForecastBridge, bridge_in_brief, forecast_bridge
from projections.forecast_learning import Learned, is_to_be_fitted
from projections.view import View


def bridge_of(frame: Frame[ForecastPage], asked: Asked) -> ForecastBridge | None:
    """The bridge since the day that the page states; None where that is not before the one that is shown."""
    sides = _sides(frame, asked)
    return forecast_bridge(*sides, asked.key, asked.filters) if sides else None


class Brief(NamedTuple):
    """A bridge with its largest items alone, and how many there are; None while the model of one of the two days is
    not fitted: what is learned and what is not would be told as a change."""

    bridge: ForecastBridge | None
    items: int = 0


def brief_of(frame: Frame[ForecastPage], asked: Asked, most: int) -> Brief | None:
    """The same with the so many largest items alone."""
    sides = _sides(frame, asked)
    if sides is None:
        return None
    _, now, before, after = sides
    if is_to_be_fitted(now, before) != is_to_be_fitted(now, after):
        return Brief(None)
    return Brief(*bridge_in_brief(*sides, asked.key, asked.filters, most))


def _sides(frame: Frame[ForecastPage], asked: Asked) -> tuple[View, View, Learned, Learned] | None:
    """Both views, and what was learned as of them."""
    first = since_of(frame, asked)
    if first >= asked.view.clock.as_of:
        return None
    then, after = asked.view.at(first), learned_for(frame, asked)
    return then, asked.view, learned_at(frame.call, then), after


def step_address(query: ForecastPage, asked: Asked, step: str) -> str:
    """The address that explains a step of the bridge; nothing does under a method that is not in use."""
    if asked.supposed:
        return ""
    named = {name: getattr(query, name) for name in ("territory", "owner", "product", "account", "since")}
    return f"forecast-step?{joined({'step': step, 'period': asked.key, **named})}"


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
