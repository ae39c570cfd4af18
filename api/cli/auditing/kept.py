"""Checkpoints that an auditor brings along: a folder of an anchor, a file of notes, a saved note, a saved mail."""

from __future__ import annotations

from pathlib import Path

from domain.errors import KamsError
from domain.seal.findings import Anchored
from domain.seal.kept import notes_in
from domain.seal.merkle import HASH_BYTES

NOTES, LEAVES = "checkpoints.txt", "leaves.bin"


class NoCheckpointKept(KamsError):
    """{path} holds no checkpoint: expected a folder with `checkpoints.txt`, a signed note, or a mail with one."""


def anchored(path: Path) -> Anchored:
    """What a path holds. Raises NoCheckpointKept, OSError."""
    found = folder(path) if path.is_dir() else Anchored(_notes(path.read_bytes()), None, str(path))
    if not found.notes:
        raise NoCheckpointKept(path=path)
    return found


def folder(path: Path, *, brought: bool = True) -> Anchored:
    """What an anchor's folder holds; of what somebody is writing there at this moment the whole parts."""
    leaves = (path / LEAVES).read_bytes() if (path / LEAVES).is_file() else b""
    notes = notes_in((path / NOTES).read_bytes()) if (path / NOTES).is_file() else []
    return Anchored(notes, leaves[: len(leaves) // HASH_BYTES * HASH_BYTES] or None, str(path), brought)


def _notes(content: bytes) -> list[str]:
    """The notes in a file, also where a mail carries them encoded."""
    from email import message_from_bytes
    from email.policy import default

    found = notes_in(content)
    if found:
        return found
    for part in message_from_bytes(content, policy=default).walk():
        if not part.is_multipart() and isinstance(body := part.get_payload(decode=True), bytes):
            found += notes_in(body)
    return found
