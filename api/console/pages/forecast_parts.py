"""The parts of the forecast page that take longer than its first figures, each asked for by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec

from api.console.forecast_asked import (
    ForecastPage,
    asked_of,
    learned_for,
    must_be_read,
    once_read,
    since_of,
    suppositions,
)
from api.console.forecast_back import looked_back, months_shown
from api.console.forecast_bridging import brief_of, step_address, step_words
from api.console.formats import percent, short_money, signed
from api.console.frame import Frame, page
from api.endpoints import Endpoint
from api.forecast_names import name_calls
from api.names import member_names
from api.process_words import process_words
from api.titles import openings
from domain.language.catalogue import say, term
from projections.forecast import NO_MODEL, ForecastAnswer, forecast
from projections.forecast_bridge import ForecastBridge
from projections.forecast_bridge_steps import STEPS
from projections.forecast_chances import days_left, deal_chances, largest_open
from projections.forecast_course import CourseAnswer, course
from projections.forecast_fan import fan
from projections.forecast_gap import gap_of
from projections.forecast_issued import kind_of
from projections.forecast_keeping import keep_period
from projections.forecast_layers import calls
from projections.forecast_learning import is_to_be_fitted
from projections.forecast_quantiles import add_quantiles
from projections.forecast_scenario import scenario
from projections.forecast_scores import ScoresAnswer, ScoresAsked, scores
from projections.names import account_names

MONTHS_BACK, MONTHS_AHEAD = 6, 5
MOST_ITEMS = 12


def part_endpoints() -> list[Endpoint]:
    """What the page asks for when it is there."""
    return [
        page("/forecast/expected", "forecast_expected", once_read(_expected), ForecastPage),
        page("/forecast/course", "forecast_course", once_read(_course), ForecastPage),
        page("/forecast/changes", "forecast_changes", once_read(_changes), ForecastPage),
        page("/forecast/scores", "forecast_scores", once_read(_scores), ForecastPage),
        page("/forecast/months", "forecast_months", once_read(_months), ForecastPage),
        page("/forecast/deals", "forecast_deals", once_read(_deals), ForecastPage),
        page("/forecast/supposed", "forecast_supposed", once_read(_supposed), ForecastPage),
    ]


def _expected(frame: Frame[ForecastPage]) -> Mapping[str, Any]:
    """The most likely revenue of the period, its P10 to P90, and what is missing to the target in words."""
    with asked_of(frame) as asked:
        known = learned_for(frame, asked)
        answer = add_quantiles(asked.view, forecast(asked.view, asked.key, asked.filters), known, asked.filters)
        if not asked.supposed:
            with frame.call.doors.journal.pool.connection() as connection:
                keep_period(connection, asked.view, answer, asked.filters, None)
        return {
            "asked": asked,
            "gap": gap_of(asked.view, known, answer, asked.filters),
            "waits": is_to_be_fitted(asked.view, known),
        }


def _course(frame: Frame[ForecastPage]) -> Mapping[str, Any]:
    """How the forecast of the period developed, and within what it will end."""
    with asked_of(frame) as asked:
        known = learned_for(frame, asked)
        stands = forecast(asked.view, asked.key, asked.filters)
        found = course(asked.view, asked.key, asked.filters, stands=stands)
        answer = add_quantiles(asked.view, stands, known, asked.filters)
        return {"asked": asked, "course": found, "chart": _fan(found, answer)}


def _changes(frame: Frame[ForecastPage]) -> Mapping[str, Any]:
    """What changed in the expected revenue of the period since a day."""
    with asked_of(frame) as asked:
        first, found = since_of(frame, asked), brief_of(frame, asked, MOST_ITEMS)
        if found is None:
            return {"asked": asked, "bridge": None, "since": first, "waits": False}
        bridge, count = found
        if bridge is None:
            return {"asked": asked, "bridge": None, "since": first, "waits": True}
        opened = openings(frame.call.doors.journal, {each.opportunity for each in bridge.items})
        return {
            "asked": asked,
            "bridge": bridge,
            "since": first,
            "bars": list(_bars(bridge)),
            "steps": _steps(bridge),
            "items": bridge.items,
            "more": count - len(bridge.items),
            "titles": {key: event.title for key, event in opened.items()},
            "words": step_words(),
            "step_of": partial(step_address, frame.query, asked),
            "waits": False,
            "uneven": NO_MODEL in bridge.models and set(bridge.models) != {NO_MODEL},
        }


def _steps(bridge: ForecastBridge) -> list[tuple[str, Decimal]]:
    """The steps that are not nothing."""
    return [(name, amount) for name in STEPS if (amount := bridge.steps[name])]


def _bars(bridge: ForecastBridge) -> Iterator[dict[str, Any]]:
    """The steps as a waterfall."""
    words, currency = step_words(), bridge.currency
    yield _bar(say("Then"), bridge.start, currency, total=True)
    for name, amount in _steps(bridge):
        yield _bar(words[name], amount, currency)
    yield _bar(say("Now"), bridge.end, currency, total=True)


def _bar(name: str, amount: Decimal, currency: str, *, total: bool = False) -> dict[str, Any]:
    text = short_money(amount, currency)
    return {
        "name": name,
        "value": float(amount),
        "text": text if total else signed(text, amount),
        "total": total,
        "tone": "" if total else "good" if amount > 0 else "bad",
    }


def _scores(frame: Frame[ForecastPage]) -> Mapping[str, Any]:
    """How good past forecasts were, beside what needs no model, and how good the calls of people were."""
    with asked_of(frame) as asked:
        view, journal = asked.view, frame.call.doors.journal
        must_be_read(frame, view)
        found = scores(view, ScoresAsked(period=kind_of(asked.key)))
        called = calls(view)
        personal = frame.may_read_people(view)
        name_calls(journal, view, [], called.scores)
        return {
            "asked": asked,
            "scores": found,
            "issued": {"before": say("before it began"), "during": say("while it ran")},
            "verdict": _verdict(found),
            "callers": sorted(called.scores, key=lambda each: (each.wape is None, each.wape or 0)),
            "personal": personal,
            "calibration": _calibration(found),
            "back": None if found.methods or found.wins else looked_back(frame, asked),
        }


def _months(frame: Frame[ForecastPage]) -> Mapping[str, Any]:
    """What the last months brought, and between what the running and the coming ones will lie."""
    with asked_of(frame) as asked:
        known = learned_for(frame, asked)
        found = fan(asked.view, known, asked.filters, back=MONTHS_BACK, ahead=MONTHS_AHEAD)
        return {
            "asked": asked,
            "months": months_shown(asked, found.lines),
            "currency": found.currency,
            "basis": found.basis,
            "waits": is_to_be_fitted(asked.view, known),
        }


def _verdict(found: ScoresAnswer) -> str:
    """The method in use against the best of those that need no model, in a sentence; empty where nothing is scored."""
    for issued in ("before", "during"):
        lines = {line.method: line for line in found.methods if line.issued == issued and line.layer == "computed"}
        own = lines.pop(found.in_use, None)
        others = [line for line in lines.values() if line.wape is not None]
        if own is None or own.wape is None or not others:
            continue
        rival = min(others, key=lambda line: line.wape or 0.0)
        values = {
            "own": percent(own.wape),
            "other": percent(rival.wape),
            "method": term("ForecastMethod", rival.method),
            "count": own.n,
        }
        if own.wape < (rival.wape or 0.0):
            return say(
                "Off by {own} on average in {count} forecasts; the best simple method, {method}, by {other}.", **values
            )
        return say(
            "Off by {own} on average in {count} forecasts: {method}, which needs no model, was nearer ({other}).",
            **values,
        )
    return ""


def _calibration(found: ScoresAnswer) -> list[Any]:
    """The chances that were said beside what came, of the method in use."""
    return next((line.calibration for line in found.wins if line.method == found.in_use), [])


def _deals(frame: Frame[ForecastPage]) -> Mapping[str, Any]:
    """The open deals that are expected to close in the period, the largest first, each with its chance and why."""
    with asked_of(frame) as asked:
        known, journal = learned_for(frame, asked), frame.call.doors.journal
        filters = msgspec.structs.replace(asked.filters, period=asked.key)
        rows, count = largest_open(asked.view, known, filters, frame.query.deals)
        answer = deal_chances(asked.view, known, filters, within=days_left(asked.view, asked.key), rows=rows)
        answer.deals.sort(key=lambda each: -(each.amount or 0))
        frame.may_read_people(asked.view)
        return {
            "asked": asked,
            "deals": answer.deals,
            "basis": answer.basis,
            "more": count - len(answer.deals),
            "count": count,
            "currency": answer.currency,
            "titles": {key: one.title for key, one in openings(journal, {line.id for line in answer.deals}).items()},
            "accounts": account_names(asked.view, {line.account for line in answer.deals if line.account}),
            "people": member_names(journal, asked.view),
            "stages": process_words(asked.view),
        }


def _supposed(frame: Frame[ForecastPage]) -> Mapping[str, Any]:
    """The forecast as it would be with changes that nobody recorded."""
    texts = suppositions(frame.query)
    with asked_of(frame) as asked:
        if not texts:
            return {"asked": asked, "answer": None}
        return {
            "asked": asked,
            "answer": scenario(asked.view, learned_for(frame, asked), asked.key, texts, asked.filters),
            "figures": ("closed", "commit", "best_case", "pipeline", "weighted", "p10", "p50", "p90", "gap"),
        }


# The fan


def _fan(found: CourseAnswer, stands: ForecastAnswer) -> dict[str, Any]:
    """The course as a chart: from what is won so far to where the period may end."""
    end = None if stands.p50 is None else _numbers(stands.p10, stands.p50, stands.p90)
    return {
        "first": found.first,
        "last": found.last,
        "today": min(found.today, found.last),
        "over": found.today >= found.last,
        "target": None if found.target is None else float(found.target),
        "end": end,
        "closed": float(stands.closed),
        "points": [[one.day, *_numbers(one.closed, one.commit, one.best_case, one.weighted)] for one in found.points],
        "said": [[one.day, *_numbers(one.p10, one.p50, one.p90)] for one in found.said],
        "words": {
            "won": say("Won so far"),
            "commit": say("Won and committed"),
            "range": say("P10 to P90"),
            "likely": say("Most likely"),
            "target": say("Target"),
            "weighted": say("Weighted"),
            "today": say("Shown day"),
            "said": say("Said then"),
        },
    }


def _numbers(*amounts: Decimal | None) -> list[float | None]:
    """Amounts as a chart draws them."""
    return [None if amount is None else float(amount) for amount in amounts]
