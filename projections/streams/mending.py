"""Rows of events that could not be read when they were published: made anew for whoever reads them now, as soon as
the events can be read. The table stays as it is."""

from __future__ import annotations

from functools import cache
from uuid import UUID

import psycopg

from domain.journal.mapper import JournalMapper
from projections.streams.feed_row import FeedRow
from projections.streams.journal_rows import JournalRows, Unreadable
from projections.streams.rows import Rows

FIRST = """
select distinct on (subject) position from feed where subject = any(%s) and not whole order by subject, position"""


def mended(connection: psycopg.Connection, rows: list[FeedRow]) -> list[FeedRow]:
    """The rows, those that were not whole as they are made now where that is better."""
    streams = {row.subject for row in rows if not row.whole}
    readable = _readable(connection, streams) if streams else set()
    if not readable:
        return rows
    maker = Rows(_mapper())
    return [_anew(connection, maker, row) if row.subject in readable and not row.whole else row for row in rows]


def _readable(connection: psycopg.Connection, streams: set[UUID]) -> set[UUID]:
    """The streams whose first event that could not be read can be read now."""
    first = [position for (position,) in connection.execute(FIRST, (list(streams),))]
    found = JournalRows(_mapper()).at(connection, first)
    return {fact.originator_id for fact in found if not isinstance(fact, Unreadable)}


def _anew(connection: psycopg.Connection, maker: Rows, row: FeedRow) -> FeedRow:
    (made,) = maker.after(connection, row.position - 1, 1) or (row,)
    return made


@cache
def _mapper() -> JournalMapper:
    return JournalMapper()
