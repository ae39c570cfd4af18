"""Learned forecasts as questions: chance, time and reasons of each open deal, quantiles of a period's revenue."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from projections.forecast import NO_MODEL
from projections.view import Answer


class DealChance(msgspec.Struct, kw_only=True):
    """What is said of one open deal. Each line stands by itself, with its moment and model beside it.

    `opportunity` is the external id (the id where there is none). `p_win` is the chance that it is won at all,
    `p_win_within` that it is won within the days asked for; `p10_close` to `p90_close` are the days by which 10, 50 and
    90 of 100 such wins have come, null beyond the horizon. `reasons` are the three that moved `p_win` most, in words.
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
    reasons: list[str]
    model: str
    model_version: str
    position: int
    id: UUID
    account: UUID | None
    owner: UUID | None


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
