"""Passwords of members: kept as argon2id hashes, looked at by few at once, and as long for a name that nobody has."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import UUID

from psycopg_pool import ConnectionPool

from api.signing_in.attempts import TooManyAttempts

if TYPE_CHECKING:
    from pwdlib import PasswordHash

ROUNDS, KIBIBYTES = 3, 65_536
"""RFC 9106's second recommendation, with one lane: one sign-in does not take all processors."""
AT_ONCE = 2
"""A hash takes a fifth of a second of a processor and 64 MiB: more at once would starve everybody else."""
WAITING = 6
"""Of the threads that answer requests so many may wait for their turn."""

SET = """
insert into passwords values (%s, %s, %s)
on conflict (member) do update set hash = excluded.hash, set_at = excluded.set_at"""


class Passwords:
    """Sets and looks at them. `now` is stated by whoever asks."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool
        self._turns = threading.Semaphore(AT_ONCE)
        self._places = threading.BoundedSemaphore(AT_ONCE + WAITING)

    def set(self, member: UUID, password: str, now: datetime) -> None:
        """Set the password of a member. What was asked of it was asked before."""
        with self._turn():
            made = self._hasher.hash(_normal(password))
        with self._pool.connection() as connection:
            connection.execute(SET, (member, made, now))

    def set_at(self, member: UUID) -> datetime | None:
        """Since when a member has his password; None where he has none."""
        with self._pool.connection() as connection:
            found = connection.execute("select set_at from passwords where member = %s", (member,)).fetchone()
        return found[0] if found else None

    def fits(self, member: UUID | None, password: str) -> bool:
        """Whether this is the member's password; of nobody, and of who has none, it is not, after as long a time.
        Raises TooManyAttempts where too many ask at this moment."""
        with self._pool.connection() as connection:
            found = connection.execute("select hash from passwords where member = %s", (member,)).fetchone()
        with self._turn():
            fits, newer = self._hasher.verify_and_update(_normal(password), found[0] if found else self._nobodys)
        if fits and newer and found:
            with self._pool.connection() as connection:
                sql = "update passwords set hash = %s where member = %s and hash = %s"
                connection.execute(sql, (newer, member, found[0]))
        return fits and found is not None

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise TooManyAttempts(seconds=1)
        try:
            with self._turns:
                yield
        finally:
            self._places.release()

    @cached_property
    def _hasher(self) -> PasswordHash:
        from pwdlib import PasswordHash
        from pwdlib.hashers.argon2 import Argon2Hasher

        return PasswordHash([Argon2Hasher(time_cost=ROUNDS, memory_cost=KIBIBYTES, parallelism=1)])

    @cached_property
    def _nobodys(self) -> str:
        """The hash of a password that nobody knows."""
        from api.signing_in.secrets import new_secret

        return self._hasher.hash(new_secret())


def _normal(password: str) -> str:
    """What was typed, whichever way keyboards compose its letters."""
    return unicodedata.normalize("NFKC", password)
