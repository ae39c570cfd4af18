"""The facts of all files in business order, decided by the commands of the domain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import compress, count
from operator import attrgetter
from uuid import UUID

from api.importing.refusals import Fault
from api.importing.report import Ledger
from api.importing.world import Displaced, Fact, World
from domain.aggregate import Origin, Recorded
from domain.errors import Refused

RULE = "This is a rule of the domain: change the row so that it holds, or record what must come before."
STEP = 5_000

Progress = Callable[[str, int, int], None]


def decide_all(facts: list[Fact], world: World, ledger: Ledger, progress: Progress) -> int:
    """Decide every fact, and count the events. A row of which one fact is refused leaves nothing behind: then all is
    decided anew without it, until nothing more is refused. Leaves the facts that hold, in business order; the events
    of a large import would take more memory than there is."""
    facts.sort(key=attrgetter("rank"))
    facts.sort(key=attrgetter("at"))
    while True:
        attempt = _Attempt(world.afresh(), ledger)
        attempt.decide(facts, progress)
        if attempt.refused:
            facts[:] = [fact for fact in facts if fact.place not in attempt.refused]
        if not attempt.spoiled:
            for place in compress(count(), attempt.taken):
                ledger.take(place)
            return attempt.events


def events_of(facts: list[Fact], world: World, actor: UUID | None, run: UUID) -> Iterator[list[Recorded]]:
    """The events of each fact in turn, decided again as they were before. Takes the facts away one by one."""
    again = world.afresh()
    facts.reverse()
    while facts:
        fact = facts.pop()
        if events := again.decide(fact):
            yield [_imported(fact, event, actor, run) for event in events]


def _imported(fact: Fact, event: Recorded, actor: UUID | None, run: UUID) -> Recorded:
    return Recorded(
        originator_id=fact.id,
        originator_version=event.originator_version,
        event=event.event,
        occurred_at=fact.at,
        precision=fact.precision,
        actor=actor,
        origin=Origin.IMPORT,
        correlation_id=run,
        source=fact.source,
    )


class _Attempt:
    def __init__(self, world: World, ledger: Ledger) -> None:
        self.world, self.ledger = world, ledger
        self.events = 0
        self.taken = bytearray(len(ledger.outcomes))
        self.refused: set[int] = set()
        self.spoiled = False
        self._taken_of_mapping: set[int] = set()

    def decide(self, facts: list[Fact], progress: Progress) -> None:
        """Decide facts that are in business order."""
        for number, fact in enumerate(facts):
            if number % STEP == 0:
                progress("decided", number, len(facts))
            if fact.place not in self.refused:
                self._one(fact)
        progress("decided", len(facts), len(facts))
        while True:
            try:
                self.world.see_that_later_facts_stand()
            except Displaced as displaced:
                self._refuse(displaced.place, displaced.refusal, spoils=True)
                continue
            return

    def _one(self, fact: Fact) -> None:
        try:
            events = self.world.decide(fact)
        except Displaced as displaced:
            self._refuse(displaced.place, displaced.refusal, spoils=True)
            return
        except Refused as refusal:
            self._refuse(fact.place, refusal, spoils=self._has_begun(fact.place) or self.world.half_done)
            return
        if events:
            self.events += len(events)
            for place in (fact.place, *fact.also):
                if place >= 0:
                    self.taken[place] = 1
                else:
                    self._taken_of_mapping.add(place)

    def _has_begun(self, place: int) -> bool:
        return bool(self.taken[place]) if place >= 0 else place in self._taken_of_mapping

    def _refuse(self, place: int, refusal: Refused, *, spoils: bool) -> None:
        self.refused.add(place)
        self.spoiled = self.spoiled or spoils
        self.ledger.refuse(
            place, "", "", Fault(self.ledger.in_their_words(f"{refusal.in_full} ({refusal.rule})"), RULE)
        )
