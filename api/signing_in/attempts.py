"""Attempts to sign in: who fails again and again waits longer and longer, whichever process he asks."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg_pool import ConnectionPool

from domain.errors import KamsError

FORGOTTEN_AFTER = timedelta(days=1)

TAKE = """
insert into sign_in_attempts as known values (%(who)s, 1, %(now)s, %(now)s)
on conflict (who) do update set
    failures = case when known.failed_at < %(day)s then 1 else known.failures + 1 end,
    failed_at = %(now)s,
    until = case when known.failed_at < %(day)s or known.failures + 1 < %(free)s then %(now)s
        else %(now)s + least(%(longest)s, interval '1 second' * power(2, least(known.failures + 1 - %(free)s, 20))) end
where known.until <= %(now)s
returning failures"""
UNTIL = "select until from sign_in_attempts where who = %s"
CLEAR = "delete from sign_in_attempts where who = %(who)s or failed_at < %(day)s"
BACK = """
update sign_in_attempts set failures = greatest(failures - 1, 0), until = least(until, %s) where who = %s"""


class TooManyAttempts(KamsError):
    """Too many attempts: try again in {seconds} seconds."""


@dataclass(frozen=True)
class Backoff:
    """After `free` failures the next attempt waits a second, then two, then four, up to `longest`; a day after the last
    failure all is forgotten (ASVS 5.0, 6.3.1)."""

    free: int
    longest: timedelta = timedelta(minutes=15)


BY_NAME = Backoff(5)
"""Whether there is a member of that name or not: the answer does not tell."""
BY_ADDRESS = Backoff(25)
"""An office may share one address."""


class Attempts:
    """Counts them in the database: a row for each name and each address that failed within a day."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool

    def take(self, who: str, backoff: Backoff, now: datetime) -> None:
        """Begin an attempt, which counts as a failure until `succeeded`. Raises TooManyAttempts."""
        values = {"who": _hash(who), "now": now, "day": now - FORGOTTEN_AFTER}
        values |= {"free": backoff.free, "longest": backoff.longest}
        with self._pool.connection() as connection:
            if connection.execute(TAKE, values).fetchone() is not None:
                return
            (until,) = connection.execute(UNTIL, (values["who"],)).fetchone() or (now,)
        raise TooManyAttempts(seconds=max(1, -int(-(until - now).total_seconds() // 1)))

    def succeeded(self, name: str, address: str, now: datetime) -> None:
        """The attempt was no failure: the name's are forgotten, and the address's are what they were."""
        with self._pool.connection() as connection:
            connection.execute(CLEAR, {"who": _hash(name), "day": now - FORGOTTEN_AFTER})
            connection.execute(BACK, (now, _hash(address)))


def _hash(who: str) -> bytes:
    return hashlib.sha256(who.encode()).digest()
