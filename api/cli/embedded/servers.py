"""Both embedded servers together, and who uses them."""

import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import FrameType

from api.cli.embedded import locks
from api.cli.embedded.place import SYSTEM_FOLDER, Place, Say, find_place
from api.cli.embedded.postgres import Postgres
from api.cli.embedded.valkey import Valkey
from api.cli.settings import Settings


@dataclass(frozen=True)
class Addresses:
    """Where PostgreSQL is, and Valkey when it was wanted."""

    database_url: str
    redis_url: str | None


@dataclass(frozen=True)
class Running:
    """Which of the embedded servers live and take requests."""

    postgres: bool
    valkey: bool


class EmbeddedServers:
    """The servers in the settings' home; a server whose address the settings name is never touched.

    Every user holds a shared lock on `users.lock` from `start` to `leave`. The kernel takes it from a killed one, so
    the last who leaves can tell that he is the last, and he stops the servers. `kams up` is one user among others: it
    stays for its whole life.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        say: Say | None = None,
        system_folder: Path = SYSTEM_FOLDER,
        postgres_options: Mapping[str, str] | None = None,
    ) -> None:
        self._settings = settings
        self._say = say or _to_standard_error
        self._system_folder = system_folder
        self._postgres_options = postgres_options or {}
        self._lease: int | None = None

    def start(self, want_valkey: bool = True) -> Addresses:
        """Start what does not run yet and become a user of it.

        Raises ServerError when a server cannot be started; those that run stay.
        """
        embed_postgres = self._settings.database_url is None
        embed_valkey = want_valkey and self._settings.redis_url is None
        if embed_postgres or embed_valkey:
            with locks.exclusive(self._turns):
                if self._lease is None:
                    self._lease = locks.share(self._users)
                if embed_postgres:
                    self._postgres.start()
                if embed_valkey:
                    self._valkey.start()
        return Addresses(
            database_url=self._settings.database_url or self._postgres.url,
            redis_url=self._settings.redis_url or (self._valkey.url if want_valkey else None),
        )

    def leave(self) -> None:
        """Be a user no longer; the last one stops both servers."""
        if self._lease is None:
            return
        with locks.exclusive(self._turns):
            os.close(self._lease)
            self._lease = None
            if not locks.held(self._users):
                self._stop_both()

    def stop(self) -> None:
        """Stop both servers, whoever uses them."""
        if not self._settings.home.exists():
            return
        with locks.exclusive(self._turns):
            if self._lease is not None:
                os.close(self._lease)
                self._lease = None
            self._stop_both()

    def running(self) -> Running:
        """Which of the embedded servers take requests now; starts nothing."""
        if not self._settings.home.exists():
            return Running(postgres=False, valkey=False)
        return Running(postgres=self._postgres.running(), valkey=self._valkey.running())

    def _stop_both(self) -> None:
        self._valkey.stop()
        self._postgres.stop()

    @cached_property
    def _place(self) -> Place:
        return find_place(self._settings.home, self._system_folder, self._say)

    @cached_property
    def _postgres(self) -> Postgres:
        return Postgres(self._place, self._say, self._settings.pg_bin, self._postgres_options)

    @cached_property
    def _valkey(self) -> Valkey:
        return Valkey(self._place, self._say, self._settings.valkey_bin)

    @property
    def _users(self) -> Path:
        return self._place.folder / "users.lock"

    @property
    def _turns(self) -> Path:
        return self._place.folder / "start.lock"


@contextmanager
def servers(settings: Settings, want_valkey: bool = True) -> Iterator[Addresses]:
    """The servers' addresses for the time of a command; what nobody uses afterwards is stopped.

    SIGTERM and SIGHUP end the command in order, as SystemExit, unless it handles them itself.
    """
    embedded = EmbeddedServers(settings)
    with _ended_in_order():
        try:
            yield embedded.start(want_valkey)
        finally:
            embedded.leave()


@contextmanager
def _ended_in_order() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    ours = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, _end)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _end(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _to_standard_error(message: str) -> None:
    print(message, file=sys.stderr, flush=True)
