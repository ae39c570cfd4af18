"""One attempt at delivering: signed, sent, and never waited for longer than stated, whatever the receiver does."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import SimpleNamespace, TracebackType
from typing import Any

import aiohttp
import msgspec
from yarl import URL

from domain.errors import KamsError
from workers.webhooks.answers import AddressUnusable, Attempt, excerpt_of, failure, judged, retry_after
from workers.webhooks.connecting import REMEMBERED_SECONDS, Lookup, connector, looked_up
from workers.webhooks.signing import signed

SECONDS = 15.0
SECONDS_TO_READ = 1.0
MOST_READ = 65_536
"""Bytes of an answer's body; beyond that, and after that time, the connection is closed."""
CONTENT = "application/cloudevents+json"
FAULTS = (KamsError, aiohttp.ClientError, OSError, ValueError, RuntimeError)


class Sender:
    """Sends to receivers, many at once, over connections that are kept; belongs to one event loop. `private` allows
    receivers inside, and without TLS; `trust` holds the certificates to trust, the system's where it is None."""

    def __init__(
        self,
        version: str,
        *,
        private: bool = False,
        seconds: float = SECONDS,
        trust: ssl.SSLContext | None = None,
        lookup: Lookup = looked_up,
        clock: Callable[[], float] = time.time,
        remember_seconds: float = REMEMBERED_SECONDS,
    ) -> None:
        self._agent = f"kams/{version}"
        self._private, self._seconds, self._clock = private, seconds, clock
        self._connector = partial(connector, private, trust, lookup, remember_seconds)
        self._opened: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Sender:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.close()

    async def send(
        self,
        url: str,
        event_id: str,
        body: bytes,
        secrets: Sequence[str],
        *,
        attempt: int = 1,
        headers: Mapping[str, str] | None = None,
        personal: bool = False,
    ) -> Attempt:
        """Try once, signed with each secret; raises nothing for what a receiver does. With `personal` nothing of the
        answer is kept: it may repeat what was sent."""
        began, until = time.perf_counter(), asyncio.get_running_loop().time() + self._seconds
        kept = SimpleNamespace(reused=False, connected=False)
        try:
            target = self._target(url)
            own = signed(event_id, int(self._clock()), body, secrets)
            own |= {**(headers or {}), "content-type": CONTENT, "kams-attempt": str(attempt)}
            made = await self._sent(target, body, own, until, kept)
        except FAULTS as error:
            made = msgspec.structs.replace(failure(error, self._seconds), connected=kept.connected)
        if not made.latency_ms:
            made = msgspec.structs.replace(made, latency_ms=_milliseconds(began))
        return msgspec.structs.replace(made, excerpt="") if personal else made

    def _target(self, url: str) -> URL:
        try:
            target = URL(url)
        except ValueError as error:
            raise AddressUnusable from error
        if target.scheme not in (("https", "http") if self._private else ("https",)) or not target.host:
            raise AddressUnusable
        return target

    async def _sent(
        self, target: URL, body: bytes, headers: Mapping[str, str], until: float, kept: SimpleNamespace
    ) -> Attempt:
        try:
            return await self._asked(target, body, headers, until, kept)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
            if not kept.reused or isinstance(error, aiohttp.ClientConnectorError):
                raise
        kept.connected = False
        return await self._asked(target, body, headers, until, kept)  # a kept connection had ended: on a new one

    async def _asked(
        self, target: URL, body: bytes, headers: Mapping[str, str], until: float, kept: SimpleNamespace
    ) -> Attempt:
        began = time.perf_counter()
        async with asyncio.timeout_at(until):
            answer = await self._session.post(
                target, data=body, headers=headers, allow_redirects=False, trace_request_ctx=kept
            )
        made = judged(answer.status, retry_after(answer.headers.get("retry-after"), self._clock()))
        latency = _milliseconds(began)
        return msgspec.structs.replace(made, latency_ms=latency, excerpt=excerpt_of(await _read(answer, until)))

    @property
    def _session(self) -> aiohttp.ClientSession:
        if self._opened is None:
            trace = aiohttp.TraceConfig()
            trace.on_connection_reuseconn.append(_note_reuse)
            trace.on_connection_create_end.append(_note_connection)
            self._opened = aiohttp.ClientSession(
                connector=self._connector(),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"user-agent": self._agent, "accept-encoding": "identity"},
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
                auto_decompress=False,
                trace_configs=[trace],
            )
        return self._opened


async def _note_reuse(_: aiohttp.ClientSession, context: SimpleNamespace, __: Any) -> None:
    context.trace_request_ctx.reused = context.trace_request_ctx.connected = True


async def _note_connection(_: aiohttp.ClientSession, context: SimpleNamespace, __: Any) -> None:
    context.trace_request_ctx.connected = True


async def _read(answer: aiohttp.ClientResponse, until: float) -> bytes:
    """The beginning of an answer's body. The status has decided already: a body that is long, slow or broken costs its
    connection and nothing else."""
    found = bytearray()
    try:
        async with asyncio.timeout_at(min(until, asyncio.get_running_loop().time() + SECONDS_TO_READ)):
            while len(found) < MOST_READ and (more := await answer.content.readany()):
                found += more
    except FAULTS:
        answer.close()
    if answer.content.at_eof():
        answer.release()
    else:
        answer.close()
    return bytes(found[:MOST_READ])


def _milliseconds(began: float) -> int:
    return round((time.perf_counter() - began) * 1000)
