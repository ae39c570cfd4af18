"""What was knowable at a moment, folded in business order: of columns of facts in, those of `Folded` histories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from projections.forecasting.company_days import ends_of
from projections.forecasting.courses import Course, Stages
from projections.forecasting.histories import (
    NEVER,
    NONE,
    MarkKind,
    Places,
)
from projections.forecasting.known import Tables
from projections.forecasting.lasting import lasting, newest_of
from projections.forecasting.marks import Beside
from projections.forecasting.tables import NEVER_KNOWN, Table, distinct
from projections.forecasting.valuing import Values
from projections.view import View

if TYPE_CHECKING:
    from projections.forecasting.spans import Spans

MANY = 16
"""Many are more than one of so many of all deals."""
At = NDArray[np.int64]
N = TypeVar("N", np.int32, np.float64)
T = TypeVar("T", str, UUID)


@dataclass(frozen=True)
class Frame:
    """What a company's settings say of time and money, and up to which position things are known."""

    zone: str
    fiscal_start: int
    currency: str
    known_at: int

    @classmethod
    def of(cls, view: View) -> Frame:
        """The frame of a view."""
        company = view.policies.company
        return cls(company.time_zone, company.fiscal_year_start, view.currency, view.clock.known_at)


class Fold:
    """Facts that counted at a moment (microseconds since 1970), deal by deal: of all, or of some `only`, in order, as
    the tables number them. A deal begins with its last known opening; what lies before it in business order says
    nothing. Of `whole`, the fold of all, is taken what it tells of many deals at once."""

    def __init__(
        self,
        tables: Tables,
        frame: Frame,
        at: int,
        known_at: int,
        only: Places | None = None,
        whole: Fold | None = None,
    ) -> None:
        self.tables, self.frame, self.at, self.known_at = tables, frame, at, known_at
        self.zone, self._only, self.whole = frame.zone, only, whole
        self._lasts: dict[int, At] = {}
        self.rows, self.opening = self._opened()
        self.place = np.full(len(tables.deals), NONE, np.int32)
        self.place[self.rows] = np.arange(len(self.rows), dtype=np.int32)

    def _opened(self) -> tuple[At, At]:
        """The deals that were opened, and by which fact the last time."""
        if self.whole is not None and self._only is not None:
            known = self._only[self.whole.place[self._only] >= 0].astype(np.int64)
            return known, self.whole.opening[self.whole.place[known]]
        openings = self.tables.openings
        places = self._counted(openings)
        opening = np.full(len(self.tables.deals), NONE, np.int64)
        opening[openings.of[places]] = places
        deals = np.flatnonzero(opening >= 0)
        return deals, opening[deals]

    @cached_property
    def _begins(self) -> tuple[At, At]:
        """For each deal, known or not, when it begins, and at which position."""
        begin, position = np.full((2, len(self.tables.deals)), NEVER_KNOWN, np.int64)
        begin[self.rows] = self.tables.openings.occurred[self.opening]
        position[self.rows] = self.tables.openings.position[self.opening]
        return begin, position

    def of(self, deals: Places) -> Fold:
        """The facts about some deals, in order, alone."""
        return Fold(self.tables, self.frame, self.at, self.known_at, deals)

    def part(self, deals: Places) -> Fold:
        """The same; of many, what is told of all deals at once is taken from there."""
        whole = self if self.spans is not None and len(deals) * MANY > len(self.rows) else None
        return Fold(self.tables, self.frame, self.at, self.known_at, deals, whole)

    @cached_property
    def rest(self) -> Fold:
        """The same of those deals that are to be folded, whatever is told of the others at once."""
        return self.of(self.rows[self.tables.to_be_folded[self.rows]].astype(np.int32))

    @cached_property
    def spans(self) -> Spans | None:
        """What tells of all deals at once; None where less is known here than it tells, or some alone are looked at."""
        if self._only is not None or self.known_at < (spans := self.tables.spans).newest:
            return None
        return spans

    @cached_property
    def others(self) -> Fold:
        """The deals of which spans tell nothing."""
        return self.of(self.tables.spans.others)

    def _counted(self, table: Table) -> At:
        if self._only is None:
            return table.known(self.at, self.known_at)
        return table.known_of(self._only, self.at, self.known_at)

    def known(self, table: Table) -> At:
        """The facts about deals that counted, in business order."""
        places = self._counted(table)
        of = table.of[places]
        begin, begin_position = self._begins
        about, occurred, begins = of >= 0, table.occurred[places], begin[of]
        counts = about & (occurred > begins)
        ties = np.flatnonzero(about & (occurred == begins))
        counts[ties] = table.position[places[ties]] >= begin_position[of[ties]]
        kept: At = places[counts]
        return kept

    def last(self, table: Table) -> At:
        """For each deal the last fact that counted; NONE without any."""
        found = self._lasts.get(id(table))
        if found is None:
            found = self._lasts[id(table)] = self._last(table)
        return found

    def _last(self, table: Table) -> At:
        is_told = self._only is None or self.whole is not None
        if not is_told or self.known_at < newest_of(table, self.tables.openings):
            return self.last_of(table, self.known(table))
        told, found = lasting(table, self.tables.openings), np.full(len(self.rows), NONE, np.int64)
        if self.whole is not None:
            there = told.of_deals(self.rows, self.at)
            found[there >= 0] = told.places[there[there >= 0]]
        else:
            facts = told.at(self.at)
            stands = self.place[told.of[facts]]
            found[stands[stands >= 0]] = told.places[facts[stands >= 0]]
        if len(self.rest.rows):
            found[self.place[self.rest.rows]] = self.rest.last(table)
        return found

    def last_of(self, table: Table, places: At) -> At:
        """The same of facts that counted, at places in business order."""
        found = np.full(len(self.rows), NONE, np.int64)
        found[self.place[table.of[places]]] = places
        return found

    def newest(self, table: Table) -> Places:
        """For each deal the key of the last fact that counted; NONE without any."""
        return at_places(table.key, self.last(table), NONE)

    @cached_property
    def course(self) -> Course:
        """How deals went."""
        return Course(self)

    @cached_property
    def stages(self) -> Stages:
        """The stages of deals and spells."""
        return Stages(self, self.course)

    @cached_property
    def values(self) -> Values:
        """Rates and prices."""
        return Values(self.tables, self.frame, self.at, self.known_at)

    @cached_property
    def valued_at(self) -> At:
        """The moment at which each deal is valued."""
        closed = self.course.closed
        return np.where(closed == NEVER, self.at, ends_of(closed, self.zone))

    @cached_property
    def baskets(self) -> Places:
        """What each deal is about."""
        return self.newest(self.tables.products)

    @cached_property
    def owners(self) -> _Said:
        """Who owns deals."""
        return _Said(self, self.tables.owners, self.tables.members)

    @cached_property
    def categories(self) -> _Said:
        """What owners say of their deals."""
        return _Said(self, self.tables.categories, self.tables.category_keys)

    @cached_property
    def accounts(self) -> Places:
        """Whose deals they are, as the tables number customers."""
        return self.newest(self.tables.accounts)

    @cached_property
    def beside(self) -> Beside:
        """What happened beside the stages."""
        return Beside(self, self.values, self.course.closed)

    @cached_property
    def territories(self) -> tuple[Places, list[str]]:
        """Each deal's territory: its owner's as of then, else its account's where that one is knowable."""
        tables, owner, account = self.tables, self.owners.newest, self.accounts
        by_owner = _by(_teams(tables, self.at, self.known_at), len(tables.members))
        places = tables.places
        known = places.known(self.at, self.known_at)
        known = known[places.of[known] >= 0]
        by_account = np.full(max(len(tables.customers), 1), NONE, np.int32)
        by_account[places.of[known]] = places.key[known]
        own = np.where(owner >= 0, by_owner[owner], NONE)
        found = np.where(own >= 0, own, np.where(account >= 0, by_account[account], NONE))
        nowhere = np.array([not each for each in tables.territories] or [True])
        return _compact(np.where((found >= 0) & nowhere[found], NONE, found), tables.territories)

    @cached_property
    def products(self) -> tuple[Places, list[str]]:
        """The product with which each deal stands."""
        return _compact(self.values.first_products(self.baskets), self.tables.product_keys)

    @cached_property
    def customers(self) -> tuple[Places, list[UUID]]:
        """Whose deals they are."""
        return _compact(self.accounts, self.tables.customers)

    @cached_property
    def answers(self) -> tuple[Places, list[str]]:
        """The questions of the marks that answer one."""
        return _compact(self.beside.keys(MarkKind.ANSWER), self.tables.questions)

    @cached_property
    def supports(self) -> tuple[Places, list[str], Places]:
        """As what people came and, at last, as what they went."""
        keys = self.beside.keys
        return _compact_with(keys(MarkKind.BUYER), keys(MarkKind.BUYER_GONE), self.tables.supports)


