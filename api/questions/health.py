"""Relationship health over time and over the portfolio, over HTTP."""

from __future__ import annotations

from typing import Annotated

import msgspec

from api.asking import Clocks, question, viewing
from api.endpoints import Call, Endpoint, Reply
from api.identity import Named, account_of
from projections.health_portfolio import TREND_DAYS, HeatAnswer, TrendAnswer, heat, trend

Days = Annotated[str, msgspec.Meta(pattern="^[0-9]{1,4}(,[0-9]{1,4}){0,11}$", examples=["365,180,90,30"])]


class TrendQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """The health of all accounts, or of one, so many days before and now."""

    account: Named | None = None
    days: Days = ",".join(map(str, TREND_DAYS))


class HeatQuery(Clocks, kw_only=True, forbid_unknown_fields=True):
    """The heat map of the accounts that the asker may see."""


def endpoints() -> list[Endpoint]:
    """Trend and heat map."""
    over_time, by_component = "Relationship health over time.", "Accounts by the components of their health."
    return [
        question("/relationship-health/trend", "health-trend", over_time, _trend, TrendAnswer, TrendQuery),
        question("/relationship-health/heat", "health-heat", by_component, _heat, HeatAnswer, HeatQuery),
    ]


def _trend(call: Call) -> Reply:
    query = call.query(TrendQuery)
    with viewing(call, query) as view:
        return Reply(trend(view, account_of(call, query.account), [int(each) for each in query.days.split(",")]))


def _heat(call: Call) -> Reply:
    with viewing(call, call.query(HeatQuery)) as view:
        return Reply(heat(view))
