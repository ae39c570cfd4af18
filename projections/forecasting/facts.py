"""The forecaster's clock: what could be known about opportunities at a moment, straight from the journal.

A live fact (a person's or a worker's) is knowable from recorded_at on, an imported one from when it occurred. What an
import says without a date of its own, the account of an opening and the territory of an account, is knowable from the
import's recorded_at on: the day of the export is nowhere written down, and never lies later. A withdrawal counts from
its recorded_at on, an imported one always. The first list price of a product, and who is in which team, may be used
as if they had always been known; they hold from when they occurred, as all facts do. `known_at` is a further limit.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from weakref import WeakKeyDictionary

import msgspec
import numpy as np
import psycopg

from domain.journal.reading import EPOCH, raw_cursor
from projections.forecasting.company_days import day_at
from projections.forecasting.decoding import TOPICS, Stored, batches, occurred_at
from projections.forecasting.folded import fold
from projections.forecasting.folding import Frame
from projections.forecasting.gathering import Gathering
from projections.forecasting.histories import Histories
from projections.forecasting.known import Tables
from projections.view import View

CHUNK = 200_000
MUCH = 200_000
"""So many events are read in two seconds or so."""
AT_ONCE = 4_000  # what stays in a processor's cache is decoded in half the time
_SINCE_1970 = (EPOCH - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
_NEW = """
select position, recorded_at, aggregate_id, topic, state from events
where position > %s and position <= %s and topic = any(%s) order by position"""
_SOME = "select position, aggregate_id, state from events where position = any(%s)"
_END = "select position, md5(recorded_at::text || encode(state, 'hex')) from events where position = %s"
_HEAD = "select position, md5(recorded_at::text || encode(state, 'hex')) from events order by position desc limit 1"


class Facts(msgspec.Struct, frozen=True):
    """All facts of a journal up to a position, the newest that was read."""

    tables: Tables
    position: int


class _Kept:
    """What this process has read of one journal. `end` is the last event up to which it read, to tell a journal that
    took the place of another."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.begin_anew()

    def begin_anew(self) -> None:
        self.gathering = Gathering()
        self.end: tuple[int, str] | None = None
        self.facts = Facts(self.gathering.tables(), 0)

    def holds(self, connection: psycopg.Connection, end: tuple[int, str]) -> bool | None:
        """Whether what was read is the beginning of the journal that a transaction sees up to its last event, or begins
        with all of it; None where nothing tells."""
        head, _ = end
        if self.end is None or self.end == end:
            return self.end is not None
        if self.end[0] <= head:
            return connection.execute(_END, (self.end[0],)).fetchone() == self.end
        return _same(connection, self.facts.tables, head)


_kept: dict[tuple[str, str], _Kept] = {}
_places = WeakKeyDictionary[psycopg.Connection, tuple[str, str]]()
_lock = threading.Lock()


def much_is_unread(connection: psycopg.Connection, position: int) -> bool:
    """Whether the process has not read so much of the journal up to a position that who asks for facts waits."""
    return position - _of(connection).facts.position > MUCH


def load(connection: psycopg.Connection, *, gently: bool = False) -> Facts:
    """All facts of the journal; what the process has read before is not read again. There may be facts beyond what
    the transaction sees: what is asked of them says up to which position. Who reads `gently` lets others go first."""
    end = connection.execute(_HEAD).fetchone()
    if end is None:
        return facts_of([])
    kept = _of(connection)
    with kept.lock:
        holds = kept.holds(connection, end)
        if holds is None:
            return _alone(connection, end[0])
        if not holds:
            kept.begin_anew()
        if end[0] > kept.gathering.position:
            is_more = _read(connection, kept.gathering, end[0], gently)
            kept.facts = Facts(kept.gathering.tables() if is_more else kept.facts.tables, end[0])
            kept.end = end
        return kept.facts


def _same(connection: psycopg.Connection, tables: Tables, head: int) -> bool | None:
    """Whether the newest facts about deals up to a position are those that were read. A transaction that began before
    they were read sees fewer; a journal that took the place of another has others."""
    course = tables.course
    places = np.flatnonzero(course.position <= head)
    places = places[np.argsort(course.position[places])[-5:]]
    positions = course.position[places].tolist()
    rows = raw_cursor(connection).execute(_SOME, (positions,)).fetchall()
    if not positions:
        return None
    occurred = occurred_at([state for _, _, state in rows]).tolist() if rows else []
    found = {(position, stream, at) for (position, stream, _), at in zip(rows, occurred, strict=True)}
    streams = [deal.bytes for deal in tables.deals[course.of[places]].tolist()]
    return found == set(zip(positions, streams, course.occurred[places].tolist(), strict=True))


