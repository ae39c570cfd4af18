"""A clock that tests of signing in move."""

from __future__ import annotations

from datetime import UTC, datetime


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 6, 1, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now
