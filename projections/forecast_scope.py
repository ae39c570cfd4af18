"""Which deals a learned forecast is about, and in which groups they stand, as the forecaster's clock knows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from domain.policies.calendar import period
from projections.deals import Filters, below, conditions
from projections.forecasting.histories import NONE, Histories, Places, number_of
from projections.funnel import By
from projections.opportunities import FUNNEL
from projections.view import View

Inside = NDArray[np.bool_]


class Level(NamedTuple):
    """Groups that have no deal in common: a place in `keys` for each deal, NONE for one in no group."""

    places: Places
    keys: list[str]


def in_scope(view: View, histories: Histories, filters: Filters) -> Inside:
    """Whether each deal passes the filters and may be seen. Owner and territory are those that the histories know;
    who sees a deal is decided by the assignments of now. Raises NotFound for a territory that never was."""
    inside = np.ones(len(histories), dtype=np.bool_)
    if filters.owner:
        inside &= _among(histories.owner, histories.codes.owners, [filters.owner])
    if (territories := below(filters, view)) is not None:
        inside &= _among(histories.territory, histories.codes.territories, territories)
    if filters.period:
        days = period(view.policies.company, filters.period)
        inside &= (histories.close_on >= number_of(days.first)) & (histories.close_on <= number_of(days.last))
    if filters.account or filters.product or view.visible_accounts() is not None:
        inside &= histories.among(_deals_of(view, filters))
    return inside


def seen_of(histories: Histories, rows: Places, *views: View) -> Places:
    """Of some places those whose deals may be seen in one of some views: nothing is reckoned of others."""
    if all(view.visible_accounts() is None for view in views):
        return rows
    seen = {deal for view in views for deal in _deals_of(view, Filters())}
    return rows[histories.among(seen)[rows]]


def _deals_of(view: View, filters: Filters) -> list[UUID]:
    """The deals of an account or with a product, as far as they may be seen; looked up once for all that is asked at
    one moment."""
    visible = view.visible_accounts()
    asked = view.clock, None if visible is None else frozenset(visible), filters.account, filters.product
    known: dict[object, list[UUID]] = view.of_transaction.setdefault("deals of", {})
    if asked not in known:
        wanted, parameters = conditions(Filters(account=filters.account, product=filters.product), view)
        rows = view.rows(FUNNEL, "key", " and ".join(wanted), only_open=False, **parameters)
        known[asked] = [key for (key,) in rows]
    return known[asked]


def levels(view: View, histories: Histories, by: By, inside: Inside) -> list[Level]:
    """The groups of a grouping; territories by the depth at which they lie in the tree, each with all that lies below
    it. Nothing for a grouping in which deals do not stay while they go on: by stage or by expected close."""
    codes = histories.codes
    match by:
        case By.OWNER:
            return [_level(histories.owner, [str(each) for each in codes.owners], inside)]
        case By.PRODUCT:
            return [_level(histories.product, codes.products, inside)]
        case By.ACCOUNT:
            return [_level(histories.account, [str(view.leads_to(each)) for each in codes.accounts], inside)]
        case By.TERRITORY:
            ways = [[*reversed(view.policies.territories.above(key)), key] for key in codes.territories]
            depth = max((len(way) for way in ways), default=1)
            named = ([way[n] if n < len(way) else None for way in ways] for n in range(depth))
            return [_level(histories.territory, names, inside, rest=not n) for n, names in enumerate(named)]
    return []


def _level(codes: Places, names: Sequence[str | None], inside: Inside, rest: bool = True) -> Level:
    """Groups by name; deals without a code stand, where there is a `rest`, in the group ''."""
    keys = sorted({*(name for name in names if name is not None), *([""] if rest else [])})
    place = {key: number for number, key in enumerate(keys)}
    of_code = np.array([NONE if name is None else place[name] for name in names] + [place.get("", NONE)], np.int32)
    return Level(np.where(inside, of_code[codes], NONE).astype(np.int32), keys)


def _among(codes: Places, known: Sequence[UUID | str], wanted: Sequence[UUID | str]) -> Inside:
    chosen = set(wanted)
    picked = np.array([each in chosen for each in known] + [False], np.bool_)
    return picked[codes]
