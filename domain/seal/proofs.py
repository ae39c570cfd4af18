"""Proofs: that an event is in a sealed tree, and that an older tree is the beginning of a newer one."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
import psycopg

from domain.errors import KamsError, NotFound
from domain.journal.reading import microseconds, moment, raw_cursor
from domain.seal.checkpoints import Checkpoint, read_checkpoint
from domain.seal.entries import FRAME, UNIX_TO_2000, entry, state_digest
from domain.seal.leaves import EventUnreadable
from domain.seal.merkle import (
    HASH_BYTES,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    leaf_hash,
    root_by_inclusion,
)
from domain.seal.notes import VerifierKey, is_signed
from domain.seal.tiles import TileMissing, Tiles, edge_of, way_of

TLOG_PROOF, EXTRA, INDEX = "c2sp.org/tlog-proof@v1", "extra ", "index "

_EVENT = """
select position, recorded_at, version, aggregate_id, command_id, topic, command_digest, state, size, note
from events left join lateral (
    select size, note from checkpoints where size >= greatest(position, %(size)s) order by size limit 1) c on true
where position = %(position)s"""
_NEAR = """
(select size from checkpoints where size < %(size)s order by size desc limit 1)
union all (select size from checkpoints where size > %(size)s order by size limit 1)"""


class NotSealed(KamsError):
    """The events up to position {position} are not sealed yet: the newest checkpoint seals {sealed}."""


class NoCheckpointOfSize(KamsError):
    """There is no checkpoint of {size} events. Checkpoints near it: {near}."""


class ProofUnreadable(KamsError):
    """The proof cannot be read: {reason}."""


class ProofFails(KamsError):
    """The proof does not hold: {reason}."""


class SealDamaged(KamsError):
    """Tile {index} of level {level} is missing or too short: let `kams audit verify` say what was changed."""


class SizesNotInOrder(KamsError):
    """There is no consistency proof from {old} to {new} events: give the smaller size first, from 1 on."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What the tree holds of an event; `state_digest` is the SHA-256 of what it says."""

    position: int
    recorded_at: datetime
    version: int
    aggregate_id: UUID
    command_id: UUID | None
    topic: str
    command_digest: bytes | None
    state_digest: bytes

    @property
    def framed(self) -> bytes:
        """The bytes of the leaf, as `entries.entry` frames it."""
        return entry(
            self.position,
            microseconds(self.recorded_at) + UNIX_TO_2000,
            self.version,
            self.aggregate_id.bytes,
            None if self.command_id is None else self.command_id.bytes,
            self.topic.encode(),
            self.command_digest,
            self.state_digest,
        )


class Inclusion(msgspec.Struct, frozen=True, kw_only=True):
    """That an event is one of the first `size` events: its entry, the way to the root, and the signed checkpoint."""

    position: int
    size: int
    entry: Entry
    proof: list[bytes]
    root: bytes
    note: str

    @property
    def text(self) -> str:
        """The proof as c2sp.org/tlog-proof writes it, with the bytes of the leaf as its extra data."""
        lines = [
            TLOG_PROOF,
            EXTRA + _base64(self.entry.framed),
            f"{INDEX}{self.position - 1}",
            *map(_base64, self.proof),
        ]
        return "\n".join(lines) + "\n\n" + self.note


def inclusion(connection: psycopg.Connection, position: int, size: int | None = None) -> Inclusion:
    """The proof for an event in the tree of a checkpoint: of `size` events, or the first one that seals the event.

    What the event's row holds now is not compared with what was sealed: whoever checks the proof sees it.
    Raises NotFound, EventUnreadable, NotSealed, NoCheckpointOfSize, SealDamaged, NoteUnreadable.
    """
    told, there, note = _looked_up(connection, position, size or 0)
    if note is None:
        raise NotSealed(position=max(size or 0, position), sealed=_sealed(connection))
    if size is not None and there != size:
        near = connection.execute(_NEAR, {"size": size}).fetchall()
        raise NoCheckpointOfSize(size=size, near=[number for (number,) in near])
    checkpoint = read_checkpoint(note)
    tiles = Tiles(connection, {*way_of(position - 1, checkpoint.size), *edge_of(checkpoint.size)})
    try:
        proof = inclusion_proof(position - 1, checkpoint.size, tiles.subtree)
    except TileMissing as error:
        raise _damaged(error) from error
    return Inclusion(
        position=position,
        size=checkpoint.size,
        entry=told,
        proof=proof,
        root=checkpoint.root,
        note=note,
    )


