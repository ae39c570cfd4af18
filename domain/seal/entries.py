"""What the tree holds of an event: every column of its row, in fixed framing, the state by its digest.

So a proof is small, and can be shown without showing what the event says.
"""

from __future__ import annotations

import struct
from hashlib import sha256

FRAME = b"kams event v1\0"
UNIX_TO_2000 = 946_684_800_000_000
"""Microseconds from 1970-01-01 to 2000-01-01, from which PostgreSQL counts."""
NO_COMMAND = bytes(16)

_fixed = struct.Struct(">QqI16s16s").pack


def entry(
    position: int,
    recorded_at: int,
    version: int,
    aggregate_id: bytes,
    command_id: bytes | None,
    topic: bytes,
    command_digest: bytes | None,
    state_digest: bytes,
) -> bytes:
    """The bytes of a leaf: position u64, recorded_at in microseconds since 1970 i64, version u32, aggregate 16 bytes,
    command 16 bytes (zeros where there is none), then topic and command digest, each after its length u16, and the
    SHA-256 of the stored state. Numbers are big-endian."""
    digest = command_digest or b""
    return b"".join(
        (
            FRAME,
            _fixed(position, recorded_at, version, aggregate_id, command_id or NO_COMMAND),
            len(topic).to_bytes(2, "big"),
            topic,
            len(digest).to_bytes(2, "big"),
            digest,
            state_digest,
        )
    )


def state_digest(state: bytes) -> bytes:
    """What an entry holds of a state."""
    return sha256(state).digest()
