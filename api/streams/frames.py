"""Messages of a live stream as server-sent events: each names its position, so that who comes back goes on there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from api.streams.formats import Examined

MESSAGE = {
    "type": "object",
    "description": "One message of the stream.",
    "properties": {
        "id": {"type": "string", "pattern": "^[0-9]+$", "description": "The position: what Last-Event-ID states."},
        "event": {"enum": ["start", "event", "examined", "dropped"], "description": "What `data` is about."},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "description": "JSON on one line; of `event` it is a CloudEvent.",
        },
    },
    "required": ["id", "event", "data"],
}
"""The JSON Schema of each message."""
_encode = msgspec.json.Encoder().encode


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """The first message: events after `from`; those up to `to` are history, what follows is live."""

    from_: int = msgspec.field(name="from")
    to: int
    head: int
    epoch: int


class Dropped(msgspec.Struct, frozen=True):
    """The last message of a stream that the server ends: go on after `examined`."""

    examined: int
    reason: str


class Piece(NamedTuple):
    """What follows a position up to another: so many events, as frames."""

    after: int
    to: int
    events: int
    frames: bytes


def started(after: int, to: int, head: int, epoch: int) -> bytes:
    """The first message."""
    return b"id: %d\nevent: start\ndata: %b\n\n" % (after, _encode(Started(from_=after, to=to, head=head, epoch=epoch)))


def events(positions: Sequence[int], found: Sequence[bytes]) -> bytes:
    """An event each."""
    return b"".join(map(event, positions, found))


def event(position: int, found: bytes) -> bytes:
    """An event on one line."""
    return b"id: %d\nevent: event\ndata: %b\n\n" % (position, found)


def examined(upto: Examined) -> bytes:
    """A sign of life, with how far was looked."""
    return b"id: %d\nevent: examined\ndata: %b\n\n" % (upto.examined, _encode(upto))


def dropped(position: int, reason: str) -> bytes:
    """The last message."""
    return b"id: %d\nevent: dropped\ndata: %b\n\n" % (position, _encode(Dropped(position, reason)))
