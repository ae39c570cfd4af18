"""Sessions of the console: a cookie with a secret, of which the hash is kept, and an idle and an absolute timeout."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from psycopg_pool import ConnectionPool

from api.signing_in.secrets import derived, hashed, new_secret

PREFIX = "console-"
"""How the identities of sessions begin, which stand in the access log where keys have theirs."""
TOLD_EVERY = timedelta(minutes=1)
REMEMBERED = timedelta(days=400)
How = Literal["token", "password", "oidc"]

COLUMNS = "id, member, began_at, seen_at, expires_at, previous_at, locks, how, browser"
FOUND = f"select {COLUMNS} from console_sessions where ended_at is null and "
BEGIN = """
with forgotten as (delete from console_sessions where expires_at < %(now)s - %(remembered)s),
    before as (select max(began_at) at from console_sessions where member = %(member)s)
insert into console_sessions (id, hash, member, how, began_at, seen_at, expires_at, previous_at, locks, browser)
select %(id)s, %(hash)s, %(member)s, %(how)s, %(now)s, %(now)s, %(expires_at)s, before.at, %(locks)s, %(browser)s
from before
returning previous_at"""


@dataclass(frozen=True)
class Timeouts:
    """How long a session lasts (ASVS 5.0, 7.1.1 and 7.3): `idle` without a request, and at most for `whole`.

    Twelve hours cover a working day with its meetings, so that nobody signs in twice in one and nobody is signed in on
    the next morning who did not go on; within a week everybody proves anew who he is. Shorter ones would make people
    keep weaker passwords, and whoever is locked out or leaves is out at once in any case."""

    idle: timedelta = timedelta(hours=12)
    whole: timedelta = timedelta(days=7)


@dataclass(frozen=True)
class Session:
    """Who is signed in, since when, and when he was before. `csrf` is the token that forms send back; it is empty where
    the session was found by its identity, not by its secret."""

    id: str
    member: UUID
    began_at: datetime
    seen_at: datetime
    expires_at: datetime
    previous_sign_in_at: datetime | None
    locks: int
    how: How
    browser: str = ""
    csrf: str = ""


class Sessions:
    """The sessions of all processes: they are rows, so that each process knows those of the others."""

    def __init__(self, pool: ConnectionPool, timeouts: Timeouts | None = None) -> None:
        self._pool = pool
        self.timeouts = timeouts or Timeouts()

    def begin(self, member: UUID, how: How, now: datetime, *, locks: int = 0, browser: str = "") -> tuple[Session, str]:
        """A new session, and the secret of its cookie: never one that was known before."""
        secret = new_secret()
        session_id = PREFIX + os.urandom(8).hex()
        values = {"id": session_id, "hash": hashed(secret), "member": member, "how": how, "now": now, "locks": locks}
        values["browser"] = browser
        values |= {"expires_at": now + self.timeouts.whole, "remembered": REMEMBERED}
        with self._pool.connection() as connection:
            (before,) = connection.execute(BEGIN, values).fetchone() or (None,)
        expires = now + self.timeouts.whole
        csrf = derived(secret, "csrf")
        return Session(session_id, member, now, now, expires, before, locks, how, browser, csrf), secret

    def of(self, secret: str, now: datetime) -> Session | None:
        """The session of a cookie that goes on; this is a sign of life."""
        found = self._found("hash = %s", hashed(secret), now)
        if found is None:
            return None
        if now - found.seen_at >= TOLD_EVERY:
            self._seen(found.id, now)
        return replace(found, csrf=derived(secret, "csrf"))

    def by_id(self, session_id: str, now: datetime) -> Session | None:
        """A session that goes on, by its identity. What asks for it by that, such as a live stream that is followed
        further, is no sign of life."""
        return self._found("id = %s", session_id, now)

    def going_on(self, member: UUID, now: datetime) -> list[Session]:
        """The sessions of a member that go on, the newest first."""
        with self._pool.connection() as connection:
            rows = connection.execute(f"{FOUND} member = %s order by began_at desc".encode(), (member,)).fetchall()
        return [each for each in (Session(*row) for row in rows) if self._goes_on(each, now)]

    def end(self, session_id: str, now: datetime) -> None:
        """End a session."""
        sql = "update console_sessions set ended_at = %s where id = %s and ended_at is null"
        with self._pool.connection() as connection:
            connection.execute(sql, (now, session_id))

    def end_all(self, member: UUID, now: datetime, *, but: str = "") -> int:
        """End all sessions of a member but one; returns how many."""
        sql = "update console_sessions set ended_at = %s where member = %s and id <> %s and ended_at is null"
        with self._pool.connection() as connection:
            return connection.execute(sql, (now, member, but)).rowcount

    def _found(self, condition: Literal["hash = %s", "id = %s"], value: object, now: datetime) -> Session | None:
        with self._pool.connection() as connection:
            row = connection.execute(FOUND + condition, (value,), prepare=True).fetchone()
        session = Session(*row) if row else None
        return session if session is not None and self._goes_on(session, now) else None

    def _goes_on(self, session: Session, now: datetime) -> bool:
        return now < session.expires_at and now < session.seen_at + self.timeouts.idle

    def _seen(self, session_id: str, now: datetime) -> None:
        sql = "update console_sessions set seen_at = greatest(seen_at, %s) where id = %s"
        with self._pool.connection() as connection:
            connection.execute(sql, (now, session_id))


def is_session(key_id: str) -> bool:
    """Whether this is the identity of a session, not of a key."""
    return key_id.startswith(PREFIX)
