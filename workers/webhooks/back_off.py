"""When what failed is tried again."""

from __future__ import annotations

from collections.abc import Callable

JITTER = 0.1
SECONDS = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""After each failed attempt, by the example of Standard Webhooks: 5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and 24 hours."""
ATTEMPTS = len(SECONDS) + 1
HOST_SECONDS = (15, 30, 60, 120, 300, 600, 900)
"""How long a host is left alone that was not reached, the longest again and again."""
BUSY_SECONDS = (30, 60, 120, 300, 600)
"""How long a receiver is left alone that asks for time and does not say how much."""
Random = Callable[[], float]
"""A number from 0 to 1."""


def retry_in(attempts: int, random: Random) -> float | None:
    """Seconds until an event is tried again of which so many attempts failed, up to a tenth later, so that not all
    come at once; None where it is given up."""
    return None if attempts >= ATTEMPTS else spread(SECONDS[attempts - 1], random)


def step(of: tuple[int, ...], times: int, random: Random) -> float:
    """Seconds of the step for something that happened so many times in a row."""
    return spread(of[min(max(times, 1), len(of)) - 1], random)


def spread(seconds: float, random: Random) -> float:
    """Up to a tenth more."""
    return seconds * (1 + JITTER * random())
