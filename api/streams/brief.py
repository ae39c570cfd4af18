"""Live streams without what events hold: where they are, what they are about and who recorded them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from domain.decodable import decodable

END = b"\n\n"
DATA = b"\ndata: "
EVENT = b"event: event"


class _Event(msgspec.Struct):
    """Of a CloudEvent what is told."""

    type: str = ""
    subject: str | None = None
    account: str | None = None
    actor: str | None = None


class Briefly:
    """Passes on whole messages, of events no more than this; what comes may be cut anywhere."""

    def __init__(self, push: Callable[[bytes], Awaitable[None]]) -> None:
        self._push = push
        self._rest = b""

    async def __call__(self, content: bytes) -> None:
        """Send what is complete by now."""
        *whole, self._rest = (self._rest + content).split(END)
        if whole:
            await self._push(b"".join(_brief(each) + END for each in whole))


def _brief(message: bytes) -> bytes:
    head, found, data = message.partition(DATA)
    if not found or EVENT not in head:
        return message
    return head + DATA + msgspec.json.encode(msgspec.json.decode(data, type=decodable(_Event)))
