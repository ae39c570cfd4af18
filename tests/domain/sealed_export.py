"""A sealed journal and its export, for tests that attack it: every member as bytes, to be put together again."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import psycopg

from domain.journal.mapper import encode_state
from domain.seal.checkpoints import Checkpoint, origin_of
from domain.seal.exporting import Source, export
from domain.seal.merkle import leaf_hash, root_of
from domain.seal.notes import SigningKey
from domain.seal.sealing import seal, system_id
from tests.benchmarks.journals import told

INSERT = "insert into events values (%s, %s, %s, %s, %s, %s, %s, %s)"
SECRET, OTHER_SECRET = bytes(range(32)), bytes(32)
NOW = datetime(2026, 11, 26, 14, 0, tzinfo=UTC)

MOST = 700

Record = tuple[bytes, bytes]
"""Head and state."""


def key_of(url: str) -> SigningKey:
    """The key that signs for a system."""
    with psycopg.connect(url) as connection:
        return SigningKey(origin_of(system_id(connection)), SECRET)


def seal_at(url: str, key: SigningKey, moment: datetime = NOW) -> str | None:
    """Seal what is there."""
    with psycopg.connect(url, autocommit=True) as connection:
        return seal(connection, key, lambda: moment)


def tell(url: str, first: int, last: int) -> None:
    """Record the facts of a workload at some positions, every third as the first of a command."""
    facts = sorted(told(MOST, 0.0), key=lambda fact: (fact.occurred_at, fact.originator_id, fact.originator_version))
    rows = [
        (
            position,
            NOW - timedelta(seconds=MOST - position),
            fact.originator_id,
            UUID(int=position // 3 + 1) if position % 3 else None,
            fact.originator_version,
            fact.event.topic,
            bytes(32) if position % 3 == 1 else None,
            encode_state(fact),
        )
        for position, fact in enumerate(facts, 1)
    ]
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.executemany(INSERT, rows[first - 1 : last])


def exported(url: str, **asked: object) -> bytes:
    """The bytes of an export."""
    key = key_of(url).verifier
    file = io.BytesIO()
    with psycopg.connect(url, autocommit=True) as connection:
        export(connection, file, Source(keys=[key], made_at=NOW, made_by="kams test", **asked))  # type: ignore[arg-type]
    return file.getvalue()


def members_of(content: bytes) -> dict[str, bytes]:
    """Every file of an export."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(members: dict[str, bytes]) -> bytes:
    """An export of these files."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def records_in(events: bytes) -> list[Record]:
    """The events of events.bin."""
    found, at = [], 0
    while at < len(events):
        head, state = struct.unpack_from(">II", events, at)
        middle, end = at + 8 + head, at + 8 + head + state
        found.append((events[at + 8 : middle], events[middle:end]))
        at = end
    return found


def written(records: Iterable[Record]) -> bytes:
    """The same as bytes."""
    return b"".join(struct.pack(">II", len(head), len(state)) + head + state for head, state in records)


def leaf_of(record: Record) -> bytes:
    """The hash of its leaf."""
    return leaf_hash(record[0] + sha256(record[1]).digest())


def moved(record: Record, position: int) -> Record:
    """The record at another position."""
    return record[0][:14] + position.to_bytes(8, "big") + record[0][22:], record[1]


@dataclass(frozen=True)
class Forged:
    """An export in the hands of somebody who changes it."""

    members: dict[str, bytes]

    @classmethod
    def of(cls, content: bytes) -> Forged:
        return cls(members_of(content))

    @property
    def records(self) -> list[Record]:
        return records_in(self.members["events.bin"])

    def with_member(self, name: str, content: bytes) -> Forged:
        """With another file."""
        return replace(self, members={**self.members, name: content})

    def with_records(self, records: Iterable[Record]) -> Forged:
        """With other events and the hashes of before."""
        return self.with_member("events.bin", written(records))

    def sealed_anew(self, records: list[Record], system: UUID, key: SigningKey, sizes: Iterable[int]) -> Forged:
        """With other events, all hashes computed anew, checkpoints signed anew by a key that is put into the file."""
        leaves = [leaf_of(record) for record in records]
        notes = [
            key.sign(
                Checkpoint(system=system, size=size, root=root_of(leaves[:size]), at=NOW + timedelta(seconds=size)).text
            )
            for size in sizes
        ]
        said = self.members["system.json"]
        for name in ("last", "size", "events"):
            said = _stated(said, name, len(records))
        return replace(
            self,
            members={
                **self.members,
                "events.bin": written(records),
                "leaves.bin": b"".join(leaves),
                "checkpoints.txt": "".join(f"{note}\n" for note in notes).encode(),
                "key.txt": f"{key.verifier}\n".encode(),
                "system.json": said,
            },
        )

    def write(self, path: Path) -> Path:
        """As a file."""
        path.write_bytes(zipped(self.members))
        return path


def _stated(said: bytes, name: str, value: int) -> bytes:
    import json

    return json.dumps({**json.loads(said), name: value}).encode()
