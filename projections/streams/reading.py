"""Reading the feed by position: what fits a filter, as ready envelopes, never more work than a page is worth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg.types.string import ByteaBinaryLoader

from domain.subscription.subscription import StreamFilter
from projections.streams.feed_row import COLUMNS, FeedRow
from projections.streams.mending import mended

__all__ = ["COLUMNS", "FeedRow", "Lean", "Page", "feed_head", "lean_page", "owed_by_lanes", "page", "pages"]

LEAN = "position, event, sealed, whole"

MOST_EXAMINED = 50_000
"""Positions looked at for one page: a filter that fits nothing must not read a whole feed in one request."""
FEW_ACCOUNTS = 20


class Page(NamedTuple):
    """A stretch of the feed: what fits a filter, and the last position that was looked at."""

    rows: list[FeedRow]
    examined: int


def feed_head(connection: psycopg.Connection) -> int:
    """The newest position of the feed."""
    (found,) = connection.execute("select coalesce(max(position), 0) from feed").fetchone() or (0,)
    return int(found)


class Lean(NamedTuple):
    """A stretch of the feed with no more of each event than its receiver needs."""

    positions: list[int]
    events: list[bytes]
    sealed: list[bytes | None]
    examined: int


def page(connection: psycopg.Connection, after: int, limit: int, wanted: StreamFilter, to: int | None = None) -> Page:
    """At most `limit` rows after a position that fit a filter, up to `to` or the newest position of the feed.

    It may end before, with fewer rows or none, when it has looked at MOST_EXAMINED positions: go on after `examined`.
    """
    found, end = _read(connection, COLUMNS, after, limit, wanted, to)
    rows = list(map(FeedRow._make, found))
    return Page(mended(connection, rows), rows[-1].position if len(rows) == limit else end)


def lean_page(
    connection: psycopg.Connection, after: int, limit: int, wanted: StreamFilter, to: int | None = None
) -> Lean | None:
    """As `page`, for a receiver who sees every event: his rights need no look at a row. None where some row was not
    whole when it was published: that stretch is for `page`."""
    found, end = _read(connection, LEAN, after, limit, wanted, to)
    if not found:
        return Lean([], [], [], end)
    positions, events, sealed, whole = map(list, zip(*found, strict=True))
    if not all(whole):
        return None
    return Lean(positions, events, sealed, positions[-1] if len(positions) == limit else end)


def _read(
    connection: psycopg.Connection, columns: str, after: int, limit: int, wanted: StreamFilter, to: int | None
) -> tuple[list[tuple[Any, ...]], int]:
    """Some columns of a stretch, and how far it goes where it holds less than the limit."""
    head = feed_head(connection)
    end = max(after, head if to is None else min(to, head))
    if end == after:
        return [], after
    few = 0 < len(wanted.accounts) <= FEW_ACCOUNTS
    if not few:
        end = min(end, after + MOST_EXAMINED)
    conditions, values = _conditions(wanted)
    sql = _OF_ACCOUNTS if few else _ANY
    cursor = connection.cursor(binary=True)
    cursor.adapters.register_loader("json", ByteaBinaryLoader)
    cursor.execute(
        sql.format(columns=columns, conditions=conditions).encode(),
        {"after": after, "end": end, "limit": limit, **values},
    )
    return cursor.fetchall(), end


def owed_by_lanes(connection: psycopg.Connection, subscription: UUID, to: int, wanted: StreamFilter) -> int:
    """How many events that fit a filter the lanes of a subscription that wait owe, up to a position."""
    conditions, values = _conditions(wanted)
    stated = {"subscription": subscription, "to": to, **values}
    (found,) = connection.execute(_OWED.format(conditions=conditions).encode(), stated).fetchone() or (0,)
    return int(found)


def pages(
    connection: psycopg.Connection, after: int, to: int, wanted: StreamFilter, size: int = 5_000
) -> Iterator[Page]:
    """Everything between two positions that fits a filter, page by page, each with the last position looked at; some
    are empty. Memory is that of one page."""
    while after < to:
        found = page(connection, after, size, wanted, to)
        if found.examined <= after:
            return
        yield found
        after = found.examined


_ANY = """
select {columns} from feed where position > %(after)s and position <= %(end)s{conditions}
order by position limit %(limit)s"""
_OF_ACCOUNTS = """
select f.* from unnest(%(accounts)s::uuid[]) wanted(id) cross join lateral (
    select {columns} from feed where account = wanted.id and position > %(after)s and position <= %(end)s{conditions}
    order by position limit %(limit)s) f
order by position limit %(limit)s"""


_OWED = """
with lanes as (select lane, position as first from delivery_lanes where subscription = %(subscription)s)
select (
    select count(*) from lanes cross join lateral (
        select 1 from feed where account = lane and position between first and %(to)s{conditions}) f
) + (
    select count(*) from feed join lanes on subject = lane
    where account is null and position between first and %(to)s{conditions}
        and position >= (select min(first) from lanes)
) + (
    select count(*) from feed, lanes
    where lane = '00000000-0000-0000-0000-000000000000' and position between first and %(to)s{conditions}
)"""


def _conditions(wanted: StreamFilter) -> tuple[str, dict[str, Any]]:
    held: dict[str, tuple[str, Any]] = {}
    if wanted.accounts:
        several = len(wanted.accounts) > FEW_ACCOUNTS
        held["accounts"] = ("account = any(%(accounts)s)" if several else "", sorted(set(wanted.accounts)))
    if wanted.types:
        held["types"] = ("type = any(%(types)s)", list(wanted.topics))
    if wanted.territories:
        held["territories"] = ("territory = any(%(territories)s)", list(wanted.territories))
    if not wanted.imports:
        held["import"] = ("origin <> %(import)s", "import")
    sql = "".join(f" and {condition}" for condition, _ in held.values() if condition)
    return sql, {name: value for name, (_, value) in held.items()}
