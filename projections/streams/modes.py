"""The two forms of a CloudEvent over HTTP: structured (the whole envelope is the body) and binary (attributes are
headers, the body is the data).

By the HTTP protocol binding of CloudEvents 1.0.2: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from domain.decodable import decodable

STRUCTURED = "application/cloudevents+json"
"""The media type of an envelope as JSON, which is always UTF-8."""
PREFIX = "ce-"
BATCH = "application/cloudevents-batch+json"


class Message(NamedTuple):
    """What goes over HTTP: headers with lower-case names, and the body."""

    headers: dict[str, str]
    body: bytes


_decode = msgspec.json.Decoder(decodable(dict[str, msgspec.Raw])).decode
_value = msgspec.json.Decoder().decode


def structured(event: bytes) -> Message:
    """The envelope as it is."""
    return Message({"content-type": STRUCTURED}, event)


def binary(event: bytes) -> Message:
    """Attributes as `ce-` headers, the data as the body. `datacontenttype` is the Content-Type; an event without data
    has neither."""
    attributes = _decode(event)
    data = attributes.pop("data", None)
    media = attributes.pop("datacontenttype", None)
    headers = {} if media is None or data is None else {"content-type": str(_value(media))}
    for name, raw in attributes.items():
        headers[PREFIX + name] = encoded(as_text(_value(raw)))
    return Message(headers, b"" if data is None else bytes(data))


def as_text(value: object) -> str:
    """The canonical text of an attribute (CloudEvents 1.0.2, Type System): booleans are `true` and `false`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def encoded(text: str) -> str:
    """A header's value (3.1.3.2): printable ASCII stays, but for the space, the quotation mark and the percent sign;
    the others are percent-encoded as UTF-8."""
    return "".join(char if _stays(char) else "".join(f"%{byte:02X}" for byte in char.encode()) for char in text)


def _stays(char: str) -> bool:
    return "!" <= char <= "~" and char not in '"%'
