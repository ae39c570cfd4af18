"""Verifying: every stored event is hashed anew and compared with the tiles, the checkpoints and what is kept outside.

Nothing is written, and whoever has a million events needs the memory of some ten thousand of them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import LiteralString

import psycopg

from domain.journal.reading import head
from domain.language.catalogue import say
from domain.seal import tiles
from domain.seal.claims import Claim, Reader, outside
from domain.seal.comparing import Comparing
from domain.seal.findings import Anchored, Finding, FindingKind, Findings, Verdict
from domain.seal.judging import Judge
from domain.seal.leaves import NOTHING_BEFORE, STEP, EventUnreadable, Run, runs
from domain.seal.merkle import HASH_BYTES, Growing, perfect_root
from domain.seal.notes import VerifierKey
from domain.seal.sealing import newest, system_id
from domain.seal.tiles import TILE_BYTES, WIDTH, full_roots
from domain.seal.wording import clock, difference

__all__ = ["Anchored", "Finding", "FindingKind", "Verdict", "verify"]

Progress = Callable[[int, int], None]
"""Is told how many events are verified, and how many there are."""


def verify(
    connection: psycopg.Connection,
    *,
    key: VerifierKey | None,
    anchors: Sequence[Anchored] = (),
    progress: Progress | None = None,
) -> Verdict:
    """Verify all stored events against the seal and against `anchors`, checkpoints that were kept elsewhere.

    Without an anchor the order is proven and honesty is not. Without a key signatures are not looked at. The
    connection must not be in a transaction; it reads one state of the database and cannot write.
    """
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        connection.execute("set local enable_sort = off")
        return _Verification(connection, key, anchors, progress or _nobody).verdict()


def _nobody(done: int, total: int) -> None:
    """Nobody wants to know."""


class _Verification:
    def __init__(
        self, connection: psycopg.Connection, key: VerifierKey | None, anchors: Sequence[Anchored], progress: Progress
    ) -> None:
        self._connection, self._key, self._progress = connection, key, progress
        self._findings = Findings()
        self._reader = Reader(system_id(connection), key, self._findings)
        self._claims, self._kept = outside(anchors, self._reader)
        self._head, self._newest = head(connection), newest(connection)
        self._tiled = tiles.count(connection)
        self._judge, self._comparing = Judge(), Comparing(connection, self._kept)
        self._events, self._sealed = Growing(), Growing()
        self._whole, self._alike = True, True
        """Whether the events so far have all positions, and whether their hashes are those of the tiles."""
        self._before, self._heard, self._expected, self._covered = NOTHING_BEFORE, 0, 1, 0
        self._looked_at = 0
        self._backwards: list[int] = []
        self._root: bytes | None = None
        self._latest: datetime | None = None
        self._size = self._number("select coalesce(max(size), 0) from checkpoints")
        self._above: list[bytes] = []

    def verdict(self) -> Verdict:
        """Read everything and say what was found."""
        after = 0
        while after < max(self._head + self._comparing.moved, self._tiled):
            found = self._step(after)
            after += STEP
            if not found and self._tiled < after < self._head:  # somebody stored an event far away
                after = (self._following(after) - 1) // STEP * STEP
            self._progress(min(after, self._head), self._head)
        for claim in self._claims_to(_MOST):
            self._judge.hear(claim, None, None)
        self._look_around()
        reached = self._head + self._comparing.moved
        self._reader.tell()
        self._judge.tell(self._findings, len(self._kept) // HASH_BYTES, reached)
        self._comparing.tell(self._findings, self._judge.right_to, reached)
        for position in self._backwards:
            if not self._comparing.explains(position):
                self._findings.add(FindingKind.CLOCK, position, position, clock(position))
        ok = not self._findings.found
        return Verdict(
            ok=ok,
            honest=ok and self._judge.brought.agreed > 0,
            size=self._size,
            head=self._head,
            root=self._root,
            checkpoint=self._newest,
            findings=self._findings.sorted(),
            notes=self._said(ok),
            more=self._findings.more,
        )

    def _step(self, after: int) -> list[Run]:
        """Verify the events sealed after a multiple of STEP, as many as that."""
        moved = self._comparing.moved
        start = max(after, self._comparing.compared)
        found = list(runs(self._connection, start - moved, after + STEP - moved, before=self._before, moved=moved))
        stored = tiles.between(self._connection, 0, after // WIDTH, (after + STEP) // WIDTH)
        roots = full_roots(stored)
        self._compare_tiles(after, stored, roots)
        kept = self._kept[after * HASH_BYTES : (after + STEP) * HASH_BYTES]
        self._compare_kept(after, stored, kept)
        sealed = kept + stored[len(kept) :]
        if sealed:
            self._covered = after + len(sealed) // HASH_BYTES
        self._look_at(found)
        hashes = b"".join(leaf for run in found for leaf in run.hashes)
        self._whole = self._whole and not moved and len(hashes) // HASH_BYTES == max(min(STEP, self._head - after), 0)
        if not self._whole or not hashes.startswith(sealed):
            self._comparing.compare(after, found, sealed)
        if self._alike and not (self._whole and hashes.startswith(stored)):
            self._alike, self._sealed = False, self._events.copy()
        self._grow(after, hashes if self._whole else b"", stored, roots)
        return found

    def _look_at(self, found: Sequence[Run]) -> None:
        """What can be seen of events without their hashes; some of it only beyond the sealed ones."""
        for run in found:
            first = max(self._expected, self._covered + 1)
            if run.first > first:
                words = difference(FindingKind.REMOVED, first, run.first - 1)
                self._findings.add(FindingKind.REMOVED, first, run.first - 1, words)
            for position in run.backwards:
                if position > self._looked_at:
                    self._backwards.append(position)
            self._before, self._expected = run.newest, run.end + 1
            self._looked_at = run.end - self._comparing.moved
            for position in run.unreadable:
                if position + self._comparing.moved > self._covered:
                    self._findings.add(FindingKind.CHANGED, position, position, str(EventUnreadable(position=position)))

    def _compare_kept(self, after: int, stored: bytes, kept: bytes) -> None:
        """Whether the tiles hold the leaf hashes that were kept outside."""
        length = min(len(stored), len(kept))
        if stored[:length] == kept[:length]:
            return
        places = range(0, length, HASH_BYTES)
        wrong = [at for at in places if stored[at : at + HASH_BYTES] != kept[at : at + HASH_BYTES]]
        first, last = (after + at // HASH_BYTES + 1 for at in (wrong[0], wrong[-1]))
        self._findings.add(FindingKind.TILES, first, last, difference(FindingKind.TILES, first, last))

    def _grow(self, after: int, hashes: bytes, stored: bytes, roots: list[bytes]) -> None:
        """Let both trees grow, and hear the claims about them."""
        claims = self._claims_to(after + STEP)
        sizes = sorted({claim.size for claim in claims} | {self._size})
        if self._alike:
            full = roots + full_roots(hashes[len(roots) * TILE_BYTES :])
            events = dict(_roots(self._events, after, hashes, full, sizes))
            reached = after + len(stored) // HASH_BYTES
            sealed = {size: root for size, root in events.items() if size <= reached}
        else:
            events = dict(_roots(self._events, after, hashes, full_roots(hashes), sizes))
            sealed = dict(_roots(self._sealed, after, stored, roots, sizes))
        self._root = events.get(self._size, self._root)
        for claim in claims:
            self._judge.hear(claim, events.get(claim.size), sealed.get(claim.size))

    def _claims_to(self, to: int) -> list[Claim]:
        """The claims about at most so many events that were not heard yet, in the order of sizes."""
        after, self._heard = self._heard, to
        stored = self._connection.execute(_CHECKPOINTS, (after, to)).fetchall()
        first, end = (bisect_right(self._claims, size, key=_size) for size in (after, to))
        kept, there = self._claims[first:end], {size for size, _ in stored}
        for size in sorted({claim.size for claim in kept} - there):
            words = say("The checkpoint of {size} events that was kept outside is missing in the database.", size=size)
            self._findings.add(FindingKind.CHECKPOINT, size, size, words)
        claims = [c for size, note in stored if (c := self._reader.claim(note, None, size)) is not None]
        for claim in claims:
            if self._latest is not None and claim.at <= self._latest:
                words = say("The checkpoint of {size} events was made before the one before it.", size=claim.size)
                self._findings.add(FindingKind.CLOCK, claim.size, claim.size, words)
            self._latest = claim.at
        return sorted(claims + kept, key=_size)

    def _compare_tiles(self, after: int, stored: bytes, roots: list[bytes]) -> None:
        """Whether the tile above holds the roots of the full tiles below."""
        if after >= self._tiled:
            return
        above = tiles.between(self._connection, 1, after // STEP, after // STEP + 1)
        end = min(after + STEP, self._tiled)
        wrong = [n for n, root in enumerate(roots) if above[n * HASH_BYTES : (n + 1) * HASH_BYTES] != root]
        if len(stored) // HASH_BYTES != end - after or len(above) // HASH_BYTES != len(roots):
            self._damaged(after + WIDTH * wrong[0] + 1 if wrong else after + 1, end)
        elif wrong:
            self._damaged(after + WIDTH * wrong[0] + 1, after + WIDTH * (wrong[-1] + 1))
        if len(above) == TILE_BYTES:
            self._above.append(perfect_root(above))

    def _look_around(self) -> None:
        """What lies beside the events and beyond the tiles."""
        below = self._number("select count(*) from events where position < 1")
        if below:
            words = say("{count} events stand before position 1: they were inserted.", count=below)
            self._findings.add(FindingKind.INSERTED, 0, 0, words)
        if self._tiled != self._size:
            words = say(
                "The tiles reach to event {tiled}, the newest checkpoint to event {size}.",
                tiled=self._tiled,
                size=self._size,
            )
            first, last = sorted((self._tiled, self._size))
            self._findings.add(FindingKind.TILES, first + 1, last, words)
        level, above = 2, self._above
        while above:
            stored = tiles.between(self._connection, level, 0, len(above) // WIDTH + 1)
            if stored != b"".join(above):
                self._damaged(1, len(above) * WIDTH**level)
            level, above = level + 1, full_roots(stored)

    def _damaged(self, first: int, last: int) -> None:
        words = say("The tiles above events {first} to {last} are damaged.", first=first, last=last)
        self._findings.add(FindingKind.TILES, first, last, words)

    def _following(self, place: int) -> int:
        """Where the next event after a sealed place stands."""
        moved = self._comparing.moved
        return moved + self._number("select min(position) from events where position > %s", place - moved)

    def _number(self, sql: LiteralString, *parameters: int) -> int:
        found = self._connection.execute(sql, parameters).fetchone()
        assert found is not None
        return int(found[0])

    def _said(self, ok: bool) -> list[str]:
        """What is to be known beside the findings."""
        said = list(self._judge.notes)
        if self._newest is None:
            said.append(say("Nothing is sealed yet."))
        elif (count := self._head + self._comparing.moved - self._size) > 0:
            said.append(say("{count} events after the newest checkpoint are not sealed yet.", count=count))
        if self._key is None:
            said.append(say("Signatures were not looked at: no key was given."))
        if ok and not self._judge.brought.agreed and self._judge.own.agreed:
            said.append(
                say(
                    "Anchors on this machine were compared, too, but who can write here can write there. Bring a copy"
                    " kept elsewhere: --anchor."
                )
            )
        elif ok and not self._judge.brought.agreed:
            said.append(
                say(
                    "Order is proven, honesty is not: whoever holds the database and the key can rewrite everything."
                    " Give a checkpoint that was kept elsewhere."
                )
            )
        return said


_MOST = (1 << 63) - 1
_CHECKPOINTS = "select size, note from checkpoints where size > %s and size <= %s order by size"


def _size(claim: Claim) -> int:
    return claim.size


def _roots(
    tree: Growing, after: int, hashes: bytes, full: list[bytes], sizes: list[int]
) -> Iterator[tuple[int, bytes]]:
    """Add the leaf hashes after a position, a multiple of 256, to the tree of those before, and give the roots at
    some sizes on the way; none where the tree is another one because something was missing. `full` are the roots of
    the full tiles among the hashes."""
    if tree.size != after:
        return
    at, end = 0, len(hashes) // HASH_BYTES
    for stop in [*(size - after for size in sizes if 0 < size - after <= end), end]:
        while at < stop:
            if at % WIDTH == 0 and stop - at >= WIDTH:
                tree.add_full(full[at // WIDTH])
                at += WIDTH
            else:
                until = min(stop, (at // WIDTH + 1) * WIDTH)
                tree.add(hashes[at * HASH_BYTES : until * HASH_BYTES])
                at = until
        yield after + stop, tree.root
