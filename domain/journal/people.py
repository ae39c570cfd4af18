"""Keys of sealed personal data: one per person, one per free text's subject and people; kept apart from events."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterable, Sequence
from functools import lru_cache
from uuid import UUID, uuid5

import psycopg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from psycopg_pool import ConnectionPool

from domain.errors import JournalError, Refused
from domain.journal.connections import once_more
from domain.journal.forgotten import forget_again, forgettings
from domain.journal.opened import Opened
from domain.journal.wrapping import SECRET_BYTES, Wrapping, see_that_it_fits
from domain.sealed import Sealed

CACHED_KEYS = 50_000
NEVER = -1

MAKE = """
with people_key as materialized (
    select fingerprint from people_key for share
), fits as (
    select not exists (select from people_key where fingerprint is distinct from %(people_key)s) as fits
), keys as (
    insert into person_keys select k.* from unnest(%(keys)s::uuid[], %(secrets)s::bytea[]) k, fits where fits
    on conflict do nothing
), texts as (
    insert into person_texts select t.* from unnest(%(persons)s::uuid[], %(filed)s::uuid[]) t, fits where fits
    on conflict do nothing
)
select fits from fits"""
"""One statement. The row of the people key is locked first, so that none is exchanged meanwhile."""


class SealBroken(JournalError):
    """The sealed field {field} under key {key} does not open: it was exchanged, moved or changed."""


class PersonForgotten(Refused):
    """The person {person} was forgotten: nothing can be recorded about him any more. Leave him out, or enter somebody
    anew under an identifier of his own."""


class People:
    """Seals with AES-SIV (RFC 5297), bound to the field: equal text in the same field under the same key is
    equal ciphertext, so an unchanged name can be recognised without opening it.

    Secrets, and short texts that they opened, are kept in memory; who was forgotten meanwhile, by any process, is
    learned by `look`. Where there is a `wrapping`, the database holds secrets wrapped by it.
    """

    def __init__(self, pool: ConnectionPool, wrapping: Wrapping | None = None) -> None:
        self._pool = pool
        self._wrapping = wrapping
        self._secrets: dict[UUID, bytes] = {}
        self._gone: set[UUID] = set()
        self._opened = Opened()
        self._forgotten: set[UUID] = set()
        self._forgotten_people: set[UUID] = set()
        self._seen = NEVER
        self._lock = threading.Lock()
        self.has_opened = False
        """Whether any text was opened: a command that did has read personal data."""

    @property
    def wrapping(self) -> Wrapping | None:
        """What wraps the secrets in the database."""
        return self._wrapping

    def seal_person(self, person: UUID, field: str, text: str) -> Sealed:
        """Seal a name or contact of a person under the person's own key. Raises PersonForgotten."""
        return _seal(person, self._secret(person, [person]), field, text)

    def seal_text(self, subject: UUID, people: tuple[UUID, ...], field: str, text: str) -> Sealed:
        """Seal a free text of an aggregate, under a key filed under every person it concerns. Raises
        PersonForgotten."""
        key = text_key(subject, people)
        self._must_not_be_forgotten(people)
        return _seal(key, self._secret(key, (), [(subject, people)]), field, text)

    def open(self, sealed: Sealed, field: str) -> str | None:
        """The text; None where the key was destroyed. Raises SealBroken when it is not what was sealed here."""
        secret = self._secrets.get(sealed.key) or self._looked_for([sealed.key]).get(sealed.key)
        if secret is None:
            return None
        known = self._opened.get(sealed, field)
        if known is not None:
            self.has_opened = True
            return known
        if fingerprint(secret) != sealed.fingerprint:
            raise SealBroken(field=field, key=sealed.key)
        try:
            text = AESSIV(secret).decrypt(sealed.ciphertext, [_bound_to(sealed.key, field)]).decode()
        except InvalidTag:
            raise SealBroken(field=field, key=sealed.key) from None
        self.has_opened = True
        with self._lock:
            if sealed.key in self._secrets:  # else it was destroyed meanwhile, or keys are held no longer
                self._opened.put(sealed, field, text)
        return text

    def prepare(self, persons: Iterable[UUID], texts: Iterable[tuple[UUID, tuple[UUID, ...]]] = ()) -> None:
        """Make the keys that are missing, all in one go; an importer calls this before it seals. Nothing is made for
        those who were forgotten."""
        self._look_first()
        filed = {text_key(subject, people): people for subject, people in texts}
        if self._forgotten_people:
            filed = {key: people for key, people in filed.items() if self._forgotten_people.isdisjoint(people)}
        known = self._secrets  # another thread may fill it meanwhile: it is asked, never walked through
        keys = {key for key in (*persons, *filed) if key not in known and key not in self._forgotten_people}
        if not keys:
            return
        made = sorted(keys)  # in one order, or two who make the same keys would deadlock
        pairs = [(person, key) for key in made for person in sorted(set(filed.get(key, ())))]
        once_more(self._pool, lambda connection: self._make(connection, made, pairs))
        self._load(made)

    def preload(self, keys: Iterable[UUID]) -> None:
        """Fetch the secrets of many keys at once, before many fields are opened. Of what was sealed the key was there
        before: one that is not found was destroyed, and until the next `look` is not looked for again."""
        known = self._secrets  # another thread may fill it meanwhile: it is asked, never walked through
        self._looked_for(key for key in keys if key not in known)

    def _looked_for(self, keys: Iterable[UUID]) -> dict[UUID, bytes]:
        gone = self._gone
        wanted = {key for key in keys if key not in gone}
        found = self._load(wanted)
        gone |= wanted - found.keys()
        return found

    def look(self) -> None:
        """Learn who was forgotten since the last look: what they sealed opens no more, whatever the database or this
        process still holds. Asked once at the beginning of each question, request and task."""
        found = once_more(self._pool, lambda connection: forgettings(connection, self._seen))
        with self._lock:
            for each in found:
                self._forgotten.update(each.keys)
                self._forgotten_people.add(each.person)
                for key in each.keys:
                    self._forget_key(key)
            self._seen = max((self._seen, 0, *(each.position for each in found)))
            self._gone = set()

    def was_forgotten(self, person: UUID) -> bool:
        """Whether a person was forgotten, as far as was looked."""
        self._look_first()
        return person in self._forgotten_people

    def fingerprints(self, keys: Iterable[UUID]) -> dict[UUID, bytes]:
        """What names the content of each of these keys; without those that were destroyed, or never made."""
        return {key: fingerprint(secret) for key, secret in self._load(set(keys)).items()}

    def destroy(self, keys: Iterable[UUID]) -> None:
        """Destroy keys, here and in the database. Safe to repeat."""
        gone = set(keys)
        once_more(self._pool, lambda connection: forget_again(connection, gone))
        with self._lock:
            self._forgotten |= gone
            for key in gone:
                self._forget_key(key)

    def _forget_key(self, key: UUID) -> None:
        self._secrets.pop(key, None)
        self._opened.forget(key)

    def forget_cached(self) -> None:
        """Drop secrets, and what they opened, from memory."""
        with self._lock:
            self._secrets, self._opened = {}, Opened()

    def _secret(self, key: UUID, persons: Sequence[UUID], texts: Sequence[tuple[UUID, tuple[UUID, ...]]] = ()) -> bytes:
        secret = self._secrets.get(key)
        if secret is None:
            self.prepare(persons, texts)
            secret = self._secrets.get(key) or self._load([key]).get(key)
        if secret is None:
            concerned = (*persons, *(person for _, people in texts for person in people))
            self._must_not_be_forgotten(concerned)
            raise PersonForgotten(person=concerned[0] if concerned else key)
        return secret

    def _must_not_be_forgotten(self, people: Sequence[UUID]) -> None:
        if not self._forgotten_people.isdisjoint(people):
            raise PersonForgotten(person=next(each for each in people if each in self._forgotten_people))

    def _load(self, keys: Iterable[UUID]) -> dict[UUID, bytes]:
        wanted = list(keys)
        if not wanted:
            return {}
        self._look_first()
        stored = once_more(self._pool, lambda connection: _select(connection, wanted))
        with self._lock:
            found = {key: self._bare(key, secret) for key, secret in stored if key not in self._forgotten}
            if len(self._secrets) + len(found) > CACHED_KEYS:
                self._secrets, self._opened = {}, Opened()
            self._secrets.update(found)
        return found

    def _look_first(self) -> None:
        if self._seen == NEVER:
            self.look()

    def _bare(self, key: UUID, stored: bytes) -> bytes:
        if len(stored) == SECRET_BYTES:
            return stored
        if self._wrapping is None:
            with self._pool.connection() as connection:
                see_that_it_fits(connection, None)
        assert self._wrapping is not None
        return self._wrapping.unwrap(key, stored)

    def _make(self, connection: psycopg.Connection, keys: list[UUID], pairs: list[tuple[UUID, UUID]]) -> None:
        secrets = [os.urandom(SECRET_BYTES) for _ in keys]
        if self._wrapping is not None:
            secrets = list(map(self._wrapping.wrap, keys, secrets))
        made = {
            "people_key": self._wrapping.fingerprint if self._wrapping else None,
            "keys": keys,
            "secrets": secrets,
            "persons": [person for person, _ in pairs],
            "filed": [key for _, key in pairs],
        }
        if connection.execute(MAKE, made).fetchone() == (False,):
            see_that_it_fits(connection, self._wrapping)


def _select(connection: psycopg.Connection, keys: list[UUID]) -> list[tuple[UUID, bytes]]:
    sql = "select key, secret from person_keys where key = any(%s) and secret is not null"
    return connection.execute(sql, (keys,)).fetchall()


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
