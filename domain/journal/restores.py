"""Whether the journal was restored from a backup: then whoever read further than that has read what is gone."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import psycopg

from domain.language.catalogue import say


class LastRestore(msgspec.Struct, frozen=True):
    """When the journal was restored last, from a backup of when, and where its head then was."""

    at: datetime
    made_at: datetime
    head: int


EPOCH = "(extract(epoch from at) * 1000000)::bigint"
"""A restore as a number that a subscriber can keep: its moment in microseconds; two of them are never the same."""


def epoch(connection: psycopg.Connection) -> int:
    """Since which restore the journal goes on: 0 where it was never restored."""
    (found,) = connection.execute(f"select coalesce(max({EPOCH}), 0) from restores").fetchone() or (0,)
    return int(found)


def in_common(connection: psycopg.Connection, read_in: int) -> tuple[int, LastRestore | None] | None:
    """Up to which position one who read in that epoch has read this journal, and the restore that cut off the rest;
    0 and no restore where the journal never had that epoch. None where all that he read is in it."""
    known = connection.execute(f"select 1 from restores where {EPOCH} = %s", (read_in,)).fetchone()
    if read_in and not known:
        return 0, None
    cut = connection.execute(
        f"select at, made_at, head from restores where {EPOCH} > %s order by head, at desc limit 1", (read_in,)
    ).fetchone()
    return (cut[2], LastRestore(*cut)) if cut else None


def restored_notes(connection: psycopg.Connection) -> list[str]:
    """What a verdict about the record has to add for each restore: what was sealed and is lost by it."""
    found = connection.execute("select at, made_at, head from restores order by at").fetchall()
    return [
        say(
            "This journal was restored on {at:%Y-%m-%d %H:%M} UTC, to {head:,} events, from the backup of "
            "{made_at:%Y-%m-%d %H:%M} UTC: events beyond {head:,} that were sealed before the restore are lost, and "
            "checkpoints of them kept elsewhere do not fit what was recorded since.",
            at=at.astimezone(UTC),
            made_at=made_at.astimezone(UTC),
            head=head,
        )
        for at, made_at, head in found
    ]


def last_restore(connection: psycopg.Connection) -> LastRestore | None:
    """The last restore; None where the journal was never restored."""
    found = connection.execute("select at, made_at, head from restores order by at desc limit 1").fetchone()
    return LastRestore(*found) if found else None
