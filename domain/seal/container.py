"""The container of an export: a ZIP of a few known names. It is read where it lies, nothing is ever unpacked."""

from __future__ import annotations

import contextlib
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from copy import copy
from pathlib import Path
from typing import IO, BinaryIO

from domain.errors import KamsError

README, VERIFIER, SYSTEM, KEY = "README.txt", "verify.py", "system.json", "key.txt"
SCHEMAS, CHECKPOINTS, LEAVES, EVENTS, PROOFS = (
    "schemas.json",
    "checkpoints.txt",
    "leaves.bin",
    "events.bin",
    "proofs.bin",
)
NAMES = frozenset({README, VERIFIER, SYSTEM, KEY, SCHEMAS, CHECKPOINTS, LEAVES, EVENTS, PROOFS})
PROVEN = frozenset({CHECKPOINTS, LEAVES, EVENTS, PROOFS})
SMALL = 1 << 24
"""More is not read of a member that is read whole."""

UNREADABLE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, NotImplementedError,
    RuntimeError, ValueError, OverflowError, LookupError,
)  # fmt: skip
"""What a damaged container can raise."""

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED = 1
MOST_DIRECTORY = 1 << 16
_END = struct.Struct("<4s4HLLH")
_END_64 = struct.Struct("<4sQ2H2L4Q4sLQL")


class ExportUnreadable(KamsError):
    """{path} cannot be read as an export of KAMS: {reason}."""


class Container:
    """An export that is open for reading."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self._path, self._archive = path, archive

    def __contains__(self, name: str) -> bool:
        return name in self._archive.NameToInfo

    def unreadable(self, reason: str) -> ExportUnreadable:
        """The error that names this file."""
        return ExportUnreadable(path=self._path, reason=reason[:200])

    def small(self, name: str) -> bytes:
        """A member that is small. Raises ExportUnreadable."""
        with self.stream(name) as stream:
            content = stream.read(SMALL + 1)
        if len(content) > SMALL:
            raise ExportUnreadable(path=self._path, reason=f"{name} is larger than any export's")
        return content

    @contextlib.contextmanager
    def stream(self, name: str) -> Iterator[Stream]:
        """A member from its beginning. Raises ExportUnreadable, while it is read, too."""
        if name not in self:
            raise ExportUnreadable(path=self._path, reason=f"{name} is missing")
        info = copy(self._archive.getinfo(name))
        if name in PROVEN:
            del info.CRC  # what is hashed anyhow, event by event, is named where it differs
        with contextlib.ExitStack() as stack:
            with _explained(self._path, name):
                stream = stack.enter_context(self._archive.open(info))
            yield Stream(stream, self._path, name)


class Stream:
    """A member that is being read; what is wrong with it is an ExportUnreadable."""

    def __init__(self, stream: IO[bytes], path: Path, name: str) -> None:
        self._stream, self._path, self._name = stream, path, name

    def read(self, n: int, /) -> bytes:
        """So many bytes, fewer at the end."""
        with _explained(self._path, self._name):
            return self._stream.read(n)

    def readline(self, most: int, /) -> bytes:
        """The next line, or its beginning."""
        with _explained(self._path, self._name):
            return self._stream.readline(most)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Container]:
    """An export for reading. Raises ExportUnreadable."""
    with contextlib.ExitStack() as stack:
        with _explained(path, ""):
            file = stack.enter_context(path.open("rb"))
            _see_that_its_directory_is_small(file, path)
            archive = stack.enter_context(zipfile.ZipFile(file))
            _see_that_it_holds_what_exports_hold(archive, path)
        yield Container(path, archive)


@contextlib.contextmanager
def _explained(path: Path, name: str) -> Iterator[None]:
    try:
        yield
    except UNREADABLE as error:
        words = str(error) if isinstance(error, OSError | zipfile.BadZipFile) else type(error).__name__
        reason = f"{name}: {words}" if name else words
        raise ExportUnreadable(path=path, reason=reason[:200]) from error


def _see_that_its_directory_is_small(file: BinaryIO, path: Path) -> None:
    """A list of a million names would be read whole before anybody could refuse it. An export has no comment, so the
    end of its directory stands at the very end."""
    size = file.seek(0, 2)
    file.seek(max(size - _END_64.size - _END.size, 0))
    tail = file.read()
    if len(tail) < _END.size or not tail[-_END.size :].startswith(b"PK\5\6"):
        raise ExportUnreadable(path=path, reason="it is no ZIP file, or its end is missing")
    counts = [_END.unpack(tail[-_END.size :])[5]]
    if len(tail) == _END_64.size + _END.size and tail[-_END.size - 20 :].startswith(b"PK\6\7"):
        counts = [_END_64.unpack(tail[: _END_64.size])[8]]
    if counts[0] > MOST_DIRECTORY:
        raise ExportUnreadable(path=path, reason="it holds more files than any export")


def _see_that_it_holds_what_exports_hold(archive: zipfile.ZipFile, path: Path) -> None:
    names = [each.filename for each in archive.infolist()]
    for each in archive.infolist():
        if each.filename not in NAMES or names.count(each.filename) > 1:
            raise ExportUnreadable(path=path, reason=f"it holds {each.filename[:80]!r}, which no export holds so")
        if each.compress_type not in METHODS or each.flag_bits & ENCRYPTED:
            raise ExportUnreadable(path=path, reason=f"{each.filename} is packed as no export is")
