"""When facts occurred, in a column that a process keeps: which were the newest by a past day is then known at once.

The journal is read once, later only what was recorded since. Where nothing is kept it is searched: the answer is the
same.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from domain.aggregate import Recorded
from domain.journal.trail import CHUNK, FIRST, SECONDS, Found, TrailFilters, facts_at, facts_back
from projections.kept_answers import end_seen, is_now
from projections.view import View

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOGETHER = 10_000
"""So many positions come as one value: a row for each would cost more than what it holds."""
_BLOCK = "position / %(together)s"
_SINCE = f"""
select string_agg(int8send(position) || int8send(second), ''::bytea order by position)
from (select position, floor({SECONDS})::int8 as second from events
    where position > %(after)s and topic = any(%(topics)s)) fact
where second is not null group by {_BLOCK} order by {_BLOCK}"""


@dataclass
class _Column:
    """Facts of some topics: their positions, ascending, and the seconds since 1970 in which they occurred."""

    positions: NDArray[Any] | None = None
    seconds: NDArray[Any] | None = None
    last: int = 0
    first_event: str = ""
    last_event: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def upto(self, view: View, topics: tuple[str, ...]) -> tuple[NDArray[Any], NDArray[Any]]:
        """The column, with all that a view's transaction sees; it may know more."""
        with self.lock:
            if not self._is_of(view):
                self.positions = self.seconds = None
                self.last = 0
            if self.last < view.known.position:
                self._read(view, topics)
            assert self.positions is not None
            assert self.seconds is not None
            return self.positions, self.seconds

    def _is_of(self, view: View) -> bool:
        """Whether it was read from this journal: of one that goes on the last event is the same, of an older
        transaction the first."""
        if self.positions is None:
            return False
        last = end_seen(view, self.last)
        return last == self.last_event if last else end_seen(view, 1) == self.first_event

    def _read(self, view: View, topics: tuple[str, ...]) -> None:
        import numpy as np

        asked = {"after": self.last, "topics": list(topics), "together": TOGETHER}
        told = view.connection.cursor(binary=True).execute(_SINCE.encode(), asked)
        rows = np.frombuffer(b"".join(part for (part,) in told), ">i8").astype(np.int64)
        positions, seconds = rows[::2].copy(), rows[1::2].copy()
        if self.positions is not None and self.seconds is not None:
            positions, seconds = (
                np.concatenate(each) for each in ((self.positions, positions), (self.seconds, seconds))
            )
        found = view.connection.execute("select coalesce(max(position), 0) from events").fetchone()
        self.positions, self.seconds, self.last = positions, seconds, found[0] if found else 0
        self.first_event, self.last_event = (end_seen(view, each) for each in (1, self.last))


_columns: dict[tuple[str, int, str, tuple[str, ...]], _Column] = {}
_lock = threading.Lock()


def forget() -> None:
    """Begin anew."""
    with _lock:
        _columns.clear()


def occurred_back(view: View, topics: tuple[str, ...]) -> Iterator[list[Recorded]]:
    """The facts of these topics that had occurred by a view's moment and are known in it, from the newest recorded one
    back, in chunks; without what cannot be read."""
    found = _kept_back(view, topics) if view.keeps and not is_now(view) else _searched_back(view, topics)
    for chunk in found:
        facts = (fact for fact in chunk if isinstance(fact, Recorded))
        yield [fact for fact in facts if fact.occurred_at <= view.clock.as_of]


def _searched_back(view: View, topics: tuple[str, ...]) -> Iterator[list[Found]]:
    filters = TrailFilters(topics=topics, occurred_to=None if is_now(view) else view.clock.as_of)
    return facts_back(view.connection, filters, view.clock.known_at + 1)


def _kept_back(view: View, topics: tuple[str, ...]) -> Iterator[list[Found]]:
    import numpy as np

    about = view.connection.info
    with _lock:
        column = _columns.setdefault((about.host, about.port, about.dbname, topics), _Column())
    positions, seconds = column.upto(view, topics)
    known = int(np.searchsorted(positions, view.clock.known_at, "right"))
    by_then = np.flatnonzero(seconds[:known] <= math.floor(view.clock.as_of.timestamp()))
    end, most = len(by_then), FIRST
    while end:
        begin = max(end - most, 0)
        yield facts_at(view.connection, positions[by_then[begin:end]].tolist())
        end, most = begin, CHUNK
