"""Names that were opened, kept in memory beside the keys that open them, and no longer than these: pages tell the same
few hundred names all day, and to open each anew takes longer than to look it up."""

from __future__ import annotations

from uuid import UUID

from domain.sealed import Sealed

MOST_KEYS = 20_000
LONGEST = 100
"""Longer texts are no names: they are read once."""


class Opened:
    """Short texts by the key that sealed them. Threads may ask and put at once."""

    def __init__(self) -> None:
        self._texts: dict[UUID, dict[tuple[str, bytes, bytes], str]] = {}

    def get(self, sealed: Sealed, field: str) -> str | None:
        """What exactly this ciphertext was opened to, in this field."""
        known = self._texts.get(sealed.key)
        return known.get((field, sealed.fingerprint, sealed.ciphertext)) if known else None

    def put(self, sealed: Sealed, field: str, text: str) -> None:
        """Keep it, unless it is long."""
        if len(text) > LONGEST:
            return
        if len(self._texts) >= MOST_KEYS:
            self._texts = {}
        self._texts.setdefault(sealed.key, {})[field, sealed.fingerprint, sealed.ciphertext] = text

    def forget(self, key: UUID) -> None:
        """Keep nothing that a key opened."""
        self._texts.pop(key, None)
