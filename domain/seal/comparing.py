"""Naming the events whose leaf hashes are not those that were sealed."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from domain.language.catalogue import say
from domain.seal.findings import MOST_FINDINGS, FindingKind, Findings
from domain.seal.leaves import Run
from domain.seal.merkle import HASH_BYTES


class Difference(msgspec.Struct):
    """Neighbouring events of which the same is to be said."""

    kind: FindingKind
    first: int
    last: int
    by_tiles: bool


class Comparing:
    """Compares runs of events with the hashes that were sealed, and keeps what differs in the order of positions."""

    def __init__(self, named_to: int) -> None:
        self._named_to = named_to
        self.found: list[Difference] = []
        self.more = 0

    def compare(self, after: int, found: Sequence[Run], sealed: bytes) -> None:
        """Compare the events after a position with sealed hashes, those that follow it."""
        end = after + len(sealed) // HASH_BYTES
        expected = after + 1
        for run in found:
            if run.first > expected:
                self.add(FindingKind.REMOVED, expected, min(run.first - 1, end))
            for position, leaf in enumerate(run.hashes, run.first):
                if position > end:
                    break
                at = (position - after - 1) * HASH_BYTES
                if leaf != sealed[at : at + HASH_BYTES]:
                    self.add(FindingKind.CHANGED, position, position)
            expected = run.end + 1
        if expected <= end:
            self.add(FindingKind.REMOVED, expected, end)

    def add(self, kind: FindingKind, first: int, last: int) -> None:
        """Remember a difference."""
        by_tiles = first > self._named_to
        newest = self.found[-1] if self.found else None
        if newest and (newest.kind, newest.last + 1, newest.by_tiles) == (kind, first, by_tiles):
            newest.last = last
        elif first <= last and len(self.found) < MOST_FINDINGS:
            self.found.append(Difference(kind, first, last, by_tiles))
        else:
            self.more += first <= last

    def tell(self, findings: Findings, right_to: int, head: int) -> None:
        """Make findings of them. Where the events are right up to a position, what differs up to there are tiles."""
        for found in self.found:
            if found.by_tiles and found.last <= right_to:
                findings.add(FindingKind.TILES, found.first, found.last, _words(FindingKind.TILES, found))
            elif not (found.kind is FindingKind.REMOVED and found.first > head):
                findings.add(found.kind, found.first, found.last, _words(found.kind, found))
        findings.more += self.more


def _words(kind: FindingKind, found: Difference) -> str:
    first, last = found.first, found.last
    if kind is FindingKind.TILES:
        return say("The tiles hold other hashes than those of events {first} to {last}.", first=first, last=last)
    if kind is FindingKind.REMOVED and first == last:
        return say("Event {position} was removed: its position is empty.", position=first)
    if kind is FindingKind.REMOVED:
        return say("Events {first} to {last} were removed: their positions are empty.", first=first, last=last)
    if first == last:
        return say("Event {position} was changed: it is not what was sealed.", position=first)
    return say("Events {first} to {last} were changed: none of them is what was sealed.", first=first, last=last)
