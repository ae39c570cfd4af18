"""Learned forecasts as questions: chance, time and reasons of each open deal, quantiles of a period's revenue."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

import msgspec
import numpy as np

from domain.language.catalogue import say
from domain.policies.calendar import day_of, period
from domain.policies.forecast_policy import ForecastMethod
from projections.deals import Filters, deals_sql, missing
from projections.forecast import NO_MODEL
from projections.forecast_learning import Learned, chance_model, describe, told_by
from projections.forecast_quantiles import money_of
from projections.forecast_scope import in_scope, seen_of
from projections.forecasting.histories import NEVER, NONE, Histories, Places, day_of_number
from projections.view import Answer, View

if TYPE_CHECKING:
    from projections.forecasting.chances import Chances, Reason

K = TypeVar("K")

WITHIN = 92
LONGEST = 1096
"""At most so many days ahead are asked about."""


class DealReason(msgspec.Struct, frozen=True):
    """What moved a chance: the log odds that it added, and words in the spoken language."""

    feature: str
    effect: float
    words: str


class DealChance(msgspec.Struct, kw_only=True):
    """What is said of one open deal. Each line stands by itself, with its moment and model beside it.

    `opportunity` is the external id (the id where there is none). `p_win` is the chance that it is won at all,
    `p_win_within` that it is won within the days asked for; `p10_close` to `p90_close` are the days by which 10, 50 and
    90 of 100 such wins have come, null beyond the horizon. `reasons` are the three that moved `p_win` most.
    `p_if_closed` is the chance of a win given that the deal ends at all, won or lost.
    """

    as_of: datetime
    opportunity: str
    stage: str
    amount: Decimal | None
    p_win: float
    p_win_within: float
    p10_close: date | None
    p50_close: date | None
    p90_close: date | None
    reasons: list[DealReason]
    model: str
    model_version: str
    position: int
    id: UUID
    account: UUID | None
    owner: UUID | None
    p_if_closed: float | None = None


class DealsAnswer(Answer, kw_only=True):
    """Every open deal as the forecaster's clock knows them, the largest expected amount first.

    `model`, `model_version`, `position` and `basis` as in the forecast of a period; without a model `p_win` is the win
    rate of the stage. `missing_rates` counts deals whose amount is in a currency without a rate, `missing_prices` those
    without an amount by a product without a list price: their amount is null.
    """

    within: int
    model: str = NO_MODEL
    model_version: str = ""
    position: int = 0
    basis: str = ""
    deals: list[DealChance]
    missing_rates: dict[str, int] = msgspec.field(default_factory=dict)
    missing_prices: dict[str, int] = msgspec.field(default_factory=dict)


def days_left(view: View, key: str) -> int:
    """How many days ahead a period ends: the horizon within which a deal is won in time."""
    company = view.policies.company
    left = (period(company, key).last - day_of(company, view.clock.as_of)).days
    return min(max(left, 1), LONGEST)


def deal_chances(
    view: View,
    known: Learned,
    filters: Filters | None = None,
    *,
    within: int = WITHIN,
    rows: Places | None = None,
) -> DealsAnswer:
    """The chance, time and reasons of every open deal (or of those at the places `rows`) that passes the filters and
    may be seen, as of the view's clocks. `filters.period` is that of the expected close."""
    from projections.forecasting.chances import chances

    filters, histories = filters or Filters(), known.histories
    answer = DealsAnswer(**view.head(), within=within, deals=[])
    describe(view, answer, known)
    rows = histories.open() if rows is None else rows
    part = histories.part(rows)
    rows = part.places_of_those_in(histories, rows)
    rows = rows[in_scope(view, part, filters)[rows]]
    model = chance_model(view, known)
    taught, places = told_by(model, known, part, rows)
    found = replace(chances(model, taught, within=within, rows=places), rows=rows)
    if (method := view.policies.forecasting.method) is not ForecastMethod.HAZARD:
        found = replace(found, reasons=[[_by_stage(method)] for _ in found.rows])
    answer.deals = _lines(view, answer, part, found)
    answer.deals.sort(key=lambda line: (-(line.amount or 0) * Decimal(line.p_win), line.opportunity, line.id))
    if any(line.amount is None for line in answer.deals):
        lacking = missing(view, deals_sql(view, filters, territory=True, only_open=True))
        answer.missing_rates, answer.missing_prices = lacking.rates, lacking.prices
    return answer


def largest_open(view: View, known: Learned, filters: Filters, most: int) -> tuple[Places, int]:
    """The places of so many open deals that pass the filters, the largest amount first, and how many there are."""
    rows = seen_of(known.histories, known.histories.open(), view)
    part = known.histories.part(rows)
    places = part.places_of_those_in(known.histories, rows)
    chosen = np.flatnonzero(in_scope(view, part, filters)[places])
    amounts = np.nan_to_num(part.amount[places[chosen]])
    return rows[chosen[np.argsort(-amounts, kind="stable")[:most]]], len(chosen)


def _lines(view: View, answer: DealsAnswer, histories: Histories, found: Chances) -> list[DealChance]:
    codes = histories.codes
    stages = [key for _, key in codes.stages]
    days = zip(found.p10_close.tolist(), found.p50_close.tolist(), found.p90_close.tolist(), strict=True)
    shares = zip(found.p_win.tolist(), found.p_within.tolist(), found.p_if_closed.tolist(), strict=True)
    rows = found.rows.tolist()
    numbers = zip(rows, map(histories.named, rows), shares, days, found.reasons, strict=True)
    return [
        DealChance(
            as_of=view.clock.as_of,
            opportunity=external or str(key),
            stage=_named(stages, int(histories.stage[row])) or "",
            amount=money_of(view, float(histories.amount[row])),
            p_win=_share(p_win),
            p_win_within=_share(p_within),
            p10_close=_day(p10),
            p50_close=_day(p50),
            p90_close=_day(p90),
            reasons=_reasons(reasons),
            model=answer.model,
            model_version=answer.model_version,
            position=answer.position,
            id=key,
            account=_named(codes.accounts, int(histories.account[row])),
            owner=_named(codes.owners, int(histories.owner[row])),
            p_if_closed=_share(p_if_closed),
        )
        for row, (key, external), (p_win, p_within, p_if_closed), (p10, p50, p90), reasons in numbers
    ]


def _by_stage(method: ForecastMethod) -> Reason:
    """Why a chance is as it is where the method in use looks at the stage alone."""
    from projections.forecasting.chances import Reason

    stated = method is ForecastMethod.STAGE_WEIGHTED
    return Reason("stage", 0.0, say("percentage of its stage") if stated else say("past win rate of its stage"))


def _reasons(found: Sequence[Reason]) -> list[DealReason]:
    """The reasons as they are shown; where nothing moved the chance, that it is as others are."""
    if not found:
        return [DealReason("usual", 0.0, say("as others at its stage and age"))]
    return [DealReason(each.feature, round(float(each.effect), 4), each.words) for each in found]


def _share(chance: float) -> float:
    """A probability as it is shown: four digits, within its bounds."""
    return round(min(max(chance, 0.0), 1.0), 4) if math.isfinite(chance) else 0.0


def _day(number: int) -> date | None:
    return None if number == NEVER else day_of_number(number)


def _named(names: Sequence[K], code: int) -> K | None:
    return None if code == NONE else names[code]
