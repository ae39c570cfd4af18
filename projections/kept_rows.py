"""What a process makes of all rows of a read model, kept: made once, later only of those streams about which something
was recorded."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar
from uuid import UUID

from projections.engine import ReadModel
from projections.engine.model import Plan
from projections.kept_answers import end_seen, standings_of
from projections.standing import Standing
from projections.view import View

T = TypeVar("T")
SHORTLY = 0.02
"""So many seconds somebody waits for what shall be ready."""
_TOLD = "select distinct aggregate_id from events where position > %s and position <= %s and topic = any(%s) limit %s"


class KeptRows(Generic[T]):
    """What was made of the rows of a model in one database, as they stood. `read` makes it of all rows, `exchanged`
    takes those of some streams as they are now; of more than `most_new` streams all rows are read anew."""

    def __init__(
        self,
        model: ReadModel,
        read: Callable[[View], T],
        exchanged: Callable[[View, T, list[UUID]], T],
        most_new: int,
    ) -> None:
        self._model, self._read, self._exchanged, self._most_new = model, read, exchanged, most_new
        self._lock = threading.Lock()
        self._made: T | None = None
        self._standing: Standing | None = None
        self._first = self._end = ""

    def of(self, view: View, *, only_ready: bool = False) -> T | None:
        """What the rows of a view say; None where nothing is kept: its transaction sees fewer rows than were read, or
        rows that nobody recorded. What is `only_ready` is None, too, where all rows would have to be read, or somebody
        reads them."""
        now = standings_of(view).get(self._model.name)
        if not view.keeps or not view.complete or now is None:
            return None
        if not self._lock.acquire(timeout=SHORTLY if only_ready else -1):
            return None
        try:
            if self._is_beyond(view, now) or (only_ready and not self._holds(view, now)):
                return None
            return self._bring_up(view, now)
        finally:
            self._lock.release()

    def _is_beyond(self, view: View, now: Standing) -> bool:
        """Whether more of the same journal was read than a view's transaction sees."""
        beyond = self._standing is not None and self._standing.position > now.position
        return beyond and end_seen(view, 1) == self._first

    def _holds(self, view: View, now: Standing) -> bool:
        """Whether what was read is what the rows were before something was recorded."""
        of = self._standing
        if of is None or (of.version, of.rebuilt_at) != (now.version, now.rebuilt_at):
            return False
        if of.position == now.position and of.changed_at != now.changed_at:
            return False
        return end_seen(view, of.position) == self._end

    def _bring_up(self, view: View, now: Standing) -> T:
        """Read what was recorded since, or everything."""
        made = self._made
        if made is None or not self._holds(view, now):
            made = self._read(view)
        elif self._standing and self._standing.position == now.position:
            return made
        elif self._standing:
            asked = self._standing.position, now.position, sorted(Plan(self._model).topics), self._most_new + 1
            told = [key for (key,) in view.connection.execute(_TOLD, asked)]
            if told:
                made = self._read(view) if len(told) > self._most_new else self._exchanged(view, made, told)
        self._made, self._standing = made, now
        self._first, self._end = (end_seen(view, position) for position in (1, now.position))
        return made
