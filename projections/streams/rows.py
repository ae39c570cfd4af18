"""Making the rows of the feed from the journal, and the bytes of the database's binary COPY from rows."""

from __future__ import annotations

import struct
from collections.abc import Iterable

import psycopg

from domain.aggregate import Origin
from domain.journal.mapper import JournalMapper
from domain.journal.reading import microseconds
from projections.streams.envelope import enveloped, unread
from projections.streams.feed_row import FeedRow
from projections.streams.journal_rows import Found, Ids, JournalRows, Unreadable
from projections.streams.remembering import Memory, Seen
from projections.streams.states import FACTS, STATES


class Rows:
    """Makes rows, in the order of positions; what is known of the streams is kept from one call to the next."""

    def __init__(self, mapper: JournalMapper, states: int = STATES, facts: int = FACTS) -> None:
        self._journal = JournalRows(mapper)
        self._memory = Memory(self._journal, states=states, facts=facts)

    def forget(self) -> None:
        """Begin anew: what was made last did not get into the feed."""
        self._memory.forget()

    def after(self, connection: psycopg.Connection, position: int, most: int) -> list[FeedRow]:
        """The rows that follow a position of the feed, up to so many."""
        facts = self._journal.after(connection, position, most)
        if not facts:
            return []
        self._memory.stand_at(connection, position)
        ids = Ids.of(connection)
        return [_row(fact, seen, ids) for fact, seen in zip(facts, self._memory.see(connection, facts), strict=True)]


def _row(fact: Found, seen: Seen, ids: Ids) -> FeedRow:
    assert fact.recorded_at is not None
    key = ids.of_position(fact.position)
    if isinstance(fact, Unreadable):
        topic, origin = fact.topic, Origin.PERSON.value
        made = unread(fact, seen.account, seen.territory, key)
    else:
        topic, origin = fact.event.topic, fact.origin.value
        made = enveloped(fact, seen.changed, seen.account, seen.territory, id=key)
    return FeedRow(
        fact.position,
        fact.recorded_at,
        topic,
        fact.originator_id,
        seen.account,
        seen.territory,
        origin,
        made.event,
        made.sealed,
        seen.changed is not None,
    )


_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"
_FIXED = struct.Struct("!hiqiq")
_LENGTH = struct.Struct("!i")
_NULL = _LENGTH.pack(-1)
_TRUE, _FALSE = b"\0\0\0\1\1", b"\0\0\0\1\0"


def as_copy(rows: Iterable[FeedRow]) -> bytes:
    """Rows as COPY takes them in binary form, in the order of their columns."""
    length = _LENGTH.pack
    parts = [_HEAD]
    for row in rows:
        topic, territory, origin = row.type.encode(), row.territory.encode(), row.origin.encode()
        parts += (
            _FIXED.pack(len(row), 8, row.position, 8, microseconds(row.recorded_at)),
            length(len(topic)),
            topic,
            length(16),
            row.subject.bytes,
            _NULL if row.account is None else length(16) + row.account.bytes,
            length(len(territory)),
            territory,
            length(len(origin)),
            origin,
            length(len(row.event)),
            row.event,
            _NULL if row.sealed is None else length(len(row.sealed)) + row.sealed,
            _TRUE if row.whole else _FALSE,
        )
    parts.append(_END)
    return b"".join(parts)
