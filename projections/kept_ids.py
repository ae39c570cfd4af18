"""Identifiers as small numbers, so that columns of them are compared at once."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from hashlib import md5
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from numpy.typing import NDArray

NO_ONE = UUID(int=0)
SPARE = 10_000


class Ids:
    """Identifiers as small numbers, the same in all columns of a database; 0 is no one. There may be more of them at
    any time: an array over all is made after the numbers are known that it is asked for."""

    def __init__(self) -> None:
        import numpy as np

        self._codes: dict[bytes, int] = {NO_ONE.bytes: 0}
        self._raw: list[bytes] = [NO_ONE.bytes]
        self._keys: dict[int, UUID] = {}
        self._words: dict[str, int] = {}
        self.lists: dict[int, tuple[str, ...]] = {}
        """The texts, such as products, that numbers of lists of them stand for."""
        self._itself: NDArray[Any] = np.zeros(0, np.int32)
        self._of_all: tuple[bytes, NDArray[Any]] = (b"", np.zeros(0, np.int32))
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._raw)

    def each_itself(self) -> NDArray[Any]:
        """For every identifier its own number; nobody writes into it."""
        import numpy as np

        if len(self._itself) < len(self):
            self._itself = np.arange(len(self) + SPARE, dtype=np.int32)
            self._itself.flags.writeable = False
        return self._itself[: len(self)]

    def codes(self, several: Sequence[bytes]) -> NDArray[Any]:
        """Their numbers."""
        import numpy as np

        with self._lock:
            for each in several:
                if each not in self._codes:
                    self._codes[each] = len(self._raw)
                    self._raw.append(each)
            return np.fromiter(map(self._codes.__getitem__, several), np.int32, len(several))

    def codes_of_all(self, raw: bytes) -> NDArray[Any]:
        """Those of many, one after the other in their bytes, looked up once while the same are asked for; nobody writes
        into it."""
        asked, found = self._of_all
        if asked != raw:
            found = self.codes([raw[at : at + 16] for at in range(0, len(raw), 16)])
            found.flags.writeable = False
            self._of_all = raw, found
        return found

    def of(self, keys: Sequence[UUID]) -> NDArray[Any]:
        """Their numbers."""
        return self.codes([key.bytes for key in keys])

    def word(self, text: str) -> int:
        """The number of what stands for a word."""
        found = self._words.get(text)
        if found is None:
            found = self._words[text] = self.code(word(text))
        return found

    def code(self, key: UUID | None) -> int:
        """The number of one; 0 for none."""
        return int(self.of([key])[0]) if key else 0

    def raw(self, codes: Sequence[int]) -> list[bytes]:
        """The bytes of what numbers stand for."""
        return list(map(self._raw.__getitem__, codes))

    def key(self, code: int) -> UUID:
        """What a number stands for."""
        found = self._keys.get(code)
        if found is None:
            found = self._keys[code] = UUID(bytes=self._raw[code])
        return found


def word(text: str) -> UUID:
    """What stands for a word among identifiers."""
    return UUID(bytes=md5(text.encode(), usedforsecurity=False).digest())
