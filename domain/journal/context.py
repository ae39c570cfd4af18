"""Who gives a command, when it happens, and what is known about the request."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

import msgspec

from domain.aggregate import Origin, Precision, Recorded
from domain.sealed import Sealed


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What surrounds a command. `at` is when it happens in the business; `version`, if stated, is the one that
    the asker saw; `command_id` and `digest` let a repeated command be answered with its first result."""

    at: datetime
    actor: UUID | None = None
    origin: Origin = Origin.PERSON
    precision: Precision = Precision.MOMENT
    command_id: UUID | None = None
    digest: bytes = b""
    correlation_id: UUID | None = None
    causation_id: int | None = None
    note: Sealed | None = None
    version: int | None = None

    def stamp(self, fact: Recorded, causation_id: int | None = None) -> Recorded:
        """The fact with what this context knows about it."""
        return msgspec.structs.replace(
            fact,
            actor=self.actor,
            origin=self.origin,
            precision=self.precision,
            command_id=self.command_id,
            correlation_id=self.correlation_id,
            causation_id=causation_id or self.causation_id,
            note=self.note,
        )


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a command did. Without events `positions` is empty and `position` the journal's head at that time."""

    aggregate: UUID
    version: int
    position: int
    positions: tuple[int, ...] = ()
    recorded_at: datetime | None = None
    repeated: bool = False


def digest_of(content: bytes) -> bytes:
    """The digest by which a repeated command is known to be the same."""
    return hashlib.sha256(content).digest()
