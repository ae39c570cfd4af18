"""Where a reader of the stream stands, kept for the time after a restart."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

from api.client.errors import CheckpointNotKept, CheckpointUnreadable


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
        """Keep a mark."""


class FileCheckpoint:
    """A mark in a file, which is always whole; written at every `every`th mark. A database that the events go to is
    the better place: save the mark in the same transaction."""

    def __init__(self, path: str | os.PathLike[str], every: int = 1) -> None:
        self._path, self._every, self._saved = Path(path), every, 0

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
        """Write the mark. Raises CheckpointNotKept."""
        self._saved += 1
        if self._saved % self._every:
            return
        partial = self._path.with_name(f"{self._path.name}.new")
        try:
            partial.write_text(json.dumps(mark._asdict()) + "\n", encoding="utf-8")
            partial.replace(self._path)
        except OSError as error:
            raise CheckpointNotKept(path=self._path, reason=error) from error


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
