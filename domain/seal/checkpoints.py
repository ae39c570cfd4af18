"""Checkpoints: how large the tree was at a moment and what its root was (c2sp.org/tlog-checkpoint)."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from domain.seal.merkle import HASH_BYTES
from domain.seal.notes import NoteUnreadable, text_of

ORIGIN = "kams/"
TIME = "time "


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """The tree of the first `size` events of a system, as it was sealed at a moment."""

    system: UUID
    size: int
    root: bytes
    at: datetime

    @property
    def text(self) -> str:
        """What is signed: origin, size, root, and as an extension line when it was made."""
        root = base64.b64encode(self.root).decode()
        moment = self.at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        return f"{origin_of(self.system)}\n{self.size}\n{root}\n{TIME}{moment}\n"


def origin_of(system: UUID) -> str:
    """The name of a system's tree, and of the key that signs for it."""
    return f"{ORIGIN}{system}"


def read_checkpoint(note: str) -> Checkpoint:
    """What a signed note says; its signature is not looked at. Raises NoteUnreadable."""
    lines = text_of(note).splitlines()
    try:
        origin, size, root, time = lines[:4]
        moment = datetime.fromisoformat(time.removeprefix(TIME))
        checkpoint = Checkpoint(
            system=UUID(origin.removeprefix(ORIGIN)),
            size=int(size),
            root=base64.b64decode(root, validate=True),
            at=moment,
        )
        as_written = checkpoint.text
    except (ValueError, OverflowError):
        raise NoteUnreadable(reason="it is not a checkpoint of KAMS") from None
    if as_written != text_of(note) or len(checkpoint.root) != HASH_BYTES or checkpoint.size < 0:
        raise NoteUnreadable(reason="it is not a checkpoint of KAMS")
    return checkpoint
