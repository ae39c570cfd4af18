"""Types made ready to be decoded, one at a time.

At its first use msgspec notes what a type consists of, and others find the note before it is complete: in the middle it
asks Python for the annotations of the types within, and another thread that decodes by one of them meanwhile ends the
process with a segmentation fault (seen with 0.22.0). So a type is made ready here before anything is decoded by it.
"""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_turn = threading.RLock()
_ready: set[Any] = set()


def decodable(kind: type[T]) -> type[T]:
    """The same type, by which any thread may now decode. Raises TypeError where nothing can be decoded by it."""
    if kind not in _ready:
        with _turn:
            msgspec.msgpack.Decoder(kind)
            _ready.add(kind)
    return kind
