"""Whether the journal was restored from a backup: then whoever read further than that has read what is gone."""

from __future__ import annotations

from datetime import datetime

import msgspec
import psycopg


class LastRestore(msgspec.Struct, frozen=True):
    """When the journal was restored last, from a backup of when, and where its head then was."""

    at: datetime
    made_at: datetime
    head: int


def last_restore(connection: psycopg.Connection) -> LastRestore | None:
    """The last restore; None where the journal was never restored."""
    found = connection.execute("select at, made_at, head from restores order by at desc limit 1").fetchone()
    return LastRestore(*found) if found else None
