"""Which checkpoints agree with the stored events and with the tiles, and what follows where one does not."""

from __future__ import annotations

import msgspec

from domain.language.catalogue import say
from domain.seal.claims import Claim
from domain.seal.findings import FindingKind, Findings


class Disagreement(msgspec.Struct, frozen=True):
    """A claim that the stored events do not fulfil. `agreed` is the largest size at which one of its kind was
    fulfilled before, `by_tiles` whether the tiles fulfil it, `reached` whether there are events up to it."""

    claim: Claim
    agreed: int
    by_tiles: bool
    reached: bool


class Side:
    """The claims of one side, the database's or those kept outside, in the order of sizes."""

    def __init__(self) -> None:
        self.agreed = 0
        self.largest = 0
        self.disagreements: list[Disagreement] = []

    def hear(self, claim: Claim, events: bytes | None, tiles: bytes | None, reached: bool) -> None:
        """What the roots of events and tiles are at the size of a claim; None where there are not so many."""
        self.largest = max(self.largest, claim.size)
        if events == claim.root:
            self.agreed = claim.size
        else:
            self.disagreements.append(Disagreement(claim, self.agreed, tiles == claim.root, reached))


class Judge:
    """Hears all claims, then says what they mean together."""

    def __init__(self, head: int) -> None:
        self._head = head
        self.database, self.outside = Side(), Side()

    def hear(self, claim: Claim, events: bytes | None, tiles: bytes | None) -> None:
        """See `Side.hear`."""
        side = self.database if claim.source is None else self.outside
        side.hear(claim, events, tiles, claim.size <= self._head)

    @property
    def right_to(self) -> int:
        """Up to which position the stored events are those that were sealed, whatever tiles say. Where something
        was kept outside and disagrees, what the database says of itself beyond does not count."""
        if self.outside.disagreements:
            return self.outside.agreed
        return max(self.outside.agreed, self.database.agreed)

    def tell(self, findings: Findings, named_to: int) -> None:
        """Make findings of the disagreements. Up to `named_to` events were compared with leaf hashes kept outside,
        so that each changed one is named already."""
        for found in self.outside.disagreements:
            self._tell_outside(found, findings, named_to)
        for found in self.database.disagreements:
            self._tell_inside(found, findings)

    def _tell_outside(self, found: Disagreement, findings: Findings, named_to: int) -> None:
        claim = found.claim
        if not found.reached:
            words = say(
                "The checkpoint of {size} events made {at} and kept in {where} knows events {first} to {size}: they"
                " are missing. The tail was cut off, or an older backup was restored.",
                size=claim.size,
                at=claim.at,
                where=claim.source,
                first=self._head + 1,
            )
            findings.add(FindingKind.TAIL_MISSING, self._head + 1, claim.size, words)
        elif not found.by_tiles and claim.size > named_to:
            words = say(
                "The checkpoint of {size} events made {at} and kept in {where} has another root than the stored"
                " events: at least one of the events {first} to {size} was changed, removed, inserted or reordered,"
                " and the tiles in the database were made anew or are damaged. With leaf hashes kept outside it can"
                " be named.",
                size=claim.size,
                at=claim.at,
                where=claim.source,
                first=found.agreed + 1,
            )
            findings.add(FindingKind.CHANGED, found.agreed + 1, claim.size, words)

    def _tell_inside(self, found: Disagreement, findings: Findings) -> None:
        claim = found.claim
        if not found.reached:
            words = say(
                "The database's own checkpoint of {size} events knows events {first} to {size}: they are missing.",
                size=claim.size,
                first=self._head + 1,
            )
            findings.add(FindingKind.TAIL_MISSING, self._head + 1, claim.size, words)
        elif claim.size <= self.right_to:
            words = say(
                "The database's checkpoint of {size} events has another root than the events, which are those that"
                " were sealed: it was exchanged or forged.",
                size=claim.size,
            )
            findings.add(FindingKind.CHECKPOINT, claim.size, claim.size, words)
        elif not found.by_tiles:
            words = say(
                "The database's checkpoint of {size} events agrees neither with the events nor with the tiles: events"
                " and tiles up to there were changed, or it was exchanged.",
                size=claim.size,
            )
            findings.add(FindingKind.CHECKPOINT, claim.size, claim.size, words)
