"""Events as an export holds them: one after the other, each in two parts after their lengths.

A record is `u32 length of head | u32 length of state | head | state`, big-endian. The head is what the tree holds of
the event (`entries.entry`) without its end, the digest of the state; the state stands in full behind it. So the leaf
of a record is SHA-256(0x00 | head | SHA-256(state)).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Protocol

from domain.seal.entries import FRAME

CHUNK = 1 << 20
MOST_HEAD, MOST_STATE = 1 << 17, 1 << 26
"""A topic and a command digest of 64 KiB each and what is fixed; states are refused far below 64 MiB."""
FIXED = len(FRAME) + 52

POSITION = slice(14, 22)
RECORDED_AT = slice(22, 30)
VERSION = slice(30, 34)
AGGREGATE = slice(34, 50)

_lengths = struct.Struct(">II")


class Broken(Exception):
    """The bytes are no sequence of records."""


class Readable(Protocol):
    """What gives bytes."""

    def read(self, n: int, /) -> bytes:
        """At most that many; none at the end."""


def record(head: bytes, state: bytes) -> bytes:
    """An event as it is written."""
    return _lengths.pack(len(head), len(state)) + head + state


def leaf(head: bytes, state: bytes) -> bytes:
    """The hash of the leaf of a record."""
    return sha256(b"\0" + head + sha256(state).digest()).digest()


def leaves(heads: Sequence[bytes], states: Sequence[bytes]) -> list[bytes]:
    """The same of many; states may be more."""
    return [sha256(b"\0" + head + sha256(state).digest()).digest() for head, state in zip(heads, states, strict=False)]


def records(stream: Readable) -> Iterator[tuple[list[bytes], list[bytes]]]:
    """Heads and states, some thousands at once. Raises Broken, and what the stream raises."""
    rest = b""
    unpacked, lengths = _lengths.unpack_from, _lengths.size
    while chunk := stream.read(CHUNK):
        data = rest + chunk
        end, size = 0, len(data)
        heads: list[bytes] = []
        states: list[bytes] = []
        while end + lengths <= size:
            of_head, of_state = unpacked(data, end)
            start = end + lengths
            middle = start + of_head
            after = middle + of_state
            if after > size:
                _see_that_it_may_be(of_head, of_state)
                break
            heads.append(data[start:middle])
            states.append(data[middle:after])
            end = after
        rest = data[end:]
        if heads:
            yield heads, states
    if rest:
        raise Broken


def _see_that_it_may_be(of_head: int, of_state: int) -> None:
    if of_head > MOST_HEAD or of_state > MOST_STATE:
        raise Broken


def is_head(head: bytes) -> bool:
    """Whether it begins as a head must and is long enough for what is fixed in it."""
    return head.startswith(FRAME) and len(head) >= FIXED + 4


def are_heads(heads: Sequence[bytes]) -> bool:
    """Whether each is one."""
    return {head[: len(FRAME)] for head in heads} <= {FRAME} and min(map(len, heads), default=FIXED + 4) >= FIXED + 4


def topic_of(head: bytes) -> bytes:
    """The stored name of the event."""
    return head[FIXED + 2 : FIXED + 2 + int.from_bytes(head[FIXED : FIXED + 2], "big")]


def position_of(head: bytes) -> int:
    """The position of the event."""
    return int.from_bytes(head[POSITION], "big")
