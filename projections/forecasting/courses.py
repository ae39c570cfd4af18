"""How deals went, as far as was knowable at a moment: where they stand, how they ended, their stays at stages."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

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
        self._table, self._days = fold.tables.course, fold.tables.days("course", "occurred", fold.zone)
        self._places = places = fold.known(self._table)
        self._count = len(fold.rows)
        self.deal, self._kind = fold.place[self._table.of[places]], self._table.kind[places]
        ends = self._last_of(self._kind != STAGE)
        is_over = self._table.kind[ends] == ENDED
        self.closed: Days = np.where(is_over, self._days[ends], NEVER).astype(np.int32)
        self.outcome: Kinds = np.where(is_over, self._table.key[ends], Outcome.OPEN).astype(np.int8)
        won = self.outcome == Outcome.WON
        self.signed: Numbers = np.where(won, self._table.value[ends], np.nan)
        self.currency: Places = np.where(won, self._table.unit[ends], NONE).astype(np.int32)

    def _last_of(self, some: NDArray[np.bool_]) -> At:
        """For each deal the place of the last fact of some."""
        last, places = np.full(self._count, NONE, np.int64), np.flatnonzero(some)
        last[self.deal[places]] = self._places[places]
        return last

    @cached_property
    def _at_stage(self) -> At:
        return self._last_of((self._kind == OPENED) | (self._kind == STAGE))

    @cached_property
    def since(self) -> Days:
        """Since which day each deal stands at its stage."""
        return self._days[self._at_stage]

    @cached_property
    def stage(self) -> Places:
        """The stage at which each deal stands."""
        return self._table.key[self._at_stage]

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
        process = fold.tables.openings.unit[fold.opening]
        combined = process[course.deal] * (len(fold.tables.stages) + 1) + course.stages
        found = distinct(combined)
        self.found = found
        """The processes and stages at which deals ever stood, each as one number."""
        self.listed, number = listed(fold, process, found)
        least = int(found.min(initial=0))
        numbers = np.full(int(found.max(initial=0)) - least + 1, NONE, np.int32)
        numbers[found - least] = number
        own = process * (len(fold.tables.stages) + 1) + course.stage
        self.of_deals: Places = numbers[own - least]
        self._course, self._of_facts = course, numbers[combined - least]

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
