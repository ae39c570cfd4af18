"""The facts of all files in business order, decided by the commands of the domain."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter
from uuid import UUID

import msgspec

from api.importing.refusals import Fault
from api.importing.report import Ledger
from api.importing.world import Displaced, Fact, World
from domain.aggregate import Origin, Recorded
from domain.errors import Refused

IN_BUSINESS_ORDER = attrgetter("at", "rank", "order")
RULE = "This is a rule of the domain: change the row so that it holds, or record what must come before."
STEP = 5_000

Progress = Callable[[str, int, int], None]


class Decided(msgspec.Struct):
    """The events of an import in order; `ends` are the indexes at which a fact's events end."""

    events: list[Recorded]
    ends: list[int]


def decide_all(
    facts: list[Fact], world: World, ledger: Ledger, actor: UUID | None, run: UUID, progress: Progress
) -> Decided:
    """Decide every fact. A row of which one fact is refused leaves nothing behind: then all is decided anew without
    it, until nothing more is refused."""
    facts.sort(key=IN_BUSINESS_ORDER)
    while True:
        attempt = _Attempt(World(world.histories), ledger, actor, run)
        attempt.decide(facts, progress)
        if not attempt.spoiled:
            for place in attempt.taken:
                ledger.take(place)
            return attempt.decided
        facts = [fact for fact in facts if fact.place not in attempt.refused]


class _Attempt:
    def __init__(self, world: World, ledger: Ledger, actor: UUID | None, run: UUID) -> None:
        self.world, self.ledger, self.actor, self.run = world, ledger, actor, run
        self.decided = Decided([], [])
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
            self._keep(fact, events)

    def _keep(self, fact: Fact, events: list[Recorded]) -> None:
        self._began.add(fact.place)
        self.taken.append(fact.place)
        self.taken.extend(fact.also)
        self.decided.events.extend(
            Recorded(
                originator_id=fact.id,
                originator_version=event.originator_version,
                event=event.event,
                occurred_at=fact.at,
                precision=fact.precision,
                actor=self.actor,
                origin=Origin.IMPORT,
                correlation_id=self.run,
                source=fact.source,
            )
            for event in events
        )
        self.decided.ends.append(len(self.decided.events))

    def _refuse(self, place: int, refusal: Refused, *, spoils: bool) -> None:
        self.refused.add(place)
        self.spoiled = self.spoiled or spoils
        self.ledger.refuse(place, "", "", Fault(f"{refusal} ({refusal.rule})", RULE))


def steps_of(decided: Decided, size: int) -> Iterable[list[Recorded]]:
    """The events in appends of about `size`; the events of one fact stay together."""
    begin = 0
    for end in decided.ends:
        if end - begin >= size or end == len(decided.events):
            yield decided.events[begin:end]
            begin = end
