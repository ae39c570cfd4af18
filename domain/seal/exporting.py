"""Writing an export: the sealed events as they are stored, and everything that proves them, in one file.

It is one state of the database, up to its newest checkpoint, and nothing in it is checked here: what was changed in
the database is changed in the export, and who verifies it finds that.
"""

from __future__ import annotations

import zipfile
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib import resources
from typing import IO
from uuid import UUID

import msgspec
import psycopg

from domain.errors import KamsError
from domain.journal.reading import RawUuids, raw_cursor
from domain.seal.container import (
    CHECKPOINTS,
    EVENTS,
    KEY,
    LEAVES,
    PROOFS,
    README,
    SCHEMAS,
    SYSTEM,
    VERIFIER,
)
from domain.seal.entries import UNIX_TO_2000, entry
from domain.seal.exported import FORMAT, Progress, Stated, nobody
from domain.seal.merkle import HASH_BYTES, inclusion_proof
from domain.seal.notes import VerifierKey
from domain.seal.proofs import NotSealed
from domain.seal.records import record
from domain.seal.schemas import event_schemas
from domain.seal.sealing import system_id
from domain.seal.tiles import Tiles

STEP = 5_000
FAST = 1
"""The level of packing: a higher one saves a tenth and takes three times as long."""
MODE = 0o600 << 16

_COLUMNS = "position, recorded_at, version, aggregate_id, command_id, topic, command_digest, state"
_BETWEEN = f"select {_COLUMNS} from events where position > %s and position <= %s order by position"
_OF_STREAMS = f"""
select {_COLUMNS} from events
where aggregate_id = any(%s) and position > %s and position <= %s order by position limit {STEP}"""
_TREE = "select size from checkpoints where size >= %s order by size limit 1"
_NEWEST = "select max(size) from checkpoints"
_LEAVES = "select hashes from seal_tiles where level = 0 and index >= %s and index < %s order by index"
_NOTES = "select size, note from checkpoints where size > %s and size <= %s order by size limit 1000"

Stored = tuple[int, int, int, bytes, bytes | None, str, bytes | None, bytes]


class NothingSealed(KamsError):
    """Nothing is sealed yet, so an export would prove nothing: `kams up` and `kams work` seal every ten seconds."""


class NoEventBetween(KamsError):
    """There is no event from position {first} to {last}: state a first position of at least 1 and a later last one."""


