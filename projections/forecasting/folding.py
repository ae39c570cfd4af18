"""What was knowable at a moment, folded in business order: columns of facts in, one `Histories` out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from domain.policies.shipped_processes import SHIPPED
from projections.forecasting.company_days import days_of, ends_of
from projections.forecasting.histories import (
    NEVER,
    NONE,
    Codes,
    Days,
    Histories,
    Kinds,
    MarkKind,
    Numbers,
    Outcome,
    Places,
    Spells,
)
from projections.forecasting.known import ENDED, OPENED, STAGE, Tables
from projections.forecasting.marks import Beside
from projections.forecasting.tables import Table, distinct
from projections.forecasting.valuing import Values
from projections.view import View

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


def fold(tables: Tables, frame: Frame, at: int, known_at: int) -> Histories:
    """All deals that were knowable at a moment (microseconds since 1970), as they were knowable then."""
    return _Fold(tables, frame, at, known_at).histories()


class _Fold:
    """Facts that counted at a moment, deal by deal. A deal begins with its last known opening; what lies before it
    in business order says nothing."""

    def __init__(self, tables: Tables, frame: Frame, at: int, known_at: int) -> None:
        self.tables, self.frame, self.at, self.known_at = tables, frame, at, known_at
        self.zone = frame.zone
        openings = tables.openings
        known = openings.known(at, known_at)
        self.opening = np.full(len(tables.deals), NONE, np.int64)
        self.opening[openings.of[known]] = known
        self.rows = np.flatnonzero(self.opening >= 0)
        self.opening = self.opening[self.rows]
        self.begin = np.full(len(tables.deals), 2**62, np.int64)
        self.begin[self.rows] = openings.order[self.opening]
        self.place = np.full(len(tables.deals), NONE, np.int32)
        self.place[self.rows] = np.arange(len(self.rows), dtype=np.int32)

    def known(self, table: Table) -> At:
        """The facts about deals that counted, in business order."""
        places = table.known(self.at, self.known_at)
        of = table.of[places]
        kept: At = places[(of >= 0) & (table.order[places] >= self.begin[of])]
        return kept

    def last(self, table: Table) -> At:
        """For each deal the last fact that counted; NONE without any."""
        places = self.known(table)
        found = np.full(len(self.rows), NONE, np.int64)
        found[self.place[table.of[places]]] = places
        return found

    def newest(self, table: Table) -> Places:
        """For each deal the key of the last fact that counted; NONE without any."""
        return _at(table.key, self.last(table), NONE)

    def histories(self) -> Histories:
        tables, frame = self.tables, self.frame
        course = _Course(self)
        opened = tables.days("openings", "occurred", frame.zone)[self.opening]
        values = Values(tables, frame, self.at, self.known_at)
        amount = self.last(tables.amounts)
        valued_at = np.where(course.closed == NEVER, self.at, ends_of(course.closed, frame.zone))
        baskets = self.newest(tables.products)
        unit = _at(tables.amounts.unit, amount, NONE)
        stated = values.stated(_at(tables.amounts.value, amount, np.nan), unit, valued_at)
        listed = values.listed(baskets, valued_at)
        owner, account = self.newest(tables.owners), self.newest(tables.accounts)
        territory, territories = self._territories(owner, account)
        stages = _Stages(self, course)
        product, products = _compact(values.first_products(baskets), tables.product_keys)
        account, accounts = _compact(account, tables.customers)
        said = _Said(self, owner, self.newest(tables.categories), Beside(self, values, course.closed))
        return Histories(
            day=int(days_of(np.array([self.at]), frame.zone)[0]),
            fiscal_start=frame.fiscal_start,
            ids=tables.deals[self.rows].tolist(),
            external=tables.external[tables.openings.key[self.opening]].tolist(),
            opened=opened,
            closed=course.closed,
            outcome=course.outcome,
            stage=stages.of_deals,
            since=course.since,
            owner=said.owner,
            territory=territory,
            product=product,
            account=account,
            amount=values.rounded(np.where(unit >= 0, stated, listed)),
            signed=values.rounded(values.stated(course.signed, course.currency, valued_at)),
            close_on=_at(tables.closes.key, self.last(tables.closes), NEVER),
            category=said.category,
            spells=stages.spells,
            marks=said.marks,
            raw=tables.deal_keys[self.rows],
            codes=Codes(
                stages=stages.listed,
                owners=said.owners,
                territories=territories,
                products=products,
                accounts=accounts,
                questions=said.questions,
                buyers=said.buyers,
                categories=said.categories,
            ),
        )

    def _territories(self, owner: Places, account: Places) -> tuple[Places, list[str]]:
        """Each deal's territory: its owner's as of then, else its account's where that one is knowable."""
        tables = self.tables
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


