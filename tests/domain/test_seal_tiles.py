"""Tiles hold the hashes from which every root and proof is made; the table lets them only grow."""

import random
from collections.abc import Iterator

import psycopg
import pytest

from domain.seal import tiles
from domain.seal.merkle import HASH_BYTES, Growing, perfect_root, root_at, root_of
from domain.seal.tiles import TILE_BYTES, TileMissing, Tiles, edge_of, full_roots, grown, way_of

LEAVES = random.Random(3).randbytes(66_100 * HASH_BYTES)


@pytest.fixture
def connection(migrated_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(migrated_url, autocommit=True) as connection:
        yield connection


def store(connection: psycopg.Connection, found: dict[tuple[int, int], bytes]) -> None:
    for (level, index), hashes in found.items():
        connection.execute(
            "insert into seal_tiles values (%s, %s, %s)"
            " on conflict (level, index) do update set hashes = excluded.hashes",
            (level, index, hashes),
        )


def root(size: int) -> bytes:
    tree = Growing()
    tree.add(LEAVES[: size * HASH_BYTES])
    return tree.root


@pytest.mark.parametrize("sizes", [[1, 2, 300], [255, 256, 257], [511, 513, 1024], [65_535, 65_536, 66_049]])
def test_tiles_that_grow_are_those_made_at_once_and_lead_to_every_root(connection, sizes: list[int]) -> None:
    known: dict[tuple[int, int], bytes] = {}
    before = 0
    for size in sizes:
        edge = {place: known[place] for place in edge_of(before)}
        new = grown(before, edge, LEAVES[before * HASH_BYTES : size * HASH_BYTES])
        store(connection, new)
        known |= new
        before = size
        assert tiles.count(connection) == size
    assert known == grown(0, {}, LEAVES[: before * HASH_BYTES])
    for size in (*sizes, sizes[-1] - 1):
        assert root_at(size, Tiles(connection, edge_of(size)).subtree) == root(size)
    assert set(way_of(sizes[-1] - 1, sizes[-1])) <= set(known)


def test_a_growing_tree_has_the_root_of_its_leaves_and_goes_on_in_two_ways() -> None:
    tree = Growing()
    assert tree.root == root_of([])
    tree.add_full(perfect_root(LEAVES[:TILE_BYTES]))
    other = tree.copy()
    tree.add(LEAVES[TILE_BYTES : 300 * HASH_BYTES])
    other.add(LEAVES[-HASH_BYTES:])
    assert (tree.size, tree.root) == (300, root(300))
    assert (other.size, other.root != tree.root) == (257, True)


def test_the_empty_journal_has_no_tiles(connection) -> None:
    assert tiles.count(connection) == 0
    assert tiles.between(connection, 0, 0, 9) == b""
    assert Tiles(connection).tile(0, 0) == b""


def test_a_hash_that_is_not_there_is_named_by_its_tile(connection) -> None:
    store(connection, grown(0, {}, LEAVES[: 300 * HASH_BYTES]))
    with pytest.raises(TileMissing) as missing:
        Tiles(connection).subtree(0, 300)
    assert missing.value.args == ((0, 1),)
    with pytest.raises(TileMissing) as missing:
        Tiles(connection).subtree(9, 0)
    assert missing.value.args == ((1, 0),)


def test_tiles_are_read_up_to_the_first_that_is_missing_or_not_full(connection) -> None:
    store(connection, grown(0, {}, LEAVES[: 800 * HASH_BYTES]))
    assert tiles.between(connection, 0, 0, 256) == LEAVES[: 800 * HASH_BYTES]
    assert tiles.between(connection, 0, 1, 3) == LEAVES[TILE_BYTES : 3 * TILE_BYTES]
    with connection.transaction():
        connection.execute("alter table seal_tiles disable trigger user")
        connection.execute("delete from seal_tiles where level = 0 and index = 1")
    assert tiles.between(connection, 0, 0, 256) == LEAVES[:TILE_BYTES]
    with connection.transaction():
        connection.execute("update seal_tiles set hashes = substr(hashes, 1, 64) where level = 0 and index = 2")
    assert tiles.between(connection, 0, 2, 256) == LEAVES[2 * TILE_BYTES : 2 * TILE_BYTES + 64]
    full = [LEAVES[:TILE_BYTES], LEAVES[TILE_BYTES : 2 * TILE_BYTES]]
    assert full_roots(LEAVES[: 2 * TILE_BYTES + 64]) == [perfect_root(tile) for tile in full]


@pytest.mark.parametrize(
    "sql",
    [
        "update seal_tiles set hashes = set_byte(hashes, 0, get_byte(hashes, 0) # 1)",
        "update seal_tiles set hashes = substr(hashes, 1, 32)",
        "update seal_tiles set index = 7",
        "update seal_tiles set level = 7",
        "delete from seal_tiles",
        "truncate seal_tiles",
        "update checkpoints set note = 'another'",
        "delete from checkpoints",
        "truncate checkpoints",
    ],
)
def test_the_seal_is_append_only(connection, sql) -> None:
    store(connection, {(0, 0): LEAVES[:64]})
    connection.execute("insert into checkpoints values (2, 'note')")
    with pytest.raises(psycopg.DatabaseError, match="append-only") as refused:
        connection.execute(sql)
    assert refused.value.sqlstate == "KA002"
