"""What a process worked out and keeps, bounded by how much it is: the longest unused is forgotten first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class LatelyUsed(Generic[T]):
    """Values under keys, together of no more than so much; a single one stays however much it is."""

    def __init__(self, most: int, weight: Callable[[T], int]) -> None:
        self._most, self._weight = most, weight
        self._held = OrderedDict[Hashable, T]()
        self._sum = 0
        self._lock = Lock()

    def __reduce__(self) -> tuple[type[LatelyUsed[T]], tuple[int, Callable[[T], int]]]:
        """What is kept stays in its process: in another one a copy begins anew."""
        return LatelyUsed, (self._most, self._weight)

    def get(self, key: Hashable) -> T | None:
        """What is kept under a key."""
        with self._lock:
            if (found := self._held.get(key)) is not None:
                self._held.move_to_end(key)
            return found

    def put(self, key: Hashable, value: T) -> None:
        """Keep it, in place of what was there."""
        with self._lock:
            if (before := self._held.pop(key, None)) is not None:
                self._sum -= self._weight(before)
            self._held[key] = value
            self._sum += self._weight(value)
            while self._sum > self._most and len(self._held) > 1:
                self._sum -= self._weight(self._held.popitem(last=False)[1])

    def forget(self) -> None:
        """Begin anew."""
        with self._lock:
            self._held.clear()
            self._sum = 0


def one_each(_: object) -> int:
    """The weight where so many values are kept, whatever they are."""
    return 1