class _Course:
    """How deals went: where they stand, how they ended, and their stays at stages."""

    def __init__(self, fold: _Fold) -> None:
        table = fold.tables.course
        self.facts = places = fold.known(table)
        self.deal = fold.place[table.of[places]]
        self.kind, self.key = table.kind[places], table.key[places]
        self.day = fold.tables.days("course", "occurred", fold.frame.zone)[places]
        index = np.arange(len(places))
        at_stage = np.maximum.accumulate(np.where((self.kind == OPENED) | (self.kind == STAGE), index, 0))
        at_end = np.maximum.accumulate(np.where(self.kind == STAGE, 0, index))
        self.stage = self.key[at_stage] if len(places) else self.key
        ended = self.kind[at_end] == ENDED if len(places) else np.zeros(0, np.bool_)
        self.is_open = ~ended
        last = np.full(len(fold.rows), NONE, np.int64)
        last[self.deal] = index
        self.last = last
        self.since: Days = self.day[at_stage[last]]
        is_over = ended[last]
        end = at_end[last]
        self.closed: Days = np.where(is_over, self.day[end], NEVER).astype(np.int32)
        self.outcome: Kinds = np.where(is_over, self.key[end], Outcome.OPEN).astype(np.int8)
        won = self.outcome == Outcome.WON
        self.signed: Numbers = np.where(won, table.value[places][end], np.nan)
        self.currency: Places = np.where(won, table.unit[places][end], NONE).astype(np.int32)


class _Stages:
    """The stages of deals and spells, numbered in the order of the processes."""

    def __init__(self, fold: _Fold, course: _Course) -> None:
        tables = fold.tables
        process = tables.openings.unit[fold.opening]
        begins = course.is_open
        following = np.arange(1, len(course.deal) + 1) % max(len(course.deal), 1)
        goes_on = (course.deal[following] == course.deal) & (following > 0)
        combined = process[course.deal].astype(np.int64) * (len(tables.stages) + 1) + course.stage
        found = distinct(combined)
        self.listed, number = _listed(fold, process, found)
        stage = number[np.searchsorted(found, combined)] if len(found) else np.zeros(0, np.int32)
        to = np.where(goes_on & course.is_open[following], stage[following], NONE)
        end = np.where(goes_on, course.day[following], NEVER)
        self.of_deals: Places = stage[course.last].astype(np.int32)
        self.spells = Spells(
            course.deal[begins],
            stage[begins].astype(np.int32),
            course.day[begins],
            end[begins].astype(np.int32),
            to[begins].astype(np.int32),
        )


class _Said:
    """Owners, categories and what marks say, numbered together: a mark may name what no deal has any more."""

    def __init__(self, fold: _Fold, owner: Places, category: Places, beside: Beside) -> None:
        tables, keys = fold.tables, beside.keys
        self.owner, self.owners, by_owner = _compact_with(owner, keys(MarkKind.OWNER), tables.members)
        self.category, self.categories, by_category = _compact_with(
            category, keys(MarkKind.CATEGORY), tables.category_keys
        )
        answers, self.questions = _compact(keys(MarkKind.ANSWER), tables.questions)
        came, self.buyers, gone = _compact_with(keys(MarkKind.BUYER), keys(MarkKind.BUYER_GONE), tables.supports)
        self.marks = beside.marks(
            {
                MarkKind.OWNER: by_owner,
                MarkKind.CATEGORY: by_category,
                MarkKind.ANSWER: answers,
                MarkKind.BUYER: came,
                MarkKind.BUYER_GONE: gone,
            }
        )


def _listed(fold: _Fold, process: Places, found: At) -> tuple[list[tuple[str, str]], Places]:
    """The stages of the processes of all deals, then those which no process knows any more; and the places among
    them of combinations of process and stage."""
    tables, width = fold.tables, len(fold.tables.stages) + 1
    known = _processes(tables, fold.at, fold.known_at)
    keys = sorted(tables.process_keys[each] for each in distinct(process).tolist())
    listed = [(key, stage) for key in keys for stage in known.get(key, ())]
    stated = [(tables.process_keys[each // width], tables.stages[each % width]) for each in found.tolist()]
    listed += sorted(set(stated) - set(listed))
    place = {pair: number for number, pair in reversed(list(enumerate(listed)))}
    return listed, np.array([place[pair] for pair in stated], np.int32)


def _processes(tables: Tables, at: int, known_at: int) -> dict[str, tuple[str, ...]]:
    """The stages of each process, as was knowable; of a shipped one as it is shipped, unless it was defined anew."""
    found = {definition.key: tuple(stage.key for stage in definition.stages) for definition in SHIPPED.values()}
    for each in sorted(tables.processes, key=lambda process: (process.occurred, process.position)):
        gone, gone_at = tables.withdrawn.of(np.array([each.position]))
        if each.when <= at and each.position <= known_at and not (gone[0] <= at and gone_at[0] <= known_at):
            found[each.key] = each.stages
    return found


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


def _at(column: NDArray[N], places: At, otherwise: float) -> NDArray[N]:
    """A column at places; something else where there is no place."""
    if not len(column):
        return np.full(len(places), otherwise, column.dtype)
    found: NDArray[N] = np.where(places >= 0, column[places], otherwise).astype(column.dtype)
    return found


def _compact(codes: Places, known: list[T]) -> tuple[Places, list[T]]:
    """Codes numbered anew without those that nothing has, and what the others stand for."""
    used = distinct(codes[codes >= 0])
    numbered = np.where(codes < 0, NONE, np.searchsorted(used, codes)).astype(np.int32)
    return numbered, [known[each] for each in used.tolist()]


def _compact_with(codes: Places, more: Places, known: list[T]) -> tuple[Places, list[T], Places]:
    """Two columns numbered together."""
    numbered, found = _compact(np.concatenate([codes, more]), known)
    return numbered[: len(codes)], found, numbered[len(codes) :]
