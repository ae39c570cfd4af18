"""The people key: it wraps the secrets of personal data, and lies outside the database that holds them."""

from __future__ import annotations

import hashlib
import os
from uuid import UUID

import psycopg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from domain.errors import JournalError

SECRET_BYTES = 32
KEY_BYTES = 64

REWRAP = """
update person_keys k set secret = n.secret from unnest(%s::uuid[], %s::bytea[]) n(key, secret) where k.key = n.key"""
AT_ONCE = 10_000


class PeopleKeyMissing(JournalError):
    """Personal data cannot be read here: the people key ({fingerprint}) is missing. Copy it from a machine that has it
    to the path in KAMS_PEOPLE_KEY (without that, people.key in KAMS_HOME)."""


class PeopleKeyIsAnother(JournalError):
    """The people key here ({found}) is not the one of this database ({fingerprint}): copy the right one to the path in
    KAMS_PEOPLE_KEY (without that, people.key in KAMS_HOME)."""


class SecretDamaged(JournalError):
    """The secret of the key {key} does not open with the people key: it was exchanged or damaged, or the people key
    was renewed since this process began: start it again."""


class Wrapping:
    """Wraps secrets with AES-SIV (RFC 5297), bound to the key that each is of. 32 bytes become 48."""

    def __init__(self, people_key: bytes) -> None:
        """`people_key` are KEY_BYTES random bytes."""
        self._cipher = AESSIV(people_key)
        self.fingerprint = fingerprint_of(people_key)

    def wrap(self, key: UUID, secret: bytes) -> bytes:
        """A secret as the database holds it."""
        return self._cipher.encrypt(secret, [key.bytes])

    def unwrap(self, key: UUID, stored: bytes) -> bytes:
        """The secret. Raises SecretDamaged."""
        try:
            return self._cipher.decrypt(stored, [key.bytes])
        except InvalidTag:
            raise SecretDamaged(key=key) from None


def new_people_key() -> bytes:
    """A new people key."""
    return os.urandom(KEY_BYTES)


def fingerprint_of(people_key: bytes) -> bytes:
    """16 bytes that name a people key without showing it."""
    return hashlib.sha256(b"kams people key\0" + people_key).digest()[:16]


def in_use(connection: psycopg.Connection) -> bytes | None:
    """The fingerprint of the people key of this database; None where secrets are not wrapped."""
    found = connection.execute("select fingerprint from people_key").fetchone()
    return found[0] if found else None


def see_that_it_fits(connection: psycopg.Connection, wrapping: Wrapping | None) -> None:
    """Raises PeopleKeyMissing or PeopleKeyIsAnother where this process cannot read personal data."""
    fingerprint = in_use(connection)
    if fingerprint is None or (wrapping and wrapping.fingerprint == fingerprint):
        return
    if wrapping is None:
        raise PeopleKeyMissing(fingerprint=fingerprint.hex())
    raise PeopleKeyIsAnother(found=wrapping.fingerprint.hex(), fingerprint=fingerprint.hex())


def wrap_all(connection: psycopg.Connection, wrapping: Wrapping) -> int:
    """Make this the people key of the database, if it has none, and wrap every secret that is not wrapped; returns how
    many were not. Raises PeopleKeyIsAnother."""
    with connection.transaction():
        connection.execute(
            "insert into people_key (fingerprint) values (%s) on conflict do nothing", (wrapping.fingerprint,)
        )
        connection.execute("select from people_key for update")
        see_that_it_fits(connection, wrapping)
        bare = connection.execute(
            "select key, secret from person_keys where length(secret) = %s order by key for update", (SECRET_BYTES,)
        ).fetchall()
        _write(connection, [(key, wrapping.wrap(key, secret)) for key, secret in bare])
    return len(bare)


def wrap_anew(connection: psycopg.Connection, old: Wrapping, new: Wrapping) -> int:
    """Exchange the people key of the database: every secret is wrapped by the new one; returns how many there are.
    Raises PeopleKeyIsAnother, SecretDamaged; then nothing has changed."""
    with connection.transaction():
        connection.execute("select from people_key for update")
        see_that_it_fits(connection, old)
        found = connection.execute(
            "select key, secret from person_keys where secret is not null order by key for update"
        ).fetchall()
        bare = [(key, old.unwrap(key, secret) if len(secret) > SECRET_BYTES else secret) for key, secret in found]
        _write(connection, [(key, new.wrap(key, secret)) for key, secret in bare])
        connection.execute("update people_key set fingerprint = %s", (new.fingerprint,))
    return len(bare)


def _write(connection: psycopg.Connection, secrets: list[tuple[UUID, bytes]]) -> None:
    for first in range(0, len(secrets), AT_ONCE):
        some = secrets[first : first + AT_ONCE]
        connection.execute(REWRAP, ([key for key, _ in some], [secret for _, secret in some]))
