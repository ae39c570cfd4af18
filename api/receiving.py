"""Receiving what is sent in a request."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from litestar import Request
from litestar.exceptions.http_exceptions import InternalServerException, RequestEntityTooLarge

from api.refusals import NotForm
from domain.language.catalogue import say

FORM = "application/x-www-form-urlencoded"
MOST_DISCARDED = 50_000_000
LONGEST_DISCARDING = 10.0


async def received(request: Request[Any, Any, Any], most: int) -> bytes:
    """The body. One of more than `most` bytes is refused (413), after the rest of it was read and thrown away: a
    client that is still sending when the connection is closed does not see the answer. One that waits to be asked for
    it (Expect: 100-continue) is refused at once."""
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > most and "expect" in request.headers:
        raise _too_large(most)
    chunks, size, more = [], 0, True
    while more and size <= most:
        chunk, more = await _next(request)
        chunks.append(chunk)
        size += len(chunk)
    if size <= most:
        return b"".join(chunks)
    del chunks
    if more:
        await _discard(request, MOST_DISCARDED - size)
    raise _too_large(most)


async def received_form(request: Request[Any, Any, Any], most: int) -> bytes:
    """The fields of a form. Raises NotForm for another media type."""
    stated = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if stated != FORM:
        raise NotForm(found=stated[:80] or "nothing")
    return await received(request, most)


async def _discard(request: Request[Any, Any, Any], most: int) -> None:
    """Read what is still sent, though not without end."""
    more = True
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LONGEST_DISCARDING):
            while more and most > 0:
                chunk, more = await _next(request)
                most -= len(chunk)


async def _next(request: Request[Any, Any, Any]) -> tuple[bytes, bool]:
    """What came next of the body, and whether there is more."""
    event = await request.receive()
    if event["type"] != "http.request":
        raise InternalServerException("client disconnected prematurely")
    return event["body"], event.get("more_body", False)


def _too_large(most: int) -> RequestEntityTooLarge:
    return RequestEntityTooLarge(say("The body is larger than {most:,} bytes: send it in several.", most=most))