class _Said:
    """What was said of deals again and again: as last said of each, and numbered so that all that was ever said has a
    number."""

    def __init__(self, fold: Fold, table: Table, names: Sequence[T]) -> None:
        places = fold.known(table)
        self.newest: Places = at_places(table.key, fold.last_of(table, places), NONE)
        ever = table.key[places]
        self._used = distinct(ever[ever >= 0])
        self.names = [names[each] for each in self._used.tolist()]
        self.of_deals = self.numbered(self.newest)

    def numbered(self, codes: Places) -> Places:
        """The numbers of codes; NONE for none."""
        return _numbered(codes, self._used)


def _teams(tables: Tables, at: int, known_at: int) -> dict[int, int]:
    """The territory of each member: the first of those that he is in."""
    teams = tables.teams
    held: dict[int, tuple[int, ...]] = {}
    known = teams.known(at, known_at)
    joins = teams.kind[known].tolist()
    for member, territory, joined in zip(teams.of[known].tolist(), teams.key[known].tolist(), joins, strict=True):
        others = tuple(each for each in held.get(member, ()) if each != territory)
        held[member] = (*others, territory) if joined else others
    return {member: territories[0] for member, territories in held.items() if territories}


def _by(found: dict[int, int], count: int) -> Places:
    """A column of what was found, NONE elsewhere."""
    column = np.full(max(count, 1), NONE, np.int32)
    column[list(found)] = list(found.values())
    return column


def at_places(column: NDArray[N], places: At, otherwise: float) -> NDArray[N]:
    """A column at places; something else where there is no place."""
    if not len(column):
        return np.full(len(places), otherwise, column.dtype)
    found: NDArray[N] = np.where(places >= 0, column[places], otherwise).astype(column.dtype)
    return found


def _compact(codes: Places, known: list[T]) -> tuple[Places, list[T]]:
    """Codes numbered anew without those that nothing has, and what the others stand for."""
    used = distinct(codes[codes >= 0])
    return _numbered(codes, used), [known[each] for each in used.tolist()]


def _numbered(codes: Places, used: Places) -> Places:
    """The places of codes among those that are used; NONE for none."""
    return np.where(codes < 0, NONE, np.searchsorted(used, codes)).astype(np.int32)


def _compact_with(codes: Places, more: Places, known: list[T]) -> tuple[Places, list[T], Places]:
    """Two columns numbered together."""
    numbered, found = _compact(np.concatenate([codes, more]), known)
    return numbered[: len(codes)], found, numbered[len(codes) :]
