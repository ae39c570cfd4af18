"""Connections to receivers: each is made to an address that was looked at, whatever its name leads to by then."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from domain.errors import KamsError
from domain.subscription.reachable import must_be_allowed

LOOKUPS_AT_ONCE = 64
"""Names whose servers do not answer hold a thread each; they must not hold up the others."""
REMEMBERED_SECONDS = 10
IDLE_SECONDS = 10.0

Lookup = Callable[[str, int], list[str]]


def looked_up(host: str, port: int) -> list[str]:
    """The addresses of a name, as the system knows them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return [str(address[0]) for *_, address in found]


class NotAllowed(OSError):
    """An address that was refused when it was connected to."""


class Resolver(AbstractResolver):
    """Looks names up; one that leads to an address that is not allowed is refused as a whole."""

    def __init__(self, lookup: Lookup, private: bool) -> None:
        self._lookup, self._private = lookup, private
        self._threads = ThreadPoolExecutor(LOOKUPS_AT_ONCE, thread_name_prefix="receiver-lookup")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a name. Raises OSError, AddressNotGlobal, AddressForbidden."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, self._lookup, host, port)
        for address in found:
            must_be_allowed(host, address, private=self._private)
        return [_result(host, port, address) for address in found]

    async def close(self) -> None:
        """Look nothing up any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _result(host: str, port: int, address: str) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)


def connector(
    private: bool, trust: ssl.SSLContext | None, lookup: Lookup, remember_seconds: float
) -> aiohttp.TCPConnector:
    """Makes and keeps connections, without a limit of its own: a dead receiver's hold up nobody else's. Names are
    remembered for some seconds; what is connected to is looked at once more when the socket is made, for an address
    may stand in place of the name."""

    def opened(info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, address = info
        try:
            must_be_allowed(str(address[0]), str(address[0]), private=private)
        except KamsError as error:
            raise NotAllowed(str(error)) from error
        return socket.socket(family, kind, protocol)

    return aiohttp.TCPConnector(
        ssl=trust or ssl.create_default_context(),
        resolver=Resolver(lookup, private),
        ttl_dns_cache=remember_seconds,  # type: ignore[arg-type]
        limit=0,
        keepalive_timeout=IDLE_SECONDS,
        socket_factory=opened,
    )
