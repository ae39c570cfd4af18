"""Whether the access log is as it was sealed."""

from __future__ import annotations

import msgspec
import psycopg

from domain.access_log import ACCESS_LOG, AccessLog
from domain.aggregate import in_business_order
from domain.journal.journal import Journal
from projections.access_log import ChangedHour, SealedHour, changed_hours


class LogVerdict(msgspec.Struct, kw_only=True):
    """How many hours are sealed, and those that are not as they were: `sealed` lines then, `found` now."""

    ok: bool
    sealed_hours: int
    changed: list[ChangedHour]


def verified(journal: Journal, connection: psycopg.Connection) -> LogVerdict:
    """Compare each hour of the log with its seal in the journal."""
    facts = in_business_order(journal.streams.history(ACCESS_LOG))
    sealed = [
        SealedHour(fact.event.hour, fact.event.rows, fact.event.digest, fact.position)
        for fact in facts
        if isinstance(fact.event, AccessLog.Sealed)
    ]
    changed = changed_hours(connection, sealed)
    return LogVerdict(ok=not changed, sealed_hours=len(sealed), changed=changed)
