"""What became of every row: the ledger while an import runs, the report when it is done."""

from __future__ import annotations

import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import starmap
from uuid import UUID

import msgspec

from api.importing.refusals import Fault, Refusal, legible
from domain.language.catalogue import say

IDENTIFIER = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
UNCHANGED, TAKEN, REPEATED, REFUSED = range(4)


class ImportReport(msgspec.Struct, kw_only=True):
    """The outcome of an import; rows = taken + unchanged + repeated + refused.

    `whole` says why files were refused as a whole, `missing` names what the journal holds and the files no longer do
    (`missing_of_most`: of kinds of which the files held at least half), `mapped` whether a mapping named the tables,
    `position` is the last position recorded (the journal's newest where nothing was), `notes` are things to know.
    """

    rows: int = 0
    taken: int = 0
    unchanged: int = 0
    repeated: int = 0
    refused: int = 0
    events: int = 0
    missing: list[str] = []
    missing_of_most: list[str] = []
    mapped: bool = False
    ignored_files: list[str] = []
    whole: str | None = None
    refused_file: str | None = None
    position: int | None = None
    notes: list[str] = []


class Ledger:
    """Every row of an import by its place (a number over all files), and what became of it.

    `key` (at most 64 bytes) keys the digests of rows.
    """

    def __init__(self, key: bytes = b"") -> None:
        self.key = key
        self.files: list[tuple[int, str]] = []
        self.lines: array[int] = array("L")
        self.outcomes = bytearray()
        self.refusals: list[Refusal] = []
        self.whole: list[str] = []
        self.notes: list[str] = []
        self.unchangeable: dict[str, Counter[str]] = defaultdict(Counter)
        self.ignored_files: list[str] = []
        self.identifiers: list[dict[str, UUID]] = []
        self._known_as: dict[str, str] | None = None

    def enter(self, file: str, lines: Sequence[int]) -> int:
        """Enter the rows of a file; the place of its first row."""
        first = len(self.lines)
        self.files.append((first, file))
        self.lines.extend(lines)
        self.outcomes.extend(bytes(len(lines)))
        return first

    def adopt(self, other: Ledger) -> int:
        """Enter everything of another ledger; what its places have to be moved by."""
        offset = len(self.lines)
        self.files.extend((first + offset, name) for first, name in other.files)
        self.lines.extend(other.lines)
        self.outcomes.extend(other.outcomes)
        self.refusals.extend(other.refusals)
        self.notes.extend(other.notes)
        return offset

    def refuse_file(self, file: str, rows: int, reason: str) -> None:
        """A file is refused as a whole: all its rows are."""
        first = self.enter(file, range(rows))
        self.outcomes[first:] = bytes([REFUSED]) * rows
        self.whole.append(f"{file}: {reason}")
        self.refusals.append(Refusal(file, 0, "", "", say(reason), say("Mend the file and import it again.")))

    def refuse(self, place: int, column: str, value: str, fault: Fault) -> None:
        """A row is refused; it may be refused for several faults. A place below 0 is a row of the mapping itself."""
        if place >= 0:
            self.outcomes[place] = REFUSED
        file, line = self.where(place)
        self.refusals.append(Refusal(file, line, column, value, say(fault.reason), say(fault.remedy)))

    def in_their_words(self, text: str) -> str:
        """A text in which the source's own ids stand for identifiers that were made of them (`identifiers`)."""
        if not IDENTIFIER.search(text):
            return text
        if self._known_as is None:
            self._known_as = {str(made): own for known in self.identifiers for own, made in known.items()}
        known_as = self._known_as
        return IDENTIFIER.sub(lambda found: known_as.get(found[0], found[0]), text)

    def repeat(self, place: int) -> None:
        """A row is the same as one before it in its file."""
        self.outcomes[place] = REPEATED

    def take(self, place: int) -> None:
        """A row was recorded."""
        if place >= 0 and self.outcomes[place] == UNCHANGED:
            self.outcomes[place] = TAKEN

    def let_stand(self, kind: str, columns: Iterable[str]) -> None:
        """A row of a later snapshot says something else than what is recorded and no event changes."""
        self.unchangeable[kind].update(columns)

    def is_refused(self, place: int) -> bool:
        """Whether a row was refused."""
        return place >= 0 and self.outcomes[place] == REFUSED

    def where(self, place: int) -> tuple[str, int]:
        """The file and the line of a row."""
        if place < 0:
            return "(mapping)", 0
        file = next((name for first, name in reversed(self.files) if first <= place), "")
        return file, self.lines[place]

    def report(self) -> ImportReport:
        """The counts so far."""
        counts = [self.outcomes.count(outcome) for outcome in range(4)]
        return ImportReport(
            rows=len(self.outcomes),
            taken=counts[TAKEN],
            unchanged=counts[UNCHANGED],
            repeated=counts[REPEATED],
            refused=counts[REFUSED],
            ignored_files=sorted(self.ignored_files),
            whole=legible("; ".join(self.whole)) or None,
            notes=[legible(note) for note in (*self.notes, *starmap(_that_stands, self.unchangeable.items()))],
        )


def _that_stands(kind: str, columns: Counter[str]) -> str:
    counted = ", ".join(say("{column} in {count}", column=column, count=count) for column, count in columns.items())
    return say(
        "{kind}: these columns differ from what was recorded when the rows first came in, and stay as "
        "recorded, because no event changes them: {counted}",
        kind=kind,
        counted=counted,
    )
