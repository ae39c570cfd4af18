"""Who works: the processes that follow the journal, as the database sees them."""

from __future__ import annotations

from datetime import datetime

import msgspec
import psycopg

ALIVE_SECONDS = 30
_ALIVE = (
    "seen_at > clock_timestamp() - make_interval(secs => %s)"
    " and exists (select from pg_stat_activity where pid = workers.backend)"
)


class Worker(msgspec.Struct, frozen=True):
    """A worker process; `leases` are what it alone does now."""

    host: str
    pid: int
    started_at: datetime
    seen_at: datetime
    alive: bool
    leases: list[str]


def alive_workers(connection: psycopg.Connection) -> int:
    """How many worker processes were seen within the last half minute and have not lost their connection since.

    The database notices at once when a process is killed, long before its next report is missed.
    """
    sql = f"select count(*) from workers where {_ALIVE}"
    (count,) = connection.execute(sql.encode(), (ALIVE_SECONDS,)).fetchone() or (0,)
    return int(count)


def workers_seen(connection: psycopg.Connection) -> list[Worker]:
    """The worker processes that were seen within the last hour, the one that has lived longest first."""
    sql = (
        f"select host, pid, started_at, seen_at, {_ALIVE}, array(select name from leases where holder = workers.id"
        " and until > clock_timestamp() order by name) from workers order by started_at"
    )
    return [Worker(*row) for row in connection.execute(sql.encode(), (ALIVE_SECONDS,))]
