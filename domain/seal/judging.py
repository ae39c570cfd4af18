"""Which checkpoints agree with the stored events and with the tiles, and what follows where one does not.

What the auditor brought is trusted first, then what this machine keeps itself, then the database: a claim that
contradicts one more trusted is what is blamed, and where events were changed is said by the most trusted.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from domain.language.catalogue import say
from domain.seal.claims import Claim
from domain.seal.findings import FindingKind, Findings
from domain.seal.wording import moment


class Disagreement(msgspec.Struct, frozen=True):
    """A claim that the stored events do not fulfil. `agreed` is the largest size at which one of its kind was
    fulfilled before, `by_tiles` whether the tiles fulfil it."""

    claim: Claim
    agreed: int
    by_tiles: bool


class Side:
    """The claims of one side, those brought, this machine's or the database's, in the order of sizes."""

    def __init__(self) -> None:
        self.agreed = 0
        self.fulfilled: list[Claim] = []
        self.disagreements: list[Disagreement] = []

    def hear(self, claim: Claim, events: bytes | None, tiles: bytes | None) -> None:
        """What the roots of events and tiles are at the size of a claim; None where there are not so many."""
        if events == claim.root:
            self.agreed = claim.size
            self.fulfilled.append(claim)
        else:
            self.disagreements.append(Disagreement(claim, self.agreed, tiles == claim.root))


class Judge:
    """Hears all claims, then says what they mean together."""

    def __init__(self) -> None:
        self.database, self.own, self.brought = Side(), Side(), Side()
        self.notes: list[str] = []

    def hear(self, claim: Claim, events: bytes | None, tiles: bytes | None) -> None:
        """See `Side.hear`."""
        side = self.database if claim.source is None else self.brought if claim.brought else self.own
        side.hear(claim, events, tiles)

    @property
    def right_to(self) -> int:
        """Up to which position the stored events are those that were sealed, whatever tiles say. Where something
        was kept outside and disagrees, what the database says of itself beyond does not count."""
        if self.brought.disagreements:
            return self.brought.agreed
        outside = max(self.brought.agreed, self.own.agreed)
        return outside if self.own.disagreements else max(outside, self.database.agreed)

    def tell(self, findings: Findings, named_to: int, head: int) -> None:
        """Make findings of the disagreements. Up to `named_to` events were compared with leaf hashes kept outside,
        so that each changed one is named already; events up to `head` are there."""
        outside = [*self.brought.disagreements, *self.own.disagreements]
        _tell_tail(outside, self.database.disagreements, findings, head)
        self._tell_outside(self.brought, self.brought.agreed, findings, named_to, head)
        if broken := [each for each in self.brought.disagreements if self.brought.agreed < each.claim.size <= head]:
            self._tell_made_anew([each.claim for each in broken], findings)
        else:
            self._tell_outside(self.own, max(self.own.agreed, self.brought.agreed), findings, named_to, head)
        for found in self.database.disagreements:
            if found.claim.size <= head:
                self._tell_inside(found, findings)

    def _tell_outside(self, side: Side, agreed: int, findings: Findings, named_to: int, head: int) -> None:
        """What follows from the disagreements of a side; up to `agreed` events are proven to be right."""
        named, told = named_to, False
        for found in side.disagreements:
            if found.claim.size > head:
                break
            if found.claim.size <= agreed:
                _tell_second_history(found.claim, findings)
            elif found.by_tiles or found.claim.size <= named_to:
                named = max(named, found.claim.size)
            elif not told:
                told = True  # the next ones say less
                self._tell_bounds(found, max(found.agreed, self.brought.agreed), findings, named)

    def _tell_made_anew(self, broken: Sequence[Claim], findings: Findings) -> None:
        """Whose claims on this machine contradict those that the auditor brought: the events are not what these seal,
        and who agrees with such events, or with neither, was rewritten with them."""
        first, roots = broken[0], {claim.size: claim.root for claim in broken}
        false = [claim for claim in self.own.fulfilled if claim.size >= first.size]
        for found in self.own.disagreements:
            if found.claim.size <= self.brought.agreed:
                _tell_second_history(found.claim, findings)
            elif roots.get(found.claim.size, found.claim.root) != found.claim.root:
                false.append(found.claim)
        for source in sorted({claim.source or "" for claim in false}):
            sizes = [claim.size for claim in false if claim.source == source]
            words = say(
                "The checkpoints in {where} contradict that of {size} events in {kept}, which is trusted more: they"
                " were made anew after it, {count} of them, the first of {first} events.",
                where=source,
                size=first.size,
                kept=first.source,
                count=len(sizes),
                first=min(sizes),
            )
            findings.add(FindingKind.ANCHOR, min(sizes), max(sizes), words)

    def _tell_bounds(self, found: Disagreement, agreed: int, findings: Findings, named: int) -> None:
        """Between which events something was changed that nobody can name. Where changed ones were named already,
        nothing can be said of those after them."""
        claim = found.claim
        if named > agreed:
            self.notes.append(
                say(
                    "Whether events {first} to {last} are what was sealed cannot be said: the tiles there were made"
                    " anew or are damaged, and no leaf hashes of them were kept outside.",
                    first=named + 1,
                    last=claim.size,
                )
            )
            return
        words = say(
            "The checkpoint of {size} events made {at} and kept in {where} has another root than the stored"
            " events: at least one of the events {first} to {size} was changed, removed, inserted or reordered,"
            " and the tiles in the database were made anew or are damaged. With leaf hashes kept outside it can"
            " be named.",
            size=claim.size,
            at=moment(claim.at),
            where=claim.source,
            first=agreed + 1,
        )
        findings.add(FindingKind.CHANGED, agreed + 1, claim.size, words)

    def _tell_inside(self, found: Disagreement, findings: Findings) -> None:
        claim = found.claim
        if claim.size <= self.right_to:
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


def _tell_second_history(claim: Claim, findings: Findings) -> None:
    words = say(
        "The checkpoint of {size} events in {where} has another root than the events, which others kept"
        " outside prove: it was exchanged or forged, or two histories were signed.",
        size=claim.size,
        where=claim.source,
    )
    findings.add(FindingKind.ANCHOR, claim.size, claim.size, words)


def _tell_tail(
    outside: Sequence[Disagreement], database: Sequence[Disagreement], findings: Findings, head: int
) -> None:
    """The events that the largest checkpoint knows and the journal does not."""
    unreached = [found.claim for side in (database, outside) for found in side if found.claim.size > head]
    if not unreached:
        return
    claim = max(unreached, key=lambda claim: (claim.size, claim.source is not None, claim.brought))
    words = say(
        "Events {first} to {last} are missing at the end: the checkpoint made {at}, kept in {where}, seals them. The"
        " tail was cut off, or an older backup was restored.",
        first=head + 1,
        last=claim.size,
        at=moment(claim.at),
        where=claim.source or say("the database"),
    )
    findings.add(FindingKind.TAIL_MISSING, head + 1, claim.size, words)
