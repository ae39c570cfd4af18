"""Keys of sealed personal data: one per person, one per free text's subject and people; kept apart from events."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterable
from functools import lru_cache
from uuid import UUID, uuid5

import psycopg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from psycopg_pool import ConnectionPool

from domain.errors import JournalError
from domain.journal.connections import once_more
from domain.sealed import Sealed

CACHED_KEYS = 50_000


class SealBroken(JournalError):
    """The sealed field {field} under key {key} does not open: it was exchanged, moved or changed."""


class People:
    """Seals with AES-SIV (RFC 5297), bound to the field: equal text in the same field under the same key is
    equal ciphertext, so an unchanged name can be recognised without opening it."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool
        self._secrets: dict[UUID, bytes] = {}
        self._lock = threading.Lock()

    def seal_person(self, person: UUID, field: str, text: str) -> Sealed:
        """Seal a name or contact of a person under the person's own key."""
        return _seal(person, self._secret(person, [person]), field, text)

    def seal_text(self, subject: UUID, people: tuple[UUID, ...], field: str, text: str) -> Sealed:
        """Seal a free text of an aggregate, under a key filed under every person it concerns."""
        key = text_key(subject, people)
        return _seal(key, self._secret(key, (), [(subject, people)]), field, text)

    def open(self, sealed: Sealed, field: str) -> str | None:
        """The text; None where the key was destroyed. Raises SealBroken when it is not what was sealed here."""
        secret = self._secrets.get(sealed.key) or self._load([sealed.key]).get(sealed.key)
        if secret is None:
            return None
        if fingerprint(secret) != sealed.fingerprint:
            raise SealBroken(field=field, key=sealed.key)
        try:
            return AESSIV(secret).decrypt(sealed.ciphertext, [_bound_to(sealed.key, field)]).decode()
        except InvalidTag:
            raise SealBroken(field=field, key=sealed.key) from None

    def prepare(self, persons: Iterable[UUID], texts: Iterable[tuple[UUID, tuple[UUID, ...]]] = ()) -> None:
        """Make the keys that are missing, all in one go; an importer calls this before it seals."""
        known = self._secrets
        filed = {text_key(subject, people): people for subject, people in texts}
        keys = sorted({*persons, *filed} - known.keys())  # in one order, or two who make the same keys would deadlock
        if not keys:
            return
        pairs = [(person, key) for key in keys for person in sorted(set(filed.get(key, ())))]
        once_more(self._pool, lambda connection: _insert(connection, keys, pairs))
        self._load(keys)

    def preload(self, keys: Iterable[UUID]) -> None:
        """Fetch the secrets of many keys at once, before many fields are opened."""
        self._load(set(keys) - self._secrets.keys())

    def forget_cached(self) -> None:
        """Drop secrets from memory, after keys were destroyed."""
        with self._lock:
            self._secrets = {}

    def _secret(self, key: UUID, persons: Iterable[UUID], texts: Iterable[tuple[UUID, tuple[UUID, ...]]] = ()) -> bytes:
        secret = self._secrets.get(key)
        if secret is None:
            self.prepare(persons, texts)
            secret = self._secrets.get(key) or self._load([key])[key]
        return secret

    def _load(self, keys: Iterable[UUID]) -> dict[UUID, bytes]:
        wanted = list(keys)
        if not wanted:
            return {}
        found = dict(once_more(self._pool, lambda connection: _select(connection, wanted)))
        with self._lock:
            if len(self._secrets) + len(found) > CACHED_KEYS:
                self._secrets = {}
            self._secrets.update(found)
        return found


def _insert(connection: psycopg.Connection, keys: list[UUID], pairs: list[tuple[UUID, UUID]]) -> None:
    with connection.transaction():
        connection.execute(
            "insert into person_keys select * from unnest(%s::uuid[], %s::bytea[]) on conflict do nothing",
            (keys, [os.urandom(32) for _ in keys]),
        )
        connection.execute(
            "insert into person_texts select * from unnest(%s::uuid[], %s::uuid[]) on conflict do nothing",
            ([person for person, _ in pairs], [key for _, key in pairs]),
        )


def _select(connection: psycopg.Connection, keys: list[UUID]) -> list[tuple[UUID, bytes]]:
    return connection.execute("select key, secret from person_keys where key = any(%s)", (keys,)).fetchall()


@lru_cache(10_000)
def text_key(subject: UUID, people: tuple[UUID, ...]) -> UUID:
    """The key of free texts of an aggregate about these people."""
    return uuid5(subject, ",".join(sorted(str(person) for person in people)))


def fingerprint(secret: bytes) -> bytes:
    """16 bytes that name a key's content without showing it."""
    return hashlib.sha256(b"kams key\0" + secret).digest()[:16]


def _bound_to(key: UUID, field: str) -> bytes:
    return key.bytes + field.encode()


def _seal(key: UUID, secret: bytes, field: str, text: str) -> Sealed:
    ciphertext = AESSIV(secret).encrypt(text.encode(), [_bound_to(key, field)])
    return Sealed(key, fingerprint(secret), ciphertext)
