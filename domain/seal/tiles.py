"""Tiles: 256 hashes of one level of the tree behind each other, the last one of a level shorter (C2SP tlog-tiles).

Tile (0, n) holds the hashes of leaves 256 n and on, tile (k, n) the roots of full tiles (k - 1, 256 n) and on.
"""

from __future__ import annotations

from collections.abc import Iterable

import psycopg

from domain.seal.merkle import HASH_BYTES, perfect_root

WIDTH = 256
TILE_BYTES = WIDTH * HASH_BYTES

Place = tuple[int, int]
"""A tile: its level and its number among those of its level."""


class TileMissing(LookupError):
    """A hash that should be in a tile is not there; the tile's place is the argument."""


class Tiles:
    """Tiles of the table `seal_tiles`, as far as they are asked for; `subtree` is what proofs are made of."""

    def __init__(self, connection: psycopg.Connection, places: Iterable[Place] = ()) -> None:
        self._connection = connection
        self._found: dict[Place, bytes] = {}
        self._fetch(list(places))

    def subtree(self, level: int, place: int) -> bytes:
        """The hash of a perfect subtree (see `merkle.Subtree`). Raises TileMissing."""
        first = place << (level & 7)
        index, start, length = first >> 8, (first & 255) * HASH_BYTES, HASH_BYTES << (level & 7)
        hashes = self.tile(level >> 3, index)[start : start + length]
        if len(hashes) != length:
            raise TileMissing((level >> 3, index))
        return perfect_root(hashes)

    def tile(self, level: int, index: int) -> bytes:
        """The hashes of a tile; nothing where there is none."""
        if (level, index) not in self._found:
            self._fetch([(level, index)])
        return self._found[level, index]

    def _fetch(self, places: list[Place]) -> None:
        if not places:
            return
        self._found.update(dict.fromkeys(places, b""))
        rows = self._connection.execute(
            "select level, index, hashes from seal_tiles join unnest(%s::int2[], %s::int8[]) p(level, index)"
            " using (level, index)",
            ([level for level, _ in places], [index for _, index in places]),
            prepare=True,
            binary=True,
        )
        for level, index, hashes in rows:
            self._found[level, index] = hashes


def edge_of(size: int) -> list[Place]:
    """The tiles that are not full in a tree of `size` leaves, where there are any; the lowest level first."""
    places, level = [], 0
    while size:
        if size & 255:
            places.append((level, size >> 8))
        size, level = size >> 8, level + 1
    return places


def way_of(leaf: int, size: int) -> list[Place]:
    """The tiles above a leaf of a tree of `size` leaves."""
    places, level = [], 0
    while size:
        leaf >>= 8
        places.append((level, leaf))
        size, level = size >> 8, level + 1
    return places


def grown(size: int, edge: dict[Place, bytes], leaves: bytes) -> dict[Place, bytes]:
    """The tiles that are new or longer when leaf hashes are added to a tree of `size` leaves with these last tiles."""
    tiles: dict[Place, bytes] = {}
    level, new = 0, leaves
    while new:
        index = size >> 8
        hashes = (edge[level, index] if size & 255 else b"") + new
        full = []
        for start in range(0, len(hashes), TILE_BYTES):
            tile = tiles[level, index] = hashes[start : start + TILE_BYTES]
            if len(tile) == TILE_BYTES:
                full.append(perfect_root(tile))
            index += 1
        level, size, new = level + 1, size >> 8, b"".join(full)
    return tiles


def full_roots(hashes: bytes) -> list[bytes]:
    """The roots of the full tiles among hashes that begin with a tile."""
    return [perfect_root(hashes[at : at + TILE_BYTES]) for at in range(0, len(hashes) - TILE_BYTES + 1, TILE_BYTES)]


def count(connection: psycopg.Connection) -> int:
    """How many leaves the tiles reach to."""
    found = connection.execute(
        "select index, length(hashes) from seal_tiles where level = 0 order by index desc limit 1"
    ).fetchone()
    return 0 if found is None else int(found[0]) * WIDTH + int(found[1]) // HASH_BYTES


def between(connection: psycopg.Connection, level: int, first: int, end: int) -> bytes:
    """The hashes of the tiles `first` to `end - 1` of a level behind each other, up to the first that is not full."""
    rows = connection.execute(
        "select index, hashes from seal_tiles where level = %s and index >= %s and index < %s order by index",
        (level, first, end),
        binary=True,
    )
    found = []
    for expected, (index, hashes) in enumerate(rows, first):
        if index != expected:
            break
        found.append(hashes)
        if len(hashes) != TILE_BYTES:
            break
    return b"".join(found)
