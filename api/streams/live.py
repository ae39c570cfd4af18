"""A live stream as an answer: it is sent until there is a reason to end, and cut off where nobody reads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from api.access import Asker
from api.streams.brief import Briefly
from api.streams.hub import Hub
from api.streams.subscriber import Subscriber
from domain.subscription.subscription import StreamFilter

MEDIA = "text/event-stream"
ABORT = "abort"
"""Under this name the server puts into a request's state what cuts its connection off."""
TAKE = "take"
"""Under this name, what writes to it at once, unless it would have to wait for the reader."""
GONE = "gone"


@dataclass(frozen=True)
class Live:
    """Who follows, by what rights, what he wants, from where and how far; `brief`: without what events hold."""

    hub: Hub
    asker: Asker
    wanted: StreamFilter
    after: int
    to: int | None
    head: int
    epoch: int
    brief: bool = False


class LiveResponse(Response[bytes]):
    """The answer of a live stream."""

    def __init__(self, live: Live, headers: Mapping[str, str]) -> None:
        super().__init__(b"", headers=dict(headers), media_type=MEDIA)
        self._live = live

    def to_asgi_response(self, app: Any, request: Request[Any, Any, Any], **_: Any) -> ASGIResponse:
        """What sends it."""
        return Sending(self._live, {name: str(value) for name, value in self.headers.items()})


class Sending(ASGIResponse):
    """Sends a live stream."""

    _should_set_content_length = False

    def __init__(self, live: Live, headers: dict[str, str]) -> None:
        super().__init__(headers=headers, media_type=MEDIA)
        self._live = live

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until it ends; a connection that takes nothing is cut."""
        live = self._live

        async def push(content: bytes) -> None:
            await send({"type": "http.response.body", "body": content, "more_body": True})

        await self.start_response(send)
        follower = Subscriber(live.hub, live.asker, live.wanted, live.after, live.to, live.epoch)
        async with live.hub.followed_by(follower), left(receive, follower):
            at_once = None if live.brief else scope["state"].get(TAKE)
            took_it = await follower.run(Briefly(push) if live.brief else push, live.head, at_once)
        if took_it:
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        elif abort := scope["state"].get(ABORT):
            abort()
            await asyncio.sleep(0)


@asynccontextmanager
async def left(receive: Receive, follower: Subscriber) -> AsyncIterator[None]:
    """End a stream whose reader has hung up."""

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        follower.end(GONE)

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
