"""A folder outside the database that keeps every checkpoint, and the hash of every event."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import psycopg

from domain.errors import KamsError
from domain.seal.checkpoints import Checkpoint, read_checkpoint
from domain.seal.kept import last_note
from domain.seal.leaves import leaf_hashes
from domain.seal.merkle import HASH_BYTES, Growing

NOTES, LEAVES, LOCK = "checkpoints.txt", "leaves.bin", "lock"
READ_BYTES = HASH_BYTES * 32_768
LARGEST_END = 65_536
"""Bytes of the file of notes among which the newest is looked for."""

Leaves = Callable[[psycopg.Connection, int, int], Iterator[list[bytes]]]


class AnchorContradicts(KamsError):
    """What {anchor} keeps and the journal exclude each other: {reason}. Nothing is written there any more; look into it
    with `kams audit verify --anchor` before you give KAMS_ANCHORS another folder."""


class FolderAnchor:
    """Appends to `checkpoints.txt` (signed notes) and `leaves.bin` (32 bytes per event), and never writes there anew.

    A checkpoint is only kept when its root is what the folder's own leaves give, so the folder is a second witness:
    it holds from the first event on. What a process left half-written when it was killed is cut off.
    """

    every = 0
    local = True

    def __init__(self, folder: Path, leaves: Leaves = leaf_hashes) -> None:
        self.name = f"file:{folder}"
        self.folder = folder
        self._leaves = leaves
        self._tree = Growing()
        self._last: Checkpoint | None = None
        self._rest = b""
        self._written = 0
        """The length of the whole notes in their file."""
        self._seen: list[tuple[int, int]] | None = None
        """Lengths and times of the files as they were left here; anything else is read anew."""

    def reached(self, _: int) -> int:
        """The size of the newest checkpoint that the folder keeps, whatever anybody says of it."""
        if not self.folder.exists():
            return 0
        with self._alone():
            return self._last.size if self._last else 0

    def keep(self, connection: psycopg.Connection, note: str) -> None:
        """Append a checkpoint and the leaves up to it. Raises AnchorContradicts, OSError."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._alone():
            checkpoint = read_checkpoint(note)
            self._must_follow(checkpoint)
            if self._last is None or self._last.size < checkpoint.size:
                self._see_that_rest_is_of(note)
                tree = self._leaves_up_to(connection, checkpoint)
                self._append(note)
                self._tree, self._last = tree, checkpoint
                self._seen = self._state()

    def must_agree(self, newest: str | None) -> None:
        """Nothing is to be appended: is the folder not ahead of the journal? Raises AnchorContradicts."""
        if self.folder.exists():
            with self._alone():
                if newest is not None:
                    self._must_follow(read_checkpoint(newest))
                elif self._last is not None:
                    raise self._contradicts(f"it keeps a checkpoint of {self._last.size} events, the journal has none")

    def _must_follow(self, checkpoint: Checkpoint) -> None:
        last = self._last
        if last is None:
            return
        if last.system != checkpoint.system:
            raise self._contradicts(f"it belongs to the system {last.system}, this one is {checkpoint.system}")
        if checkpoint.size < last.size:
            raise self._contradicts(
                f"it keeps a checkpoint of {last.size} events, the journal's newest has {checkpoint.size}"
            )
        if checkpoint.size == last.size and checkpoint.root != last.root:
            raise self._contradicts(f"the roots of the first {last.size} events differ")

    def _see_that_rest_is_of(self, note: str) -> None:
        """Bytes after the last whole note must be the beginning of the next, written by somebody who was killed."""
        if not note.encode().startswith(self._rest.rstrip(b"\0")):
            raise self._contradicts(f"{NOTES} goes on with something else after its checkpoint of {self._size} events")

    def _leaves_up_to(self, connection: psycopg.Connection, checkpoint: Checkpoint) -> Growing:
        """Append the leaves that are missing, or nothing; what stands beyond the last checkpoint must be the same."""
        path, start = self.folder / LEAVES, self._size * HASH_BYTES
        with path.open("r+b" if path.exists() else "w+b") as file:
            file.seek(start)
            left = file.read().rstrip(b"\0")
            left = left[: len(left) // HASH_BYTES * HASH_BYTES]
            end = start + len(left)
            file.truncate(end)
            file.seek(end)
            try:
                tree = self._grown(file, left, self._leaves(connection, self._size, checkpoint.size))
                if tree.size != checkpoint.size or tree.root != checkpoint.root:
                    raise self._contradicts(
                        f"its leaves, with the events since then, do not give the root of the first {checkpoint.size}"
                    )
            except KamsError as error:
                file.truncate(end)
                if isinstance(error, AnchorContradicts):
                    raise
                raise self._contradicts(str(error)) from error
            file.flush()
            os.fsync(file.fileno())
        return tree

    def _grown(self, file: BinaryIO, left: bytes, leaves: Iterator[list[bytes]]) -> Growing:
        """The tree with these leaves; those are written that are not there already."""
        tree = self._tree.copy()
        for chunk in leaves:
            content = b"".join(chunk)
            tree.add(content)
            known, left = left[: len(content)], left[len(content) :]
            if not content.startswith(known):
                raise self._contradicts(f"{LEAVES} holds other events after the first {self._size}")
            file.write(content[len(known) :])
        return tree

    def _append(self, note: str) -> None:
        path = self.folder / NOTES
        with path.open("r+b" if path.exists() else "w+b") as file:
            file.truncate(self._written)
            file.seek(self._written)
            file.write(note.encode())
            file.flush()
            os.fsync(file.fileno())
            self._written, self._rest = file.tell(), b""
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    @property
    def _size(self) -> int:
        return self._last.size if self._last else 0

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """With the folder to oneself, and what it holds read where somebody else wrote to it."""
        descriptor = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            self._read_anew()
            yield
        finally:
            os.close(descriptor)

    def _read_anew(self) -> None:
        seen = self._state()
        if seen == self._seen:
            return
        self._seen = None
        notes, (length, _) = self.folder / NOTES, seen[0]
        found, self._rest = last_note(_end_of(notes, length))
        if found is None and length > LARGEST_END:
            raise self._contradicts(f"{NOTES} does not end with a checkpoint")
        self._written = length - len(self._rest)
        self._last = read_checkpoint(found) if found else None
        self._tree = Growing()
        if self._last is not None:
            self._read_leaves(self.folder / LEAVES, self._last)
        self._seen = seen

    def _state(self) -> list[tuple[int, int]]:
        """Length and time of both files."""
        found = []
        for path in (self.folder / NOTES, self.folder / LEAVES):
            try:
                state = path.stat()
                found.append((state.st_size, state.st_mtime_ns))
            except FileNotFoundError:
                found.append((0, 0))
        return found

    def _read_leaves(self, path: Path, last: Checkpoint) -> None:
        missing = last.size * HASH_BYTES
        if path.exists():
            with path.open("rb") as file:
                while missing and (content := file.read(min(missing, READ_BYTES))):
                    self._tree.add(content)
                    missing -= len(content)
        if missing or self._tree.root != last.root:
            raise self._contradicts(f"{LEAVES} does not give the root of its newest checkpoint, of {last.size} events")

    def _contradicts(self, reason: str) -> AnchorContradicts:
        return AnchorContradicts(anchor=self.name, reason=reason)


def _end_of(path: Path, length: int) -> bytes:
    if not length:
        return b""
    with path.open("rb") as file:
        file.seek(max(0, length - LARGEST_END))
        return file.read()
