"""What customers brought and their Pareto classes alone: what a list of accounts shows of the portfolio."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import partial
from uuid import UUID

import msgspec

from domain.policies.selection_model import SelectionModel
from domain.policies.shipped_selection import DEFAULT_MODEL
from domain.selection.pareto import AbcClass, Place
from projections.brought_columns import Ranks, ranks_of
from projections.kept_answers import Grain, kept
from projections.portfolio_facts import bought, period_of_model
from projections.portfolio_positions import classes
from projections.view import View


class Brought(msgspec.Struct, frozen=True):
    """What a customer brought in the period of the model, in the reporting currency, and the place that this makes."""

    revenue: Decimal
    place: Place

    @property
    def abc(self) -> str:
        """Its class."""
        return self.place.abc.value


def brought(view: View) -> Mapping[UUID, Brought]:
    """Of all customers that the asker may see, as `portfolio` says it; accounts that were merged are one.

    Raises SelectionModelUnknown.
    """
    model = view.policies.selection_model(DEFAULT_MODEL)
    model.must_exist(DEFAULT_MODEL)
    ranks = ranks_of(view, model, period_of_model(view, model))
    if ranks is not None:
        return _Ranked(ranks)
    by_rows = partial(_by_rows, view, model)
    return kept(view, "brought", dict[UUID, Brought], by_rows, grain=Grain.DAY, shared=True)


def _by_rows(view: View, model: SelectionModel) -> dict[UUID, Brought]:
    found = bought(view, period_of_model(view, model))
    places = classes(model, found)
    return {account: Brought(each.revenue, places[account]) for account, each in found.items()}


def of_class(found: Mapping[UUID, Brought], abc: str) -> list[UUID]:
    """The customers of a class."""
    if isinstance(found, _Ranked):
        return found.of_class(abc)
    return [account for account, each in found.items() if each.abc == abc]


def revenues(found: Mapping[UUID, Brought]) -> dict[UUID, Decimal]:
    """What each of all customers brought."""
    return found.revenues() if isinstance(found, _Ranked) else {key: each.revenue for key, each in found.items()}


class _Ranked(Mapping[UUID, Brought]):
    """What columns say of customers, made for those who are asked for."""

    def __init__(self, ranks: Ranks) -> None:
        self._ranks = ranks

    def __getitem__(self, account: UUID) -> Brought:
        rank = self._ranks.rank_of(account)
        return Brought(self._ranks.revenue_of(rank), self._ranks.place(rank))

    def __iter__(self) -> Iterator[UUID]:
        return map(self._ranks.ids.key, self._ranks.customers.tolist())

    def __len__(self) -> int:
        return len(self._ranks.customers)

    def of_class(self, abc: str) -> list[UUID]:
        """The customers of a class."""
        if abc not in list(AbcClass):
            return []
        places = self._ranks.of_class(AbcClass(abc))
        return list(map(self._ranks.ids.key, self._ranks.customers[places].tolist()))

    def revenues(self) -> dict[UUID, Decimal]:
        """What each of all customers brought."""
        return dict(zip(self, map(self._ranks.revenue_of, range(len(self))), strict=True))
