"""The key of a row that belongs to a child of a stream: a person, a visit, a document."""

from __future__ import annotations

from hashlib import blake2b
from uuid import UUID

from projections.engine import Envelope


def child_key(envelope: Envelope, *parts: bytes) -> UUID:
    """The key of a child of the event's stream; the same identifier in another stream has another key."""
    return key_within(envelope.stream, *parts)


def key_within(stream: bytes, *parts: bytes) -> UUID:
    """The same, of the stream with this identifier."""
    return UUID(bytes=blake2b(b"".join((stream, *parts)), digest_size=16).digest())


def fact_key(envelope: Envelope, _: object) -> UUID:
    """The key of a row that stands for one fact, told apart by its position alone."""
    return child_key(envelope, envelope.position.to_bytes(8, "big"))
