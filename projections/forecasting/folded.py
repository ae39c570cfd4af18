"""Histories folded column by column: a question pays for what it looks at, and no other."""

from __future__ import annotations

from functools import cached_property
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from projections.forecasting.company_days import day_at
from projections.forecasting.courses import listed
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
    Outcome,
    Places,
    Spells,
)
from projections.forecasting.known import Tables
from projections.forecasting.spans import Span
from projections.lately_used import LatelyUsed, one_each

MOST_PARTS = 3


def fold(tables: Tables, frame: Frame, at: int, known_at: int) -> Histories:
    """All deals that were knowable at a moment (microseconds since 1970), as they were knowable then."""
    return Folded(Fold(tables, frame, at, known_at))


class Folded(Histories):
    """Histories of which each column is worked out when it is first asked for."""

    def __init__(self, of: Fold) -> None:
        day = day_at(of.at, of.zone)
        parts = LatelyUsed[Folded](MOST_PARTS, one_each)
        self.__dict__.update(fold=of, day=day, fiscal_start=of.frame.fiscal_start, _parts=parts)

    fold: Fold
    _parts: LatelyUsed[Folded]

    def __len__(self) -> int:
        return len(self.fold.rows)

    def places_of_those_in(self, other: Histories, rows: Places) -> Places:
        """Where deals of other histories stand here; NONE for one that is not there."""
        if isinstance(other, Folded) and other.fold.tables is self.fold.tables:
            return self.fold.place[other.fold.rows[rows]]
        return super().places_of_those_in(other, rows)

    def order_with(self, rows: Places, other: Histories, others: Places) -> NDArray[np.int64]:
        """The order, by their identifiers, of deals at some places here, followed by deals of other histories."""
        if isinstance(other, Folded) and other.fold.tables is self.fold.tables:
            return np.argsort(np.concatenate((self.fold.rows[rows], other.fold.rows[others])), kind="stable")
        return super().order_with(rows, other, others)

    def places_of(self, keys: NDArray[np.bytes_]) -> Places:
        """Where deals stand, by their identifiers; NONE for one that is not there."""
        known = self.fold.tables.deal_keys
        if not len(known):
            return np.full(len(keys), NONE, np.int32)
        places = np.minimum(np.searchsorted(known, keys), len(known) - 1)
        return np.where(known[places] == keys, self.fold.place[places], NONE).astype(np.int32)

    def part(self, rows: Places) -> Folded:
        """The histories of these deals alone: of the last few that were asked about, with what was worked out then."""
        deals = np.sort(self.fold.rows[rows]).astype(np.int32)
        found = self._parts.get(asked := deals.tobytes())
        if found is None:
            found = Folded(self.fold.part(deals))
            self._parts.put(asked, found)
        return found

    @cached_property
    def _others(self) -> Folded:
        """The histories of the deals of which spans tell nothing."""
        return Folded(self.fold.others)

    def _with_others(self, deals: Places, others: Places) -> Places:
        """The places of deals, as the tables number them, and of those at some places of the others."""
        return np.sort(self.fold.place[np.concatenate((deals, self._others.fold.rows[others]))])

    def open(self) -> Places:
        """The places of the deals that are open."""
        return super().open() if self.fold.spans is None else self._open

    @cached_property
    def _open(self) -> Places:
        spans = self.fold.tables.spans
        return self._with_others(spans.open.of[spans.open.at(self.fold.at)], self._others.open())

    def won_on(self, first: int, last: int) -> Places:
        """The places of the deals that were won on one of these days."""
        if self.fold.spans is None:
            return super().won_on(first, last)
        of_days = self._ended(*self.fold.spans.won, first, last)
        return self._with_others(of_days, self._others.won_on(first, last))

    def closed_since(self, first: int) -> Places:
        """The places of the deals that closed on this day or later."""
        if self.fold.spans is None:
            return super().closed_since(first)
        since = self._ended(*self.fold.spans.over, first, self.day)
        return self._with_others(since, self._others.closed_since(first))

    def _ended(self, over: Span, ends: NDArray[np.int64], first: int, last: int) -> Places:
        """Which deals, as the tables number them, ended on one of these days."""
        there = over.at(self.fold.at)
        closed = self.fold.tables.days("course", "occurred", self.fold.zone)[ends[there]]
        return over.of[there[(closed >= first) & (closed <= last)]]

    @cached_property
    def closed_and_won(self) -> tuple[int, int]:
        """How many deals closed, and how many of them were won."""
        spans = self.fold.spans
        closed, won = self._others.closed_and_won if spans else super().closed_and_won
        if spans:
            counts = spans.ended.counts(self.fold.at)
            closed, won = closed + sum(counts.values()), won + counts.get(Outcome.WON, 0)
        return closed, won

    @cached_property
    def ends_by_stage(self) -> dict[tuple[str, str], tuple[int, int]]:
        """Of the deals that ever stood at each stage, how many closed, and how many of them were won."""
        if (spans := self.fold.spans) is None:
            return super().ends_by_stage
        others, found = self._others, self.fold.stages.found
        names, places = listed(self.fold, found // spans.width, found)
        counts = spans.stood.counts(self.fold.at)
        of = dict.fromkeys(names, (0, 0)) | others.ends_by_stage
        for each, place in zip(found.tolist(), places.tolist(), strict=True):
            lost, won = (counts.get(2 * each + good, 0) for good in (0, 1))
            closed, good = of[names[place]]
            of[names[place]] = closed + lost + won, good + won
        return of

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
