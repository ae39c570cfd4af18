"""Relationship health over time and over the portfolio: the trend of each account, and the heat map."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from domain.errors import NotFound
from projections.health_outlook import band
from projections.relationship_health import AccountHealth, health
from projections.view import Answer, View

TREND_DAYS = (90, 30)


class TrendPoint(msgspec.Struct):
    """The health of an account at a moment; None where no component had facts or the account was not there."""

    as_of: datetime
    score: float | None
    band: str | None
    positions: list[int]


class AccountTrend(msgspec.Struct):
    """An account with its points in order of time, the last one now; `change` from the first that has a score."""

    account: UUID
    external_id: str
    name: str
    points: list[TrendPoint]
    change: float | None


class TrendAnswer(Answer, kw_only=True):
    """The trend of all accounts asked about, the greatest falls first; `days` before now."""

    days: list[int]
    accounts: list[AccountTrend]


class HeatCell(msgspec.Struct):
    """A component of an account: its score 0–100, its band by the borders of the policy, the events behind it."""

    score: float
    band: str
    positions: list[int]


class HeatLine(msgspec.Struct):
    """An account with a cell for each component that has facts."""

    account: UUID
    external_id: str
    name: str
    score: float | None
    band: str | None
    cells: dict[str, HeatCell]


class HeatAnswer(Answer, kw_only=True):
    """The heat map: accounts, the coldest first, by components, the weightiest first (those without weight last)."""

    components: list[str]
    accounts: list[HeatLine]


def trend(view: View, account: UUID | None = None, days: Sequence[int] = TREND_DAYS) -> TrendAnswer:
    """Health so many days before and now, by what is known now and the policies of each moment.

    Raises NotFound for an account that is not there now.
    """
    ago = sorted({each for each in days if each > 0}, reverse=True)
    moments = [view.clock.as_of - timedelta(days=each) for each in ago]
    through = view.through(moments, of_one=account is not None)
    then = [(each.clock.as_of, _by_account(each, account)) for each in through]
    now = health(view, account, outlook=False).accounts
    found = [_trend(one, [*then, (view.clock.as_of, {one.account: one})]) for one in now]
    return TrendAnswer(**view.head(), days=[*ago, 0], accounts=sorted(found, key=_falling_first))


def _by_account(view: View, account: UUID | None) -> dict[UUID, AccountHealth]:
    try:
        return {each.account: each for each in health(view, account, outlook=False).accounts}
    except NotFound:
        return {}


def _trend(now: AccountHealth, moments: list[tuple[datetime, dict[UUID, AccountHealth]]]) -> AccountTrend:
    points = [_point(moment, known.get(now.account)) for moment, known in moments]
    scores = [point.score for point in points if point.score is not None]
    change = round(now.score - scores[0], 1) if now.score is not None and len(scores) > 1 else None
    return AccountTrend(now.account, now.external_id, now.name, points, change)


def _point(moment: datetime, found: AccountHealth | None) -> TrendPoint:
    if found is None:
        return TrendPoint(moment, None, None, [])
    positions = sorted({position for each in found.components for position in each.positions})
    return TrendPoint(moment, found.score, found.band, positions)


def _falling_first(one: AccountTrend) -> tuple[bool, float, str, UUID]:
    return one.change is None, one.change or 0.0, one.name, one.account


def heat(view: View) -> HeatAnswer:
    """The portfolio as a heat map: every account that the asker may see by every component of its health."""
    answer, policy = health(view, outlook=False), view.policies.service
    seen = {each.name for account in answer.accounts for each in account.components}
    weights = policy.health_weights
    order = sorted(seen, key=lambda name: (-weights.get(name, 0), name))
    return HeatAnswer(**view.head(), components=order, accounts=[_line(each, view) for each in answer.accounts])


def _line(one: AccountHealth, view: View) -> HeatLine:
    cells = {
        each.name: HeatCell(each.score, band(each.score, view.policies.service) or "", each.positions)
        for each in one.components
    }
    return HeatLine(one.account, one.external_id, one.name, one.score, one.band, cells)
