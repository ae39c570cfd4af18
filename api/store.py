"""The SQL of the door's own tables: the access log."""

from __future__ import annotations

from uuid import UUID

import msgspec
from psycopg_pool import ConnectionPool


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the access log: an attempt that was refused, or personal data that was read."""

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

    def note(self, access: Access) -> None:
        """Write a line."""
        columns = ", ".join(access.__struct_fields__)
        places = ", ".join(f"%({name})s" for name in access.__struct_fields__)
        with self._pool.connection() as connection:
            sql = f"insert into access_log ({columns}) values ({places})"
            connection.execute(sql.encode(), msgspec.structs.asdict(access), prepare=True)
