"""The SQL of what the workers keep about the seal: its keys, its faults, and how far each anchor was told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import msgspec
import psycopg

from domain.decodable import decodable
from domain.seal.notes import VerifierKey
from domain.seal.standing import AnchorProgress, seal_keys

_COLUMNS = ", ".join(AnchorProgress.__struct_fields__)


class AnchorStore:
    """On a connection given by the caller (autocommit)."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    # Anchors

    @contextmanager
    def alone(self, name: str, host: str) -> Iterator[bool]:
        """Whether nobody else brings anything to an anchor, for the time of doing so."""
        key = f"kams anchor {name} {host}"
        sql = "select pg_try_advisory_lock(hashtextextended(%s, 0))"
        (mine,) = self._connection.execute(sql, (key,)).fetchone() or (False,)
        try:
            yield bool(mine)
        finally:
            if mine and not self._connection.closed:
                self._connection.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", (key,))

    def progress(self, name: str, host: str) -> AnchorProgress:
        """How far an anchor was told."""
        sql = f"select {_COLUMNS} from anchors where name = %s and host = %s"
        found = self._connection.execute(sql.encode(), (name, host)).fetchone()
        if found is None:
            return AnchorProgress(name=name, host=host)
        fields = dict(zip(AnchorProgress.__struct_fields__, found, strict=True))
        return msgspec.convert(fields, decodable(AnchorProgress))

    def kept(self, name: str, host: str, size: int, at: datetime) -> None:
        """An anchor has a checkpoint."""
        self._connection.execute(
            "insert into anchors (name, host, size, anchored_at, tried_at) values (%s, %s, %s, %s, %s)"
            " on conflict (name, host) do update set size = excluded.size, anchored_at = excluded.anchored_at,"
            " tried_at = excluded.tried_at, failures = 0, error = '', contradicts = false",
            (name, host, size, at, at),
        )

    def failed(self, name: str, host: str, error: str, at: datetime, *, contradicts: bool) -> None:
        """An anchor did not take a checkpoint."""
        self._connection.execute(
            "insert into anchors (name, host, failures, tried_at, error, contradicts) values (%s, %s, 1, %s, %s, %s)"
            " on conflict (name, host) do update set failures = anchors.failures + 1, tried_at = excluded.tried_at,"
            " error = excluded.error, contradicts = excluded.contradicts",
            (name, host, at, error, contradicts),
        )

    # Checkpoints

    def checkpoints(self, after: int, limit: int) -> list[tuple[int, str]]:
        """The sizes and notes of checkpoints beyond a size, the earliest first."""
        sql = "select size, note from checkpoints where size > %s order by size limit %s"
        return self._connection.execute(sql, (after, limit)).fetchall()

    def newest_checkpoint(self, after: int) -> list[tuple[int, str]]:
        """The newest checkpoint alone, where it is beyond a size."""
        sql = "select size, note from checkpoints where size > %s order by size desc limit 1"
        return self._connection.execute(sql, (after,)).fetchall()

    # Keys

    def add_key(self, key: VerifierKey) -> None:
        """From now on this key signs."""
        self._connection.execute("insert into seal_keys (verifier) values (%s) on conflict do nothing", (str(key),))

    def only_key(self, key: VerifierKey) -> VerifierKey:
        """The key that signs: this one where there is none yet. Several at once agree on one."""
        with self._connection.transaction():
            self._connection.execute("select pg_advisory_xact_lock(hashtextextended('kams seal key', 0))")
            if not (known := seal_keys(self._connection)):
                self.add_key(key)
                return key
            return known[-1]

    # Faults

    def note_fault(self, reason: str) -> None:
        """Nothing is sealed, for a reason."""
        self._connection.execute(
            "insert into seal_faults (reason, since) values (%s, clock_timestamp()) on conflict (single)"
            " do update set reason = excluded.reason, since ="
            " case when seal_faults.reason = excluded.reason then seal_faults.since else excluded.since end",
            (reason,),
        )

    def note_well(self) -> None:
        """It is sealed again."""
        self._connection.execute("delete from seal_faults")