def consistency(connection: psycopg.Connection, old: int, new: int) -> list[bytes]:
    """The proof that the first `old` events are the beginning of the first `new` ones.

    Raises SizesNotInOrder, NotSealed, SealDamaged.
    """
    if not 0 < old <= new:
        raise SizesNotInOrder(old=old, new=new)
    if new > (sealed := _sealed(connection)):
        raise NotSealed(position=new, sealed=sealed)
    tiles = Tiles(connection, {*way_of(old - 1, new), *edge_of(old), *edge_of(new)})
    try:
        return consistency_proof(old, new, tiles.subtree)
    except TileMissing as error:
        raise _damaged(error) from error


# What needs no database


class Proven(msgspec.Struct, frozen=True):
    """What a proof proves: that a leaf lies at a position of the tree of a checkpoint."""

    position: int
    leaf: bytes
    checkpoint: Checkpoint


def check_inclusion(text: str, key: VerifierKey | None) -> Proven:
    """Check a proof as `Inclusion.text` writes it, and the signature below it where there is a key.

    Raises ProofUnreadable, ProofFails, NoteUnreadable.
    """
    head, _, note = text.partition("\n\n")
    lines = head.split("\n")
    if len(lines) < 3 or lines[0] != TLOG_PROOF or not lines[1].startswith(EXTRA) or not lines[2].startswith(INDEX):
        raise ProofUnreadable(reason="it does not begin as a proof with its event")
    number = lines[2].removeprefix(INDEX)
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise ProofUnreadable(reason="its index is no number")
    try:
        leaf, *proof = [base64.b64decode(line, validate=True) for line in (lines[1].removeprefix(EXTRA), *lines[3:])]
    except (binascii.Error, ValueError):
        raise ProofUnreadable(reason="a line is not base64") from None
    if any(len(step) != HASH_BYTES for step in proof):
        raise ProofUnreadable(reason="a hash does not have 32 bytes")
    index, checkpoint = int(number), read_checkpoint(note)
    if key is not None and not is_signed(note, key):
        raise ProofFails(reason="its checkpoint is not signed by the key")
    if leaf[: len(FRAME) + 8] != FRAME + (index + 1).to_bytes(8, "big"):
        raise ProofFails(reason="its event stands at another position")
    if root_by_inclusion(index, checkpoint.size, leaf_hash(leaf), proof) != checkpoint.root:
        raise ProofFails(reason="it does not lead from the event to the root of the checkpoint")
    return Proven(index + 1, leaf, checkpoint)


def check_consistency(old: Checkpoint, new: Checkpoint, proof: Sequence[bytes]) -> bool:
    """Whether the tree of an older checkpoint is the beginning of that of a newer one of the same system."""
    return old.system == new.system and is_consistent(old.size, new.size, old.root, new.root, proof)


# How it is done


def _looked_up(connection: psycopg.Connection, position: int, size: int) -> tuple[Entry, int | None, str | None]:
    """What the tree would hold of an event as it is stored now, and the first checkpoint that seals it and at least
    so many. Raises NotFound, EventUnreadable."""
    found = raw_cursor(connection).execute(_EVENT, {"position": position, "size": size}, prepare=True).fetchone()
    if found is None:
        raise NotFound(kind="event", key=position)
    position, recorded_at, version, aggregate_id, command_id, topic, digest, state, there, note = found
    try:
        at = moment(recorded_at)
    except OverflowError:
        raise EventUnreadable(position=position) from None
    told = Entry(
        position=position,
        recorded_at=at,
        version=version,
        aggregate_id=UUID(bytes=aggregate_id),
        command_id=None if command_id is None else UUID(bytes=command_id),
        topic=topic,
        command_digest=digest,
        state_digest=state_digest(state),
    )
    return told, there, note


def _sealed(connection: psycopg.Connection) -> int:
    found = connection.execute("select coalesce(max(size), 0) from checkpoints").fetchone()
    assert found is not None
    return int(found[0])


def _damaged(error: TileMissing) -> SealDamaged:
    level, index = error.args[0]
    return SealDamaged(level=level, index=index)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
