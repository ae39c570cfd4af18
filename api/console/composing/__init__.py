"""Figures that pages make of others, explained: a change of health, a share, how long a list is. Their addresses look
like those of the API's explanations, and the panel shows them the same way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from api.console.composing import (
    changes,
    forecast_learned,
    forecast_sentences,
    forecasts,
    lists,
    portfolios,
    purchases,
    scores,
    shares,
    visits,
)
from api.console.composing.asked import Asked
from api.console.explained import LONGEST
from api.console.forecast_asked import BeingRead
from api.console.frame import Frame
from api.console.telling import Why
from domain.errors import Fault, Malformed
from domain.language.catalogue import say
from projections.view import View

FIGURES: dict[str, Callable[[Asked], Why]] = {
    "health-change": changes.health_change,
    "share": shares.share,
    "class": portfolios.of_class,
    "cumulative": portfolios.cumulative,
    "axis": portfolios.axis,
    "plan": lists.plan_cell,
    "overdue": lists.overdue,
    "issues": lists.issues_of,
    "findings": lists.findings_of,
    "forecast-step": forecasts.step,
    "forecast-takes": forecast_sentences.takes,
    "forecast-chance": forecast_learned.chance,
    "forecast-quantile": forecast_learned.quantile,
    "forecast-kept": forecast_sentences.kept_then,
    "off-by": shares.off_by,
    "score-of-method": scores.of_method,
    "score-of-caller": scores.of_caller,
    "score-of-chance": scores.of_chance,
    "visit-step": visits.step,
    "visit-action": visits.action,
    "visit-cadence": visits.cadence,
    "buying-trend": purchases.trend,
    "buying-rhythm": purchases.rhythm,
    "buying-wallet": purchases.wallet,
    "paid-on-time": purchases.on_time,
}


def is_composed(address: str) -> bool:
    """Whether an address is that of such a figure."""
    return address.partition("?")[0].split("/")[0] in FIGURES


def why_composed(frame: Frame[Any], view: View, address: str, *, limit: int, skip: int) -> Why:
    """Such a figure as the panel shows it. Raises Malformed, and what the figures are made of raises."""
    if len(address) > LONGEST:
        raise Malformed(Fault("explain", address[:80], say("the address of an explanation is too long")))
    asked = Asked.of(frame, view, address, limit=limit, skip=skip)
    try:
        return FIGURES[asked.figure](asked)
    except BeingRead:
        said = say("What forecasts rest on is being read. That takes some seconds, once after a start.")
        return asked.why(say("One moment"), said, "", [])
