"""Plan progress, as a component of relationship health: is what was agreed with the customer on its way?"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from statistics import fmean

import msgspec

from domain.language.catalogue import say
from domain.objective import Line
from projections.health_components import Ahead, Component, counted
from projections.plan_measures import MilestoneState, state_of

STANDS = {MilestoneState.REACHED: 100.0, MilestoneState.REACHED_LATE: 50.0, MilestoneState.MISSED: 0.0}


class PlanAim(msgspec.Struct, frozen=True):
    """An objective of an approved plan: its line, what it stands at, the position of the event that set it, and what it
    stood at after each fact, with its position."""

    line: Line
    value: Decimal | None
    stated: int
    readings: tuple[tuple[int, Decimal], ...] = ()

    @property
    def positions(self) -> tuple[int, ...]:
        """The events behind it."""
        return self.stated, *(position for position, _ in self.readings)

    def known_by(self, positions: Collection[int]) -> PlanAim:
        """The same by some of its facts."""
        known = [value for position, value in self.readings if position in positions]
        return msgspec.structs.replace(self, value=known[-1] if known else None)

    def score(self, day: date) -> float:
        """100 on the straight line or ahead of it; below, 100 less the share of the whole way that is missing, in
        percent: 80 where a fifth of it is missing."""
        return 100 * max(0.0, 1 + min(0.0, float(self.line.deviation(self.value, day))))


class PlanStone(msgspec.Struct, frozen=True):
    """A milestone of an approved plan."""

    due: date
    reached_on: date | None
    stated: int
    ended: int | None = None

    @property
    def positions(self) -> tuple[int, ...]:
        """The events behind it."""
        return (self.stated,) if self.ended is None else (self.stated, self.ended)

    def known_by(self, positions: Collection[int]) -> PlanStone:
        """The same by some of its facts."""
        return self if self.ended in positions else msgspec.structs.replace(self, reached_on=None)

    def score(self, day: date) -> float | None:
        """Reached in time 100, reached late 50, missed 0; None where its day is to come."""
        return STANDS.get(state_of(self.due, self.reached_on, day))


class PlanCourse(msgspec.Struct, frozen=True):
    """The component on a day if nothing happens: the mean of two halves, or the one that has facts.

    Objectives: the mean of their scores against their straight lines (`PlanAim.score`). Milestones: the mean of those
    that were reached or whose day is over (`PlanStone.score`). Lines go on and days pass: waiting makes nothing better.
    """

    aims: tuple[PlanAim, ...]
    stones: tuple[PlanStone, ...]

    @property
    def positions(self) -> set[int]:
        """The events behind it."""
        aims = {position for aim in self.aims for position in aim.positions}
        return aims | {position for stone in self.stones for position in stone.positions}

    def at(self, ahead: Ahead) -> float | None:
        """The score; None where there is neither an objective nor a milestone to judge."""
        halves = [fmean(half) for half in self.halves(date.fromordinal(ahead.day)) if half]
        return fmean(halves) if halves else None

    def halves(self, day: date) -> tuple[list[float], list[float]]:
        """The scores of the objectives, and of the milestones that can be judged."""
        known = (stone.score(day) for stone in self.stones)
        return [aim.score(day) for aim in self.aims], [score for score in known if score is not None]


def plan(aims: Sequence[PlanAim], stones: Sequence[PlanStone], today: date) -> Component | None:
    """The component on a day (see `PlanCourse`), of plans that are approved and not closed."""
    course = PlanCourse(tuple(aims), tuple(stones))
    on_the_way, judged = course.halves(today)
    if not on_the_way and not judged:
        return None
    said = []
    if on_the_way:
        said.append(
            say(
                "{objectives} of the plan at {score:.0f} % of where they should be",
                objectives=counted(len(on_the_way), "objective"),
                score=fmean(on_the_way),
            )
        )
    if judged:
        missed = sum(score < STANDS[MilestoneState.REACHED] for score in judged)
        milestones = counted(len(judged), "milestone")
        said.append(say("{missed} of {milestones} not in time", missed=missed, milestones=milestones))
    return Component("plan", course, "; ".join(said), tuple(sorted(course.positions)))
