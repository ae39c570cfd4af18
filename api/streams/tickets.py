"""Tickets to the live stream, for browsers, whose EventSource states no header: used once, within a minute."""

from __future__ import annotations

import hashlib
import os
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta

from psycopg_pool import ConnectionPool

from api.access import NotSignedIn

VALID = timedelta(seconds=60)
PREFIX = "kamst_"

ISSUE = """
with expired as (delete from stream_tickets where expires_at < %(now)s)
insert into stream_tickets (hash, key_id, expires_at) values (%(hash)s, %(key_id)s, %(expires_at)s)"""


class TicketBad(NotSignedIn):
    """The ticket was used, has expired or never was one: get another by `POST /events/tickets`."""


class Tickets:
    """Only the hash of a ticket is kept, beside the key of whoever asked for it."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool

    def issue(self, key_id: str, now: datetime) -> str:
        """A ticket for whoever has this key."""
        ticket = PREFIX + urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")
        values = {"hash": _hash(ticket), "key_id": key_id, "now": now, "expires_at": now + VALID}
        with self._pool.connection() as connection:
            connection.execute(ISSUE, values)
        return ticket

    def take(self, ticket: str, now: datetime) -> str:
        """The key for which a ticket stands, which is gone with that. Raises TicketBad."""
        with self._pool.connection() as connection:
            found = connection.execute(
                "delete from stream_tickets where hash = %s returning key_id, expires_at", (_hash(ticket),)
            ).fetchone()
        if found is None or found[1] < now:
            raise TicketBad
        return str(found[0])


def _hash(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode()).digest()
