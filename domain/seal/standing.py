"""How the seal stands: how far the journal is sealed, by which key, and how far it is known outside the database."""

from __future__ import annotations

import base64
from datetime import datetime
from uuid import UUID

import msgspec
import psycopg

from domain.decodable import decodable
from domain.journal.restores import restored_notes
from domain.seal.checkpoints import read_checkpoint
from domain.seal.notes import VerifierKey
from domain.seal.proofs import NoCheckpointOfSize, NotSealed
from domain.seal.sealing import newest, system_id


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How far the journal is sealed, and for how long the oldest event beyond has waited (seconds)."""

    size: int
    head: int
    age_seconds: float

    @property
    def unsealed(self) -> int:
        """How many events wait to be sealed."""
        return max(0, self.head - self.size)


class AnchorProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a place outside the database was told: the size of its newest checkpoint, and what went wrong since.
    `host` is the machine whose own it is; `contradicts` where what it keeps and the journal exclude each other."""

    name: str
    host: str = ""
    size: int = 0
    anchored_at: datetime | None = None
    failures: int = 0
    tried_at: datetime | None = None
    error: str = ""
    contradicts: bool = False


class AnchorShown(AnchorProgress, frozen=True, kw_only=True):
    """The same with what this machine's settings say: it is told once in `every` seconds (0: of each checkpoint),
    next at `next_at`; None where it is told of each, or where the settings here do not name it."""

    every: int | None = None
    next_at: datetime | None = None


class SealFault(msgspec.Struct, frozen=True):
    """Why nothing is sealed, and since when."""

    reason: str
    since: datetime


class SealStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The seal as a whole. `root`, in base64, and `checkpoint_at` are of the newest checkpoint; keys are
    verifier keys, the one that signs last; `age_seconds` is for how long the oldest unsealed event has waited. `notes`
    say when the journal was restored from a backup, and what was lost by that."""

    system: UUID
    size: int
    head: int
    unsealed: int
    age_seconds: float
    checkpoint_at: datetime | None
    root: str
    keys: list[str]
    fault: SealFault | None
    anchors: list[AnchorProgress]
    notes: list[str]


_STANDING = """select size, head, coalesce((select extract(epoch from clock_timestamp() - recorded_at) from events
    where position = size + 1), 0) from
    (select coalesce((select size from checkpoints order by size desc limit 1), 0) as size,
        coalesce((select position from events order by position desc limit 1), 0) as head) as newest"""
_NEAR = """
(select size from checkpoints where size < %(size)s order by size desc limit 1)
union all (select size from checkpoints where size > %(size)s order by size limit 1)"""
_PROGRESS = "select {columns} from anchors order by name, host"


def standing(connection: psycopg.Connection) -> Standing:
    """How far the journal is sealed."""
    size, head, age = connection.execute(_STANDING).fetchone() or (0, 0, 0)
    return Standing(size=size, head=head, age_seconds=max(0.0, float(age)))


def checkpoint_of(connection: psycopg.Connection, size: int | None = None) -> str:
    """The newest checkpoint, or that of so many events. Raises NotSealed, NoCheckpointOfSize."""
    note = newest(connection)
    if note is None:
        raise NotSealed(position=size or 1, sealed=0)
    if size is None:
        return note
    found = connection.execute("select note from checkpoints where size = %s", (size,)).fetchone()
    if found is None:
        near = connection.execute(_NEAR, {"size": size}).fetchall()
        raise NoCheckpointOfSize(size=size, near=[number for (number,) in near])
    return str(found[0])


def anchor_progress(connection: psycopg.Connection) -> list[AnchorProgress]:
    """Every anchor that was ever told."""
    names = AnchorProgress.__struct_fields__
    rows = connection.execute(_PROGRESS.format(columns=", ".join(names)).encode())
    return [msgspec.convert(dict(zip(names, row, strict=True)), decodable(AnchorProgress)) for row in rows]


def seal_keys(connection: psycopg.Connection) -> list[VerifierKey]:
    """The public halves of this system's keys, the one that signs last. Raises NotAVerifierKey."""
    rows = connection.execute("select verifier from seal_keys order by since")
    return [VerifierKey.parse(text) for (text,) in rows]


def seal_fault(connection: psycopg.Connection) -> SealFault | None:
    """Why nothing is sealed, where that is known."""
    found = connection.execute("select reason, since from seal_faults").fetchone()
    return SealFault(*found) if found else None


def seal_status(connection: psycopg.Connection) -> SealStatus:
    """Everything of it. Raises NoteUnreadable, NotAVerifierKey."""
    stands, note = standing(connection), newest(connection)
    checkpoint = read_checkpoint(note) if note else None
    return SealStatus(
        system=system_id(connection),
        size=stands.size,
        head=stands.head,
        unsealed=stands.unsealed,
        age_seconds=stands.age_seconds,
        checkpoint_at=checkpoint.at if checkpoint else None,
        root=base64.b64encode(checkpoint.root).decode() if checkpoint else "",
        keys=[str(key) for key in seal_keys(connection)],
        fault=seal_fault(connection),
        anchors=anchor_progress(connection),
        notes=restored_notes(connection),
    )
