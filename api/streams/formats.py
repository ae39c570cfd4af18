"""The forms in which a stretch of the feed is sent: one JSON document, or one object after the other."""

from __future__ import annotations

import enum
from collections.abc import Sequence

import msgspec

from api.refusals import NotAcceptable

_pack = msgspec.msgpack.Encoder().encode
_loads = msgspec.json.Decoder().decode


class EventsFormat(enum.Enum):
    """How events are sent: by the media type that is accepted."""

    JSON = "application/json"
    BATCH = "application/cloudevents-batch+json"
    NDJSON = "application/x-ndjson"
    MSGPACK = "application/msgpack"

    @property
    def whole(self) -> bool:
        """Whether it is one document, of a bounded size; the others are streams without end."""
        return self in (EventsFormat.JSON, EventsFormat.BATCH)


ALIASES = {
    "application/ndjson": EventsFormat.NDJSON,
    "application/jsonl": EventsFormat.NDJSON,
    "application/vnd.msgpack": EventsFormat.MSGPACK,
    "application/x-msgpack": EventsFormat.MSGPACK,
    "*/*": EventsFormat.JSON,
    "application/*": EventsFormat.JSON,
}


class Examined(msgspec.Struct, frozen=True):
    """How far a stretch looked: what a stream without an envelope of its own ends with. A body without it was cut."""

    examined: int
    head: int
    epoch: int


def accepted(accept: str) -> EventsFormat:
    """The form that an Accept header likes most; JSON where it says nothing. Raises NotAcceptable."""
    if not accept.strip():
        return EventsFormat.JSON
    liked = [_liked(each) for each in accept.split(",") if each.strip()]
    for media, share in sorted(liked, key=lambda each: -each[1]):
        form = ALIASES.get(media) or next((each for each in EventsFormat if each.value == media), None)
        if form is not None and share > 0:
            return form
    raise NotAcceptable(accept=accept[:80], known=", ".join(each.value for each in EventsFormat))


def _liked(entry: str) -> tuple[str, float]:
    media, *parameters = (part.strip().lower() for part in entry.split(";"))
    for each in parameters:
        if each.startswith("q="):
            try:
                return media, float(each[2:])
            except ValueError:
                return media, 0.0
    return media, 1.0


def document(form: EventsFormat, events: Sequence[bytes], upto: Examined) -> bytes:
    """Events as one document: with how far it looked, or as the bare array of CloudEvents."""
    listed = b"[" + b",".join(events) + b"]"
    if form is EventsFormat.BATCH:
        return listed
    return b'{"events":' + listed + b"," + msgspec.json.encode(upto)[1:]


def part(form: EventsFormat, events: Sequence[bytes]) -> bytes:
    """Events one after the other: a line each, or msgpack objects that hold what the lines do."""
    if not events:
        return b""
    if form is EventsFormat.NDJSON:
        return b"\n".join(events) + b"\n"
    return b"".join([_pack(_loads(each)) for each in events])  # one by one: no heap of dicts for the collector to walk


def end(form: EventsFormat, upto: Examined) -> bytes:
    """The last object of a stream: it came whole."""
    return msgspec.json.encode(upto) + b"\n" if form is EventsFormat.NDJSON else _pack(upto)
