"""Random histories as the journal would take them: what a fact's condition refuses is not recorded."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import msgspec

from domain.aggregate import ROOTS, Event, Recorded, Withdrawal, decide, withdraw
from domain.errors import KamsError
from tests.projections.business import Business, Chronicle
from tests.projections.conftest import START, Told


class Checked:
    """A random history of real events, append by append, as far as the domain takes it."""

    def __init__(self, seed: int, business: Business) -> None:
        self.streams: dict[UUID, list[Recorded]] = {}
        self.facts: list[Recorded] = []
        self.appends: list[list[Recorded]] = []
        self._positions: dict[int, int] = {}
        self._told = 0
        self.chronicle = Chronicle(seed, business)
        self.chronicle.write(self)  # type: ignore[arg-type]

    def append_all(self, appends: list[list[Told]]) -> None:
        """What the chronicle hands over instead of a journal."""
        for number, told in enumerate(appends, start=1):
            taken = [fact for each in told if (fact := self._taken(*each, number)) is not None]
            if taken:
                self.appends.append(taken)

    @property
    def told(self) -> list[list[Told]]:
        """What was taken, to be told to a test's journal."""
        return [[(each.originator_id, each.event, each.occurred_at) for each in append] for append in self.appends]

    def _taken(self, stream: UUID, event: Event, at: object, append: int) -> Recorded | None:
        self._told += 1
        history = self.streams.setdefault(stream, [])
        if isinstance(event, Withdrawal):
            if event.position not in self._positions:
                return None
            event = msgspec.structs.replace(event, position=self._positions[event.position])
        fact = Recorded(
            originator_id=stream,
            originator_version=len(history) + 1,
            event=event,
            occurred_at=at,  # type: ignore[arg-type]
            position=len(self.facts) + 1,
            recorded_at=START + timedelta(days=1000, milliseconds=append),
        )
        if not _possible(history, fact):
            return None
        self._positions[self._told] = fact.position
        history.append(fact)
        self.facts.append(fact)
        return fact


def _possible(history: list[Recorded], fact: Recorded) -> bool:
    event, root = fact.event, ROOTS[fact.event.topic.partition(".")[0]]
    try:
        if isinstance(event, Withdrawal):
            withdraw(root, fact.originator_id, history, fact)
        else:
            decide(
                root, fact.originator_id, history, fact.occurred_at, lambda state: state.part_of(event).record(event)
            )
    except KamsError:
        return False
    return True
