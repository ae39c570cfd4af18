"""Where a reader of the stream stands, kept for the time after a restart."""

from __future__ import annotations

import atexit
import json
import os
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

from api.client.errors import CheckpointNotKept, CheckpointUnreadable

PAUSE = 0.2
"""Seconds between two marks in a file."""


class Mark(NamedTuple):
    """Everything up to `position` was handled, in the journal's `epoch` (another one after each restore)."""

    position: int
    epoch: int | None = None


@runtime_checkable
class Checkpoint(Protocol):
    """Keeps a mark. Saved after an event was handled: who is killed in between gets it once more, never not at all."""

    def load(self) -> Mark | None:
        """The mark that was saved last; None where there was none."""

    def save(self, mark: Mark) -> None:
        """Keep a mark. One that keeps it later has a method `flush`, too: it is called before the reader waits or
        ends."""


class FileCheckpoint:
    """A mark in a file, which is always whole; written at most each 0.2 seconds, and once the reader has all, waits for
    more, or ends. Who is killed in between gets what came since once more; with `every_event` the last one alone, which
    is much slower. A database that the events go to is the better place: save the mark in the same transaction."""

    def __init__(self, path: str | os.PathLike[str], *, every_event: bool = False) -> None:
        self._path, self._pause = Path(path), 0.0 if every_event else PAUSE
        self._open: Mark | None = None
        self._written = -PAUSE
        _FILES.add(self)

    def load(self) -> Mark | None:
        """The mark in the file. Raises CheckpointUnreadable: nobody reads everything again by accident."""
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
            position, epoch = found["position"], found["epoch"]
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CheckpointUnreadable(path=self._path, reason=error) from error
        if not isinstance(position, int) or position < 0 or not isinstance(epoch, int | None):
            raise CheckpointUnreadable(path=self._path, reason=f"position {position}, epoch {epoch}")
        return Mark(position, epoch)

    def save(self, mark: Mark) -> None:
        """Write the mark, now or soon. Raises CheckpointNotKept."""
        self._open = mark
        if time.monotonic() - self._written >= self._pause:
            self.flush()

    def flush(self) -> None:
        """Write the mark that was saved last. Raises CheckpointNotKept."""
        if self._open is None:
            return
        mark, self._open, self._written = self._open, None, time.monotonic()
        partial = self._path.with_name(f"{self._path.name}.new")
        try:
            partial.write_text(json.dumps(mark._asdict()) + "\n", encoding="utf-8")
            partial.replace(self._path)
        except OSError as error:
            raise CheckpointNotKept(path=self._path, reason=error) from error


def flushed(checkpoint: Checkpoint | None) -> None:
    """Have a checkpoint that writes now and then write what it was told last."""
    if checkpoint is not None and callable(flush := getattr(checkpoint, "flush", None)):
        flush()


_FILES: weakref.WeakSet[FileCheckpoint] = weakref.WeakSet()


@atexit.register
def _flush() -> None:
    """A program that ends by an exception may hold its reader until the end."""
    for each in list(_FILES):
        each.flush()


class Told:
    """A checkpoint that only tells a function of each mark."""

    def __init__(self, tell: Callable[[Mark], object]) -> None:
        self._tell = tell

    def load(self) -> Mark | None:
        """Nothing is kept."""
        return None

    def save(self, mark: Mark) -> None:
        """Tell of it."""
        self._tell(mark)


def checkpoint_of(stated: Checkpoint | Callable[[Mark], object] | None) -> Checkpoint | None:
    """What keeps marks."""
    return stated if stated is None or isinstance(stated, Checkpoint) else Told(stated)
