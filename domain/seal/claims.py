"""What checkpoints claim: the root of the first `size` events, in the database and kept outside of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from domain.language.catalogue import say
from domain.seal.checkpoints import read_checkpoint
from domain.seal.findings import Anchored, FindingKind, Findings
from domain.seal.merkle import HASH_BYTES, Growing
from domain.seal.notes import NoteUnreadable, VerifierKey, is_signed


class Claim(msgspec.Struct, frozen=True):
    """A checkpoint that can be read and is signed as it should be. `source` is where it was kept outside, if it was."""

    size: int
    root: bytes
    at: datetime
    source: str | None


class Reader:
    """Reads signed checkpoints; what is wrong with one becomes a finding."""

    def __init__(self, system: UUID, key: VerifierKey | None, findings: Findings) -> None:
        self._system, self._key, self._findings = system, key, findings

    def finding(self, kind: FindingKind, words: str) -> None:
        """Something is wrong with what was kept outside."""
        self._findings.add(kind, 0, 0, words)

    def claim(self, note: str, source: str | None, size: int | None = None) -> Claim | None:
        """What a note claims; None where it claims nothing for this system. `size` is what the table says of it."""
        where = source or say("the database")
        try:
            checkpoint = read_checkpoint(note)
            signed = self._key is None or is_signed(note, self._key)
        except NoteUnreadable as error:
            kind = FindingKind.ANCHOR if source else FindingKind.CHECKPOINT
            words = say(
                "A checkpoint in {where} cannot be read: {reason}.", where=where, reason=error.details["reason"]
            )
            self._findings.add(kind, size or 0, size or 0, words)
            return None
        if checkpoint.system != self._system:
            words = say(
                "A checkpoint in {where} belongs to system {found}, this one is {system}.",
                where=where,
                found=checkpoint.system,
                system=self._system,
            )
            self._findings.add(FindingKind.OTHER_SYSTEM, 0, 0, words)
            return None
        if not signed:
            words = say(
                "The checkpoint of {size} events in {where} is not signed by the key {key}: the key is another one, or"
                " the checkpoint was forged.",
                size=checkpoint.size,
                where=where,
                key=self._key,
            )
            self._findings.add(FindingKind.WRONG_KEY, checkpoint.size, checkpoint.size, words)
            return None
        if size is not None and checkpoint.size != size:
            words = say(
                "The checkpoint stored for {size} events is one of {found} events: it was exchanged.",
                size=size,
                found=checkpoint.size,
            )
            self._findings.add(FindingKind.CHECKPOINT, size, size, words)
            return None
        return Claim(checkpoint.size, checkpoint.root, checkpoint.at, source)


def outside(anchors: Sequence[Anchored], reader: Reader) -> tuple[list[Claim], bytes]:
    """The claims kept outside in the order of sizes, and the longest leaf hashes that one of them proves."""
    claims, leaves = [], b""
    for anchor in anchors:
        found = [claim for note in anchor.notes if (claim := reader.claim(note, anchor.source)) is not None]
        claims += found
        if anchor.leaves:
            proven = anchor.leaves[: _proven(anchor.leaves, found) * HASH_BYTES]
            if not proven:
                words = say(
                    "The leaf hashes in {where} belong to none of its checkpoints: they are not used.",
                    where=anchor.source,
                )
                reader.finding(FindingKind.ANCHOR, words)
            leaves = max(leaves, proven, key=len)
    return sorted(claims, key=lambda claim: claim.size), leaves


def _proven(leaves: bytes, claims: Iterable[Claim]) -> int:
    """How many leaf hashes lead to the root of a claim: the largest of those that agree."""
    tree, proven = Growing(), 0
    for claim in sorted(claims, key=lambda claim: claim.size):
        if claim.size * HASH_BYTES > len(leaves):
            break
        tree.add(leaves[tree.size * HASH_BYTES : claim.size * HASH_BYTES])
        if tree.root == claim.root:
            proven = claim.size
    return proven
