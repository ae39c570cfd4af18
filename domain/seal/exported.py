"""Checking an export without a database: the events that it holds against the checkpoints that were signed.

One tree is grown over the leaf hashes of the file and compared with every checkpoint at its size; each event is
compared with its leaf hash. So a changed event is named, as long as the leaf hashes are those that were sealed; where
somebody computed these anew, the checkpoints say between which of them the history is another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from importlib import resources
from pathlib import Path
from uuid import UUID

import msgspec

from domain.decodable import decodable
from domain.language.catalogue import say
from domain.seal.container import (
    CHECKPOINTS,
    EVENTS,
    KEY,
    LEAVES,
    PROOFS,
    SYSTEM,
    VERIFIER,
    Container,
    ExportUnreadable,
    Stream,
    opened,
)
from domain.seal.findings import Anchored, FindingKind
from domain.seal.held import Proofs, SealedLeaves
from domain.seal.marks import Marks, named
from domain.seal.notes import NotAVerifierKey, VerifierKey
from domain.seal.records import AGGREGATE, Broken, leaf, leaves, position_of, records
from domain.seal.scanning import Scanner
from domain.seal.verdicts import MOST, FileFindings, FileVerdict

FORMAT = "kams-export-1"

Progress = Callable[[int, int], object]
"""Is told how many events are checked, and of how many."""


def nobody(done: int, whole: int) -> None:
    """Nobody wants to know."""


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """What an export says of itself (system.json)."""

    format: str
    system: UUID
    first: int
    last: int
    events: int
    size: int
    made_at: datetime
    made_by: str
    account: UUID | None = None
    streams: list[UUID] = []


def verify_export(
    path: Path, *, keys: Sequence[VerifierKey] = (), kept: Sequence[Anchored] = (), progress: Progress | None = None
) -> FileVerdict:
    """What an export proves. `keys` are those that may have signed, where they were got elsewhere; without them the
    file's own are taken. `kept` are checkpoints from outside. Nothing is written, nothing is unpacked."""
    check = _Check(keys, kept, progress or nobody)
    try:
        with opened(path) as container:
            check.look_at(container)
    except ExportUnreadable as error:
        check.findings.add(FindingKind.FILE, str(error).removesuffix("."))
    return check.verdict()


