"""Sealing: new events are hashed into the tiles, and a checkpoint of them is signed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import psycopg

from domain.errors import JournalError
from domain.journal.locks import AdvisoryLock
from domain.journal.reading import MICROSECOND, head
from domain.seal.checkpoints import Checkpoint, origin_of, read_checkpoint
from domain.seal.leaves import STEP, leaf_hashes
from domain.seal.merkle import HASH_BYTES, root_at
from domain.seal.notes import NoteUnreadable, SigningKey, is_signed
from domain.seal.tiles import Place, TileMissing, Tiles, edge_of, grown

APPEND_ONLY = "KA002"  # the SQL state with which the tables refuse to be changed


class SealRefused(JournalError):
    """Nothing is sealed."""


class SealOfAnotherSystem(SealRefused):
    """The newest checkpoint belongs to system {found}, this one is {system}: nothing is sealed. Let `kams audit verify`
    say what happened."""


class KeyOfAnotherSystem(SealRefused):
    """The key signs for {name}, but this system is {expected}: nothing is sealed. Give the key of this system."""


class SealOfAnotherKey(SealRefused):
    """The newest checkpoint is not signed by the key {key}: nothing is sealed. Seal with the key that signed it."""


class SealUnreadable(SealRefused):
    """The newest checkpoint, of {size} events, cannot be read: {reason}. Nothing is sealed."""


class SealDisagrees(SealRefused):
    """The tiles of hashes lead to another root than the newest checkpoint, of {size} events: nothing is sealed. Let
    `kams audit verify` say what was changed."""


class SealedEventsMissing(SealRefused):
    """The newest checkpoint seals {size} events, but the journal holds only {head}: nothing is sealed. Let
    `kams audit verify` say what is missing."""


class SealedEventChanged(SealRefused):
    """The event at position {position} is not the one that was sealed: nothing is sealed. Let `kams audit verify` say
    what was changed."""


def system_id(connection: psycopg.Connection) -> UUID:
    """Who this system is."""
    found = connection.execute("select id from system").fetchone()
    assert found is not None
    return UUID(str(found[0]))


def newest(connection: psycopg.Connection) -> str | None:
    """The newest signed checkpoint; None where nothing is sealed yet."""
    found = connection.execute("select note from checkpoints order by size desc limit 1").fetchone()
    return found[0] if found else None


def seal(connection: psycopg.Connection, key: SigningKey, clock: Callable[[], datetime]) -> str | None:
    """Seal what is new, and return the signed checkpoint of it; None where nothing is new.

    The connection must not be in a transaction: after every STEP events one is committed with its own checkpoint, so
    who is stopped loses little. Two who seal at once take turns. Positions become visible in their order, because who
    appends holds the journal's lock until the commit: so what lies below the newest visible event is complete.
    Nothing is stored that is not consistent with the newest checkpoint.

    Raises SealRefused, and PositionMissing and EventUnreadable for events that cannot be sealed.
    """
    made = None
    while (note := _step(connection, key, clock)) is not None:
        made = note
    return made


def _step(connection: psycopg.Connection, key: SigningKey, clock: Callable[[], datetime]) -> str | None:
    """Seal up to the next multiple of STEP, all or nothing."""
    with connection.transaction():
        connection.execute("set transaction isolation level read committed")
        connection.execute("select pg_advisory_xact_lock(%s)", (AdvisoryLock.SEALING,))
        system = system_id(connection)
        if key.verifier.name != origin_of(system):
            raise KeyOfAnotherSystem(name=key.verifier.name, expected=origin_of(system))
        before = _newest_of(connection, key, system)
        sealed = before.size if before else 0
        reaches = head(connection)
        if reaches == sealed:
            return None
        if reaches < sealed:
            raise SealedEventsMissing(size=sealed, head=reaches)
        to = min(reaches, (sealed // STEP + 1) * STEP)
        leaves = _new_leaves(connection, sealed, to)
        _store(connection, sealed, grown(sealed, _edge(connection, sealed), leaves))
        root = root_at(to, Tiles(connection, edge_of(to)).subtree)
        at = max(clock(), before.at + MICROSECOND) if before else clock()
        note = key.sign(Checkpoint(system=system, size=to, root=root, at=at).text)
        connection.execute("insert into checkpoints (size, note) values (%s, %s)", (to, note))
    return note


def _newest_of(connection: psycopg.Connection, key: SigningKey, system: UUID) -> Checkpoint | None:
    """The newest checkpoint, when it is ours and the tiles lead to it."""
    found = connection.execute("select size, note from checkpoints order by size desc limit 1").fetchone()
    if found is None:
        return None
    size, note = found
    try:
        checkpoint, signed = read_checkpoint(note), is_signed(note, key.verifier)
    except NoteUnreadable as error:
        raise SealUnreadable(size=size, reason=error.details["reason"]) from error
    if checkpoint.system != system:
        raise SealOfAnotherSystem(found=checkpoint.system, system=system)
    if not signed:
        raise SealOfAnotherKey(key=key.verifier)
    try:
        root = root_at(size, Tiles(connection, edge_of(size)).subtree)
    except TileMissing:
        root = b""
    if (checkpoint.size, checkpoint.root) != (size, root):
        raise SealDisagrees(size=size)
    return checkpoint


def _edge(connection: psycopg.Connection, size: int) -> dict[Place, bytes]:
    """The last tiles of a tree; none of them may hold more than was sealed."""
    tiles = Tiles(connection, edge_of(size))
    edge = {(level, index): tiles.tile(level, index) for level, index in edge_of(size)}
    for (level, _), hashes in edge.items():
        if len(hashes) != ((size >> 8 * level) & 255) * HASH_BYTES:
            raise SealDisagrees(size=size)
    return edge


def _new_leaves(connection: psycopg.Connection, sealed: int, to: int) -> bytes:
    """The leaf hashes after the last sealed event, which must still be the one that was sealed."""
    connection.execute("set local enable_sort = off")
    leaves = b"".join(leaf for run in leaf_hashes(connection, max(sealed - 1, 0), to) for leaf in run)
    if not sealed:
        return leaves
    if leaves[:HASH_BYTES] != Tiles(connection).subtree(0, sealed - 1):
        raise SealedEventChanged(position=sealed)
    return leaves[HASH_BYTES:]


def _store(connection: psycopg.Connection, size: int, tiles: dict[Place, bytes]) -> None:
    """Store tiles; where others lie already, the table refuses."""
    try:
        connection.execute(
            "insert into seal_tiles (level, index, hashes) select * from unnest(%s::int2[], %s::int8[], %s::bytea[])"
            " on conflict (level, index) do update set hashes = excluded.hashes",
            ([level for level, _ in tiles], [index for _, index in tiles], list(tiles.values())),
            binary=True,
        )
    except psycopg.DatabaseError as error:
        if error.sqlstate == APPEND_ONLY:
            raise SealDisagrees(size=size) from error
        raise
