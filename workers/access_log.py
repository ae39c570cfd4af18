"""Seals the access log: each hour that is over becomes one fact of the journal, whoever looks, and how late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from domain.access_log import ACCESS_LOG, HOUR, AccessLog, seal_command
from domain.aggregate import Origin
from domain.journal.context import Context, digest_of
from domain.journal.journal import Journal
from projections.access_log import hours
from workers.clock import now_utc

WAITS = timedelta(minutes=2)
"""A line that was begun in an hour is written by then."""

log = structlog.get_logger()


class AccessSealing:
    """Two at once record nothing twice: each command is known by its hour."""

    def __init__(self, journal: Journal, clock: Callable[[], datetime] = now_utc) -> None:
        self._journal, self._clock = journal, clock

    def seal_hours(self) -> int:
        """Seal the hours that are over and are not sealed; how many. Hours without a line have no fact."""
        now = self._clock()
        sealed = self._journal.streams.state(AccessLog, ACCESS_LOG).until
        over = (now - WAITS).replace(minute=0, second=0, microsecond=0)
        if over <= sealed:
            return 0
        with self._journal.pool.connection() as connection, connection.transaction():
            found = list(hours(connection, sealed, over))
        for hour, rows, digest in found:
            self._seal(hour.astimezone(UTC), rows, digest, now)
        if found:
            log.info("access log sealed", hours=len(found), until=(found[-1][0] + HOUR).isoformat())
        return len(found)

    def _seal(self, hour: datetime, rows: int, digest: bytes, now: datetime) -> None:
        def decision(of: AccessLog) -> None:
            of.seal(hour=hour, rows=rows, digest=digest)

        known_by = seal_command(hour)
        context = Context(at=now, origin=Origin.WORKER, command_id=known_by, digest=digest_of(known_by.bytes))
        self._journal.run(AccessLog, ACCESS_LOG, decision, context)
