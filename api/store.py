"""The SQL of the door's own tables: the access log, and when keys were last used."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from psycopg_pool import ConnectionPool

from projections.access_log import Access, note

__all__ = ["Access", "AccessLog"]

IDLE = timedelta(minutes=30)
"""After so long without a request a key's next use is a sign-in."""
TOLD_EVERY = timedelta(minutes=1)
KEPT = 10_000

USED = """
insert into key_uses as known values (%(key)s, %(now)s, %(now)s)
on conflict (key_id) do update set seen_at = greatest(known.seen_at, excluded.seen_at),
    session = case when known.seen_at < %(now)s - %(idle)s then excluded.session else known.session end
returning session = %(now)s"""


class AccessLog:
    """Appends; nothing takes a line back."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool
        self._told: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def note(self, access: Access) -> None:
        """Write a line."""
        with self._pool.connection() as connection:
            note(connection, access)

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
