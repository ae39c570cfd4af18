"""The seal at the door: what auditors are told of it, over HTTP and on the command line alike."""

from __future__ import annotations

import base64

import msgspec
import psycopg

from api.access import Asker
from domain.member import KeyScope, Role
from domain.seal.checkpoints import Checkpoint, read_checkpoint
from domain.seal.merkle import is_consistent, root_at
from domain.seal.proofs import Entry, consistency, inclusion
from domain.seal.standing import checkpoint_of
from domain.seal.tiles import Tiles, edge_of


class CheckpointAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint: how many events it seals, their root in base64, when it was made, and the signed note itself."""

    size: int
    root: str
    at: str
    note: str


class ProofAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """That the event at `position` is one of the first `size` events: its entry, the hashes from it to the root
    (base64), the signed checkpoint; and all of it as a file (`text`, c2sp.org/tlog-proof)."""

    position: int
    size: int
    entry: Entry
    proof: list[bytes]
    root: bytes
    note: str
    text: str


class ConsistencyAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """That the first `old` events are the beginning of the first `new` ones: both roots, the hashes that lead from one
    to the other (base64), and whether they do."""

    old: int
    new: int
    old_root: bytes
    new_root: bytes
    proof: list[bytes]
    holds: bool


def must_audit(asker: Asker) -> None:
    """Refuse who is no auditor. Raises NotAllowed."""
    asker.must_have(KeyScope.READ)
    asker.must_be(Role.AUDITOR, Role.ADMIN)


def checkpoint_answer(connection: psycopg.Connection, size: int | None = None) -> CheckpointAnswer:
    """The newest checkpoint, or that of so many events. Raises NotSealed, NoCheckpointOfSize, NoteUnreadable."""
    note = checkpoint_of(connection, size)
    checkpoint = read_checkpoint(note)
    return CheckpointAnswer(size=checkpoint.size, root=in_base64(checkpoint.root), at=when(checkpoint), note=note)


def proof_answer(connection: psycopg.Connection, position: int, size: int | None = None) -> ProofAnswer:
    """The proof for an event. Raises NotFound, NotSealed, NoCheckpointOfSize, SealDamaged, NoteUnreadable."""
    found = inclusion(connection, position, size)
    return ProofAnswer(
        position=found.position,
        size=found.size,
        entry=found.entry,
        proof=found.proof,
        root=found.root,
        note=found.note,
        text=found.text,
    )


def consistency_answer(connection: psycopg.Connection, old: int, new: int) -> ConsistencyAnswer:
    """The proof between two sizes. Raises SizesNotInOrder, NotSealed, SealDamaged."""
    proof = consistency(connection, old, new)
    old_root, new_root = _root(connection, old), _root(connection, new)
    return ConsistencyAnswer(
        old=old,
        new=new,
        old_root=old_root,
        new_root=new_root,
        proof=proof,
        holds=is_consistent(old, new, old_root, new_root, proof),
    )


def _root(connection: psycopg.Connection, size: int) -> bytes:
    return root_at(size, Tiles(connection, edge_of(size)).subtree)


def in_base64(value: bytes) -> str:
    """Bytes as notes write them."""
    return base64.b64encode(value).decode()


def when(checkpoint: Checkpoint) -> str:
    """When a checkpoint was made."""
    return checkpoint.at.isoformat(timespec="seconds")
