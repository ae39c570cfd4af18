"""What is noted of Valkey streams and their consumer groups: how far they go, what was acknowledged, what is asked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
import psycopg


class Noted(NamedTuple):
    """A group as noted: all up to `position` is acknowledged, `pending` entries were handed out and are not. `asked` is
    where somebody wants it to stand."""

    name: str
    position: int
    epoch: int
    pending: int
    asked: int | None
    removed: bool


class Group(msgspec.Struct, kw_only=True):
    """A consumer group: all events up to `position` are acknowledged, `pending` ones were handed out and are not yet;
    `lag` is how many positions it is behind the feed. `asked`: it will stand there soon."""

    name: str
    position: int
    pending: int
    lag: int
    asked: int | None
    noted_at: datetime


class Groups(msgspec.Struct, kw_only=True):
    """A stream and its groups. Events after `start` and up to `examined` are in it; `waits` tells why it goes no
    further."""

    key: str
    start: int
    examined: int
    entries: int
    head: int
    waits: str
    groups: list[Group]


def key_of(name: str) -> str:
    """The key of a subscription's stream in Valkey."""
    return f"kams:stream:{name}"


class ValkeyStore:
    """SQL of what is noted, on a connection given by the caller."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def groups(self, subscription: UUID) -> list[Noted]:
        """All groups of a subscription, those to be removed as well."""
        found = self._connection.execute(
            "select name, position, epoch, pending, asked, removed from valkey_groups where subscription = %s"
            " order by name",
            (subscription,),
        )
        return [Noted(*row) for row in found]

    def note(self, subscription: UUID, groups: Iterable[tuple[str, int, int]], epoch: int) -> None:
        """Note (name, position, pending) of groups."""
        names, positions, pending = zip(*groups, strict=True)
        self._connection.execute(
            "insert into valkey_groups (subscription, name, position, epoch, pending)"
            " select %s, g.name, g.position, %s, g.pending"
            " from unnest(%s::text[], %s::bigint[], %s::bigint[]) g (name, position, pending)"
            " on conflict (subscription, name) do update set position = excluded.position, epoch = excluded.epoch,"
            " pending = excluded.pending, noted_at = clock_timestamp()"
            " where valkey_groups.asked is null and not valkey_groups.removed",
            (subscription, epoch, list(names), list(positions), list(pending)),
        )

    def ask(self, subscription: UUID, name: str, position: int, epoch: int) -> None:
        """Have a group stand at a position, a new one or one that is there."""
        self._connection.execute(
            "insert into valkey_groups (subscription, name, position, epoch, asked) values (%s, %s, %s, %s, %s)"
            " on conflict (subscription, name) do update set asked = excluded.asked, epoch = excluded.epoch,"
            " position = least(valkey_groups.position, excluded.asked), removed = false, noted_at = clock_timestamp()",
            (subscription, name, position, epoch, position),
        )

    def stands(self, subscription: UUID, name: str, position: int, epoch: int) -> None:
        """A group was put where it was asked to stand."""
        self._connection.execute(
            "update valkey_groups set position = %(position)s, asked = null, pending = 0, epoch = %(epoch)s"
            " where subscription = %(subscription)s and name = %(name)s and asked = %(position)s",
            {"subscription": subscription, "name": name, "position": position, "epoch": epoch},
        )

    def remove(self, subscription: UUID, name: str) -> bool:
        """Have a group removed; whether there was one."""
        found = self._connection.execute(
            "update valkey_groups set removed = true, asked = null where subscription = %s and name = %s"
            " and not removed returning name",
            (subscription, name),
        )
        return found.fetchone() is not None

    def gone(self, subscription: UUID, name: str) -> None:
        """A group was removed."""
        self._connection.execute(
            "delete from valkey_groups where subscription = %s and name = %s and removed", (subscription, name)
        )

    def reached(self, subscription: UUID, start: int, examined: int, entries: int, waits: str) -> None:
        """Note how far a stream goes."""
        self._connection.execute(
            "insert into valkey_streams (subscription, start, examined, entries, waits) values (%s, %s, %s, %s, %s)"
            " on conflict (subscription) do update set start = excluded.start, examined = excluded.examined,"
            " entries = excluded.entries, waits = excluded.waits, noted_at = clock_timestamp()",
            (subscription, start, examined, entries, waits),
        )

    def acknowledged(self, subscription: UUID) -> int | None:
        """Up to where every group has acknowledged what is for it, or else how far the stream goes; None where neither
        is noted."""
        found: tuple[int | None] = self._connection.execute(
            "select least((select examined from valkey_streams where subscription = %(key)s),"
            " (select min(coalesce(asked, position)) from valkey_groups where subscription = %(key)s and not removed))",
            {"key": subscription},
        ).fetchone() or (None,)
        return found[0]

    def streams(self) -> set[UUID]:
        """The subscriptions of which a stream is noted."""
        return {key for (key,) in self._connection.execute("select subscription from valkey_streams")}

    def ended(self, subscription: UUID) -> None:
        """Nothing is known any more of a subscription that has ended."""
        self._connection.execute("delete from valkey_groups where subscription = %s", (subscription,))
        self._connection.execute("delete from valkey_streams where subscription = %s", (subscription,))


def groups_of(connection: psycopg.Connection, subscription: UUID, name: str, head: int) -> Groups:
    """The stream of a subscription and its groups, as noted last; `head` is the feed's newest position."""
    found = connection.execute(
        "select start, examined, entries, waits from valkey_streams where subscription = %s", (subscription,)
    ).fetchone()
    start, examined, entries, waits = found or (0, 0, 0, "")
    rows = connection.execute(
        "select name, position, pending, asked, noted_at from valkey_groups"
        " where subscription = %s and not removed order by name",
        (subscription,),
    )
    groups = [
        Group(name=each, position=at, pending=pending, lag=max(0, head - at), asked=asked, noted_at=noted_at)
        for each, at, pending, asked, noted_at in rows
    ]
    return Groups(
        key=key_of(name), start=start, examined=examined, entries=entries, head=head, waits=waits, groups=groups
    )
