"""The feed: publishing the journal's events as envelopes, each once, in order, whoever does it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from domain.account.account import Account
from domain.aggregate import ROOTS, Recorded
from domain.journal.changed import changes_at
from domain.journal.journal import Journal
from domain.rights import Newest, Rights
from projections.streams.envelope import enveloped
from projections.streams.reading import FeedRow, Page, feed_head, page, pages

__all__ = ["Feed", "FeedRow", "Page", "brought_up", "feed_head", "page", "pages"]

LOCK = 7402131
AT_ONCE = 1_000
PATIENCE = 0.05
PAUSE = 0.005
Progress = Callable[[int, int], None]
"""Is told the position reached and the one to reach."""


class Feed:
    """Publishes what the journal has and the feed has not: each event once, in order, whoever does it."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._rights = Rights(Newest(journal))

    def head(self) -> int:
        """The newest position of the feed."""
        return self._journal.streams.read(feed_head)

    def journal_head(self) -> int:
        """The newest position of the journal."""
        return self._journal.streams.head()

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
                    copy.write_row((*row[:7], row.event.decode(), row.sealed))
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
    topic, origin, text = fact.event.topic, fact.origin.value, made.event
    return FeedRow(
        fact.position, fact.recorded_at, topic, fact.originator_id, key, territory, origin, text, made.sealed
    )


def brought_up(
    feed: Feed,
    target: int | None = None,
    patience: float = PATIENCE,
    *,
    most: int | None = 20_000,
    progress: Progress | None = None,
) -> int:
    """See that the feed has what the journal holds now (or up to `target`); returns the feed's newest position.

    Waits for the workers as long as it is patient (seconds, anew after each step that they make); then publishes
    itself, up to `most` events (None: all). It may come back with less than `target` where more is lacking, or another
    publisher is at work and does not get on. `progress` is told after each step.
    """
    goal = feed.journal_head() if target is None else target
    head = feed.head()
    last = None if most is None else head + most
    deadline = time.monotonic() + patience
    mine = False
    while head < goal and (last is None or head < last):
        reached = feed.publish() if mine else feed.head()
        if reached > head:
            head, deadline = reached, time.monotonic() + patience
            if progress is not None:
                progress(min(head, goal), goal)
            continue
        if mine and time.monotonic() > deadline + patience + 1:
            break
        mine = mine or time.monotonic() >= deadline
        time.sleep(PAUSE)
    return head
