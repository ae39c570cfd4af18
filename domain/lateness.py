"""Late logging: what people recorded long after it occurred. One rule for the trail, the replay, the diff and the
evidence.

Only what a person records can be late: a file tells of a past that it did not make, a worker of what it found.
"""

from __future__ import annotations

from datetime import timedelta

from domain.aggregate import Origin, Recorded

LATE_AFTER = timedelta(days=7)
"""The rule of thumb "late logging": recorded more than a week after it occurred."""


def delay(fact: Recorded) -> timedelta:
    """How long after it occurred a fact was recorded; nothing for one that is not recorded yet."""
    return fact.recorded_at - fact.occurred_at if fact.recorded_at else timedelta()


def late_by(fact: Recorded, after: timedelta = LATE_AFTER) -> timedelta | None:
    """How long after it occurred a person recorded a fact, where that is more than `after`."""
    lag = delay(fact)
    return lag if fact.origin is Origin.PERSON and lag > after else None
