"""Histories folded column by column: a question pays for what it looks at, and no other."""

from __future__ import annotations

from functools import cached_property
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from projections.forecasting.company_days import days_of
from projections.forecasting.folding import Fold, Frame, at_places
from projections.forecasting.histories import (
    NEVER,
    NONE,
    Codes,
    Days,
    Histories,
    Kinds,
    MarkKind,
    Marks,
    Numbers,
    Places,
    Spells,
)
from projections.forecasting.known import Tables


def fold(tables: Tables, frame: Frame, at: int, known_at: int) -> Histories:
    """All deals that were knowable at a moment (microseconds since 1970), as they were knowable then."""
    return Folded(Fold(tables, frame, at, known_at))


class Folded(Histories):
    """Histories of which each column is worked out when it is first asked for."""

    def __init__(self, of: Fold) -> None:
        day = int(days_of(np.array([of.at]), of.zone)[0])
        self.__dict__.update(fold=of, day=day, fiscal_start=of.frame.fiscal_start)

    fold: Fold

    def __len__(self) -> int:
        return len(self.fold.rows)

    def places_of_those_in(self, other: Histories, rows: Places) -> Places:
        """Where deals of other histories stand here; NONE for one that is not there."""
        if isinstance(other, Folded) and other.fold.tables is self.fold.tables:
            return self.fold.place[other.fold.rows[rows]]
        return super().places_of_those_in(other, rows)

    def named(self, row: int) -> tuple[UUID, str]:
        """The identifier of one deal, and its external one."""
        tables, fold = self.fold.tables, self.fold
        return tables.deals[fold.rows[row]], tables.external[tables.openings.key[fold.opening[row]]]

    @property
    def stood(self) -> tuple[Places, Places]:
        """The deals and stages of the spells."""
        return self.fold.stages.stood

    @cached_property
    def ids(self) -> list[UUID]:
        found: list[UUID] = self.fold.tables.deals[self.fold.rows].tolist()
        return found

    @cached_property
    def external(self) -> list[str]:
        tables = self.fold.tables
        found: list[str] = tables.external[tables.openings.key[self.fold.opening]].tolist()
        return found

    @cached_property
    def raw(self) -> NDArray[np.bytes_] | None:
        return self.fold.tables.deal_keys[self.fold.rows]

    @cached_property
    def opened(self) -> Days:
        return self.fold.tables.days("openings", "occurred", self.fold.zone)[self.fold.opening]

    @cached_property
    def closed(self) -> Days:
        return self.fold.course.closed

    @cached_property
    def outcome(self) -> Kinds:
        return self.fold.course.outcome

    @cached_property
    def stage(self) -> Places:
        return self.fold.stages.of_deals

    @cached_property
    def since(self) -> Days:
        return self.fold.course.since

    @cached_property
    def owner(self) -> Places:
        return self.fold.owners.of_deals

    @cached_property
    def territory(self) -> Places:
        return self.fold.territories[0]

    @cached_property
    def product(self) -> Places:
        return self.fold.products[0]

    @cached_property
    def account(self) -> Places:
        return self.fold.customers[0]

    @cached_property
    def amount(self) -> Numbers:
        of, amounts = self.fold, self.fold.tables.amounts
        stated = of.last(amounts)
        unit = at_places(amounts.unit, stated, NONE)
        own = of.values.stated(at_places(amounts.value, stated, np.nan), unit, of.valued_at)
        return of.values.rounded(np.where(unit >= 0, own, of.values.listed(of.baskets, of.valued_at)))

    @cached_property
    def signed(self) -> Numbers:
        of, course = self.fold, self.fold.course
        return of.values.rounded(of.values.stated(course.signed, course.currency, of.valued_at))

    @cached_property
    def close_on(self) -> Days:
        closes = self.fold.tables.closes
        return at_places(closes.key, self.fold.last(closes), NEVER)

    @cached_property
    def category(self) -> Places:
        return self.fold.categories.of_deals

    @cached_property
    def spells(self) -> Spells:
        return self.fold.stages.spells

    @cached_property
    def marks(self) -> Marks:
        of, keys = self.fold, self.fold.beside.keys
        came, _, gone = of.supports
        return of.beside.marks(
            {
                MarkKind.OWNER: of.owners.numbered(keys(MarkKind.OWNER)),
                MarkKind.CATEGORY: of.categories.numbered(keys(MarkKind.CATEGORY)),
                MarkKind.ANSWER: of.answers[0],
                MarkKind.BUYER: came,
                MarkKind.BUYER_GONE: gone,
            }
        )

    @cached_property
    def codes(self) -> Codes:
        return _Codes(self.fold)


class _Codes(Codes):
    """What the codes of a fold stand for."""

    def __init__(self, of: Fold) -> None:
        self.__dict__["_fold"] = of

    _fold: Fold

    @cached_property
    def stages(self) -> list[tuple[str, str]]:
        return self._fold.stages.listed

    @cached_property
    def owners(self) -> list[UUID]:
        return self._fold.owners.names

    @cached_property
    def territories(self) -> list[str]:
        return self._fold.territories[1]

    @cached_property
    def products(self) -> list[str]:
        return self._fold.products[1]

    @cached_property
    def accounts(self) -> list[UUID]:
        return self._fold.customers[1]

    @cached_property
    def questions(self) -> list[str]:
        return self._fold.answers[1]

    @cached_property
    def buyers(self) -> list[str]:
        return self._fold.supports[1]

    @cached_property
    def categories(self) -> list[str]:
        return self._fold.categories.names
