"""The relationships that cool most: how far they fell in so many days, and what of them fell."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from heapq import nsmallest
from typing import ClassVar
from uuid import UUID

import msgspec

from projections.foreseeing import foresee
from projections.health_facts import facts_of
from projections.health_moved import AccountMove, ComponentMove, moved_to
from projections.health_scores import days_ago, kept_scores
from projections.relationship_health import health
from projections.view import Listing, View

DAYS = 90
LEAST = 2.0
"""A fall of fewer points is what time does to everybody."""
SHOWN = 3


def newly_counted(falls: Iterable[ComponentMove]) -> float:
    """Points that what did not count before took away, 0 or below: nothing need have become worse by them."""
    return round(sum(each.points for each in falls if each.began), 1)


def is_mostly_newly_counted(change: float, falls: Iterable[ComponentMove]) -> bool:
    """Whether these are half of a fall by so many points, or more."""
    newly = newly_counted(falls)
    return newly < 0 and newly <= change / 2


class Cooling(msgspec.Struct):
    """An account that cooled: its health 0–100 before and now, the day at whose end it turns red if nothing happens,
    and the components that took points away, the greatest first."""

    account: UUID
    external_id: str
    name: str
    before: float
    after: float
    band_before: str | None
    band: str | None
    turns_red_on: date | None
    falls: list[ComponentMove]
    positions: list[int]

    @property
    def change(self) -> float:
        """Points gained; below 0, since it fell."""
        return round(self.after - self.before, 1)

    @property
    def newly_counted(self) -> float:
        """Points that what did not count before took away, 0 or below."""
        return newly_counted(self.falls)

    @property
    def is_mostly_newly_counted(self) -> bool:
        """Whether these are half of the fall, or more."""
        return is_mostly_newly_counted(self.change, self.falls)


class CoolingAnswer(Listing, kw_only=True):
    """The accounts that cooled since `since`, the greatest falls first; `looked_at` counts those with a score at both
    moments."""

    listed: ClassVar[str] = "accounts"
    since: datetime
    days: int
    looked_at: int
    accounts: list[Cooling]


def cooling(
    view: View, among: Collection[UUID] | None = None, *, days: int = DAYS, shown: int = SHOWN
) -> CoolingAnswer:
    """The accounts whose health fell most since the end of the day so many days before, of those that the asker may see
    or of some of them."""
    before, after = map(kept_scores, (view.at(days_ago(view, days)), view))
    return cooled(view, before, after, among, days=days, shown=shown)


def cooled(
    view: View,
    before: Mapping[UUID, float],
    after: Mapping[UUID, float],
    among: Collection[UUID] | None = None,
    *,
    days: int = DAYS,
    shown: int = SHOWN,
) -> CoolingAnswer:
    """The same, by the scores of all accounts so many days before and now."""
    moments = days_ago(view, days), view.clock.as_of
    seen = after.items() if among is None else ((key, after[key]) for key in among if key in after)
    both = [(key, now, then) for key, now in seen if (then := before.get(key)) is not None]
    fallen = [(change, key) for key, now, then in both if (change := round(now - then, 1)) <= -LEAST]
    first = [key for _, key in nsmallest(shown, fallen)]
    found = _cooled_ones(view, moments, first)
    return CoolingAnswer(
        **view.head(),
        since=moments[0],
        days=days,
        looked_at=len(both),
        accounts=found,
        not_shown=len(fallen) - len(found),
    )


def _cooled_ones(view: View, moments: tuple[datetime, datetime], accounts: Sequence[UUID]) -> list[Cooling]:
    """Why these accounts fell, in their order: of each what went together with it at one of the moments."""
    then, now = view.through(moments, of_one=True)
    together = {each for account in accounts for one in (then, now) for each in one.together(account)}
    then, now = now.among(sorted(together)).through(moments)
    foresee(now, facts_of)
    found = health(now).accounts
    turns = {each.account: each.turns_red_on for each in found}
    moves = {each.account: each for each in moved_to(then, now, found).accounts}
    return [
        _cooled(move, move.before, move.after, turns[account])
        for account in accounts
        if (move := moves.get(account)) and move.before is not None and move.after is not None
    ]


def _cooled(move: AccountMove, before: float, after: float, turns_red_on: date | None) -> Cooling:
    return Cooling(
        account=move.account,
        external_id=move.external_id,
        name=move.name,
        before=before,
        after=after,
        band_before=move.band_before,
        band=move.band,
        turns_red_on=turns_red_on,
        falls=sorted((each for each in move.components if each.points < 0), key=lambda each: each.points),
        positions=sorted({position for each in move.components for position in each.positions}),
    )