class _Check:
    def __init__(self, keys: Sequence[VerifierKey], kept: Sequence[Anchored], progress: Progress) -> None:
        self.findings = FileFindings()
        self._keys, self._kept, self._progress = keys, kept, progress
        self._stated: Stated | None = None
        self._marks: Marks | None = None
        self._scanner: Scanner | None = None
        self._notes: list[str] = []

    def look_at(self, container: Container) -> None:
        stated = self._stated = _stated(container)
        keys = self._keys or self._keys_in(container)
        self._see_whose_verifier_it_is(container)
        marks = self._marks = Marks(stated.system, keys, self.findings)
        gapless = stated.account is None
        scanner = self._scanner = Scanner(self.findings, stated.first if gapless else 1, gapless=gapless)
        with ExitStack() as stack:
            proof = stack.enter_context(container.stream(LEAVES if gapless else PROOFS))
            events = stack.enter_context(container.stream(EVENTS))
            turn = marks.all(stack.enter_context(container.stream(CHECKPOINTS)), self._kept)
            if gapless:
                self._whole(stated, scanner, events, SealedLeaves(proof, turn, marks, self.findings))
            else:
                self._part(stated, scanner, events, Proofs(proof, turn, marks, self.findings))
            for name, stream in ((EVENTS, events), (LEAVES if gapless else PROOFS, proof)):
                if not self.findings.count and stream.read(1):
                    self.findings.add(FindingKind.FILE, say("{name} holds more than it should", name=name))
        if marks.newest is None:
            self.findings.add(FindingKind.FILE, say("It holds no checkpoint that could be read"))
        elif marks.newest.size != stated.size:
            words = say(
                "It says that {stated} events are sealed, its newest checkpoint {size}",
                stated=stated.size,
                size=marks.newest.size,
            )
            self.findings.add(FindingKind.FILE, words)

    def _whole(self, stated: Stated, scanner: Scanner, events: Stream, sealed: SealedLeaves) -> None:
        sealed.skip(stated.first - 1)
        for heads, states in self._records(events, scanner):
            good = scanner.take(heads, states)
            hashes = leaves(heads[:good], states)
            if self._are_as_sealed(scanner.next - good, hashes, sealed.take(good)):
                scanner.read(heads[:good], states)
            self._progress(scanner.events, stated.events)
            if good < len(heads):
                break
        else:
            self._see_that_it_ends(stated, scanner)
        sealed.skip(stated.size - sealed.size)
        sealed.finish()

    def _part(self, stated: Stated, scanner: Scanner, events: Stream, proofs: Proofs) -> None:
        streams = {stream.bytes for stream in stated.streams}
        for heads, states in self._records(events, scanner):
            good = scanner.take(heads, states)
            self._see_that_they_belong(heads[:good], streams)
            for head, state in zip(heads[:good], states, strict=False):
                if not proofs.lead(position_of(head), leaf(head, state)):
                    self._changed(position_of(head), position_of(head))
            scanner.read(heads[:good], states)
            self._progress(scanner.events, stated.events)
            if good < len(heads):
                break
        if scanner.events != stated.events:
            words = say(
                "It says that it holds {stated} events, and holds {found}", stated=stated.events, found=scanner.events
            )
            self.findings.add(FindingKind.REMOVED, words)

    def _see_that_they_belong(self, heads: list[bytes], streams: set[bytes]) -> None:
        strange = next((head for head in heads if head[AGGREGATE] not in streams), None)
        if strange is not None:
            position = position_of(strange)
            words = say("Event {position} is of a stream that this part does not name", position=position)
            self.findings.add(FindingKind.INSERTED, words, position)

    def _records(self, events: Stream, scanner: Scanner) -> Iterator[tuple[list[bytes], list[bytes]]]:
        """The events of the file; where it breaks off, that is named and there are no more."""
        try:
            yield from records(events)
        except (Broken, ExportUnreadable) as error:
            reason = str(error).removesuffix(".") or say("no event follows there")
            words = say(
                "{name} breaks off behind event {before}: {reason}", name=EVENTS, before=scanner.next - 1, reason=reason
            )
            self.findings.add(FindingKind.FILE, words, scanner.next)

    def _are_as_sealed(self, first: int, hashes: list[bytes], sealed: list[bytes]) -> bool:
        """Whether events from `first` on have the sealed hashes; those that have not are named, neighbours together."""
        if hashes == sealed:
            return True
        bad = [first + place for place, hash_ in enumerate(hashes) if hash_ != (sealed[place : place + 1] or [b""])[0]]
        start = bad[0]
        for position, following in zip(bad, [*bad[1:], 0], strict=True):
            if following != position + 1:
                self._changed(start, position)
                start = following
        return False

    def _changed(self, first: int, last: int) -> None:
        words = say("Event {first} is not what was sealed: it was changed", first=first)
        if last > first:
            words = say("Events {first} to {last} are not what was sealed: they were changed", first=first, last=last)
        self.findings.add(FindingKind.CHANGED, words, first, last)

    def _see_that_it_ends(self, stated: Stated, scanner: Scanner) -> None:
        if scanner.next <= stated.last and not self.findings.count:
            scanner.missing(scanner.next, stated.last)
        elif scanner.next > stated.last + 1:
            words = say(
                "It says that it ends at event {stated}, and ends at {found}",
                stated=stated.last,
                found=scanner.next - 1,
            )
            self.findings.add(FindingKind.INSERTED, words, stated.last + 1)

    def _keys_in(self, container: Container) -> list[VerifierKey]:
        try:
            return [VerifierKey.parse(line) for line in container.small(KEY).decode().splitlines() if line.strip()]
        except (NotAVerifierKey, UnicodeDecodeError) as error:
            self.findings.add(FindingKind.FILE, f"{KEY}: {error}".removesuffix("."))
            return []

    def _see_whose_verifier_it_is(self, container: Container) -> None:
        ours = resources.files("domain.seal").joinpath("second_verifier.py").read_bytes()
        if container.small(VERIFIER) != ours:
            self._notes.append(say("Its {name} is not the one of this program: run one that you trust.", name=VERIFIER))

    def verdict(self) -> FileVerdict:
        """What is to be said."""
        stated, marks, scanner = self._stated, self._marks, self._scanner
        newest = marks.newest.checkpoint if marks and marks.newest else None
        ok = not self.findings.count
        agreed = marks.agreed if marks else []
        return FileVerdict(
            ok=ok,
            honest=ok and bool(agreed),
            system=stated.system if stated else None,
            account=stated.account if stated else None,
            events=scanner.events if scanner else 0,
            first=scanner.first if scanner else 0,
            last=scanner.next - 1 if scanner and scanner.events else 0,
            size=newest.size if newest else 0,
            root=newest.root.hex() if newest else "",
            checkpoint=marks.note if marks else "",
            checkpoints=len(self.findings.sizes),
            findings=self.findings.told(),
            more=max(self.findings.count - MOST, 0),
            notes=self._notes + (self._proven(stated, marks, scanner) if ok and stated and marks and scanner else []),
        )

    def _proven(self, stated: Stated, marks: Marks, scanner: Scanner) -> list[str]:
        said = []
        if stated.account is None and (stated.first > 1 or stated.last < stated.size):
            said.append(
                say(
                    "It holds the events {first} to {last} of {size} that are sealed, and of the others their hashes.",
                    first=stated.first, last=stated.last, size=stated.size,
                )
            )  # fmt: skip
        if stated.account is not None:
            said.append(
                say("It holds a part: each of its events was sealed; that there are no later ones it cannot show.")
            )
        if scanner.unknown:
            names = ", ".join(sorted(scanner.unknown)[:5])
            said.append(say("This program does not know these events, and did not read them: {names}.", names=names))
        return [*said, self._rests_on(marks)]

    def _rests_on(self, marks: Marks) -> str:
        if marks.agreed:
            return say(
                "{name} agrees: nothing up to event {size} was changed since.",
                name=named(marks.agreed[-1].checkpoint, marks.agreed[-1].source),
                size=marks.agreed[-1].size,
            )
        if self._keys:
            return say(
                "Signed by the key that you state. Whoever holds that key and the database could write another history"
                " and sign it: a checkpoint that was kept elsewhere (--anchor) would show it."
            )
        return say(
            "Only the inner order is proven, honesty is not: the key stands in the file itself. State a checkpoint"
            " (--anchor) or a key (--key) that you got elsewhere."
        )


def _stated(container: Container) -> Stated:
    try:
        stated = msgspec.json.decode(container.small(SYSTEM), type=decodable(Stated))
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise container.unreadable(f"{SYSTEM}: {error}") from None
    if stated.format != FORMAT:
        raise container.unreadable(
            say("its format is {found}; this program reads {known}", found=stated.format[:80], known=FORMAT)
        )
    if not 0 < stated.first <= stated.last <= stated.size < 1 << 62:
        raise container.unreadable(f"{SYSTEM}: {stated.first} – {stated.last} – {stated.size}")
    return stated
