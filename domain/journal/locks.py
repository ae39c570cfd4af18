"""The advisory locks of the database: one number each, so that nobody waits for whom he has nothing to do with."""

from __future__ import annotations

import enum


@enum.unique
class AdvisoryLock(enum.IntEnum):
    """What one process at a time does. `APPEND` is also stated in the journal's SQL."""

    APPEND = 7402116
    MIGRATION = 7402117
    SEALING = 7402118
    REBUILD = 7402119
    FEED = 7402131
    HEALTH_DAYS = 7402132
