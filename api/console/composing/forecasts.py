"""What changed in the expected revenue of a period: a step of its bridge, deal by deal, and its two ends."""

from __future__ import annotations

from decimal import Decimal

from api.console.composing.asked import Asked
from api.console.facts import exact
from api.console.forecast_asked import Asked as Forecast
from api.console.forecast_asked import ForecastPage, asked_of
from api.console.forecast_bridging import bridge_of, step_words
from api.console.frame import Frame
from api.console.telling import Group, LineTold, Why
from api.titles import openings
from domain.errors import Fault, Malformed
from domain.language.catalogue import say
from projections.forecast import forecast
from projections.forecast_bridge import ForecastBridge

ENDS = ("start", "end")


def step(asked: Asked) -> Why:
    """A step of the bridge, or one of its ends. Raises Malformed."""
    name = asked.one("step")
    words = {**step_words(), "start": say("Then"), "end": say("Now")}
    if name not in words:
        raise Malformed(Fault("step", name[:80], say("expected one of {known}", known=", ".join(words))))
    frame = forecast_frame(asked)
    with asked_of(frame) as of:
        bridge = bridge_of(frame, of)
        if bridge is None:
            return asked.why(words[name], "", exact(None, ""), [], notes=[say("Nothing moved in that time.")])
        return _end(asked, words[name], bridge, of) if name in ENDS else _step(asked, words[name], bridge, name)


def forecast_frame(asked: Asked) -> Frame[ForecastPage]:
    """The page of the forecast that is asked about."""
    clocks = asked.frame.query
    query = ForecastPage(as_of=clocks.as_of, known_at=clocks.known_at)
    for each in ("period", "territory", "owner", "product", "account", "since"):
        setattr(query, each, asked.one(each))
    return Frame(asked.frame.call, query)


def _step(asked: Asked, title: str, bridge: ForecastBridge, name: str) -> Why:
    items = sorted((each for each in bridge.items if each.kind == name), key=lambda each: -abs(each.amount))
    shown = asked.page(items)
    opened = openings(asked.frame.call.doors.journal, {each.opportunity for each in shown})
    groups = [
        Group(
            name=opened[each.opportunity].title if each.opportunity in opened else each.external_id,
            said=exact(each.amount, bridge.currency, signed=True),
            link=f"rows/funnel/{each.opportunity}",
            facts=asked.events(each.positions),
        )
        for each in shown
    ]
    rest = bridge.steps[name] - sum((each.amount for each in items), Decimal(0))
    lines: list[LineTold] = [(say("rounding"), exact(rest, bridge.currency, signed=True), [])] if rest else []
    made = say("What it changed in the expected revenue: what is won, and each open deal by its chance.")
    value = exact(bridge.steps[name], bridge.currency)
    return asked.why(title, made, value, groups, lines=lines, count=len(items), shown=len(shown))


def _end(asked: Asked, title: str, bridge: ForecastBridge, of: Forecast) -> Why:
    """Expected revenue: what was won, and the rest that the open deals bring by their chances."""
    is_start = asked.one("step") == "start"
    value = bridge.start if is_start else bridge.end
    made = say("Expected is what is won, and each open deal by its chance.")
    if is_start:
        return asked.why(title, made, exact(value, bridge.currency), [])
    won = forecast(of.view, of.key, of.filters).closed
    link = of.explain("closed")
    groups = [Group(name=say("Won"), said=exact(won, bridge.currency), link=link, facts=[])]
    lines: list[LineTold] = [(say("open deals, each by its chance"), exact(value - won, bridge.currency), [])]
    return asked.why(title, made, exact(value, bridge.currency), groups, lines=lines)
