"""The life of one server process."""

import os
import shutil
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from api.cli.embedded import locks
from api.cli.embedded.errors import ServerError
from api.cli.embedded.place import Place, Say

TICK = 0.02  # seconds
LOG_LIMIT = 10_000_000  # bytes; a longer log is put aside at the next start


class Daemon(ABC):
    """A server whose life is a lock that the process and all its children inherit.

    The lock is free exactly when no process of the server is left, so no pid that was reused, no zombie and no torn
    pid file can deceive us, and a kill -9 needs no clearing up. Callers of `start` and `stop` take turns by
    themselves (see EmbeddedServers).
    """

    name: str
    remedy = ""
    start_seconds = 300.0  # crash recovery of a large database is slow
    leftover_seconds = 30.0  # how long children of a killed server, or an orphaned initdb, may take to end
    stop_seconds = 120.0  # the last checkpoint writes all that is in memory

    def __init__(self, place: Place, say: Say, kind: str) -> None:
        self.place = place
        self.say = say
        self.data = place.folder / kind
        self.sockets = place.socket_folder(self.data)
        self.life = place.folder / f"{kind}.lock"
        self.log = place.folder / f"{kind}.log"

    @abstractmethod
    def answers(self) -> bool:
        """Whether the server takes requests now."""

    @abstractmethod
    def prepare(self, life: int) -> Sequence[str | Path]:
        """Make the data ready and return the command that starts the server; `life` is the lock's descriptor."""

    @abstractmethod
    def coming_up(self) -> bool:
        """Whether the living process is a server on its way up, and not what a killed one left behind."""

    @abstractmethod
    def ask_to_stop(self) -> None:
        """Ask the server to end in order. May be called again and again."""

    def running(self) -> bool:
        """Whether the server lives and takes requests."""
        return locks.held(self.life) and self.answers()

    def start(self) -> None:
        """Return when the server takes requests; raise ServerError when it cannot."""
        life = self._free_life()
        if life is None:
            return
        try:
            if self.sockets != self.data:
                self.place.make_short_folder(self.sockets)
            self._launch(self.prepare(life), life)
        finally:
            os.close(life)  # never unlock: the server goes on holding it
        deadline = time.monotonic() + self.start_seconds
        while not self.answers():
            if not locks.held(self.life):
                raise ServerError(
                    f"{self.name} did not start. {self.remedy}Its log {self.log} ends:\n{self._log_end()}"
                )
            if time.monotonic() > deadline:
                raise ServerError(f"{self.name} still does not answer after {self.start_seconds:.0f} s: see {self.log}")
            time.sleep(TICK)

    def stop(self) -> None:
        """Return when no process of the server is left."""
        deadline = time.monotonic() + self.stop_seconds
        while locks.held(self.life):
            if time.monotonic() > deadline:
                raise ServerError(f"{self.name} in {self.data} does not stop. See {self.log}, or end it by hand.")
            self.ask_to_stop()
            time.sleep(TICK)
        if self.sockets != self.data:
            shutil.rmtree(self.sockets, ignore_errors=True)

    def _free_life(self) -> int | None:
        """The lock once nobody holds it, or None when a server answers."""
        began = time.monotonic()
        while (life := locks.take(self.life)) is None:
            if self.answers():
                return None
            patience = self.start_seconds if self.coming_up() else self.leftover_seconds
            if time.monotonic() - began > patience:
                raise ServerError(
                    f"An earlier {self.name} still holds {self.data} and does not answer. End its processes "
                    f"(`ps aux | grep {self.data}`), then try again."
                )
            time.sleep(TICK)
        return life

    def _launch(self, command: Sequence[str | Path], life: int) -> None:
        """Start the server as nobody's child: no zombie stays, and no Ctrl-C of a terminal reaches it."""
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        log = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            self.place.own(self.log)
            self.place.run(
                ["/bin/sh", "-c", '"$@" &', "sh", *command],
                pass_fds=[life],
                start_new_session=True,
                umask=0o077,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=True,
            )
        finally:
            os.close(log)

    def _log_end(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-8:])
