"""Files that commands write: whole under their name, or not there; never over another one unless told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from domain.errors import Refused


class FileThere(Refused):
    """{path} is there already: state another name, or --force to write over it."""


class NoSuchFolder(Refused):
    """There is no folder {path}: make it first, or state a file in another one."""


@contextmanager
def whole(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes its name when it is complete and on the disk: one that was there before stays until then. Who
    is killed leaves a hidden `.NAME.partial` at most, which the next one writes over. It is its owner's alone: what
    leaves the system may tell of people."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


@contextmanager
def new_file(path: Path, *, force: bool = False) -> Iterator[IO[bytes]]:
    """The same for a name that nothing has yet. Raises FileThere, NoSuchFolder."""
    if path.exists() and not force:
        raise FileThere(path=path)
    if not path.parent.is_dir():
        raise NoSuchFolder(path=path.parent)
    with whole(path) as file:
        yield file
