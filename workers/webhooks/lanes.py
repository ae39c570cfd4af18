"""What is owed to a subscription, lane by lane: the order of each account is kept, what fails waits, the others go on.

Nothing here sends, reads or looks at a clock: whoever does tells it, and is told what comes next.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec

from projections.streams.deliveries import DeadLetter, Parked, Standing
from workers.webhooks.back_off import Random, retry_in

AT_ONCE = 8
WINDOW = 512
"""Events of a subscription that are held at once."""
MOST_PARKED = 1_000
"""Lanes that may wait: beyond that nothing more is read for the subscription."""


class Item(NamedTuple):
    """An event to be delivered: its envelope as it was when it was read, at `read_at` (seconds of the process's own
    clock)."""

    position: int
    lane: UUID
    event_id: str
    body: bytes
    personal: bool
    read_at: float


class Changes(NamedTuple):
    """What is to be recorded of lanes."""

    cursor: int
    parked: tuple[Parked, ...]
    freed: tuple[UUID, ...]
    dead: tuple[DeadLetter, ...]


class Lane:
    """One lane: what is to be delivered next, whether that is on its way, why it waits where it does."""

    __slots__ = ("busy", "fetched_to", "key", "listed", "parked", "queue")

    def __init__(self, key: UUID, parked: Parked | None = None) -> None:
        self.key, self.parked = key, parked
        self.queue: deque[Item] = deque()
        self.busy = self.listed = False
        self.fetched_to = 0


class Lanes:
    """The lanes of one subscription. `read` is the last position that was looked at, `cursor` the last one before
    which everything is settled."""

    def __init__(self, standing: Standing, random: Random, *, strict: bool = False, at_once: int = AT_ONCE) -> None:
        self.read = standing.cursor
        self._strict, self._at_once, self._random = strict, 1 if strict else at_once, random
        self._lanes = {each.lane: Lane(each.lane, each) for each in standing.lanes}
        self._ready: deque[Lane] = deque()
        self._timers: list[tuple[datetime, int, Lane]] = []
        self._numbers = itertools.count()
        self._open: list[int] = []
        self._settled: set[int] = set()
        self._in_flight = 0
        self._dirty: set[UUID] = set()
        self._dead: list[DeadLetter] = []
        self._parked = len(self._lanes)
        for lane in self._lanes.values():
            self._set_timer(lane)

    @property
    def cursor(self) -> int:
        """All positions up to here are delivered, owed by a lane that waits, or not for the subscription."""
        while self._open and self._open[0] in self._settled:
            self._settled.discard(heapq.heappop(self._open))
        return self._open[0] - 1 if self._open else self.read

    @property
    def room(self) -> int:
        """How many more events may be held; 0 while too many lanes wait, or the only one does."""
        if self._parked >= (1 if self._strict else MOST_PARKED):
            return 0
        return WINDOW - (len(self._open) - len(self._settled))

    @property
    def in_flight(self) -> int:
        """How many are on their way."""
        return self._in_flight

    # Reading

    def take(self, items: Iterable[Item], examined: int) -> None:
        """Events that were read, in order, and the last position looked at."""
        for item in items:
            lane = self._lanes.get(item.lane)
            if lane is None:
                lane = self._lanes[item.lane] = Lane(item.lane)
            if lane.parked is None:  # else it reads what it owes when it goes on
                lane.queue.append(item)
                heapq.heappush(self._open, item.position)
                self._list(lane)
        self.read = max(self.read, examined)

    def due(self, now: datetime, most: int = 1) -> list[Parked]:
        """Lanes whose time has come: what they owe is to be read up to `read`, and told by `fetched`."""
        found: list[Parked] = []
        while self._timers and self._timers[0][0] <= now and len(found) < most:
            moment, _, lane = heapq.heappop(self._timers)
            if lane.parked is not None and lane.parked.next_at == moment and not (lane.busy or lane.queue):
                lane.busy = True  # until it was told
                found.append(lane.parked)
        return found

    def next_due(self) -> datetime | None:
        """When the next lane's time comes."""
        return self._timers[0][0] if self._timers else None

    def fetched(self, key: UUID, items: Sequence[Item], examined: int, now: datetime) -> None:
        """What a waiting lane owes, and up to where that was looked for."""
        lane = self._lanes[key]
        lane.busy = False
        lane.fetched_to = examined
        lane.queue.extend(items)
        if items:
            self._list(lane)
        else:
            self._went_on(lane, now)

    def retry(self, key: UUID, next_at: datetime) -> None:
        """Somebody wants a lane to be tried at another time."""
        lane = self._lanes.get(key)
        if lane is not None and lane.parked is not None and lane.parked.next_at != next_at:
            lane.parked = msgspec.structs.replace(lane.parked, next_at=next_at)
            self._set_timer(lane)

    # Delivering

    def next(self) -> Item | None:
        """The next event to deliver; None where there is none, or enough are on their way."""
        while self._ready and self._in_flight < self._at_once:
            lane = self._ready.popleft()
            lane.listed = False
            if lane.queue and not lane.busy:
                lane.busy = True
                self._in_flight += 1
                return lane.queue[0]
        return None

    def attempt_of(self, item: Item) -> int:
        """Which attempt at an event comes now, from 1."""
        parked = self._lanes[item.lane].parked
        return parked.attempts + 1 if parked is not None and parked.position == item.position else 1

    def delivered(self, item: Item, now: datetime) -> None:
        """It arrived, or is not to be delivered any more."""
        lane = self._done(item)
        if lane.parked is not None:
            self._advance(lane, item.position + 1, now)
        else:
            self._settled.add(item.position)
        self._go_on(lane, now)

    def put_back(self, item: Item) -> None:
        """It was not delivered, and that is nothing to count: it comes again, after the other lanes."""
        lane = self._free(item)
        self._list(lane)

    def failed(self, item: Item, status: int | None, reason: str, now: datetime) -> None:
        """It did not arrive: the lane waits, or goes on after an event that was tried often enough."""
        attempts = self.attempt_of(item)
        seconds = retry_in(attempts, self._random)
        lane = self._free(item)
        if seconds is None:
            self._dead.append(DeadLetter(item.position, item.lane, attempts, status, reason, now))
            lane.queue.popleft()
            self._advance(lane, item.position + 1, now)
            self._go_on(lane, now)
            return
        self._park(lane, item, attempts, now + timedelta(seconds=seconds), status, reason, now)

    def changes(self) -> Changes:
        """What changed since the last time that this was asked."""
        dirty, dead = self._dirty, tuple(self._dead)
        self._dirty, self._dead = set(), []
        states = {key: self._lanes.get(key) for key in dirty}
        parked = tuple(lane.parked for lane in states.values() if lane is not None and lane.parked is not None)
        freed = tuple(key for key, lane in states.items() if lane is None or lane.parked is None)
        return Changes(self.cursor, parked, freed, dead)

    # Within

    def _park(
        self, lane: Lane, item: Item, attempts: int, at: datetime, status: int | None, reason: str, now: datetime
    ) -> None:
        if lane.parked is None:
            self._parked += 1
            self._settled.update(each.position for each in lane.queue)
        same = lane.parked is not None and lane.parked.position == item.position and lane.parked.attempts > 0
        since = lane.parked.since if lane.parked is not None and same else now
        lane.queue.clear()
        lane.parked = Parked(
            lane=lane.key, position=item.position, attempts=attempts, next_at=at, since=since, status=status,
            reason=reason,
        )  # fmt: skip
        self._dirty.add(lane.key)
        self._set_timer(lane)

    def _advance(self, lane: Lane, position: int, now: datetime) -> None:
        """A lane that waits has done with what is before a position."""
        held = lane.parked
        assert held is not None
        lane.parked = Parked(lane=lane.key, position=position, attempts=0, next_at=now, since=held.since)
        self._dirty.add(lane.key)

    def _go_on(self, lane: Lane, now: datetime) -> None:
        if lane.queue:
            self._list(lane)
        elif lane.parked is not None:
            self._went_on(lane, now)
        else:
            del self._lanes[lane.key]

    def _went_on(self, lane: Lane, now: datetime) -> None:
        """A lane has done with what was read for it: it owes more, or nothing."""
        self._advance(lane, max(lane.fetched_to + 1, lane.parked.position if lane.parked else 0), now)
        if lane.fetched_to >= self.read:
            lane.parked = None
            self._parked -= 1
            del self._lanes[lane.key]
        else:
            self._set_timer(lane)

    def _done(self, item: Item) -> Lane:
        lane = self._free(item)
        lane.queue.popleft()
        return lane

    def _free(self, item: Item) -> Lane:
        lane = self._lanes[item.lane]
        assert lane.queue[0].position == item.position
        lane.busy = False
        self._in_flight -= 1
        return lane

    def _list(self, lane: Lane) -> None:
        if not (lane.listed or lane.busy):
            lane.listed = True
            self._ready.append(lane)

    def _set_timer(self, lane: Lane) -> None:
        assert lane.parked is not None
        heapq.heappush(self._timers, (lane.parked.next_at, next(self._numbers), lane))
