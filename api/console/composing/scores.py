"""How good forecasts were: each time that a method, or somebody, said something, beside what came."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from api.console import formats
from api.console.composing.asked import Asked
from api.console.facts import exact
from api.console.forecast_asked import must_be_read
from api.console.telling import Group, Why
from api.identity import is_identifier
from api.titles import openings
from domain.errors import Fault, Malformed
from domain.forecast_call.forecast_call import Layer
from domain.language.catalogue import say, term
from domain.policies.calendar import Unit, period_of
from projections.forecast_calls import SUBMITTED
from projections.forecast_issued import WITHIN_DAYS
from projections.forecast_layers import CallLine, calls
from projections.forecast_said import ChanceSaid, SaidOnce, said_of_chances, said_of_wholes
from projections.forecasting.scores import BINS, amount_scores

UNITS: dict[str, Unit] = {"month": "month", "quarter": "quarter", "year": "year"}
OF_METHODS = ("n", "wape", "bias", "coverage")
OF_CHANCES = ("count", "forecast", "won")
OF_CALLERS = ("periods", "wape", "computed_wape", "bias", "helped", "hurt")


def of_method(asked: Asked) -> Why:
    """A score of a method over whole periods, with what it said each time. Raises Malformed, PeriodUnknown."""
    cell, method, issued = _cell(asked, OF_METHODS), asked.one("method"), asked.one("issued")
    must_be_read(asked.frame, asked.view)
    found = said_of_wholes(asked.view, asked.one("kind"), method, issued)
    shown = asked.page(found)
    groups = [_once(asked, each) for each in shown]
    asked_for = [(say("Method"), term("ForecastMethod", method))]
    value = _of_method(cell, found)
    return asked.why(*_told(cell), value, groups, asked=asked_for, count=len(found), shown=len(shown))


def of_caller(asked: Asked) -> Why:
    """A score of what somebody called, with each call. Raises Malformed."""
    cell, whom, layer = _cell(asked, OF_CALLERS), asked.one("member"), asked.one("layer")
    if not is_identifier(whom):
        raise Malformed(Fault("member", whom[:80], say("expected an identifier (UUID)")))
    answer = calls(asked.view, member=UUID(whom))
    score = next((each for each in answer.scores if each.layer == layer), None)
    lines = [each for each in reversed(answer.calls) if each.layer == layer and each.error is not None]
    shown = asked.page(lines)
    groups = [_called(asked, each) for each in shown]
    value = formats.DASH if score is None else _of_caller(cell, getattr(score, cell), _currency(asked))
    said = say("called") if layer == SUBMITTED else term("Layer", Layer(layer))
    return asked.why(*_told(cell), value, groups, asked=[(say("Layer"), said)], count=len(lines), shown=len(shown))


def of_chance(asked: Asked) -> Why:
    """A line of the table of chances, with each deal that was given such a chance, and what became of it. Raises
    Malformed."""
    cell, method = _cell(asked, OF_CHANCES), asked.one("method")
    must_be_read(asked.frame, asked.view)
    found = said_of_chances(asked.view, method, _low(asked))
    shown = asked.page(found)
    opened = openings(asked.frame.call.doors.journal, {each.deal for each in shown})
    groups = [_given(each, opened[each.deal].title if each.deal in opened else "") for each in shown]
    asked_for = [
        (say("Method"), term("ForecastMethod", method)),
        (say("Chance given"), f"{formats.percent(_low(asked))} – {formats.percent(_low(asked) + 1 / BINS)}"),
    ]
    value = _of_chances(cell, found)
    return asked.why(*_told(cell), value, groups, asked=asked_for, count=len(found), shown=len(shown))


def _low(asked: Asked) -> float:
    """Where the line begins. Raises Malformed."""
    text = asked.one("low")
    known = [str(place / BINS) for place in range(BINS)]
    if text not in known:
        raise Malformed(Fault("low", text[:80], say("expected one of {known}", known=", ".join(known))))
    return float(text)


def _of_chances(cell: str, found: Sequence[ChanceSaid]) -> str:
    if cell == "count" or not found:
        return formats.number(len(found)) if cell == "count" else formats.DASH
    of = [each.chance if cell == "forecast" else float(each.won) for each in found]
    return formats.percent(sum(of) / len(of), 2)


def _given(each: ChanceSaid, title: str) -> Group:
    """What was said once of a deal, and what became of it."""
    within = formats.day(each.day + timedelta(days=WITHIN_DAYS))
    came = say("won by {day}", day=within) if each.won else say("not won by {day}", day=within)
    return Group(
        name=title or str(each.deal),
        note=say("said on {day}, {came}", day=formats.day(each.day), came=came),
        said=formats.percent(each.chance, 2),
        link=f"rows/funnel/{each.deal}",
        facts=[],
    )


def _cell(asked: Asked, known: Sequence[str]) -> str:
    cell = asked.one("cell")
    if cell not in known:
        raise Malformed(Fault("cell", cell[:80], say("expected one of {known}", known=", ".join(known))))
    return cell


def _told(cell: str) -> tuple[str, str]:
    """What a score is called, and how it is made."""
    off = say("How far what was said lay from what came, each time, divided by all that came.")
    computed = say("How far what was computed then lay from what came, each time, divided by all that came.")
    nearer = say("Periods in which what was said lay nearer to what came than what was computed.")
    farther = say("Periods in which what was said lay farther from what came than what was computed.")
    return {
        "count": (say("Deals"), say("How often a deal was given such a chance, the days of which are over.")),
        "forecast": (say("Said on average"), say("The mean of the chances that were given.")),
        "won": (say("Won"), say("Of the deals that were given such a chance, so many were won in the days asked for.")),
        "n": (say("Forecasts"), say("How often something was said of a period that is over.")),
        "periods": (say("Number of periods"), say("The periods that are over, of which something was said.")),
        "wape": (say("Off by"), off),
        "computed_wape": (say("Computed, off by"), computed),
        "bias": (say("Bias"), say("What was said less what came, in all: above 0 too much was said.")),
        "coverage": (say("Within P10–P90"), say("How often what came lay within the range; 80% is meant.")),
        "helped": (say("Nearer"), nearer),
        "hurt": (say("Farther"), farther),
    }[cell]


def _of_method(cell: str, found: Sequence[SaidOnce]) -> str:
    import numpy as np

    if cell == "n":
        return formats.number(len(found))
    nan = float("nan")
    columns = ([each.p10 for each in found], [each.p50 for each in found], [each.p90 for each in found])
    p10, p50, p90 = (np.array([nan if each is None else each for each in column]) for column in columns)
    scores = amount_scores(p10, p50, p90, np.array([each.brought for each in found]))
    return formats.percent(getattr(scores, cell), 2)


def _of_caller(cell: str, value: Any, currency: str) -> str:
    if cell in ("wape", "computed_wape"):
        return formats.percent(value, 2)
    return exact(value, currency) if cell == "bias" else formats.number(value)


def _once(asked: Asked, each: SaidOnce) -> Group:
    """What was said once: how far off it was."""
    currency = _currency(asked)
    said, came = (Decimal(repr(value)) for value in (each.p50, each.brought))
    key = _period(asked, each)
    return Group(
        name=f"{formats.period(key)} · {formats.day(each.day)}",
        note=_said_and_came(said, came, currency),
        said=exact(said - came, currency, signed=True),
        link=_came(key),
        facts=[],
        lines=[
            (label, exact(Decimal(repr(value)), currency), [])
            for label, value in (("P10", each.p10), ("P90", each.p90))
            if value is not None
        ],
    )


def _called(asked: Asked, line: CallLine) -> Group:
    """What somebody called once: how far off it was, and what was computed then."""
    currency = _currency(asked)
    assert line.amount is not None
    assert line.actual is not None
    assert line.error is not None
    computed = [] if line.computed is None else [(say("Computed"), exact(line.computed, currency), list[int]())]
    return Group(
        name=formats.period(line.period),
        note=_said_and_came(line.amount, line.actual, currency),
        said=exact(line.error, currency, signed=True),
        link=_came(line.period, owner=str(line.member)),
        facts=asked.events([line.position]),
        lines=computed,
    )


def _said_and_came(said: Decimal, came: Decimal, currency: str) -> str:
    return say("said {said}, came {came}", said=exact(said, currency), came=exact(came, currency))


def _came(period: str, **more: str) -> str:
    """The address that explains what a period brought."""
    return f"forecast?{urlencode({'cell': 'closed', 'period': period, **more})}"


def _period(asked: Asked, each: SaidOnce) -> str:
    """The key of the period of which it was said."""
    unit = UNITS.get(asked.one("kind"))
    return f"{each.first}..{each.last}" if unit is None else period_of(asked.view.policies.company, each.first, unit)


def _currency(asked: Asked) -> str:
    return asked.view.policies.company.currency
