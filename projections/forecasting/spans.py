"""From when until when deals were open, or ended, and at which stages those had stood that ended: what most questions
ask of all deals, told for every moment at once."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from projections.forecasting.courses import newest_of
from projections.forecasting.decoding import Moments
from projections.forecasting.histories import NONE, Kinds, Outcome, Places
from projections.forecasting.known import ENDED, OPENED, STAGE, Tables
from projections.forecasting.lasting import lasting
from projections.forecasting.tables import distinct

At = NDArray[np.int64]


@dataclass(frozen=True)
class Span:
    """What holds of deals from one moment (microseconds since 1970) until another; `code` says what it is."""

    of: Places
    since: Moments
    until: Moments
    code: Places

    def at(self, moment: int) -> At:
        """The places of what holds at a moment."""
        return np.flatnonzero((self.since <= moment) & (moment < self.until))

    def counts(self, moment: int) -> dict[int, int]:
        """How many hold at a moment, by what they are: of those that began by then all but what is over by then."""
        return {
            code: int(np.searchsorted(since, moment, "right") - np.searchsorted(until, moment, "right"))
            for code, (since, until) in self._by_code.items()
        }

    @cached_property
    def _by_code(self) -> dict[int, tuple[Moments, Moments]]:
        """The moments from which, and until which, anything holds, in order."""
        which = ((code, self.code == code) for code in distinct(self.code).tolist())
        return {code: (np.sort(self.since[of]), np.sort(self.until[of])) for code, of in which}

    def where(self, chosen: NDArray[np.bool_]) -> Span:
        """Some of them."""
        return Span(**{each.name: getattr(self, each.name)[chosen] for each in fields(self)})


class Spans:
    """How deals went that were opened once, of which every fact counted after the one before it in business order, and
    none was taken back: after each fact a deal stands as it leaves it, until the next one counts. The `others` are to
    be folded. What is known before the `newest` position is not told here."""

    def __init__(self, tables: Tables) -> None:
        course = tables.course
        self._facts = facts = lasting(course, tables.openings)
        self.openings, self.newest, self.others = facts.openings, facts.newest, facts.others
        self.width, self._deals = len(tables.stages) + 1, len(tables.deals)
        self._of, self._since, self._until, self._places = facts.of, facts.since, facts.until, facts.places
        self._kind, self._key = course.kind[self._places], course.key[self._places]
        self._process = _processes(tables)[self._of]

    def at(self, moment: int) -> tuple[Places, At, At]:
        """The deals at a moment, by which facts of `course` they are open or have ended, and by which they stand at
        their stages."""
        there = self._facts.at(moment)
        return self._of[there], self._places[self._ends[there]], self._places[self._at_stage[there]]

    def of_deals(self, deals: At, moment: int) -> tuple[At, At]:
        """The same facts of each of some deals; NONE of those that are not known then, and of the others."""
        there = self._facts.of_deals(deals, moment)
        known, found = there >= 0, np.full((2, len(deals)), NONE, np.int64)
        for each, facts in zip(found, (self._ends, self._at_stage), strict=True):
            each[known] = self._places[facts[there[known]]]
        return found[0], found[1]

    @cached_property
    def _ends(self) -> Places:
        return newest_of(self._kind != STAGE)

    @cached_property
    def _at_stage(self) -> Places:
        return newest_of((self._kind == OPENED) | (self._kind == STAGE))

    @cached_property
    def _outcome(self) -> Kinds:
        ends = self._ends
        return np.where(self._kind[ends] == ENDED, self._key[ends], Outcome.OPEN).astype(np.int8)

    @cached_property
    def _numbered(self) -> tuple[Places, Places]:
        """The processes and stages at which deals ever stood, each as one number; and at which of them a deal stands
        after each fact."""
        stages = self._process * self.width + self._key[self._at_stage]
        found = distinct(stages)
        number = np.zeros(int(found.max(initial=0)) + 1, np.int32)
        number[found] = np.arange(len(found))
        return found, number[stages]

    @cached_property
    def open(self) -> Span:
        """While deals were open."""
        return self._joined(self._outcome == Outcome.OPEN)

    @cached_property
    def ended(self) -> Span:
        """While deals had ended; the code is how."""
        return self._joined(self._outcome != Outcome.OPEN)

    def _joined(self, chosen: NDArray[np.bool_]) -> Span:
        """Spans of some facts, those that follow one another in one of the same outcome as one."""
        places = np.flatnonzero(chosen)
        of, outcome = self._of[places], self._outcome[places]
        begins = np.ones(len(places), np.bool_)
        begins[1:] = (np.diff(places) != 1) | (of[1:] != of[:-1]) | (outcome[1:] != outcome[:-1])
        first = np.flatnonzero(begins)
        last = np.append(first[1:], len(places))[: len(first)] - 1
        since, until = self._since[places[first]], self._until[places[last]]
        return Span(of[first], since, until, outcome[first].astype(np.int32))

    @cached_property
    def over(self) -> tuple[Span, At]:
        """While deals had ended, and the facts of `course` by which they had; the code is how."""
        return self._ended(self._outcome != Outcome.OPEN)

    @cached_property
    def won(self) -> tuple[Span, At]:
        """While deals were won, and the facts of `course` by which they were."""
        return self._ended(self._outcome == Outcome.WON)

    def _ended(self, chosen: NDArray[np.bool_]) -> tuple[Span, At]:
        places = np.flatnonzero(chosen)
        code = self._outcome[places].astype(np.int32)
        span = Span(self._of[places], self._since[places], self._until[places], code)
        return span, self._places[self._ends[places]]

    @cached_property
    def stood(self) -> Span:
        """While deals had ended that ever stood at a stage before; the code is the stage, doubled, and one more where
        the deal was won."""
        found, number = self._numbered
        is_open = np.flatnonzero(self._outcome == Outcome.OPEN)
        pairs = self._of[is_open].astype(np.int64) * len(found) + number[is_open]
        stood = is_open[np.unique(pairs, return_index=True)[1]]
        ended, counts = self.ended, np.bincount(self.ended.of, minlength=self._deals)
        begins, count = (each[self._of[stood]] for each in (np.cumsum(counts) - counts, counts))
        each = np.repeat(stood, count)
        end = np.repeat(begins - (np.cumsum(count) - count), count) + np.arange(len(each))
        code = found[number[each]] * 2 + (ended.code[end] == Outcome.WON)
        stays = Span(ended.of[end], ended.since[end], ended.until[end], code.astype(np.int32))
        return stays.where(self._since[each] <= stays.since)

    @cached_property
    def _first(self) -> tuple[Places, Moments]:
        """These, and since when the first deal stood at each."""
        found, number = self._numbered
        firsts = [self._since[number == each].min() for each in range(len(found))]
        return found, np.array(firsts, np.int64)

    def stages_at(self, moment: int) -> Places:
        """The processes and stages, each as one number, at which any deal had stood by a moment."""
        found, first = self._first
        return found[first <= moment]


def _processes(tables: Tables) -> Places:
    """The process of each deal, by its last opening."""
    found = np.zeros(len(tables.deals), np.int32)
    found[tables.openings.of] = tables.openings.unit
    return found
