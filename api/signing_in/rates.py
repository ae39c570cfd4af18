"""How often may be asked: a bucket for each who asks, which fills up again. In memory, so that it costs nothing; each
process has its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from api.signing_in.attempts import TooManyAttempts

KEPT = 20_000


class Rate:
    """At most `burst` at once, and `per_second` in the long run."""

    def __init__(self, burst: int, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst = burst
        self._per_second = per_second
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def take(self, who: str) -> None:
        """Ask once more. Raises TooManyAttempts."""
        now = self._clock()
        with self._lock:
            left, seen = self._buckets.get(who, (float(self._burst), now))
            left = min(self._burst, left + (now - seen) * self._per_second)
            if left >= 1:
                if len(self._buckets) >= KEPT:
                    self._buckets = {key: kept for key, kept in self._buckets.items() if now - kept[1] < self._full()}
                self._buckets[who] = left - 1, now
                return
        raise TooManyAttempts(seconds=max(1, -int(-(1 - left) / self._per_second // 1)))

    def _full(self) -> float:
        """Seconds after which a bucket is full, whatever was taken."""
        return self._burst / self._per_second
