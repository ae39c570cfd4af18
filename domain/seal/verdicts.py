"""What checking an export says: a verdict, findings, and what they rest on."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from uuid import UUID

import msgspec

from domain.language.catalogue import say
from domain.seal.findings import Finding, FindingKind

MOST = 20
OF_EVENTS = (
    FindingKind.CHANGED,
    FindingKind.REMOVED,
    FindingKind.INSERTED,
    FindingKind.REORDERED,
    FindingKind.CLOCK,
    FindingKind.UNREADABLE,
    FindingKind.FILE,
)


class FileVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether an export is in order, and what it proves.

    `honest` is true only where a checkpoint that was kept outside agreed. `first` and `last` are positions of the
    events in the file, `size` those that its newest checkpoint (`checkpoint`, a signed note) seals, `root` the root
    of the tree in hexadecimal digits. `findings` are at most 20, `more` is how many there are beside them.
    """

    ok: bool
    honest: bool
    system: UUID | None
    account: UUID | None
    events: int
    first: int
    last: int
    size: int
    root: str
    checkpoint: str
    checkpoints: int
    findings: list[Finding]
    more: int
    notes: list[str]


class FileFindings:
    """What was found so far, and the sizes that the file's checkpoints sealed."""

    def __init__(self) -> None:
        self.sizes = array("Q")
        self.count = 0
        self._found: list[Finding] = []

    def add(self, kind: FindingKind, words: str, first: int = 0, last: int | None = None) -> None:
        """Note something about the events from `first` to `last`."""
        self.count += 1
        if len(self._found) < MOST:
            self._found.append(Finding(kind, first, first if last is None else last, words))

    def told(self) -> list[Finding]:
        """All, those of events by position first; each says between which checkpoints it lies."""
        ordered = sorted(self._found, key=lambda each: (each.first == 0, each.first))
        return [msgspec.structs.replace(each, words=each.words + self._between(each)) for each in ordered]

    def _between(self, finding: Finding) -> str:
        position = finding.first
        if not position or finding.kind not in OF_EVENTS:
            return ""
        place = bisect_left(self.sizes, position)
        lower = self.sizes[place - 1] if place else 0
        if place == len(self.sizes):
            return say(" (after the checkpoint of {lower} events)", lower=lower)
        return say(" (between the checkpoints of {lower} and {upper} events)", lower=lower, upper=self.sizes[place])
