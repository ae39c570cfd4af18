"""Files that commands write: whole under their name, or not there; never over another one unless told, and never in
the place of anything that is no file."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from domain.errors import Refused
from domain.language.catalogue import say

ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
LEAVE = (errno.EACCES, errno.EPERM, errno.EROFS)
NAME = (errno.ENAMETOOLONG, errno.EINVAL, errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.ENOENT, errno.EEXIST)


class FileThere(Refused):
    """{path} is there already: state another name, or --force to write over it."""


class NoSuchFolder(Refused):
    """There is no folder {path}: make it first, or state a file in another one."""


class NotAFolder(Refused):
    """{path} is there and is no folder: state a folder, or the name of a file in one."""


class NotAFile(Refused):
    """{path} is there and is no file, but {what}: state the name of a new file, or of one that may be replaced."""


class NotWritten(Refused):
    """{path} cannot be written: {reason}. Nothing was left there."""


def see_that_it_can_be(path: Path) -> None:
    """Refuse all that is neither a file nor a new name in a folder that is there. Raises NotAFile, NoSuchFolder,
    NotWritten."""
    with told(path):
        if path.is_file():
            return
        if path.exists():
            raise NotAFile(path=path, what=_what(path))
        if path.is_symlink():
            raise NotAFile(path=path, what=say("a link to what is not there"))
        if not path.parent.is_dir():
            raise NoSuchFolder(path=path.parent)


def _what(path: Path) -> str:
    if path.is_dir():
        return say("a folder")
    if path.is_block_device() or path.is_char_device():
        return say("a device")
    return say("a pipe or a socket")


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Says in words what the system says of a file that is being written. Raises NotWritten."""
    try:
        yield
    except OSError as error:
        reasons = {ROOM: say("no room is left on the disk"), LEAVE: say("you may not write there")}
        known = [reason for numbers, reason in reasons.items() if error.errno in numbers]
        if not _about(error, path) or not (known or error.errno in (*NAME, errno.EIO)):
            raise
        raise NotWritten(path=path, reason=(known or [str(error.strerror)])[0]) from None


def _about(error: OSError, path: Path) -> bool:
    """Whether an error is about a file, what lies beside it until it is whole, or the folders above."""
    if not isinstance(error.filename, str):
        return error.filename is None
    named = Path(error.filename)
    return named == path or named.parent == path.parent or named in path.parents


@contextmanager
def whole(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes its name when it is complete and on the disk: one that was there before stays until then. Who
    is killed leaves a hidden `.NAME.partial` at most, which the next one writes over. It is its owner's alone: what
    leaves the system may tell of people. Raises NotAFile, NoSuchFolder, NotWritten."""
    see_that_it_can_be(path)
    path = path.resolve()
    partial = path.with_name(f".{path.name}.partial")
    try:
        with told(path):
            with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


@contextmanager
def new_file(path: Path, *, force: bool = False) -> Iterator[IO[bytes]]:
    """The same for a name that nothing has yet. Raises FileThere, too."""
    see_that_it_can_be(path)
    if path.exists() and not force:
        raise FileThere(path=path)
    with whole(path) as file:
        yield file
