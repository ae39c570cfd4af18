"""The clock of the machine: the one place where workers look at it, and what tests put another in place of."""

from datetime import UTC, datetime


def now_utc() -> datetime:
    """Now."""
    return datetime.now(UTC)
