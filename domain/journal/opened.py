"""Names that were opened, kept in memory beside the keys that open them, and no longer than these: pages tell the same
few hundred names all day, and to open each anew takes longer than to look it up."""

from __future__ import annotations

from uuid import UUID

from domain.sealed import Sealed

MOST_TEXTS = 50_000
LONGEST = 100
"""Longer texts are no names: they are read once."""


class Opened:
    """Short texts by the key that sealed them. Threads may ask at once; one at a time puts and forgets."""

    def __init__(self) -> None:
        self._texts: dict[UUID, dict[tuple[str, bytes, bytes], str]] = {}
        self._count = 0

    def get(self, sealed: Sealed, field: str) -> str | None:
        """What exactly this ciphertext was opened to, in this field."""
        known = self._texts.get(sealed.key)
        return known.get((field, sealed.fingerprint, sealed.ciphertext)) if known else None

    def put(self, sealed: Sealed, field: str, text: str) -> None:
        """Keep it, unless it is long."""
        if len(text) > LONGEST:
            return
        if self._count >= MOST_TEXTS:
            self._texts, self._count = {}, 0
        self._texts.setdefault(sealed.key, {})[field, sealed.fingerprint, sealed.ciphertext] = text
        self._count += 1

    def forget(self, key: UUID) -> None:
        """Keep nothing that a key opened."""
        self._count -= len(self._texts.pop(key, {}))
