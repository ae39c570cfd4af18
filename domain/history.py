"""What is known about several streams, step by step in the order of folding, and what became known since."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from domain.aggregate import Aggregate, Recorded, Withdrawal
from domain.changes import Change, difference
from domain.course import Course
from domain.lateness import late_by


class Step(msgspec.Struct, frozen=True):
    """A fact of a history; `withdrawn_by` is the withdrawal that is known of it."""

    fact: Recorded
    withdrawn_by: Recorded | None = None

    @property
    def withdraws(self) -> int | None:
        """The position of the fact that this one takes back."""
        return self.fact.event.position if isinstance(self.fact.event, Withdrawal) else None

    @property
    def lag(self) -> timedelta | None:
        """How long after it occurred it was recorded, where that is late."""
        return late_by(self.fact)


class History:
    """The facts of streams as of a moment, known at a position, by (occurred_at, position); withdrawn ones keep their
    place and change nothing. Steps are counted from 1."""

    def __init__(self, told: Mapping[UUID, Sequence[Recorded]], as_of: datetime, known_at: int) -> None:
        self._courses: dict[UUID, Course] = {}
        self.steps: list[Step] = []
        for stream, facts in told.items():
            known = [fact for fact in facts if fact.position <= known_at]
            gone = {fact.event.position: fact for fact in known if isinstance(fact.event, Withdrawal)}
            happened = [fact for fact in known if fact.occurred_at <= as_of]
            if happened:
                self._courses[stream] = Course(stream, happened, gone)
                self.steps += [Step(fact, gone.get(fact.position)) for fact in happened]
        self.steps.sort(key=lambda step: (step.fact.occurred_at, step.fact.position))
        self._places: dict[UUID, list[int]] = {stream: [] for stream in self._courses}
        for number, step in enumerate(self.steps, start=1):
            self._places[step.fact.originator_id].append(number)

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def streams(self) -> list[UUID]:
        """The streams that have facts."""
        return list(self._courses)

    def changes(self, number: int) -> list[Change]:
        """What a step changes."""
        stream = self.steps[number - 1].fact.originator_id
        return self._courses[stream].changes(self._count(stream, number))

    def state(self, stream: UUID, number: int) -> Aggregate | None:
        """The state of a stream after a step; None where it has no fact by then. It is the history's own, good until
        the next question."""
        count = self._count(stream, number)
        return self._courses[stream].state(count) if count else None

    def number_of(self, position: int) -> int | None:
        """Which step the fact at a position is."""
        return next((n for n, step in enumerate(self.steps, start=1) if step.fact.position == position), None)

    def _count(self, stream: UUID, number: int) -> int:
        return bisect_right(self._places.get(stream, ()), number)


class Learned(msgspec.Struct, frozen=True):
    """What became known between two states of knowledge about the same moment: `different` per stream, `late` facts
    that were not known then, and `withdrawn` ones that were."""

    different: dict[UUID, list[Change]]
    late: list[Step]
    withdrawn: list[Step]


def learned(then: History, now: History) -> Learned:
    """What makes the difference between what was known then and what is known now; before is then, after is now. A
    fact that came late and was withdrawn since makes none."""
    known = {step.fact.position: step for step in then.steps}
    late = [step for step in now.steps if step.fact.position not in known and step.withdrawn_by is None]
    late = [step for step in late if step.withdraws is None]
    gone = [step for step in now.steps if step.withdrawn_by and step.fact.position in known]
    gone = [step for step in gone if known[step.fact.position].withdrawn_by is None]
    different = {}
    for stream in now.streams:
        after = now.state(stream, len(now))
        before = then.state(stream, len(then))
        root = type(after) if after else Aggregate
        if after and (changed := difference(before or root(id=stream), after)):
            different[stream] = changed
    return Learned(different, late, gone)
