"""When facts occurred and of which streams they are, in columns that a process keeps: which were the newest by a past
day, of all or of some streams, is then known at once.

The journal is read once, later only what was recorded since. Where nothing is kept it is searched: the answer is the
same.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from domain.aggregate import Recorded
from domain.journal.trail import CHUNK, FIRST, SECONDS, Found, TrailFilters, facts_at, facts_back
from projections.kept_answers import end_seen, is_now
from projections.view import View

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOGETHER = 10_000
"""So many positions come as one value: a row for each would cost more than what it holds."""
BLOCK = 50_000
"""So many facts are looked at together for those of some streams: the newest are soon found."""
_BLOCK = "position / %(together)s"
_SINCE = f"""
select string_agg(int8send(position) || int8send(second) || substr(uuid_send(aggregate_id), 1, 8), ''::bytea
    order by position)
from (select position, aggregate_id, floor({SECONDS})::int8 as second from events
    where position > %(after)s and topic = any(%(topics)s)) fact
where second is not null group by {_BLOCK} order by {_BLOCK}"""


class _Facts(NamedTuple):
    """Facts of some topics: their positions, ascending, the seconds since 1970 in which they occurred, and the first
    eight bytes of their streams: what is found by these is looked at again."""

    positions: NDArray[Any]
    seconds: NDArray[Any]
    streams: NDArray[Any]


@dataclass
class _Column:
    """The facts that a process knows."""

    facts: _Facts | None = None
    last: int = 0
    first_event: str = ""
    last_event: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def upto(self, view: View, topics: tuple[str, ...], *, only_read: bool) -> _Facts | None:
        """The facts, with all that a view's transaction sees; it may know more. Where `only_read` is asked for, None if
        none were read before."""
        with self.lock:
            if not self._is_of(view):
                self.facts, self.last = None, 0
            if self.facts is None and only_read:
                return None
            if self.last < view.known.position:
                self._read(view, topics)
            return self.facts

    def _is_of(self, view: View) -> bool:
        """Whether it was read from this journal: of one that goes on the last event is the same, of an older
        transaction the first."""
        if self.facts is None:
            return False
        last = end_seen(view, self.last)
        return last == self.last_event if last else end_seen(view, 1) == self.first_event

    def _read(self, view: View, topics: tuple[str, ...]) -> None:
        import numpy as np

        asked = {"after": self.last, "topics": list(topics), "together": TOGETHER}
        told = view.connection.cursor(binary=True).execute(_SINCE.encode(), asked)
        rows = np.frombuffer(b"".join(part for (part,) in told), ">i8").astype(np.int64)
        facts = _Facts(rows[::3].copy(), rows[1::3].copy(), rows[2::3].copy())
        if self.facts is not None:
            facts = _Facts(*map(np.concatenate, zip(self.facts, facts, strict=True)))
        found = view.connection.execute("select coalesce(max(position), 0) from events").fetchone()
        self.facts, self.last = facts, found[0] if found else 0
        self.first_event, self.last_event = (end_seen(view, each) for each in (1, self.last))


_columns: dict[tuple[str, int, str, tuple[str, ...]], _Column] = {}
_lock = threading.Lock()


def forget() -> None:
    """Begin anew."""
    with _lock:
        _columns.clear()


def occurred_back(
    view: View, topics: tuple[str, ...], first: int = FIRST, streams: Collection[UUID] | None = None
) -> Iterator[list[Recorded]]:
    """The facts of these topics, and of some `streams` or all, that had occurred by a view's moment and are known in
    it, from the newest recorded one back, in chunks, of which the `first` has so many; without what cannot be read."""
    facts = _kept(view, topics, streams)
    found = _searched_back(view, topics, first, streams) if facts is None else _kept_back(view, facts, first, streams)
    for chunk in found:
        yield [
            fact
            for fact in chunk
            if isinstance(fact, Recorded)
            and fact.occurred_at <= view.clock.as_of
            and (streams is None or fact.originator_id in streams)
        ]


def _kept(view: View, topics: tuple[str, ...], streams: Collection[UUID] | None) -> _Facts | None:
    """What is kept; None where it need not be asked: the newest facts of all that are recorded stand at the end. Who
    asks about some streams waits for nobody who reads the whole journal."""
    if not view.keeps or (streams is None and is_now(view)):
        return None
    about = view.connection.info
    with _lock:
        column = _columns.setdefault((about.host, about.port, about.dbname, topics), _Column())
    return column.upto(view, topics, only_read=streams is not None)


def _searched_back(
    view: View, topics: tuple[str, ...], first: int, streams: Collection[UUID] | None
) -> Iterator[list[Found]]:
    some, until = None if streams is None else tuple(streams), None if is_now(view) else view.clock.as_of
    filters = TrailFilters(streams=some, topics=topics, occurred_to=until)
    return facts_back(view.connection, filters, view.clock.known_at + 1, first)


def _kept_back(view: View, facts: _Facts, first: int, streams: Collection[UUID] | None) -> Iterator[list[Found]]:
    import numpy as np

    most, found = first, facts.positions[:0]
    for places in _places_back(view, facts, streams):
        found = np.concatenate((facts.positions[places], found))
        while len(found) >= most:
            yield facts_at(view.connection, found[-most:].tolist())
            found, most = found[:-most], CHUNK
    if len(found):
        yield facts_at(view.connection, found.tolist())


def _places_back(view: View, facts: _Facts, streams: Collection[UUID] | None) -> Iterator[NDArray[Any]]:
    """Where facts stand that may be asked for, from the last back, block by block."""
    import numpy as np

    known = int(np.searchsorted(facts.positions, view.clock.known_at, "right"))
    by_then = np.flatnonzero(facts.seconds[:known] <= math.floor(view.clock.as_of.timestamp()))
    if not streams:
        yield by_then if streams is None else by_then[:0]
        return
    wanted = np.sort(np.frombuffer(b"".join([each.bytes[:8] for each in streams]), ">i8").astype(np.int64))
    for end in range(len(by_then), 0, -BLOCK):
        places = by_then[max(end - BLOCK, 0) : end]
        theirs = facts.streams[places]
        near = np.minimum(np.searchsorted(wanted, theirs), len(wanted) - 1)
        yield places[wanted[near] == theirs]
