"""Random histories: few streams, times drifting or free, ties, late facts, withdrawals, appends of 1 to 40."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from domain.aggregate import Event
from tests.projections.conftest import START, Journal, Told
from tests.projections.sample import Trial


@dataclass(frozen=True)
class Profile:
    """What a history is like. `late` is the share of facts dated back, `span` how many moments there are."""

    facts: int = 300
    streams: int = 12
    late: float = 0.3
    span: int = 40
    withdrawn: float = 0.08
    largest_append: int = 40
    spoiled: float = 0.0


class History:
    """Writes a random history into a journal, append by append."""

    def __init__(self, seed: int, profile: Profile) -> None:
        self.random = random.Random(seed)
        self.profile = profile
        self.streams = [UUID(int=self.random.getrandbits(128)) for _ in range(profile.streams)]
        self.people = [UUID(int=n + 1) for n in range(4)]
        self.facts: list[tuple[int, UUID, Event]] = []
        self.withdrawn: set[int] = set()

    def write(self, journal: Journal) -> None:
        """Append everything to the journal, which is empty."""
        appends: list[list[Told]] = []
        while len(self.facts) < self.profile.facts:
            appends.append([self._told() for _ in range(self._size())])
        journal.append_all(appends)

    def _size(self) -> int:
        return 1 if self.random.random() < 0.6 else self.random.randint(2, self.profile.largest_append)

    def _told(self) -> Told:
        stream = self.random.choice(self.streams)
        event = self._event(stream)
        self.facts.append((len(self.facts) + 1, stream, event))
        return stream, event, self._moment()

    def _moment(self) -> datetime:
        now = len(self.facts) * self.profile.span // self.profile.facts
        if self.random.random() < self.profile.late:
            now = self.random.randint(0, now)
        return START + timedelta(hours=now)

    def _event(self, stream: UUID) -> Event:
        if self.random.random() < self.profile.withdrawn and (gone := self._withdrawable()):
            position, _, _ = gone
            self.withdrawn.add(position)
            return Trial.FactWithdrawn(position=position, reason="typo")
        if self.random.random() < self.profile.spoiled:
            return Trial.Spoiled(why=self.random.choice(["", "broken"]))
        visit = UUID(int=stream.int ^ self.random.randint(1, 3))
        people = tuple(self.random.sample(self.people, self.random.randint(0, 2)))
        return self.random.choice(
            [
                Trial.Opened(account=self.people[0], amount=self._amount()),
                Trial.Advanced(stage=self.random.choice(["first", "second", "third"])),
                Trial.Advanced(stage=self.random.choice(["first", "second", "third"])),
                Trial.Revised(amount=self._amount()),
                Trial.Revised(amount=self._amount()),
                Trial.Closed(outcome=self.random.choice(["won", "lost", "erased"])),
                Trial.Reopened(),
                Trial.Ignored(text="nobody handles this"),
                Trial.Visited(visit_id=visit, people=people, minutes=self.random.randint(1, 2)),
                Trial.VisitCancelled(visit_id=visit),
            ]
        )

    def _withdrawable(self) -> tuple[int, UUID, Event] | None:
        """Mostly something recent, for it is often of the same append."""
        recent = self.facts[-5:] if self.random.random() < 0.3 else self.facts
        facts = [f for f in recent if f[0] not in self.withdrawn and not isinstance(f[2], Trial.FactWithdrawn)]
        return self.random.choice(facts) if facts else None

    def _amount(self) -> Decimal:
        return Decimal(self.random.choice(["1", "1.0", "2", "2.005"]))
