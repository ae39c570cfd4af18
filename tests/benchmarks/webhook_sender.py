"""How many attempts a second one sender makes, signed, at a receiver in another process that answers at once."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from domain.subscription.secret import new_secret
from tests.benchmarks.report import Report
from workers.webhooks.answers import AttemptOutcome
from workers.webhooks.sending import Sender

HERE = "127.0.0.1"
ATTEMPTS, LANES = 10_000, 16
BODY = b'{"specversion":"1.0","id":"7","type":"Account.Registered","data":{"fields":{"name":null}}}' * 10
ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"


class Answering(asyncio.Protocol):
    """Answers each request at once, or after a pause."""

    def __init__(self, pause: float) -> None:
        self._pause, self._seen = pause, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._seen += data
        head, between, rest = self._seen.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0) if between else 0
        if not between or len(rest) < length:
            return
        self._seen = rest[length:]
        if self._pause:
            asyncio.get_running_loop().call_later(self._pause, self._transport.write, ANSWER)
        else:
            self._transport.write(ANSWER)


def serve(pause: float, told: Connection) -> None:
    """A receiver as a process of its own; tells its port."""

    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(lambda: Answering(pause), HERE, 0)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(forever())


@contextmanager
def receiver_process(pause: float = 0.0) -> Iterator[str]:
    """The address of a receiver that answers after so many seconds."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(pause, there), daemon=True)
    process.start()
    try:
        yield f"http://{HERE}:{here.recv()}/hook"
    finally:
        process.kill()
        process.join()


async def rate(once: Callable[[], Awaitable[None]]) -> float:
    """Attempts a second over several lanes at once."""

    async def lane() -> None:
        for _ in range(ATTEMPTS // LANES):
            await once()

    began = time.perf_counter()
    await asyncio.gather(*(lane() for _ in range(LANES)))
    return ATTEMPTS / (time.perf_counter() - began)


async def sending(url: str) -> float:
    secret = new_secret()
    async with Sender("0", private=True) as sender:

        async def once() -> None:
            made = await sender.send(url, "7", BODY, [secret])
            assert made.outcome is AttemptOutcome.DELIVERED, made

        return await rate(once)


async def writing(url: str) -> float:
    """The least that can be done: the same bytes written to kept connections by hand."""
    request = b"POST /hook HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY
    port = int(url.rpartition(":")[2].partition("/")[0])
    free = [await asyncio.open_connection(HERE, port) for _ in range(LANES)]

    async def once() -> None:
        reader, writer = free.pop()
        writer.write(request)
        await reader.readuntil(b"\r\n\r\n")
        free.append((reader, writer))

    try:
        return await rate(once)
    finally:
        for _, writer in free:
            writer.close()


def run(report: Report) -> None:
    with receiver_process() as url:
        least, reached = asyncio.run(writing(url)), asyncio.run(sending(url))
    report.line(
        "webhooks: attempts at a receiver that answers at once, by hand",
        must=5,
        stretch=10,
        reached=100 * reached / least,
        unit=" %",
        beside=f"{reached:,.0f}/s (aim 1,000), by hand {least:,.0f}/s",
    )
