"""How deals went, as far as was knowable at a moment: where they stand, how they ended, their stays at stages."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING
from weakref import proxy

import numpy as np
from numpy.typing import NDArray

from domain.policies.shipped_processes import SHIPPED
from projections.forecasting.histories import NEVER, NONE, Days, Kinds, Numbers, Outcome, Places, Spells
from projections.forecasting.known import ENDED, OPENED, STAGE, Tables
from projections.forecasting.tables import distinct

if TYPE_CHECKING:
    from projections.forecasting.folding import Fold

At = NDArray[np.int64]


class Course:
    """How deals went: where they stand, how they ended, and their stays at stages. The first fact of each is its
    opening."""

    def __init__(self, fold: Fold) -> None:
        self._fold: Fold = proxy(fold)  # which keeps this: nothing is to go round in a circle
        self._table = fold.tables.course
        self._days = fold.tables.days("course", "occurred", fold.zone)

    @cached_property
    def last(self) -> tuple[At, At]:
        """For each deal the fact by which it is open or has ended, and that by which it stands at its stage."""
        fold = self._fold
        spans = fold.whole.spans if fold.whole else fold.spans
        if spans is None:
            kind = self._kind
            return self._last_of(kind != STAGE), self._last_of((kind == OPENED) | (kind == STAGE))
        found = np.full((2, len(fold.rows)), NONE, np.int64)
        if fold.whole:
            found[0], found[1] = spans.of_deals(fold.rows, fold.at)
        else:
            deals, *told = spans.at(fold.at)
            found[:, fold.place[deals]] = told
        if len(fold.rest.rows):
            found[:, fold.place[fold.rest.rows]] = fold.rest.course.last
        return found[0], found[1]

    def _last_of(self, some: NDArray[np.bool_]) -> At:
        """For each deal the place of the last fact of some."""
        last, places = np.full(len(self._fold.rows), NONE, np.int64), np.flatnonzero(some)
        last[self.deal[places]] = self._places[places]
        return last

    @cached_property
    def _is_over(self) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = self._table.kind[self.last[0]] == ENDED
        return found

    @cached_property
    def closed(self) -> Days:
        """The day on which each deal ended; NEVER of one that is open."""
        return np.where(self._is_over, self._days[self.last[0]], NEVER).astype(np.int32)

    @cached_property
    def outcome(self) -> Kinds:
        """How each deal stands."""
        return np.where(self._is_over, self._table.key[self.last[0]], Outcome.OPEN).astype(np.int8)

    @cached_property
    def signed(self) -> Numbers:
        """What each won deal signed; NaN of the others."""
        return np.where(self.outcome == Outcome.WON, self._table.value[self.last[0]], np.nan)

    @cached_property
    def currency(self) -> Places:
        """The currency of that; NONE of the others."""
        return np.where(self.outcome == Outcome.WON, self._table.unit[self.last[0]], NONE).astype(np.int32)

    @cached_property
    def since(self) -> Days:
        """Since which day each deal stands at its stage."""
        return self._days[self.last[1]]

    @cached_property
    def stage(self) -> Places:
        """The stage at which each deal stands."""
        return self._table.key[self.last[1]]

    @cached_property
    def _places(self) -> At:
        return self._fold.known(self._table)

    @cached_property
    def _kind(self) -> Kinds:
        return self._table.kind[self._places]

    @cached_property
    def deal(self) -> Places:
        """Whose each fact is."""
        return self._fold.place[self._table.of[self._places]]

    @cached_property
    def day(self) -> Days:
        """The day of each fact."""
        return self._days[self._places]

    @cached_property
    def stages(self) -> Places:
        """The stage at which a deal stood from each fact on."""
        at_stage = newest_of((self._kind == OPENED) | (self._kind == STAGE))
        return self._table.key[self._places][at_stage]

    @cached_property
    def is_open(self) -> NDArray[np.bool_]:
        """Whether a deal was open from each fact on."""
        found: NDArray[np.bool_] = self._kind[newest_of(self._kind != STAGE)] != ENDED
        return found


def newest_of(some: NDArray[np.bool_]) -> Places:
    """For each place the newest up to it of some."""
    return np.maximum.accumulate(np.where(some, np.arange(len(some), dtype=np.int32), 0))


class Stages:
    """The stages of deals and spells, numbered in the order of the processes."""

    def __init__(self, fold: Fold, course: Course) -> None:
        self._fold: Fold = proxy(fold)
        self._course, self._width = course, len(fold.tables.stages) + 1

    @cached_property
    def _process(self) -> Places:
        return self._fold.tables.openings.unit[self._fold.opening]

    @cached_property
    def found(self) -> Places:
        """The processes and stages at which deals ever stood, each as one number."""
        spans, others = self._fold.spans, self._fold.others.stages if self._fold.spans else None
        if spans is None or others is None:
            return distinct(self._stood_at)
        return distinct(np.concatenate((spans.stages_at(self._fold.at), others.found)))

    @cached_property
    def _stood_at(self) -> Places:
        """The process and stage at which a deal stood from each fact on."""
        return self._process[self._course.deal] * self._width + self._course.stages

    @cached_property
    def _numbered(self) -> tuple[list[tuple[str, str]], Places]:
        """The stages as they are listed, and the places among them of the combinations of process and stage."""
        if self._fold.whole is not None:
            return self._fold.whole.stages._numbered
        names, number = listed(self._fold, self.found // self._width, self.found)
        numbers = np.full(int(self.found.max(initial=-1)) + 1, NONE, np.int32)
        numbers[self.found] = number
        return names, numbers

    @property
    def listed(self) -> list[tuple[str, str]]:
        """The processes and stages."""
        return self._numbered[0]

    @cached_property
    def of_deals(self) -> Places:
        """Where each deal stands."""
        found: Places = self._numbered[1][self._process * self._width + self._course.stage]
        return found

    @cached_property
    def _of_facts(self) -> Places:
        return self._numbered[1][self._stood_at]

    @cached_property
    def _begins(self) -> At:
        return np.flatnonzero(self._course.is_open)

    @cached_property
    def stood(self) -> tuple[Places, Places]:
        """The deals and stages of the stays."""
        return self._course.deal[self._begins], self._of_facts[self._begins]

    @cached_property
    def spells(self) -> Spells:
        """The stays of deals at stages."""
        course, stage, begins = self._course, self._of_facts, self._begins
        goes_on = course.deal[1:] == course.deal[:-1]
        end = np.full(len(stage), NEVER, np.int32)
        end[:-1] = np.where(goes_on, course.day[1:], NEVER)
        to = np.full(len(stage), NONE, np.int32)
        to[:-1] = np.where(goes_on & course.is_open[1:], stage[1:], NONE)
        return Spells(*self.stood, course.day[begins], end[begins], to[begins])


def listed(fold: Fold, process: Places, found: Places) -> tuple[list[tuple[str, str]], Places]:
    """The stages of processes, then those of combinations of process and stage which no process knows any more; and the
    places among them of the combinations."""
    tables, width = fold.tables, len(fold.tables.stages) + 1
    known = _processes(tables, fold.at, fold.known_at)
    keys = sorted(tables.process_keys[each] for each in distinct(process).tolist())
    names = [(key, stage) for key in keys for stage in known.get(key, ())]
    stated = [(tables.process_keys[each // width], tables.stages[each % width]) for each in found.tolist()]
    names += sorted(set(stated) - set(names))
    place = {pair: number for number, pair in reversed(list(enumerate(names)))}
    return names, np.array([place[pair] for pair in stated], np.int32)


def _processes(tables: Tables, at: int, known_at: int) -> dict[str, tuple[str, ...]]:
    """The stages of each process, as was knowable; of a shipped one as it is shipped, unless it was defined anew."""
    found = {definition.key: tuple(stage.key for stage in definition.stages) for definition in SHIPPED.values()}
    for each in sorted(tables.processes, key=lambda process: (process.occurred, process.position)):
        gone, gone_at = tables.withdrawn.of(np.array([each.position]))
        if each.when <= at and each.position <= known_at and not (gone[0] <= at and gone_at[0] <= known_at):
            found[each.key] = each.stages
    return found
