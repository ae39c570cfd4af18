"""The SQL of the door's own tables: the access log, and when keys were last used."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from psycopg_pool import ConnectionPool

IDLE = timedelta(minutes=30)
"""After so long without a request a key's next use is a sign-in."""
TOLD_EVERY = timedelta(minutes=1)
KEPT = 10_000

USED = """
insert into key_uses as known values (%(key)s, %(now)s, %(now)s)
on conflict (key_id) do update set seen_at = greatest(known.seen_at, excluded.seen_at),
    session = case when known.seen_at < %(now)s - %(idle)s then excluded.session else known.session end
returning session = %(now)s"""


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the access log: a sign-in, an attempt that was refused, personal data that was read, or data that
    was taken away."""

    kind: str
    method: str
    path: str
    status: int
    correlation_id: UUID
    member: UUID | None = None
    key_id: str = ""
    rule: str = ""


class AccessLog:
    """Appends; nothing takes a line back."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool
        self._told: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def note(self, access: Access) -> None:
        """Write a line."""
        columns = ", ".join(access.__struct_fields__)
        places = ", ".join(f"%({name})s" for name in access.__struct_fields__)
        with self._pool.connection() as connection:
            sql = f"insert into access_log ({columns}) values ({places})"
            connection.execute(sql.encode(), msgspec.structs.asdict(access), prepare=True)

    def signs_in(self, key_id: str, now: datetime) -> bool:
        """Whether this use of a key begins a session: it is the first, or the first after half an hour without one.
        Of several processes that see it at once one is told so; the table learns of a use once a minute."""
        with self._lock:
            told = self._told.get(key_id)
            if told is not None and abs(now - told) < TOLD_EVERY:
                return False
            if len(self._told) >= KEPT:
                self._told = {}
            self._told[key_id] = now
        with self._pool.connection() as connection:
            found = connection.execute(USED, {"key": key_id, "now": now, "idle": IDLE}, prepare=True).fetchone()
        return bool(found and found[0])
