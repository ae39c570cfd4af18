"""What proves that events were sealed: the hashes of all leaves, or of each event the way to the root."""

from __future__ import annotations

from collections.abc import Iterator

from domain.language.catalogue import say
from domain.seal.container import LEAVES, Stream
from domain.seal.findings import FindingKind
from domain.seal.marks import Mark, Marks, named
from domain.seal.merkle import HASH_BYTES, Growing, root_by_inclusion
from domain.seal.verdicts import FileFindings

BLOCK = 1 << 14


class SealedLeaves:
    """The hashes of all leaves from position 1 on; their tree is held against every checkpoint at its size."""

    def __init__(self, stream: Stream, turn: Iterator[Mark], marks: Marks, findings: FileFindings) -> None:
        self._stream, self._turn, self._marks, self._findings = stream, turn, marks, findings
        self._tree = Growing()
        self._good = {"": 0, "outside": 0}
        self._wrong: list[tuple[Mark, int]] = []
        """Checkpoints that do not agree, each with the size of the one of its side that agreed before."""
        self._bad = False
        self._next = next(turn, None)

    @property
    def size(self) -> int:
        """How many were read."""
        return self._tree.size

    def take(self, count: int) -> list[bytes]:
        """The next hashes; fewer at the end."""
        data = self._stream.read(HASH_BYTES * count)
        end = len(data) - len(data) % HASH_BYTES
        done = 0
        while self._next and (step := (self._next.size - self._tree.size) * HASH_BYTES) <= end - done:
            self._tree.add(data[done : done + step])
            done += step
            self._compare(self._next)
            self._next = next(self._turn, None)
        self._tree.add(data[done:end])
        return [data[start : start + HASH_BYTES] for start in range(0, end, HASH_BYTES)]

    def skip(self, count: int) -> None:
        """Pass over the next hashes."""
        while count > 0:
            taken = len(self.take(min(count, BLOCK)))
            count = count - taken if taken else 0

    def finish(self) -> None:
        """Name what is sealed beyond the last hash, and whose checkpoints do not agree."""
        self._tell_wrong()
        while self._next:
            mark, self._next = self._next, next(self._turn, None)
            size, found = mark.size, self._tree.size
            if mark.source:
                words = say(
                    "{name} holds more than the {found} of this file: {missing} at its end are missing, or it is older",
                    name=named(mark.checkpoint, mark.source), found=found, missing=size - found,
                )  # fmt: skip
                self._findings.add(FindingKind.TAIL_MISSING, words, found + 1, size)
            elif not self._bad:
                self._bad = True
                words = say(
                    "{file} ends at event {found}, {name} seals more",
                    file=LEAVES,
                    found=found,
                    name=named(mark.checkpoint),
                )
                self._findings.add(FindingKind.FILE, words, found + 1, size)

    def _compare(self, mark: Mark) -> None:
        side = "outside" if mark.source else ""
        if self._tree.root == mark.checkpoint.root:
            self._good[side] = mark.size
            if mark.source:
                self._marks.agreed.append(mark)
        else:
            self._wrong.append((mark, self._good[side]))

    def _tell_wrong(self) -> None:
        """What was brought from outside is trusted first: who contradicts it, or a larger one that agrees, is false.
        Of what is left the first one of each side says the most."""
        outside = self._good["outside"]
        told: set[bool] = set()
        for mark, before in sorted(self._wrong, key=lambda each: not each[0].source):
            brought = bool(mark.source)
            if mark.size <= max(outside, 0 if brought else self._good[""]):
                self._false(mark)
            elif brought not in told:
                told.add(brought)
                self._changed(mark, max(before, outside if brought else 0))

    def _false(self, mark: Mark) -> None:
        words = say(
            "{name} does not agree, and a later one does: it was exchanged or forged, or two histories were signed",
            name=named(mark.checkpoint, mark.source),
        )
        self._findings.add(FindingKind.ANCHOR if mark.source else FindingKind.CHECKPOINT, words, mark.size)

    def _changed(self, mark: Mark, before: int) -> None:
        words = say(
            "{name} does not agree: what the file holds of the events {first} to {last} is not what was sealed",
            name=named(mark.checkpoint, mark.source), first=before + 1, last=mark.size,
        )  # fmt: skip
        kind = FindingKind.CHANGED if mark.source else FindingKind.CHECKPOINT
        self._findings.add(kind, words, before + 1, mark.size)


class Proofs:
    """Of each event in turn the way from its leaf to the root of one checkpoint."""

    def __init__(self, stream: Stream, turn: Iterator[Mark], marks: Marks, findings: FileFindings) -> None:
        self._stream = stream
        all_marks = list(turn)
        self._of = marks.newest
        for mark in all_marks:
            if not mark.source or self._of is None:
                continue
            if mark.checkpoint.root == self._of.checkpoint.root and mark.size == self._of.size:
                marks.agreed.append(mark)
            elif mark.size == self._of.size:
                words = say("{name} does not agree with that of this file", name=named(mark.checkpoint, mark.source))
                findings.add(FindingKind.ANCHOR, words)
            else:
                words = say(
                    "{name} is not the one of {size} events by which this part is proven: export it with --to {other}",
                    name=named(mark.checkpoint, mark.source), size=self._of.size, other=mark.size,
                )  # fmt: skip
                findings.add(FindingKind.ANCHOR, words)

    def lead(self, position: int, leaf: bytes) -> bool:
        """Whether the next proof leads from a leaf to the root."""
        count = self._stream.read(1)
        data = self._stream.read(HASH_BYTES * (count[0] if count else 0))
        proof = [data[start : start + HASH_BYTES] for start in range(0, len(data), HASH_BYTES)]
        of = self._of
        return of is not None and root_by_inclusion(position - 1, of.size, leaf, proof) == of.checkpoint.root
