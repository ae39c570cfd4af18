"""Serving the application with uvicorn: this machine only unless told, and a clean end."""

from __future__ import annotations

import gc
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from ipaddress import ip_address
from types import FrameType
from typing import Any

import uvicorn
from uvicorn._types import HTTPScope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.streams.live import ABORT, TAKE
from domain.errors import Refused

GRACE_SECONDS = 10
THIS_MACHINE = "127.0.0.1,::1"


class NotThisMachineOnly(Refused):
    """{host} can be reached from other machines: that needs a member with the role admin, and --behind-proxy to say
    that a proxy in front of it speaks TLS."""


class Protocol(HttpToolsProtocol):
    """HTTP whose requests can cut their connection off: one that takes nothing cannot be told to leave. And live
    streams can be written to at once, without a task that wakes for it."""

    def on_message_begin(self) -> None:
        """A request begins: it knows how to cut itself off, and how to write more of its answer."""
        super().on_message_begin()
        self.scope["state"][ABORT] = self.transport.abort
        self.scope["state"][TAKE] = partial(self._take, self.scope)

    def _take(self, scope: HTTPScope, content: bytes) -> bool:
        """Write a part of the answer that has begun; whether it could be done without waiting for the reader."""
        answer = self.cycle
        if (
            answer.scope is not scope
            or not answer.chunked_encoding
            or answer.response_complete
            or answer.disconnected
            or self.flow.write_paused
            or self.transport.is_closing()
        ):
            return False
        self.transport.write(b"%x\r\n%b\r\n" % (len(content), content))
        return True


class Server(uvicorn.Server):
    """uvicorn that tells long polls to end as soon as it is asked to, and then ends with 0."""

    def __init__(self, config: uvicorn.Config, stopping: threading.Event) -> None:
        super().__init__(config)
        self._stopping = stopping

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal: long polls end, then the server."""
        self._stopping.set()
        super().handle_exit(sig, frame)

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve; a process of its own looks for cycles briefly."""
        if threading.current_thread() is threading.main_thread():
            look_for_cycles_briefly()
        super().run(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take signals while serving, in the main thread only; a handled one is not raised again."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {sig: signal.signal(sig, self.handle_exit) for sig in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for sig, handler in before.items():
                signal.signal(sig, handler)

    def stop(self) -> None:
        """End from another thread."""
        self._stopping.set()
        self.should_exit = True


def look_for_cycles_briefly() -> None:
    """Look for cycles among few objects at a time, and never among what the process is made of by now: pages leave
    some hundred each, and who asks next would wait 60 ms while those of fifty pages are looked through."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 10, 100)


def must_be_allowed(host: str, *, behind_proxy: bool, has_admin: bool) -> None:
    """Refuse an address that other machines reach, unless an admin exists and a proxy is said to be in front."""
    if not is_loopback(host) and not (behind_proxy and has_admin):
        raise NotThisMachineOnly(host=host)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def make_server(
    app: Any,
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    stopping: threading.Event | None = None,
    behind_proxy: bool = False,
    has_admin: bool = False,
    proxies: str | None = None,
) -> Server:
    """A server that is not running yet. `stopping` is the event that was handed to the application; `proxies` are
    the addresses and networks, separated by commas, from which proxies come: they say who asks."""
    must_be_allowed(host, behind_proxy=behind_proxy, has_admin=has_admin)
    config = uvicorn.Config(
        app,
        http=Protocol,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=behind_proxy,
        forwarded_allow_ips=proxies or THIS_MACHINE,
        timeout_graceful_shutdown=GRACE_SECONDS,
        h11_max_incomplete_event_size=65_536,
    )
    return Server(config, stopping or threading.Event())


def serve(
    app: Any,
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    stopping: threading.Event | None = None,
    behind_proxy: bool = False,
    has_admin: bool = False,
) -> None:
    """Serve until SIGTERM or Ctrl-C; requests in hand are finished. Raises NotThisMachineOnly."""
    make_server(app, host, port, stopping=stopping, behind_proxy=behind_proxy, has_admin=has_admin).run()
