"""Bytes that come in pieces: lines of NDJSON, and server-sent events by the rules of WHATWG."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

BOM = b"\xef\xbb\xbf"


class Lines:
    """NDJSON: a line is there once its end is."""

    def __init__(self) -> None:
        self._left = b""

    def take(self, piece: bytes) -> Iterator[bytes]:
        """The lines that are whole with this piece."""
        *whole, self._left = (self._left + piece).split(b"\n")
        return (line for line in whole if line.strip())


class Message(NamedTuple):
    """A server-sent event. `id` is the last one stated, by it or before."""

    event: str
    data: bytes
    id: str


class Messages:
    """Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html, section 9.2.6. What is not
    ended by a blank line did not come. `retry` is the wait in milliseconds that the server asks for."""

    def __init__(self) -> None:
        self.retry: int | None = None
        self._left, self._after_return, self._begun = b"", False, False
        self._event, self._data, self._id, self._last_id = "", b"", "", ""

    def take(self, piece: bytes) -> Iterator[Message]:
        """The messages that are whole with this piece."""
        for line in self._lines(piece):
            if line:
                self._field(line)
                continue
            self._last_id = self._id
            if self._data:
                yield Message(self._event or "message", self._data[:-1], self._last_id)
            self._event, self._data = "", b""

    def _lines(self, piece: bytes) -> list[bytes]:
        """Whole lines; they end with CR LF, LF or CR, also where a piece ends between the two."""
        if self._after_return and piece:
            piece = piece.removeprefix(b"\n")
            self._after_return = False
        if piece:
            self._after_return = piece.endswith(b"\r")
        text = self._left + piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if not self._begun:
            if len(text) < len(BOM) and BOM.startswith(text):
                self._left = text
                return []
            text, self._begun = text.removeprefix(BOM), True
        *lines, self._left = text.split(b"\n")
        return lines

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data += value + b"\n"
        elif name == b"event":
            self._event = value.decode(errors="replace")
        elif name == b"id" and b"\0" not in value:
            self._id = value.decode(errors="replace")
        elif name == b"retry" and value.isdigit():
            self.retry = int(value)
