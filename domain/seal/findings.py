"""What a verification says: a verdict, its findings, and what was kept outside to compare with."""

from __future__ import annotations

import enum

import msgspec

MOST_FINDINGS = 100


class FindingKind(enum.StrEnum):
    """What is not as it was sealed."""

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    REORDERED = "reordered"
    TAIL_MISSING = "tail_missing"
    CLOCK = "clock"
    TILES = "tiles"
    CHECKPOINT = "checkpoint"
    WRONG_KEY = "wrong_key"
    OTHER_SYSTEM = "other_system"
    ANCHOR = "anchor"
    UNREADABLE = "unreadable"
    FILE = "file"


class Finding(msgspec.Struct, frozen=True):
    """Something that is not in order, at the positions `first` to `last` (0 where it is about no events)."""

    kind: FindingKind
    first: int
    last: int
    words: str


class Anchored(msgspec.Struct, frozen=True):
    """What was kept outside the database: signed checkpoints, and where they are kept, too, the leaf hashes of the
    events from position 1 on, behind each other. `source` says where it comes from.

    What the auditor brings (`brought`) is trusted first; what this machine keeps itself can be rewritten by whoever
    rewrites the journal, so it is trusted as far as it does not contradict that.
    """

    notes: list[str]
    leaves: bytes | None
    source: str
    brought: bool = True


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome: `ok` when nothing was found; `honest` when a checkpoint that the auditor brought agreed, too.

    `size` is how many events the newest checkpoint seals, `head` the newest position, `root` the root of the stored
    events at `size` (None where positions are missing below), `checkpoint` the newest note. `findings` are in the
    order of positions, `more` says how many there are beside them.
    """

    ok: bool
    honest: bool
    size: int
    head: int
    root: bytes | None
    checkpoint: str | None
    findings: list[Finding]
    notes: list[str]
    more: int = 0


class Findings:
    """Findings as they come; neighbours of one kind become one, and beyond a limit they are only counted."""

    def __init__(self) -> None:
        self.found: list[Finding] = []
        self.more = 0

    def add(self, kind: FindingKind, first: int, last: int, words: str) -> None:
        """Add one with its words."""
        if len(self.found) >= MOST_FINDINGS:
            self.more += 1
        else:
            self.found.append(Finding(kind, first, last, words))

    def sorted(self) -> list[Finding]:
        """In the order of positions."""
        return sorted(
            self.found, key=lambda finding: (finding.first, list(FindingKind).index(finding.kind), finding.last)
        )
