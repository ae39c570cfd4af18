"""One reader's way through the feed: stretch by stretch, by his rights of now."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import NamedTuple

import psycopg

from api.access import Asker
from api.auth import Authenticator
from domain.journal.connections import once_more
from domain.journal.journal import Journal
from domain.member import KeyScope
from domain.rights import Rights
from domain.subscription.subscription import StreamFilter
from projections.streams.reading import Lean, Page, lean_page, page
from projections.streams.receiver import Receiver

ASKED_AGAIN = 20.0
"""Seconds after which a reader's key is looked at again, however long his stream is."""
FIRST, MOST = 64, 1_000
"""Events in the first stretch, which is to be there at once, and in those that follow."""


class Stretch(NamedTuple):
    """The events of a stretch that the reader may see, as JSON, and the last position looked at; whether personal
    data was opened, and whether it is the last one that was asked for."""

    positions: list[int]
    events: list[bytes]
    examined: int
    opened: bool
    finished: bool = False


class Feeding:
    """Reads the feed for askers."""

    def __init__(self, journal: Journal, rights: Rights, askers: Authenticator, clock: Callable[[], datetime]) -> None:
        self._journal, self._rights, self._askers, self._clock = journal, rights, askers, clock

    def stretch(self, asker: Asker, wanted: StreamFilter, after: int, limit: int, to: int) -> Stretch:
        """The next events up to a position."""

        def read(connection: psycopg.Connection) -> Page | Lean:
            lean = lean_page(connection, after, limit, wanted, to) if asker.visibility.everything else None
            return lean or page(connection, after, limit, wanted, to)

        self._journal.people.look()
        found = once_more(self._journal.pool, read)
        receiver = Receiver(self._rights, self._journal.people, asker.visibility)
        if isinstance(found, Lean):
            events = receiver.envelopes(found.events, found.sealed)
            return Stretch(found.positions, events, found.examined, receiver.opened)
        rows = receiver.seen(found.rows)
        events = receiver.events(rows)
        return Stretch([row.position for row in rows], events, found.examined, receiver.opened)

    def stretches(
        self, asker: Asker, wanted: StreamFilter, after: int, to: int, most: int | None = None, size: int = FIRST
    ) -> Iterator[Stretch]:
        """Everything up to a position, or so many events, in stretches of bounded size, the first of which looks at
        `size`. Ends early when the asker may read no more."""
        left, asked_at = most, time.monotonic()
        while after < to and left != 0:
            if time.monotonic() - asked_at > ASKED_AGAIN:
                again, asked_at = self.again(asker), time.monotonic()
                if again is None:
                    return
                asker = again
            sees_all = asker.visibility.everything
            looked_at = min(size, left) if left is not None and sees_all else size
            found = _first(self.stretch(asker, wanted, after, looked_at, to), left)
            after, size = found.examined, min(size * 4, MOST)
            left = None if left is None else left - len(found.events)
            yield found._replace(finished=after >= to or left == 0)

    def again(self, asker: Asker) -> Asker | None:
        """The same asker by the rights of now; None when his key reads streams no more."""
        now = self._askers.again(asker.key_id, self._clock())
        return now if now is not None and now.scopes & {KeyScope.STREAM, KeyScope.READ} else None


def _first(found: Stretch, most: int | None) -> Stretch:
    """At most so many events of a stretch, which then ends with the last one of them."""
    if most is None or len(found.events) <= most:
        return found
    positions = found.positions[:most]
    return found._replace(positions=positions, events=found.events[:most], examined=positions[-1])


def read_ahead(parts: Iterator[bytes]) -> Iterator[bytes]:
    """The same, the next one being read and written while one is sent."""
    with ThreadPoolExecutor(1, thread_name_prefix="feed") as reader:
        waiting = reader.submit(next, parts, None)
        while (found := waiting.result()) is not None:
            waiting = reader.submit(next, parts, None)
            yield found
