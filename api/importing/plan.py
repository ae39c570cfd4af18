"""The facts of all files in business order, decided by the commands of the domain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter
from uuid import UUID

import msgspec

from api.importing.refusals import Fault
from api.importing.report import Ledger
from api.importing.world import Displaced, Fact, World
from domain.aggregate import Origin, Recorded
from domain.errors import Refused

RULE = "This is a rule of the domain: change the row so that it holds, or record what must come before."
STEP = 5_000

Progress = Callable[[str, int, int], None]


class Decided(msgspec.Struct):
    """The facts of which nothing is refused, in business order, and how many events follow from them."""

    facts: list[Fact]
    events: int


def decide_all(facts: list[Fact], world: World, ledger: Ledger, progress: Progress) -> Decided:
    """Decide every fact. A row of which one fact is refused leaves nothing behind: then all is decided anew without
    it, until nothing more is refused. Events are counted and let go: a large import has more than memory holds."""
    facts.sort(key=attrgetter("rank"))
    facts.sort(key=attrgetter("at"))
    while True:
        attempt = _Attempt(world.afresh(), ledger)
        attempt.decide(facts, progress)
        if attempt.refused:
            facts = [fact for fact in facts if fact.place not in attempt.refused]
        if not attempt.spoiled:
            for place in attempt.taken:
                ledger.take(place)
            return Decided(facts, attempt.events)


def events_of(decided: Decided, world: World, actor: UUID | None, run: UUID) -> Iterator[list[Recorded]]:
    """The events of each fact in turn, decided again as they were before."""
    again = world.afresh()
    for fact in decided.facts:
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
        self.taken: list[int] = []
        self.refused: set[int] = set()
        self.spoiled = False
        self._began: set[int] = set()

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
            self._refuse(fact.place, refusal, spoils=fact.place in self._began or self.world.half_done)
            return
        if events:
            self.events += len(events)
            self._began.add(fact.place)
            self.taken.append(fact.place)
            self.taken.extend(fact.also)

    def _refuse(self, place: int, refusal: Refused, *, spoils: bool) -> None:
        self.refused.add(place)
        self.spoiled = self.spoiled or spoils
        self.ledger.refuse(place, "", "", Fault(f"{refusal} ({refusal.rule})", RULE))
