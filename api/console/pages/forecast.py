"""Forecast (预测): what a period will bring, how certainly, against its target; what changed; how good we were."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from api.access import may
from api.console import formats
from api.console.forecast_asked import Asked, BeingRead, ForecastPage, asked_of, learned_for, suppositions
from api.console.frame import Frame, page
from api.console.pages.forecast_parts import part_endpoints
from api.endpoints import Endpoint
from api.forecast_names import name_layers
from api.names import member_names, with_names
from domain.errors import NotFound, Refused
from domain.forecast_call.forecast_call import ForecastCall
from domain.language.catalogue import say
from domain.policies.calendar import Period, day_of, fiscal_year, period, period_of
from domain.policies.company import Company
from domain.policies.forecast_policy import ForecastMethod
from projections.forecast import STEPS, ForecastAnswer, ForecastGroup, forecast
from projections.forecast_layers import with_layers
from projections.forecast_scenario import supposed
from projections.funnel import ZERO, By
from projections.names import account_names
from projections.view import View

BACK, AHEAD = 3, 2
"""So many quarters before and after the running one are offered."""


@dataclass(frozen=True)
class Choice:
    """Something to be chosen in a filter."""

    key: str
    name: str
    chosen: bool


@dataclass(frozen=True)
class Segment:
    """A category in the bar against the target: from where, and how far, as shares of the bar's length."""

    key: str
    amount: Decimal
    start: float
    share: float
    explain: str


@dataclass(frozen=True)
class Supposed:
    """What is supposed as an address states it; what was typed last, where it cannot be, and why not."""

    texts: str
    fault: str = ""
    deal: str = ""
    then: str = ""
    to: str = ""


def endpoints() -> list[Endpoint]:
    """The page, and its parts that come by themselves."""
    return [page("/forecast", "forecast", _forecast, ForecastPage), *part_endpoints()]


def _forecast(frame: Frame[ForecastPage]) -> Mapping[str, Any]:
    """The forecast of a period."""
    with asked_of(frame) as asked:
        view = asked.view
        answer = forecast(view, asked.key, asked.filters, by=By.OWNER)
        answer = with_layers(view, with_names(frame.call.doors.journal, view, answer, By.OWNER), By.OWNER)
        frame.may_read_people(view)
        name_layers(frame.call.doors.journal, view, answer)
        people = _people(answer, asked, frame.query.people)
        company = view.policies.company
        return {
            "title": say("Forecast"),
            "asked": asked,
            "query": frame.query,
            "said": formats.period(asked.key),
            "over": asked.days.last < day_of(company, view.clock.as_of),
            "forecast": answer,
            "segments": list(_segments(answer, asked)),
            "longest": _longest(answer),
            "people": people,
            "more_people": len(answer.groups or ()) - len(people),
            "choices": _choices(frame, asked),
            "may_call": may(frame.call.asker, ForecastCall, "submit"),
            "supposed": _supposed(frame, asked),
            "since": frame.query.since or _day_before(view),
        }


def _supposed(frame: Frame[ForecastPage], asked: Asked) -> Supposed:
    """What is supposed, by what was there before and what the form adds."""
    query = frame.query
    try:
        texts = suppositions(query)
        if query.deal:
            supposed(asked.view, learned_for(frame, asked), texts)
    except BeingRead:
        pass  # the part that works it out waits for it, and says what is wrong
    except (Refused, NotFound) as refusal:
        return Supposed(query.what_if, str(refusal), query.deal, query.then, query.to)
    return Supposed(",".join(texts))


# The bar against the target


def _longest(answer: ForecastAnswer) -> Decimal:
    return max(answer.cumulative["pipeline"], answer.target or ZERO)


def _segments(answer: ForecastAnswer, asked: Asked) -> Iterator[Segment]:
    whole, start = float(_longest(answer)) or 1.0, 0.0
    for key in STEPS:
        amount = getattr(answer, key)
        share = max(float(amount), 0.0) / whole
        yield Segment(key, amount, round(start, 5), round(share, 5), asked.explain(key))
        start += share


def _people(answer: ForecastAnswer, asked: Asked, most: int) -> list[tuple[ForecastGroup, Mapping[str, str]]]:
    """Those who have most in the period, with the addresses that explain their figures; the largest first."""
    groups = sorted(
        answer.groups or [], key=lambda each: (-each.cumulative["pipeline"], -(each.target or ZERO), each.name)
    )
    cells = (*STEPS, "target")
    return [(one, {cell: asked.explain(cell, by="owner", group=one.key) for cell in cells}) for one in groups[:most]]


# What can be chosen


def _choices(frame: Frame[ForecastPage], asked: Asked) -> Mapping[str, list[Choice]]:
    view, query = asked.view, frame.query
    in_use, policies = view.policies.forecasting.method, view.policies
    territories = policies.territories.territories
    seen = view.visibility
    return {
        "period": [
            Choice(one.key, formats.period(one.key), one.key == asked.key) for one in _periods(view, asked.days)
        ],
        "territory": [
            Choice(key, one.name, key == query.territory)
            for key, one in sorted(territories.items(), key=lambda each: each[1].name)
            if seen.everything or key in seen.territories or key == query.territory
        ],
        "owner": _owners(frame, asked),
        "product": [Choice(key, one.name, key == query.product) for key, one in policies.price_list.products.items()],
        "account": [
            Choice(query.account, name, True)
            for name in account_names(view, [asked.filters.account] if asked.filters.account else []).values()
        ],
        "method": [Choice(one.value, one.value, one is in_use) for one in ForecastMethod],
    }


def _owners(frame: Frame[ForecastPage], asked: Asked) -> list[Choice]:
    """The people whose deals the asker sees; by their external ids where he may not read names."""
    view, seen = asked.view, asked.view.visibility
    names = member_names(frame.call.doors.journal, view)
    found = [
        Choice(str(key), names.get(key, external_id), key == asked.filters.owner)
        for key, (external_id, territory) in view.members().items()
        if seen.everything or key in seen.managers or territory in seen.territories
    ]
    if asked.filters.owner and not any(each.chosen for each in found):
        found.append(Choice(frame.query.owner, frame.query.owner, True))
    return sorted(found, key=lambda each: each.name)


def _periods(view: View, chosen: Period) -> list[Period]:
    """Quarters around the running one, this month and the next, the fiscal year; and the one that is shown."""
    company, today = view.policies.company, day_of(view.policies.company, view.clock.as_of)
    quarters = _quarters(company, period(company, period_of(company, today)))
    month = period(company, period_of(company, today, "month"))
    following = period(company, period_of(company, month.last + timedelta(days=1), "month"))
    found = [*quarters, month, following, period(company, str(fiscal_year(company, today)))]
    return found if chosen in found else [chosen, *found]


def _quarters(company: Company, running: Period) -> list[Period]:
    found = [running]
    for _ in range(BACK):
        found.insert(0, period(company, period_of(company, found[0].first - timedelta(days=1))))
    for _ in range(AHEAD):
        found.append(period(company, period_of(company, found[-1].last + timedelta(days=1))))
    return found


def _day_before(view: View) -> str:
    company = view.policies.company
    return (day_of(company, view.clock.as_of) - timedelta(days=28)).isoformat()
