"""Saving a running system: one state of the database in two files."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import msgspec
import psycopg
from psycopg import sql

from api.backup.container import FORMAT, JOURNAL, KEYS, PIECE, Manifest, Writing, clear_partials
from api.files import NotAFolder, see_that_it_can_be, told
from domain.journal.forgotten import forgettings
from domain.journal.people import fingerprint
from domain.journal.reading import head
from domain.journal.wrapping import SECRET_BYTES, Wrapping, see_that_it_fits

KEPT = (
    "events", "claims", "seal_tiles", "checkpoints", "seal_keys", "anchors", "access_log", "restores", "forecasts",
    "deliveries", "delivery_lanes", "dead_letters", "valkey_groups", "digests_sent",
)  # fmt: skip
"""The tables of the journal's file; read models, snapshots and models of forecasts are made anew from them. What a
forecast said is evidence, which a model fitted later would not say again. How far events were delivered is of the
same state as the journal, so it is never ahead of it; a restored one goes on there."""
KEY_IDS, SECRETS, TEXTS, FORGOTTEN, DESTROYED = "key_ids", "secrets", "texts", "forgotten", "destroyed"
SEAL_KEY = "seal_key"
PASSWORDS = "passwords"
"""With the keys, whose file is replaced: of a password that was changed, or of somebody who was forgotten, nothing is
kept for ever. Sessions and addresses that sign in are not kept at all."""
COMPRESSION = 1
AT_ONCE = 10_000
PAIR = struct.Struct("16s16s")
SECRET = struct.Struct(f"16s{SECRET_BYTES}s")
Progress = Callable[[int, int], None]
"""Is told how many rows are done, and about how many there are."""


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """What was saved where. `sealed` is the size of the newest checkpoint."""

    journal: str
    keys: str
    system: UUID
    made_at: datetime
    head: int
    sealed: int
    persons_and_texts: int
    bytes: int


class Files(NamedTuple):
    """The two files of a backup."""

    journal: Path
    keys: Path


def files_of(target: Path, at: datetime, *, folder: bool) -> Files:
    """In a folder a journal's file of its own for each backup, and one for the keys, which is replaced; beside a
    named journal's file its keys."""
    if folder or target.is_dir():
        return Files(target / f"kams-{at:%Y%m%dT%H%M%SZ}.journal", target / "kams.keys")
    return Files(target, target.with_name(f"{target.name}.keys"))


def save(
    connection: psycopg.Connection,
    files: Files,
    wrapping: Wrapping | None,
    now: datetime,
    progress: Progress,
    seal_key: bytes | None = None,
) -> Saved:
    """Save one state of the database; whoever works with it goes on. Nothing is under a final name before all of it
    is on the disk. The connection must not be in a transaction. `seal_key` signs this system's checkpoints: without it
    a restored system could not go on to seal."""
    with _written(files.journal, COMPRESSION) as journal, _written(files.keys, 0) as keys, connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        connection.execute("set local synchronize_seqscans = off")
        see_that_it_fits(connection, wrapping)
        about = _about(connection, now)
        for table in KEPT:
            if columns := columns_of(connection, table):
                _copy(connection, table, columns, journal, progress if table == "events" else _nobody, about.head)
        _save_keys(connection, keys, journal, wrapping)
        if seal_key is not None:
            with keys.part(SEAL_KEY) as part:
                part.write(seal_key)
                part.rows = 1
        (sealed,) = connection.execute("select coalesce(max(size), 0) from checkpoints").fetchone() or (0,)
        known = next(part.rows for part in keys.parts if part.name == SECRETS)
        keys.finish(msgspec.structs.replace(about, kind=KEYS, parts=tuple(keys.parts)))
        journal.finish(msgspec.structs.replace(about, parts=tuple(journal.parts)))
    return Saved(
        journal=str(files.journal),
        keys=str(files.keys),
        system=about.system,
        made_at=now,
        head=about.head,
        sealed=sealed,
        persons_and_texts=known,
        bytes=files.journal.stat().st_size,
    )


@contextmanager
def _written(path: Path, level: int) -> Iterator[Writing]:
    with told(path):
        if path.parent.exists() and not path.parent.is_dir():
            raise NotAFolder(path=path.parent)
        path.parent.mkdir(parents=True, exist_ok=True)
        see_that_it_can_be(path)
        clear_partials(path.parent)
        writing = Writing(path, level=level)
        try:
            yield writing
        finally:
            writing.give_up()


