"""A sealed journal, what was kept of it outside, and an attacker who holds the database and even the key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import LiteralString
from uuid import uuid4

import psycopg

from domain.journal.journal import Journal
from domain.seal.checkpoints import Checkpoint, origin_of, read_checkpoint
from domain.seal.findings import Anchored, FindingKind, Verdict
from domain.seal.leaves import leaf_hashes
from domain.seal.merkle import root_of
from domain.seal.notes import SigningKey
from domain.seal.sealing import seal, system_id
from domain.seal.tiles import grown
from domain.seal.verifying import verify
from tests.conftest import new_database
from tests.faults.writers import new_ledger

SECRET = bytes(range(32))
WHERE, THERE = "the auditor's file", "the machine's folder"
TABLES = ("events", "seal_tiles", "checkpoints")


class Sealed:
    """A journal of real events with its seal. Time passes by a minute with each checkpoint."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.connection = psycopg.connect(url, autocommit=True)
        self.key = SigningKey(origin_of(system_id(self.connection)), SECRET)
        self._now = datetime(2026, 11, 26, 9, tzinfo=UTC) + timedelta(minutes=len(self.notes()))

    def close(self) -> None:
        self.connection.close()

    def clock(self) -> datetime:
        self._now += timedelta(minutes=1)
        return self._now

    def record(self, *counts: int) -> None:
        """Appends of so many events."""
        journal = Journal(self.url)
        for count in counts:
            journal.append_in_bulk(new_ledger(count - 1), uuid4())
        journal.close()

    def seal(self) -> str | None:
        return seal(self.connection, self.key, self.clock)

    def grow(self, *counts: int) -> None:
        """Appends of so many events, a checkpoint after each."""
        for count in counts:
            self.record(count)
            self.seal()

    def notes(self) -> list[str]:
        return [note for (note,) in self.connection.execute("select note from checkpoints order by size")]

    def leaves(self) -> list[bytes]:
        head = self.connection.execute("select count(*) from events").fetchone()
        return [leaf for run in leaf_hashes(self.connection, 0, head[0] if head else 0) for leaf in run]

    def anchor(self, leaves: bool) -> Anchored:
        """What somebody keeps outside now."""
        return Anchored(self.notes(), b"".join(self.leaves()) if leaves else None, WHERE)

    def own_anchor(self) -> Anchored:
        """What the machine itself keeps: the same, and as it is now."""
        return Anchored(self.notes(), b"".join(self.leaves()), THERE, brought=False)

    def verify(self, *anchors: Anchored) -> Verdict:
        return verify(self.connection, key=self.key.verifier, anchors=anchors)

    # The attacker

    def attack(self, sql: LiteralString, *parameters: object) -> None:
        """Do what the tables refuse, as whoever owns the database can."""
        with self.connection.transaction():
            for table in TABLES:
                self.connection.execute(f"alter table {table} disable trigger user".encode())
            self.connection.execute(sql, parameters or None)
            for table in TABLES:
                self.connection.execute(f"alter table {table} enable trigger user".encode())

    def move(self, first: int, by: int) -> None:
        """Move the events from a position on."""
        self.attack("update events set position = -position where position >= %s", first)
        self.attack("update events set position = -position + %s where position < 0", by)

    def forge(self, sizes: Sequence[int] = ()) -> None:
        """Make tiles and checkpoints anew from the events as they are, with the key, as if nothing had happened."""
        leaves = self.leaves()
        claimed = [read_checkpoint(note) for note in self.notes()]
        self.attack("delete from seal_tiles")
        self.attack("delete from checkpoints")
        for (level, index), hashes in grown(0, {}, b"".join(leaves)).items():
            self.attack("insert into seal_tiles values (%s, %s, %s)", level, index, hashes)
        for old in claimed:
            size = min(old.size, len(leaves))
            new = Checkpoint(system=old.system, size=size, root=root_of(leaves[:size]), at=old.at)
            self.attack("insert into checkpoints values (%s, %s) on conflict do nothing", size, self.key.sign(new.text))


def grown_once(postgres_url: str, template: str, name: str, grow: Callable[[Sealed], None]) -> Iterator[str]:
    """The name of a database with a journal that has grown, to clone: to seal it takes longer than most attacks."""
    for url in new_database(postgres_url, name, template=template):
        sealed = Sealed(url)
        grow(sealed)
        sealed.close()
        yield name


def copied(postgres_url: str, template: str, name: str) -> Iterator[Sealed]:
    """A copy of a sealed journal, gone in the end."""
    for url in new_database(postgres_url, name, template=template):
        sealed = Sealed(url)
        yield sealed
        sealed.close()


def found(verdict: Verdict) -> list[tuple[FindingKind, int, int]]:
    """The findings without their words."""
    return [(finding.kind, finding.first, finding.last) for finding in verdict.findings]
