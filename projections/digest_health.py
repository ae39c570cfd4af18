"""Whose relationship health moved in a week, and why, for the digest."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec

from domain.errors import NotFound
from domain.language.catalogue import say, term
from projections.health_moved import AccountMove, moved
from projections.relationship_health import health
from projections.view import View

LEAST = 1.0
"""Fewer points than this are what time does to everybody."""
REASONS = 2


class HealthLine(msgspec.Struct):
    """A customer whose health moved by a point or more, or changed its band: 0–100 before and after (None: no facts),
    the day at whose end it turns red if nothing happens, the components that moved it most, and the events of the
    week behind them, if any: time alone moves it, too."""

    account: UUID
    external_id: str
    name: str
    before: float | None
    after: float | None
    band_before: str | None
    band: str | None
    turns_red_on: date | None
    why: list[str]
    positions: list[int]

    @property
    def change(self) -> float:
        """Points gained."""
        return round((self.after or 0.0) - (self.before or 0.0), 1)


def health_of_week(then: View, now: View) -> list[HealthLine]:
    """The customers whose health moved between two views: the red ones first, then the greatest falls."""
    found = [each for each in moved(then, now).accounts if _tells(each)]
    lines = [_line(each, _turns_red(now, each)) for each in found]
    return sorted(lines, key=lambda one: (one.band != "red", one.change, one.name, one.account))


def _tells(one: AccountMove) -> bool:
    if one.before is None or one.after is None:
        return False
    return abs(one.after - one.before) >= LEAST or one.band != one.band_before


def _turns_red(view: View, one: AccountMove) -> date | None:
    if one.band == "red":
        return None
    try:
        return health(view, one.account).accounts[0].turns_red_on
    except NotFound:
        return None


def _line(one: AccountMove, turns_red_on: date | None) -> HealthLine:
    weighty = sorted((each for each in one.components if each.points), key=lambda each: -abs(each.points))[:REASONS]
    return HealthLine(
        account=one.account,
        external_id=one.external_id,
        name=one.name,
        before=one.before,
        after=one.after,
        band_before=one.band_before,
        band=one.band,
        turns_red_on=turns_red_on,
        why=[
            say(
                "{component} {points:+.1f}: {reason}",
                component=term("health", each.name),
                points=each.points,
                reason=each.reason or each.reason_before,
            )
            for each in weighty
        ],
        positions=sorted({position for each in one.components for position in each.positions}),
    )