def columns_of(connection: psycopg.Connection, table: str) -> tuple[str, ...]:
    """The columns of a table; none where there is no such table."""
    found = connection.execute(
        "select attname from pg_attribute where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped"
        " and attgenerated = '' order by attnum",
        (table,),
    )
    return tuple(name for (name,) in found)


def _about(connection: psycopg.Connection, now: datetime) -> Manifest:
    (system,) = connection.execute("select id from system").fetchone() or (UUID(int=0),)
    newest = connection.execute("select note from checkpoints order by size desc limit 1").fetchone()
    applied = connection.execute("select name from migrations order by name").fetchall()
    return Manifest(
        kind=JOURNAL,
        format=FORMAT,
        system=system,
        made_at=now,
        head=head(connection),
        checkpoint=newest[0] if newest else None,
        migrations=tuple(name for (name,) in applied),
        parts=(),
    )


def _copy(
    connection: psycopg.Connection,
    table: str,
    columns: tuple[str, ...],
    to: Writing,
    progress: Progress,
    total: int,
) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    statement = sql.SQL("copy {} ({}) to stdout (format binary)").format(sql.Identifier(table), names)
    cursor = connection.cursor()
    with to.part(table, columns) as part:
        with cursor.copy(statement) as copy:
            rows: list[bytes] = []
            size = done = 0
            for row in copy:
                rows.append(bytes(row))
                size += len(row)
                if size > PIECE:
                    done += len(rows)
                    part.write(b"".join(rows))
                    rows.clear()
                    size = 0
                    progress(done, total)
            part.write(b"".join(rows))
        part.rows = cursor.rowcount


def _save_keys(connection: psycopg.Connection, keys: Writing, journal: Writing, wrapping: Wrapping | None) -> None:
    """The secrets, bare, with whose texts they seal; and for the journal's file their names alone, by which a restore
    sees whether the keys' file has them all."""
    with keys.part(SECRETS) as secrets, journal.part(KEY_IDS) as names:
        for some in _secrets(connection, wrapping):
            secrets.write(b"".join(SECRET.pack(key.bytes, secret) for key, secret in some))
            names.write(b"".join(PAIR.pack(key.bytes, fingerprint(secret)) for key, secret in some))
            secrets.rows += len(some)
            names.rows += len(some)
    with keys.part(TEXTS) as texts:
        found = connection.execute("select person, key from person_texts order by person, key").fetchall()
        texts.write(b"".join(PAIR.pack(person.bytes, key.bytes) for person, key in found))
        texts.rows = len(found)
    with keys.part(DESTROYED) as destroyed:
        gone = connection.execute("select key from person_keys where secret is null order by key").fetchall()
        destroyed.write(b"".join(key.bytes for (key,) in gone))
        destroyed.rows = len(gone)
    with keys.part(PASSWORDS) as passwords:
        found = _passwords(connection)
        passwords.write("".join(f"{set_at.isoformat()} {member} {kept}\n" for member, kept, set_at in found).encode())
        passwords.rows = len(found)
    with keys.part(FORGOTTEN) as forgotten:
        known = forgettings(connection)
        lines = (" ".join((each.at.isoformat(), str(each.person), *map(str, each.keys))) for each in known)
        forgotten.write("".join(f"{line}\n" for line in lines).encode())
        forgotten.rows = len(known)


def _passwords(connection: psycopg.Connection) -> list[tuple[UUID, str, datetime]]:
    if not columns_of(connection, "passwords"):
        return []
    return connection.execute("select member, hash, set_at from passwords order by member").fetchall()


def _secrets(connection: psycopg.Connection, wrapping: Wrapping | None) -> Iterator[list[tuple[UUID, bytes]]]:
    with connection.cursor("secrets") as cursor:
        cursor.execute("select key, secret from person_keys where secret is not null order by key")
        while some := cursor.fetchmany(AT_ONCE):
            yield [
                (key, wrapping.unwrap(key, secret) if wrapping and len(secret) > SECRET_BYTES else secret)
                for key, secret in some
            ]


def _nobody(done: int, total: int) -> None:
    """Nobody wants to know."""
