"""A backup file: a zip of parts and a manifest that names them, with the SHA-256 of each."""

from __future__ import annotations

import fcntl
import hashlib
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec

from domain.decodable import decodable
from domain.errors import KamsError
from domain.language.catalogue import say

FORMAT = 1
JOURNAL, KEYS = "kams backup: journal", "kams backup: keys"
MANIFEST = "manifest.json"
PARTIAL = ".kams-partial"
PIECE = 1 << 20
LARGEST_MANIFEST = 10 << 20
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)


class BackupUnreadable(KamsError):
    """{path} is no whole backup: {reason}. Nothing was changed."""


class BackupIsNewer(KamsError):
    """{path} was made by a newer KAMS than this: {reason}. Restore it with that one, or a later one."""


class WrongFile(KamsError):
    """{path} is {found}, and {expected} is wanted there: `kams restore JOURNALFILE --keys KEYSFILE`."""


class BackupUnderWay(KamsError):
    """Somebody else is writing {path} at this moment."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A member of the zip: a table as binary COPY with its columns, or bytes of another kind (no columns)."""

    name: str
    columns: tuple[str, ...] = ()
    rows: int
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds: of which system, made when, how far the journal went, and the newest checkpoint then."""

    kind: str
    format: int
    system: UUID
    made_at: datetime
    head: int
    checkpoint: str | None
    migrations: tuple[str, ...]
    parts: tuple[Part, ...]


class Writing:
    """A backup file on its way, under another name: under its own it is whole, or not at all."""

    def __init__(self, path: Path, *, level: int) -> None:
        self.path = path
        self.parts: list[Part] = []
        self._level = level
        self._partial = path.with_name(f".{path.name}{PARTIAL}")
        self._file = os.fdopen(os.open(self._partial, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise BackupUnderWay(path=path) from None
        self._file.truncate()
        os.fchmod(self._file.fileno(), 0o600)
        self._zip = zipfile.ZipFile(self._file, "w")

    @contextmanager
    def part(self, name: str, columns: tuple[str, ...] = ()) -> Iterator[PartWriting]:
        """A part that is written piece by piece; its number of rows is to be stated."""
        info = zipfile.ZipInfo(name, date_time=(2000, 1, 1, 0, 0, 0))
        info.compress_type = zipfile.ZIP_DEFLATED if self._level else zipfile.ZIP_STORED
        info._compresslevel = self._level  # type: ignore[attr-defined]  # the only way to give a level to a stream
        with self._zip.open(info, "w", force_zip64=True) as member:
            part = PartWriting(member.write)
            yield part
        self.parts.append(
            Part(name=name, columns=columns, rows=part.rows, size=part.size, sha256=part.digest.hexdigest())
        )

    def finish(self, manifest: Manifest) -> bytes:
        """Write the manifest, see that all is on the disk, and give the file its name; returns the manifest's hash."""
        text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
        self._zip.writestr(MANIFEST, text)
        self._zip.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._partial.rename(self.path)
        self._file.close()
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return hashlib.sha256(text).digest()

    def give_up(self) -> None:
        """Leave nothing behind; after `finish` there is nothing to do."""
        if not self._file.closed:
            self._partial.unlink(missing_ok=True)
            with suppress(OSError, ValueError):  # no room for its directory either
                self._zip.close()
            with suppress(OSError):
                self._file.close()


class PartWriting:
    """Takes the pieces of a part, and counts and hashes them."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self.rows = self.size = 0
        self.digest = hashlib.sha256()

    def write(self, piece: bytes) -> None:
        """Write a piece."""
        self.size += len(piece)
        self.digest.update(piece)
        self._write(piece)


def clear_partials(folder: Path) -> None:
    """Remove what killed backups left; what somebody is writing is locked, and stays."""
    for left in folder.glob(f".*{PARTIAL}"):
        with left.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue
            left.unlink(missing_ok=True)


class Backup:
    """A backup file opened for reading. Every part is hashed before anything is made of it."""

    def __init__(self, path: Path, kind: str) -> None:
        """Raises BackupUnreadable, BackupIsNewer, WrongFile."""
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
            text = self._zip.read(MANIFEST) if self._manifest_size() <= LARGEST_MANIFEST else b""
        except FileNotFoundError:
            raise BackupUnreadable(path=path, reason=say("there is no such file")) from None
        except KeyError:
            raise BackupUnreadable(path=path, reason=say("it has no manifest")) from None
        except UNREADABLE as error:
            raise BackupUnreadable(path=path, reason=say("it is cut short or damaged ({error})", error=error)) from None
        self.digest = hashlib.sha256(text).digest()
        self.manifest = self._read(text)
        if self.manifest.kind != kind:
            names = {JOURNAL: say("the backup of a journal"), KEYS: say("a backup of keys")}
            raise WrongFile(path=path, found=names[self.manifest.kind], expected=names[kind])
        self._parts = {part.name: part for part in self.manifest.parts}

    def part(self, name: str) -> Part | None:
        """What the manifest says of a part."""
        return self._parts.get(name)

    def pieces(self, name: str) -> Iterator[bytes]:
        """A part, piece by piece. Raises BackupUnreadable."""
        try:
            with self._zip.open(name) as member:
                while piece := member.read(PIECE):
                    yield piece
        except UNREADABLE as error:
            raise self._damaged(name, error) from None

    def whole(self, name: str) -> bytes:
        """A part at once; nothing where there is none."""
        return b"".join(self.pieces(name)) if name in self._parts else b""

    def check(self, progress: Callable[[int], object]) -> None:
        """See that every part is what the manifest says. Raises BackupUnreadable."""
        if sorted([*self._parts, MANIFEST]) != sorted(self._zip.namelist()):
            raise BackupUnreadable(path=self.path, reason=say("its parts are not those of its manifest"))
        for part in self.manifest.parts:
            digest, size = hashlib.sha256(), 0
            for piece in self.pieces(part.name):
                digest.update(piece)
                size += len(piece)
                progress(len(piece))
            if (size, digest.hexdigest()) != (part.size, part.sha256):
                raise self._damaged(part.name, say("its checksum is another"))

    def close(self) -> None:
        """Close the file."""
        self._zip.close()

    def _manifest_size(self) -> int:
        return self._zip.getinfo(MANIFEST).file_size

    def _read(self, text: bytes) -> Manifest:
        try:
            head = msgspec.json.decode(text, type=decodable(_Head))
            kind, number = head.kind, head.format
            if kind in (JOURNAL, KEYS) and number > FORMAT:
                reason = say("its format is {number}, this one reads up to {format}", number=number, format=FORMAT)
                raise BackupIsNewer(path=self.path, reason=reason)
            if kind not in (JOURNAL, KEYS):
                raise BackupUnreadable(path=self.path, reason=say("it is something else"))
            return msgspec.json.decode(text, type=decodable(Manifest))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            reason = say("its manifest cannot be read ({error})", error=error)
            raise BackupUnreadable(path=self.path, reason=reason) from None

    def _damaged(self, name: str, error: object) -> BackupUnreadable:
        reason = say("its part {name} is damaged ({error})", name=name, error=error)
        return BackupUnreadable(path=self.path, reason=reason)


class _Head(msgspec.Struct):
    kind: str
    format: int
