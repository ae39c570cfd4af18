"""Personal data as it travels: ciphertext that only a door opens."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

import msgspec

SECRETS = frozenset({"hash", "secret", "secret_hash", "old_secret"})
"""Fields that leave the journal for nobody, whatever he may read: what lets in, and what signs."""


class Sealed(msgspec.Struct, frozen=True, array_like=True):
    """A name, a contact or a free text, encrypted under `key`.

    Equal text under the same key in the same field has the same ciphertext, so "already so" can be
    decided without opening it. `fingerprint` (16 bytes) names the key's content: an exchanged key is noticed.
    """

    key: UUID
    fingerprint: bytes
    ciphertext: bytes


class OfPerson(msgspec.Struct, frozen=True):
    """Marks a command's parameter as a name or contact of the person in another parameter."""

    person: str


class FreeText(msgspec.Struct, frozen=True):
    """Marks a command's parameter as free text; `people` names the parameters that hold whom it concerns."""

    people: tuple[str, ...] = ()


class Sealer(Protocol):
    """Seals and opens texts; the journal keeps the keys."""

    def seal_person(self, person: UUID, field: str, text: str) -> Sealed:
        """Seal a name or contact of a person under the person's own key."""

    def seal_text(self, subject: UUID, people: tuple[UUID, ...], field: str, text: str) -> Sealed:
        """Seal a free text of an aggregate, under a key filed under every person it concerns."""
