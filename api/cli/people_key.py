"""The file with the people key: made once for a system, copied to every machine of it, never kept in the database."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg

from api.cli.embedded import locks
from api.cli.settings import Settings
from domain.errors import KamsError
from domain.journal.wrapping import (
    KEY_BYTES,
    Wrapping,
    fingerprint_of,
    in_use,
    new_people_key,
    see_that_it_fits,
    wrap_all,
    wrap_anew,
)


class PeopleKeyUnreadable(KamsError):
    """The people key in {path} is not {expected} bytes in hexadecimal: copy it again from a machine that has it."""


class NothingToRenew(KamsError):
    """There is no people key here to be exchanged: run `kams migrate`, which makes one and wraps the secrets."""


def ready_people_key(settings: Settings, database_url: str, *, make: bool) -> bytes | None:
    """The people key of this system; None where its secrets are not wrapped.

    `make`: where the database has none it is made, and what is not wrapped yet is wrapped. Several at once make one.
    Raises PeopleKeyMissing, PeopleKeyIsAnother, PeopleKeyUnreadable.
    """
    path = settings.people_key_path
    with psycopg.connect(database_url, autocommit=True) as connection:
        used = in_use(connection)
        if used is not None:
            _finish_renewal(path, used)
        key = key_in(path)
        if used is None and make:
            key = key or _made(path)
            wrap_all(connection, Wrapping(key))
        else:
            see_that_it_fits(connection, Wrapping(key) if key else None)
    return key


def renew_people_key(settings: Settings, database_url: str) -> int:
    """Exchange the people key for a new one; returns how many secrets it wraps. Who is killed in between has either
    key, and the next start takes the one that fits. Raises NothingToRenew and what
    `ready_people_key` raises."""
    path = settings.people_key_path
    if not path.exists():
        raise NothingToRenew
    with locks.exclusive(_beside(path, "lock")), psycopg.connect(database_url, autocommit=True) as connection:
        old, new = key_in(path), new_people_key()
        if old is None or in_use(connection) is None:
            raise NothingToRenew
        _write(_beside(path, "new"), new)
        count = wrap_anew(connection, Wrapping(old), Wrapping(new))
        _beside(path, "new").replace(path)
    return count


def key_in(path: Path) -> bytes | None:
    """The people key in a file; None where there is no file. Raises PeopleKeyUnreadable."""
    if not path.exists():
        return None
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise PeopleKeyUnreadable(path=path, expected=KEY_BYTES)
    return key


def _made(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    with locks.exclusive(_beside(path, "lock")):
        key = key_in(path)
        if key is None:
            key = new_people_key()
            _write(_beside(path, "begun"), key)
            _beside(path, "begun").replace(path)
    return key


def _finish_renewal(path: Path, used: bytes) -> None:
    """A renewal that was killed after the database took the new key, and before the file had it."""
    new = _beside(path, "new")
    if new.exists() and (key := key_in(new)) and fingerprint_of(key) == used:
        new.replace(path)


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(f"{path.name}.{ending}")


def _write(path: Path, key: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(key.hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