def _of(connection: psycopg.Connection) -> _Kept:
    """By the system and the name of its database: a copy beside the original has another. A connection is to one of
    them as long as it lasts."""
    with _lock:
        place = _places.get(connection)
    if place is None:
        place = connection.execute("select (select id::text from system), current_database()").fetchone()
        assert place is not None
    with _lock:
        _places[connection] = place
        kept = _kept.get(place)
        if kept is None:
            kept = _kept[place] = _Kept()
        return kept


def _alone(connection: psycopg.Connection, head: int) -> Facts:
    """The facts of a journal whose beginning is not that of the kept one, which stays."""
    gathering = Gathering()
    _read(connection, gathering, head, gently=False)
    return Facts(gathering.tables(), head)


def _read(connection: psycopg.Connection, gathering: Gathering, head: int, gently: bool) -> bool:
    """Read up to a position; whether there was anything that says something of forecasts."""
    topics, found = list(TOPICS), False
    for first in range(gathering.position, head, CHUNK):
        last = min(first + CHUNK, head)
        cursor = raw_cursor(connection).execute(_NEW, (first, last, topics))
        while rows := cursor.fetchmany(AT_ONCE):
            found, begins = True, time.monotonic()
            gathering.take_all(batches(rows, _SINCE_1970))
            if gently:
                time.sleep(time.monotonic() - begins)
        gathering.position = last
    return found


def facts_of(rows: Iterable[Stored]) -> Facts:
    """The facts of rows in the order of their positions; moments are microseconds since 1970."""
    gathering = Gathering()
    stored = list(rows)
    for first in range(0, len(stored), AT_ONCE):
        gathering.take_all(batches(stored[first : first + AT_ONCE]))
    gathering.position = stored[-1][0] if stored else 0
    return Facts(gathering.tables(), gathering.position)


def histories(facts: Facts, view: View | Frame, moment: datetime, *, known_at: int | None = None) -> Histories:
    """Every deal that was knowable at a moment, as it was knowable then. Of the view only the company's calendar and
    currency, and what is known, are taken; nothing is hidden by what the asker may see."""
    frame = view if isinstance(view, Frame) else Frame.of(view)
    return fold(facts.tables, frame, microseconds(moment), frame.known_at if known_at is None else known_at)


_lately = OrderedDict[tuple[tuple[int, Frame, int], int], tuple[Tables, Histories]]()
_KEPT_LATELY = 4


def histories_lately(facts: Facts, view: View | Frame, moment: datetime) -> Histories:
    """The same, and where nothing that counts lies between, those of another moment of the same day: questions of now
    are asked again and again. What is worked out of them is then there, too."""
    frame = view if isinstance(view, Frame) else Frame.of(view)
    at, tables = microseconds(moment), facts.tables
    asked = id(tables), frame, day_at(at, frame.zone)
    with _lock:
        near = [each for each in _lately if each[0] == asked and _lately[each][0] is tables]
    key = next((each for each in near if _are_one(tables, each[1], at)), (asked, at))
    with _lock:
        held = _lately.get(key)
    if held is None:
        held = tables, fold(tables, frame, at, frame.known_at)
    with _lock:
        _lately[key] = held
        _lately.move_to_end(key)
        while len(_lately) > _KEPT_LATELY:
            _lately.popitem(last=False)
    return held[1]


def _are_one(tables: Tables, one: int, other: int) -> bool:
    """Whether nothing that counts lies between two moments."""
    return not tables.changed(min(one, other), max(one, other))


def newest_counted(facts: Facts, moment: datetime, known_at: int) -> int:
    """The newest position that says something of what was knowable at a moment: what is recorded later and was not
    knowable then leaves it as it is. What is drawn by chance is drawn by it."""
    return facts.tables.newest(microseconds(moment), known_at)


def microseconds(moment: datetime) -> int:
    """A moment as the tables count it: since 1970."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
