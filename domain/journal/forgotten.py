"""Those who were forgotten, as the journal says; and the register of them that outlives the database.

Whoever restores an older state of the database forgets by the register again whom that state still knew.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec
import psycopg

from domain.errors import JournalError
from domain.journal.mapper import Decoder
from domain.person_forgetting import Person

FORGETTINGS = """
select position, recorded_at, topic, state from events
where topic in ('Person.Forgotten', 'Person.TextsForgotten') and position > %s order by position"""
DESTROY = """
insert into person_keys as k (key, secret) select distinct key, null::bytea from unnest(%s::uuid[]) key
on conflict (key) do update set secret = null where k.secret is not null
returning key"""

_DECODERS = {kind.topic: Decoder(kind) for kind in (Person.Forgotten, Person.TextsForgotten)}


class RegisterDamaged(JournalError):
    """Line {line} of the register of the forgotten {path} cannot be read: mend it, or take it from a backup."""


class Forgetting(msgspec.Struct, frozen=True):
    """That a person was forgotten: which keys were destroyed by the event at a position; 0 where only the register
    knows it."""

    at: datetime
    person: UUID
    keys: tuple[UUID, ...]
    position: int = 0


def forgettings(connection: psycopg.Connection, after: int = 0) -> list[Forgetting]:
    """Who was forgotten by events after a position, in their order."""
    rows = connection.execute(FORGETTINGS, (after,), prepare=True).fetchall()
    return [_forgetting(*row) for row in rows]


def _forgetting(position: int, recorded_at: datetime, topic: str, state: bytes) -> Forgetting:
    event = _DECODERS[topic].lean(position, state).event
    return Forgetting(recorded_at, event.person, tuple(each.key for each in event.keys), position)


def forget_again(connection: psycopg.Connection, keys: Iterable[UUID]) -> int:
    """Destroy keys, known here or not: what they sealed stays closed, and no new key is made under their names. Safe
    to repeat; returns how many secrets or names there were to do."""
    return connection.execute(DESTROY, (sorted(set(keys)),)).rowcount


def not_destroyed(connection: psycopg.Connection, keys: Iterable[UUID]) -> list[UUID]:
    """Those of these keys whose secrets are still there."""
    sql = "select key from person_keys where key = any(%s) and secret is not null"
    return [key for (key,) in connection.execute(sql, (list(keys),))]


class Register:
    """A file of its own, readable by its owner alone, one line each: time, person, keys. It holds no personal data."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> list[Forgetting]:
        """Everybody in it. Raises RegisterDamaged; a last line that a crash cut short is left out."""
        if not self.path.exists():
            return []
        *lines, _cut_short = self.path.read_bytes().split(b"\n")
        return [self._read(number, line) for number, line in enumerate(lines, 1) if line.strip()]

    def keep_up(self, known: Iterable[Forgetting]) -> int:
        """Add those that it lacks, on the disk when this returns; returns how many."""
        with self._alone():
            there = {(each.person, key) for each in self.read() for key in (None, *each.keys)}
            lacking = [each for each in known if not there.issuperset((each.person, key) for key in (None, *each.keys))]
            if lacking:
                self._append("".join(map(_line, lacking)))
        return len(lacking)

    def _read(self, number: int, line: bytes) -> Forgetting:
        try:
            at, person, *keys = line.decode("ascii").split()
            return Forgetting(datetime.fromisoformat(at), UUID(person), tuple(map(UUID, keys)))
        except ValueError:
            raise RegisterDamaged(line=number, path=self.path) from None

    def _append(self, lines: str) -> None:
        with open(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            content = file.read()
            file.truncate(content.rfind(b"\n") + 1)
            file.seek(0, os.SEEK_END)
            file.write(lines.encode("ascii"))
            file.flush()
            os.fsync(file.fileno())

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.path.with_name(self.path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def _line(each: Forgetting) -> str:
    return " ".join((each.at.isoformat(), str(each.person), *map(str, each.keys))) + "\n"
