"""Embedded servers that die under a running system are started again; `kams down` is obeyed."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
import structlog

from api.cli.embedded import EmbeddedServers, ServerError
from api.cli.settings import Settings

PAUSE = 1.0
END = "down"

log = structlog.get_logger()


def note_end(settings: Settings) -> None:
    """Tell the running systems of this home that the servers are stopped on purpose."""
    if settings.home.exists():
        (settings.home / END).touch()


def end_noted(home: Path) -> float:
    """When the servers of a home were last stopped on purpose, in seconds; 0 if never."""
    try:
        return (home / END).stat().st_mtime
    except FileNotFoundError:
        return 0.0


class Watch(threading.Thread):
    """Holds an idle connection to each embedded server. When one ends, whatever ended it, the servers are started
    again; if it was `kams down`, `end` is called instead."""

    def __init__(self, settings: Settings, end: Callable[[], None]) -> None:
        super().__init__(name="server-watch", daemon=True)
        self._settings = settings
        self._servers = EmbeddedServers(settings)
        self._end = end
        self._since = end_noted(settings.home)
        self._stopping = threading.Event()
        self._waker, self._alarm = socket.socketpair()

    def stop(self) -> None:
        """Watch no longer; be a user of the servers no longer."""
        self._stopping.set()
        self._waker.send(b"\0")
        if self.is_alive():
            self.join()
        self._waker.close()
        self._alarm.close()
        self._servers.leave()

    def run(self) -> None:
        """Watch until stopped, or until there is nothing to watch."""
        if self._settings.database_url is not None and self._settings.redis_url is not None:
            return
        while not self._stopping.is_set() and not self._ended():
            try:
                self._wait_for_a_death()
            except (ServerError, OSError, psycopg.Error) as error:
                log.warning("embedded servers cannot be started", reason=str(error).strip())
                self._stopping.wait(PAUSE)

    def _ended(self) -> bool:
        if end_noted(self._settings.home) <= self._since:
            return False
        log.info("the servers were stopped by kams down")
        self._end()
        return True

    def _wait_for_a_death(self) -> None:
        addresses = self._servers.start()
        began = time.monotonic()
        with ExitStack() as stack:
            ears = [self._alarm.fileno()]
            if self._settings.database_url is None:
                ears.append(stack.enter_context(psycopg.connect(addresses.database_url)).fileno())
            if self._settings.redis_url is None and addresses.redis_url:
                valkey = stack.enter_context(socket.socket(socket.AF_UNIX))
                valkey.connect(unquote(urlsplit(addresses.redis_url).path))
                ears.append(valkey.fileno())
            select.select(ears, [], [])
        if not self._stopping.is_set():
            log.info("an embedded server has ended")
            self._stopping.wait(max(0.0, PAUSE - (time.monotonic() - began)))
