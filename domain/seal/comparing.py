"""Naming the events whose leaf hashes are not those that were sealed, and what was done to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
import psycopg

from domain.seal.findings import MOST_FINDINGS, FindingKind, Findings
from domain.seal.leaves import STEP, Row, Run, rows_between, runs
from domain.seal.merkle import HASH_BYTES
from domain.seal.tiles import TileMissing, Tiles
from domain.seal.wording import difference

FARTHEST = 100
"""By how many positions events may have been moved to be recognised."""
NEVER = b"no leaf hash"
WHOLE = (
    ("recorded_at", "version", "aggregate_id", "command_id", "topic", "command_digest", "state_digest"),
    ("version", "aggregate_id", "command_id", "topic", "command_digest", "state_digest"),
    ("version", "aggregate_id", "topic", "state_digest"),
)
TOLD = (("topic", "state_digest"), ("state_digest",))
"""The columns by which an event is known elsewhere: as itself, or by what it says, which others may say, too."""
MOST_TRIES = 200
MOST_TO_PAIR = 100
"""Among how many changed events it is looked for those that were exchanged."""


class Difference(msgspec.Struct):
    """Neighbouring events of which the same is to be said. `by_tiles` says that they differ from the tiles, not from
    leaf hashes kept outside; `stand_first` to `stand_last` are the positions at which moments follow from that."""

    kind: FindingKind
    first: int
    last: int
    by_tiles: bool
    stand_first: int
    stand_last: int


class Changed(msgspec.Struct, frozen=True):
    """An event that is not what was sealed: where it was sealed, where it stands now, and the leaf hash sealed."""

    sealed_at: int
    stands_at: int
    leaf: bytes


class Comparing:
    """Compares runs of events with the hashes that were sealed. `moved` is how much later the events now read were
    sealed than they stand: where some were removed or inserted and the others closed up or made room. Up to `compared`
    sealed positions need not be looked at again."""

    def __init__(self, connection: psycopg.Connection, kept: bytes) -> None:
        self._connection, self._kept = connection, kept
        self.moved = self.compared = 0
        self.found: list[Difference] = []
        self._changed: list[Changed] = []
        self._explained: list[tuple[int, int]] = []
        self._tries = self.more = 0

    def compare(self, after: int, found: Sequence[Run], sealed: bytes) -> None:
        """Compare the events after a sealed position with the hashes that were sealed there."""
        position, end = max(after, self.compared) + 1, after + len(sealed) // HASH_BYTES
        waiting: Iterator[Run] = iter(found)
        while position <= end:
            run = next(waiting, None)
            if run is None:
                self._add(FindingKind.REMOVED, position, end)
                return
            if run.first > position:
                self._add(FindingKind.REMOVED, position, min(run.first - 1, end))
                position = run.first
            for place in range(position, min(run.end, end) + 1):
                leaf = sealed[(place - after - 1) * HASH_BYTES : (place - after) * HASH_BYTES]
                if run.hashes[place - run.first] == leaf:
                    continue
                if delta := self._distance(place):
                    waiting, position = self._read_on(place, delta, after + STEP), place + max(delta, 0)
                    self.compared = position - 1
                    break
                self._change(Changed(place, place - self.moved, leaf))
            else:
                position = max(position, run.end + 1)

    def tell(self, findings: Findings, right_to: int, head: int) -> None:
        """Make findings of the differences. Where the events are right up to a position, what differs up to there
        are tiles; what lies beyond the head is missing at the end, which others tell."""
        self._explained = [
            (found.stand_first, found.stand_last)
            for found in self.found
            if not found.by_tiles or found.first > right_to or found.kind is FindingKind.INSERTED
        ]
        exchanged = self._exchanged()
        self._tell_moved(findings)
        for sealed_at, stands_at in exchanged.items():
            pair = exchanged.get(stands_at) == sealed_at
            if not pair or sealed_at < stands_at:
                words = difference(FindingKind.REORDERED, sealed_at, stands_at, pair)
                first, last = sorted((sealed_at, stands_at))
                findings.add(FindingKind.REORDERED, first, last, words)
        for kind, first, last in self._split(exchanged, right_to):
            if not (kind is FindingKind.REMOVED and first > head):
                findings.add(kind, first, last, difference(kind, first, last))
        findings.more += self.more

    def explains(self, position: int) -> bool:
        """Whether that an event was recorded no later than the one before it follows from what was told already."""
        return any(first <= position <= last for first, last in self._explained)

    def _tell_moved(self, findings: Findings) -> None:
        """An event that was removed in one place and inserted in another was moved."""
        for gone in [found for found in self.found if found.kind is FindingKind.REMOVED and found.first == found.last]:
            for new in [new for new in self.found if new.kind is FindingKind.INSERTED and new.first == new.last]:
                leaf = self._sealed(Tiles(self._connection), gone.first)
                row = rows_between(self._connection, new.first, new.first)[new.first]
                if row.leaf(gone.first) == leaf:
                    self.found.remove(gone)
                    self.found.remove(new)
                    words = difference(FindingKind.REORDERED, gone.first, new.first)
                    first, last = sorted((gone.first, new.first))
                    findings.add(FindingKind.REORDERED, first, last, words)
                    break

    def _split(self, exchanged: dict[int, int], right_to: int) -> Iterator[tuple[FindingKind, int, int]]:
        """The differences without the events that were exchanged."""
        for found in self.found:
            if found.by_tiles and found.first <= right_to and found.kind is not FindingKind.INSERTED:
                yield FindingKind.TILES, found.first, min(found.last, right_to)
                if found.last > right_to:
                    yield found.kind, right_to + 1, found.last
                continue
            first = found.first
            for place in sorted(place for place in exchanged if found.first <= place <= found.last):
                if found.kind is FindingKind.CHANGED:
                    if first < place:
                        yield found.kind, first, place - 1
                    first = place + 1
            if first <= found.last:
                yield found.kind, first, found.last

    def _change(self, changed: Changed) -> None:
        if len(self._changed) <= MOST_TO_PAIR:
            self._changed.append(changed)
        self._add(FindingKind.CHANGED, changed.sealed_at, changed.sealed_at)

    def _add(self, kind: FindingKind, first: int, last: int) -> None:
        by_tiles = first * HASH_BYTES > len(self._kept)
        newest = self.found[-1] if self.found else None
        stand = (first, last) if kind is FindingKind.INSERTED else (first - self.moved, last - self.moved)
        if newest and (newest.kind, newest.last + 1, newest.by_tiles) == (kind, first, by_tiles):
            newest.last, newest.stand_last = last, stand[1] + 1
        elif len(self.found) < MOST_FINDINGS:
            self.found.append(Difference(kind, first, last, by_tiles, stand[0], stand[1] + 1))
        else:
            self.more += 1

    # Where events stand that were moved

    def _distance(self, place: int) -> int:
        """By how much the events from a place on were moved: more than 0 where so many were removed, less than 0
        where so many were inserted; 0 where neither explains what stands there."""
        self._tries += 1
        if self._tries > MOST_TRIES:
            return 0
        stands_at = place - self.moved
        rows = rows_between(self._connection, stands_at, stands_at + FARTHEST + 1)
        tiles = Tiles(self._connection)
        for distance in range(1, FARTHEST + 1):
            if self._stand(rows, stands_at, tiles, place + distance):
                self._add(FindingKind.REMOVED, place, place + distance - 1)
                return distance
            if self._stand(rows, stands_at + distance, tiles, place):
                self._add(FindingKind.INSERTED, stands_at, stands_at + distance - 1)
                return -distance
        return 0

    def _stand(self, rows: dict[int, Row], stands_at: int, tiles: Tiles, place: int) -> bool:
        """Whether two events that follow each other are those that were sealed at a place and after it."""
        row, following, sealed = rows.get(stands_at), rows.get(stands_at + 1), self._sealed(tiles, place + 1)
        if row is None or row.leaf(place) != (self._sealed(tiles, place) or NEVER):
            return False
        return following is None or not sealed or following.leaf(place + 1) == sealed

    def _read_on(self, place: int, delta: int, to: int) -> Iterator[Run]:
        """The events from a place on, with the positions at which they were sealed."""
        stands_at = place - self.moved + max(-delta, 0)
        self.moved += delta
        return iter(list(runs(self._connection, stands_at - 1, to - self.moved, moved=self.moved)))

    def _sealed(self, tiles: Tiles, place: int) -> bytes:
        kept = self._kept[(place - 1) * HASH_BYTES : place * HASH_BYTES]
        try:
            return kept or tiles.subtree(0, place - 1)
        except TileMissing:
            return b""

    def _exchanged(self) -> dict[int, int]:
        """Where events were sealed and where what was sealed there stands now, as far as both were changed."""
        if not 1 < len(self._changed) <= MOST_TO_PAIR:
            return {}
        rows: dict[int, Row] = {}
        for changed in self._changed:
            rows |= rows_between(self._connection, changed.stands_at, changed.stands_at)
        whole, told = set[tuple[int, int]](), set[tuple[int, int]]()
        for changed in self._changed:
            for other in self._changed:
                if changed is not other:
                    here, there, pair = (
                        rows[changed.stands_at],
                        rows[other.stands_at],
                        (changed.sealed_at, other.sealed_at),
                    )
                    if _stood_there(here, there, changed, WHOLE):
                        whole.add(pair)
                    elif _stood_there(here, there, changed, TOLD):
                        told.add(pair)
        every = whole | told
        exchanged = {sealed_at: stands_at for sealed_at, stands_at in every if (stands_at, sealed_at) in every}
        return dict(whole) | exchanged


def _stood_there(here: Row, there: Row, changed: Changed, choices: Sequence[Sequence[str]]) -> bool:
    """Whether what was sealed at a place is what stands at another now, in some of the columns."""
    return any(here.with_columns_of(there, columns).leaf(changed.sealed_at) == changed.leaf for columns in choices)
