"""What checkpoints claim: the root of the first `size` events, in the database and kept outside of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain
from uuid import UUID

import msgspec

from domain.language.catalogue import say
from domain.seal.checkpoints import read_checkpoint
from domain.seal.findings import Anchored, FindingKind, Findings
from domain.seal.merkle import HASH_BYTES, Growing
from domain.seal.notes import NoteUnreadable, VerifierKey, is_signed, key_ids_of


class Claim(msgspec.Struct, frozen=True):
    """A checkpoint that can be read and is signed as it should be. `source` is where it was kept outside, if it was,
    `brought` whether the auditor brought it from there."""

    size: int
    root: bytes
    at: datetime
    source: str | None
    brought: bool = False


class Reader:
    """Reads signed checkpoints; what is wrong with one becomes a finding."""

    def __init__(self, system: UUID, key: VerifierKey | None, findings: Findings) -> None:
        self._system, self._key, self._findings = system, key, findings
        self._strange: dict[tuple[str, str], list[int]] = {}
        """The sizes of the checkpoints in a place that other keys signed."""

    def claim(self, note: str, source: str | None, size: int | None = None, *, brought: bool = False) -> Claim | None:
        """What a note claims; None where it claims nothing for this system. `size` is what the table says of it."""
        where = source or say("the database")
        try:
            checkpoint, ids = read_checkpoint(note), key_ids_of(note)
        except NoteUnreadable as error:
            reason = say(error.details["reason"])
            words = say("A checkpoint in {where} cannot be read: {reason}.", where=where, reason=reason)
            self._wrong(source, size or 0, words)
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
        if self._key is not None and not is_signed(note, self._key):
            if f"{self._key.name}+{self._key.id.hex()}" not in ids:
                self._strange.setdefault((where, ", ".join(ids)), []).append(checkpoint.size)
                return None
            words = say(
                "The checkpoint of {size} events in {where} is damaged or forged: its signature does not belong to"
                " what it says.",
                size=checkpoint.size,
                where=where,
            )
            self._wrong(source, size or checkpoint.size, words)
            return None
        if size is not None and checkpoint.size != size:
            words = say(
                "The checkpoint stored for {size} events is one of {found} events: it was exchanged.",
                size=size,
                found=checkpoint.size,
            )
            self._wrong(source, size, words)
            return None
        return Claim(checkpoint.size, checkpoint.root, checkpoint.at, source, brought)

    def leaves_unproven(self, source: str) -> None:
        """Leaf hashes were kept with checkpoints that they do not lead to."""
        words = say("The leaf hashes in {where} belong to none of its checkpoints: they are not used.", where=source)
        self._wrong(source, 0, words)

    def tell(self) -> None:
        """Make findings of the checkpoints that other keys signed, one for each key and place."""
        for (where, ids), sizes in self._strange.items():
            words = say(
                "{count} checkpoints in {where} are signed by {ids} and not by the key {key}: another key was given,"
                " or they were forged. The first one seals {size} events.",
                count=len(sizes),
                where=where,
                ids=ids,
                key=self._key,
                size=min(sizes),
            )
            self._findings.add(FindingKind.WRONG_KEY, min(sizes), max(sizes), words)

    def _wrong(self, source: str | None, size: int, words: str) -> None:
        self._findings.add(FindingKind.ANCHOR if source else FindingKind.CHECKPOINT, size, size, words)


def outside(anchors: Sequence[Anchored], reader: Reader) -> tuple[list[Claim], bytes]:
    """The claims kept outside in the order of sizes, and the longest leaf hashes that they prove."""
    claims = [
        [claim for note in anchor.notes if (claim := reader.claim(note, anchor.source, brought=anchor.brought))]
        for anchor in anchors
    ]
    every = sorted(chain.from_iterable(claims), key=lambda claim: claim.size)
    brought, leaves = [claim for claim in every if claim.brought], b""
    for anchor, own in zip(anchors, claims, strict=True):
        if not anchor.leaves:
            continue
        proven = _proven(anchor.leaves, own)
        if not proven and (own or not anchor.notes):
            reader.leaves_unproven(anchor.source)
        if brought and not anchor.brought:
            by_brought = _proven(anchor.leaves, brought)
            proven = max(proven, by_brought) if by_brought == brought[-1].size else by_brought
        leaves = max(leaves, anchor.leaves[: proven * HASH_BYTES], key=len)
    return every, leaves


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
