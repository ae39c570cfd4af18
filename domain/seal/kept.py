"""Checkpoints that were kept outside the database, found again in whatever kept them."""

from __future__ import annotations

import re

from domain.seal.notes import DASH

_NOTE = re.compile(
    rb"kams/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\n\d{1,18}\n[A-Za-z0-9+/]{43}=\ntime [0-9TZ:.-]{20,40}\n\n"
    + rb"(?:"
    + DASH.encode()
    + rb"[^\n]{1,500}\n)+"
)


def notes_in(content: bytes) -> list[str]:
    """The signed checkpoints within a text, wherever they stand: a file of them, a saved page, the body of a mail."""
    text = content.replace(b"\r\n", b"\n")
    if not text.endswith(b"\n"):
        text += b"\n"
    return [match[0].decode() for match in _NOTE.finditer(text) if _is_text(match[0])]


def last_note(content: bytes) -> tuple[str | None, bytes]:
    """The newest of notes that were appended one after another, and the bytes after it. `content` may begin within
    a note."""
    *_, found = (None, *_NOTE.finditer(content))
    if found is None or not _is_text(found[0]):
        return None, content
    return found[0].decode(), content[found.end() :]


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
