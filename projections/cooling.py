"""The relationships that cool most: how far they fell in so many days, and what of them fell."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from heapq import nsmallest
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple
from uuid import UUID

import msgspec

from projections.account_columns import customers_then
from projections.foreseeing import foresee
from projections.health_days.reading import kept_in_columns
from projections.health_facts import facts_of
from projections.health_moved import AccountMove, ComponentMove, moved_to
from projections.health_points import in_columns
from projections.health_scores import days_ago, kept_scores, present_scores
from projections.kept_ids import Ids
from projections.relationship_health import health
from projections.view import Listing, View

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
    return told_of(view, falls_by(before, after, among, shown), days)


class Falls(NamedTuple):
    """Of how many accounts the scores at two moments are known, how many of them fell, and which fell most."""

    looked_at: int
    fallen: int
    first: list[UUID]


def falls_by(
    before: Mapping[UUID, float],
    after: Mapping[UUID, float],
    among: Collection[UUID] | None = None,
    shown: int = SHOWN,
) -> Falls:
    """Who fell, of all accounts or of some."""
    seen = after.items() if among is None else ((key, after[key]) for key in among if key in after)
    both = [(key, now, then) for key, now in seen if (then := before.get(key)) is not None]
    fallen = [(change, key) for key, now, then in both if (change := round(now - then, 1)) <= -LEAST]
    return Falls(len(both), len(fallen), [key for _, key in nsmallest(shown, fallen)])


def falls_in_columns(before: View, after: View, shown: int = SHOWN) -> Falls | None:
    """The same of all accounts by what is kept of them, without a look at each; None for who does not see all of them,
    and where too little is kept."""
    import numpy as np

    if after.visible_accounts() is not None:
        return None
    ids = customers_then(after).ids
    if (then := kept_in_columns(before, ids)) is None or (now := _now_in_columns(after, ids)) is None:
        return None
    size = min(len(then), len(now))
    change = np.rint((now[:size] - then[:size]) * 10)
    fallen = np.flatnonzero(change <= -LEAST * 10)
    edge = np.partition(change[fallen], shown - 1)[shown - 1] if len(fallen) > shown else 0
    most = [code for code in fallen.tolist() if change[code] <= edge]
    first = sorted((float(change[code]), ids.key(code)) for code in most)[:shown]
    return Falls(int(np.count_nonzero(~np.isnan(change))), len(fallen), [key for _, key in first])


def _now_in_columns(view: View, ids: Ids) -> NDArray[Any] | None:
    if (kept := kept_in_columns(view, ids)) is not None:
        return kept
    present = present_scores(view)
    return None if present is None else in_columns(present, ids)


def told_of(view: View, falls: Falls, days: int = DAYS) -> CoolingAnswer:
    """Why those fell that fell most."""
    moments = days_ago(view, days), view.clock.as_of
    found = _cooled_ones(view, moments, falls.first)
    return CoolingAnswer(
        **view.head(),
        since=moments[0],
        days=days,
        looked_at=falls.looked_at,
        accounts=found,
        not_shown=falls.fallen - len(found),
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
