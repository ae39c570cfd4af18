"""Checkpoints that a history is held against: those of a file in turn, and those that were kept outside."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol
from uuid import UUID

from domain.language.catalogue import say
from domain.seal.checkpoints import Checkpoint, read_checkpoint
from domain.seal.findings import Anchored, FindingKind
from domain.seal.notes import DASH, NoteUnreadable, VerifierKey, is_signed
from domain.seal.verdicts import FileFindings

MOST_LINES, LONGEST_LINE = 64, 4096


class Lines(Protocol):
    """What gives lines."""

    def readline(self, most: int, /) -> bytes:
        """The next line, or its beginning; nothing at the end."""


class Mark(NamedTuple):
    """A checkpoint, and where it was kept; "" for one of the file."""

    size: int
    checkpoint: Checkpoint
    source: str


def notes_in(stream: Lines) -> Iterator[str]:
    """Signed notes that stand one after the other, with or without blank lines between. Raises NoteUnreadable."""
    lines: list[bytes] = []
    signed = False
    while line := stream.readline(LONGEST_LINE):
        if signed and not line.startswith(DASH.encode()):
            yield _decoded(lines)
            lines, signed = [], False
        if line == b"\n" and not lines:
            continue
        lines.append(line)
        signed = signed or line.startswith(DASH.encode())
        if len(lines) > MOST_LINES:
            raise NoteUnreadable(reason="it is longer than any note")
    if lines:
        yield _decoded(lines)


def _decoded(lines: list[bytes]) -> str:
    try:
        return b"".join(lines).decode()
    except UnicodeDecodeError:
        raise NoteUnreadable(reason="it is not UTF-8") from None


class Marks:
    """The checkpoints of a file and those kept outside, by size; what is wrong with them becomes findings."""

    def __init__(self, system: UUID, keys: Sequence[VerifierKey], findings: FileFindings) -> None:
        self.newest: Mark | None = None
        self.note = ""
        self.agreed: list[Mark] = []
        self._system, self._keys, self._findings = system, keys, findings

    def all(self, stream: Lines, kept: Sequence[Anchored]) -> Iterator[Mark]:
        """Each in turn."""
        outside = sorted(self._outside(kept), key=lambda mark: mark.size)
        return heapq.merge(self._of_file(stream), outside, key=lambda mark: mark.size)

    def _of_file(self, stream: Lines) -> Iterator[Mark]:
        try:
            for note in notes_in(stream):
                mark = self._mark(note, "")
                if mark is not None and self._follows(mark):
                    self.newest, self.note = mark, note
                    self._findings.sizes.append(mark.size)
                    yield mark
        except NoteUnreadable as error:
            self._findings.add(FindingKind.FILE, str(error))

    def _outside(self, kept: Sequence[Anchored]) -> Iterator[Mark]:
        for each in kept:
            for note in each.notes:
                try:
                    mark = self._mark(note, each.source)
                except NoteUnreadable as error:
                    self._findings.add(FindingKind.ANCHOR, f"{each.source}: {error}")
                    continue
                if mark is not None:
                    yield mark

    def _mark(self, note: str, source: str) -> Mark | None:
        checkpoint = read_checkpoint(note)
        name = named(checkpoint, source)
        if checkpoint.system != self._system:
            found, expected = checkpoint.system, self._system
            self._findings.add(
                FindingKind.OTHER_SYSTEM,
                say(
                    "{name} is of another system: of {found}, not of {expected}",
                    name=name,
                    found=found,
                    expected=expected,
                ),
            )
            return None
        if not any(is_signed(note, key) for key in self._keys):
            key = ", ".join(map(str, self._keys)) or say("any key: none is known")
            words = say("{name} bears no valid signature of {key}", name=name, key=key)
            self._findings.add(FindingKind.WRONG_KEY, words, checkpoint.size if not source else 0)
        return Mark(checkpoint.size, checkpoint, source)

    def _follows(self, mark: Mark) -> bool:
        before = self.newest
        if before is None:
            return True
        if mark.size <= before.size:
            words = say("{name} does not follow on one of {size} events", name=named(mark.checkpoint), size=before.size)
            self._findings.add(FindingKind.FILE, words)
            return False
        if mark.checkpoint.at < before.checkpoint.at:
            words = say("{name} is earlier than the one before it: a clock ran backwards", name=named(mark.checkpoint))
            self._findings.add(FindingKind.CLOCK, words)
        return True


def named(checkpoint: Checkpoint, source: str = "") -> str:
    """A checkpoint as people are told of it."""
    size, at = checkpoint.size, checkpoint.at.isoformat(timespec="seconds").replace("+00:00", "Z")
    if source:
        return say("The checkpoint of {size} events of {at}, kept in {source},", size=size, at=at, source=source)
    return say("The checkpoint of {size} events of {at}", size=size, at=at)
