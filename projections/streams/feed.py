"""The feed: publishing the journal's events as envelopes, and reading them by position."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from domain.account.account import Account
from domain.aggregate import ROOTS, Recorded
from domain.journal.changed import changes_at
from domain.journal.journal import Journal
from domain.rights import Newest, Rights
from domain.subscription.subscription import StreamFilter
from projections.streams.envelope import enveloped

LOCK = 7402131
AT_ONCE = 1_000
COLUMNS = "position, recorded_at, type, subject, account, territory, origin, event::text, sealed"


class FeedRow(NamedTuple):
    """A row of the feed: `event` is the envelope as JSON without personal data, `sealed` what belongs into it."""

    position: int
    recorded_at: datetime
    type: str
    subject: UUID
    account: UUID | None
    territory: str
    origin: str
    event: str
    sealed: bytes | None


class Page(NamedTuple):
    """A stretch of the feed: what fits a filter, and the last position that was looked at."""

    rows: list[FeedRow]
    examined: int


def feed_head(connection: psycopg.Connection) -> int:
    """The newest position of the feed."""
    (found,) = connection.execute("select coalesce(max(position), 0) from feed").fetchone() or (0,)
    return int(found)


def page(connection: psycopg.Connection, after: int, limit: int, wanted: StreamFilter, to: int | None = None) -> Page:
    """At most `limit` rows after a position that fit a filter, up to `to` or the newest position of the feed."""
    end = feed_head(connection) if to is None else to
    conditions, values = _conditions(wanted)
    sql = (
        f"select {COLUMNS} from feed where position > %(after)s and position <= %(end)s{conditions}"
        " order by position limit %(limit)s"
    )
    found = connection.cursor(binary=True).execute(sql.encode(), {"after": after, "end": end, "limit": limit, **values})
    rows = [FeedRow(*row) for row in found.fetchall()]
    return Page(rows, rows[-1].position if len(rows) == limit else max(end, after))


def _conditions(wanted: StreamFilter) -> tuple[str, dict[str, Any]]:
    held: dict[str, tuple[str, Any]] = {}
    if wanted.accounts:
        held["accounts"] = ("account = any(%(accounts)s)", list(wanted.accounts))
    if wanted.types:
        held["types"] = ("type = any(%(types)s)", list(wanted.types))
    if wanted.territories:
        held["territories"] = ("territory = any(%(territories)s)", list(wanted.territories))
    if not wanted.imports:
        held["import"] = ("origin <> %(import)s", "import")
    return "".join(f" and {sql}" for sql, _ in held.values()), {name: value for name, (_, value) in held.items()}


class Feed:
    """Publishes what the journal has and the feed has not: each event once, in order, whoever does it."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._rights = Rights(Newest(journal))

    def publish(self, most: int = AT_ONCE) -> int:
        """Publish up to so many events, in one transaction; the feed's newest position afterwards. Does nothing while
        another process publishes."""
        with self._journal.pool.connection() as connection, connection.transaction():
            (mine,) = connection.execute("select pg_try_advisory_xact_lock(%s)", (LOCK,)).fetchone() or (False,)
            head = feed_head(connection)
            if not mine:
                return head
            rows = self._enveloped(self._journal.streams.facts(head, most))
            with connection.cursor().copy(
                "copy feed (position, recorded_at, type, subject, account, territory, origin, event, sealed) from stdin"
            ) as copy:
                for row in rows:
                    copy.write_row(row)
            return rows[-1].position if rows else head

    def _enveloped(self, facts: Sequence[Recorded]) -> list[FeedRow]:
        changed = changes_at(self._journal.streams, [fact.position for fact in facts])
        accounts = self._rights.accounts_of(
            {fact.originator_id: ROOTS[fact.event.topic.partition(".")[0]] for fact in facts}
        )
        return [_row(fact, changed.get(fact.position, []), accounts.get(fact.originator_id)) for fact in facts]


def _row(fact: Recorded, changed: Sequence[Any], account: Account | None) -> FeedRow:
    assert fact.recorded_at is not None
    key, territory = (account.id, account.profile.territory) if account else (None, "")
    made = enveloped(fact, changed, key, territory)
    topic, origin, text = fact.event.topic, fact.origin.value, made.event.decode()
    return FeedRow(
        fact.position, fact.recorded_at, topic, fact.originator_id, key, territory, origin, text, made.sealed
    )