class Part(msgspec.Struct, frozen=True):
    """An account, and the streams that are exported of it: its own and those of its opportunities."""

    account: UUID
    streams: list[UUID]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Who exports what: the public keys that signed the checkpoints, the moment, the program; the positions asked
    for (to the newest checkpoint where none is stated); the part, if only one is."""

    keys: Sequence[VerifierKey]
    made_at: datetime
    made_by: str
    first: int = 1
    last: int | None = None
    part: Part | None = None


def export(connection: psycopg.Connection, file: IO[bytes], source: Source, progress: Progress | None = None) -> Stated:
    """Write an export, and return what it says of itself. The connection must not be in a transaction.

    Raises NothingSealed, NotSealed, NoEventBetween."""
    with connection.transaction(), zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=FAST) as archive:
        connection.execute("set transaction isolation level repeatable read, read only")
        writer = _Writer(connection, archive, source, progress or nobody)
        return writer.write()


class _Writer:
    def __init__(
        self, connection: psycopg.Connection, archive: zipfile.ZipFile, source: Source, progress: Progress
    ) -> None:
        self._connection, self._archive, self._source, self._progress = connection, archive, source, progress
        self._size, self._last = self._tree()

    def _tree(self) -> tuple[int, int]:
        """How many events the tree has that proves the events asked for, and the last position of these."""
        newest, first, last = self._one(_NEWEST), self._source.first, self._source.last
        if not newest:
            raise NothingSealed
        last = newest if last is None else last
        if last > newest:
            raise NotSealed(position=last, sealed=newest)
        if not 1 <= first <= last:
            raise NoEventBetween(first=first, last=last)
        return self._one(_TREE, last), last

    def _one(self, query: str, *parameters: int) -> int:
        found = self._connection.execute(query.encode(), parameters).fetchone()
        return int(found[0]) if found and found[0] is not None else 0

    def write(self) -> Stated:
        source = self._source
        self._text(README, resources.files("domain.seal").joinpath("export_readme.md").read_bytes())
        self._text(VERIFIER, resources.files("domain.seal").joinpath("second_verifier.py").read_bytes())
        self._text(KEY, "".join(f"{key}\n" for key in source.keys).encode())
        self._text(SCHEMAS, msgspec.json.format(msgspec.json.encode(event_schemas()), indent=1))
        self._checkpoints()
        count = self._last - source.first + 1
        if source.part is None:
            self._leaves()
            self._events(self._between(), count)
        else:
            count = self._part(source.part)
        stated = Stated(
            format=FORMAT,
            system=system_id(self._connection),
            first=source.first,
            last=self._last,
            events=count,
            size=self._size,
            made_at=source.made_at,
            made_by=source.made_by,
            account=source.part.account if source.part else None,
            streams=source.part.streams if source.part else [],
        )
        self._text(SYSTEM, msgspec.json.format(msgspec.json.encode(stated), indent=1) + b"\n")
        return stated

    def _text(self, name: str, content: bytes) -> None:
        with self._member(name) as member:
            member.write(content)

    @contextmanager
    def _member(self, name: str, method: int = zipfile.ZIP_DEFLATED) -> Iterator[IO[bytes]]:
        info = zipfile.ZipInfo(name)
        info.compress_type, info.external_attr = method, MODE
        with self._archive.open(info, "w", force_zip64=True) as member:
            yield member

    def _checkpoints(self) -> None:
        """All up to the tree's; of a part its own alone, for others prove nothing there."""
        after = self._size - 1 if self._source.part else 0
        with self._member(CHECKPOINTS) as member:
            while rows := self._connection.execute(_NOTES, (after, self._size)).fetchall():
                member.writelines(f"{note}\n".encode() for _, note in rows)
                after = rows[-1][0]

    def _leaves(self) -> None:
        left = self._size * HASH_BYTES
        with self._member(LEAVES, zipfile.ZIP_STORED) as member:  # hashes do not compress
            for index in range(0, self._size, 256 * 256):
                tiles = (index >> 8, (index >> 8) + 256)
                for (hashes,) in self._connection.execute(_LEAVES, tiles, binary=True):
                    member.write(hashes[:left])
                    left -= min(len(hashes), left)

    def _between(self) -> Iterator[list[Stored]]:
        for after in range(self._source.first - 1, self._last, STEP):
            parameters = (after, min(after + STEP, self._last))
            yield raw_cursor(self._connection).execute(_BETWEEN.encode(), parameters, prepare=True).fetchall()

    def _events(self, chunks: Iterator[list[Stored]], whole: int) -> None:
        done = 0
        with self._member(EVENTS) as member:
            for rows in chunks:
                member.write(b"".join([record(_head(row), row[7]) for row in rows]))
                done += len(rows)
                self._progress(done, whole)

    def _part(self, part: Part) -> int:
        """The events of some streams, then of each the way from its leaf to the root."""
        positions = array("Q")
        self._events(self._of_streams(part.streams, positions), 0)
        tiles = Tiles(self._connection)
        with self._member(PROOFS, zipfile.ZIP_STORED) as member:
            for position in positions:
                proof = inclusion_proof(position - 1, self._size, tiles.subtree)
                member.write(bytes([len(proof)]) + b"".join(proof))
        return len(positions)

    def _of_streams(self, streams: Sequence[UUID], positions: array[int]) -> Iterator[list[Stored]]:
        after = 0
        cursor, raw = raw_cursor(self._connection), RawUuids([stream.bytes for stream in streams])
        while rows := cursor.execute(_OF_STREAMS.encode(), (raw, after, self._last)).fetchall():
            positions.extend(row[0] for row in rows)
            after = rows[-1][0]
            yield rows


def _head(row: Stored) -> bytes:
    position, recorded_at, version, aggregate, command, topic, digest, _ = row
    return entry(position, recorded_at + UNIX_TO_2000, version, aggregate, command, topic.encode(), digest, b"")
