"""Delivers one subscription's events, as long as this worker holds its lease."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from domain.subscription.subscription import Order, Subscription
from projections.streams.deliveries import Batch, DeadLetter, DeliveryStore, LeaseLost, Logged, Parked
from projections.streams.delivery_answers import host_of
from workers.webhooks.again import resending
from workers.webhooks.back_off import BUSY_SECONDS, spread, step
from workers.webhooks.circuit import Circuit, CircuitStore
from workers.webhooks.desk import Desk
from workers.webhooks.lanes import AT_ONCE, WINDOW, Item, Lanes
from workers.webhooks.signers import Secrets
from workers.webhooks.source import Source

if TYPE_CHECKING:
    from workers.webhooks.answers import Attempt

TICK = 0.25
RECORD_WITHIN, RECORD_AT = 0.1, 64
"""Seconds, and results."""
MOST_UNRECORDED = 512
STALE_SECONDS = 5.0
"""What was read longer ago is looked at again before it is sent: rights are those of now."""
PATIENCE = 5.0
UNREACHED = (502, 503, 504)
"""What stands before a receiver says that it is not there."""


class Courier:
    """One subscription on its way. `lease_until` is by the process's own clock; the engine prolongs it."""

    def __init__(self, desk: Desk, subscription: Subscription, source: Source, secrets: Secrets, head: int) -> None:
        self.id: UUID = subscription.id
        self.desk, self.source, self.head = desk, source, head
        self.lease_until = 0.0
        self.gone = ""
        self.resend = asyncio.Event()
        self._subscription, self._secrets = subscription, secrets
        self._url, self._host, self._own = subscription.address, host_of(subscription.address), str(subscription.id)
        self._strict = subscription.order is Order.STRICT
        self._waits_until: datetime | None = None
        self._reason, self._busy, self._probing, self._out = "", 0, False, 0
        self._log: list[Logged] = []
        self._flying: set[asyncio.Task[None]] = set()
        self._wanted, self._changed, self._full = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._over = asyncio.Event()
        self._recording = asyncio.Lock()
        self._fault: BaseException | None = None
        self._begun = False
        self.lanes: Lanes

    # From the engine

    def wake(self, head: int) -> None:
        """The feed has grown."""
        self.head = max(self.head, head)
        self._wanted.set()

    def stop(self) -> None:
        """End after what is on its way."""
        self._over.set()

    def retry(self, lane: UUID, next_at: datetime) -> None:
        """Somebody wants a lane to be tried then."""
        if self._begun:
            self.lanes.retry(lane, next_at)
            self.dispatch()

    async def run(self) -> None:
        """Deliver until stopped. Raises LeaseLost, psycopg.Error: then nothing more is sent, and what was sent and not
        recorded comes again."""
        await self._begin()
        recorder = asyncio.create_task(self._record())
        others = [asyncio.create_task(each) for each in (self._read(), self._tick(), resending(self))]
        ending = asyncio.create_task(self._over.wait())
        try:
            await asyncio.wait([recorder, *others, ending], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._over.set()
            for task in (*others, ending):
                task.cancel()
            await self._land()
            self._changed.set()
            self._full.set()
            results = await asyncio.gather(recorder, *others, return_exceptions=True)
        for result in [self._fault, *results]:
            if isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError):
                raise result
        await self._flush()

    async def _begin(self) -> None:
        standing = await self.desk.do(lambda c: DeliveryStore(c).standing(self.id, self._subscription.after))
        self.lanes = Lanes(standing, self.desk.random, strict=self._strict)
        self._waits_until, self._reason, self._busy = standing.waits_until, standing.reason, standing.busy
        self._begun = True
        self._wanted.set()

    async def _land(self) -> None:
        """Wait for what is on its way, unless it is no more ours."""
        if self._flying and self._ours:
            await asyncio.wait(self._flying, timeout=PATIENCE)
        for task in self._flying:
            task.cancel()

    @property
    def _ours(self) -> bool:
        return time.monotonic() < self.lease_until

    # Reading

    async def _read(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            while self.lanes.read < self.head and self.lanes.room > WINDOW // 2:
                after = self.lanes.read
                items, examined = await self.desk.run(partial(self.source.after, after, WINDOW // 2))
                if examined <= after:
                    break
                self.lanes.take(items, examined)
                self._changed.set()
                self.dispatch()

    async def _fetch(self, parked: Parked) -> None:
        to = self.lanes.read
        items, examined = await self.desk.run(lambda: self.source.owed(parked, to))
        self.lanes.fetched(parked.lane, items, examined, self.desk.clock())
        self._settled()

    # Sending

    def may_send(self, now: datetime) -> bool:
        """Whether anything may be sent: not when the receiver asked for time, or it or its host is left alone; of one
        that asked for time one event first."""
        return self._free(now) and not self._left_alone and not (self._busy and (self._out or self.lanes.in_flight))

    def _free(self, now: datetime) -> bool:
        return (
            not self._over.is_set()
            and self._ours
            and (self._waits_until is None or self._waits_until <= now)
            and len(self._log) < MOST_UNRECORDED
        )

    @property
    def _left_alone(self) -> list[Circuit]:
        return [each for each in map(self.desk.hosts.of, (self._host, self._own)) if each is not None]

    def dispatch(self) -> None:
        """Send what can be sent now."""
        now = self.desk.clock()
        if not self.may_send(now):
            return
        for parked in self.lanes.due(now, AT_ONCE):
            self._spawn(self._fetch(parked))
        while self.may_send(now) and (item := self.lanes.next()) is not None:
            self._spawn(self._deliver(item))

    async def _tick(self) -> None:
        while True:
            if not self._ours:
                raise LeaseLost
            if self._fault is not None:
                return
            await self._probe()
            self.dispatch()
            if self.lanes.room:
                self._wanted.set()
            await asyncio.sleep(TICK)

    async def _probe(self) -> None:
        """Where it is left alone and the time has come, send one event, if nobody else does."""
        now = self.desk.clock()
        if not self._probe_is_due(now):
            return
        item = self.lanes.next()
        if item is None:
            for parked in self.lanes.due(now):
                self._spawn(self._fetch(parked))
            return
        if await self._may_probe(now):
            self._spawn(self._deliver(item))
        else:
            self.lanes.put_back(item)

    async def may_send_again(self) -> bool:
        """Whether something may be sent again now, be it as the probe of what is left alone."""
        now = self.desk.clock()
        return self.may_send(now) or (self._probe_is_due(now) and await self._may_probe(now))

    def _probe_is_due(self, now: datetime) -> bool:
        found = self._left_alone
        quiet = not (self._probing or self._out or self.lanes.in_flight)
        return bool(found) and quiet and self._free(now) and all(each.open_until <= now for each in found)

    async def _may_probe(self, now: datetime) -> bool:
        """Whether the probe is ours, of all that is left alone."""
        names = [each.host for each in self._left_alone]
        self._probing = True
        try:
            return await self.desk.do(lambda c: all(CircuitStore(c).may_probe(each, now) for each in names))
        finally:
            self._probing = False

    async def _deliver(self, item: Item) -> None:
        number = self.lanes.attempt_of(item)
        if time.monotonic() - item.read_at > STALE_SECONDS:
            newest = await self.desk.run(lambda: self.source.again(item.position))
            if newest is None:
                self.lanes.delivered(item, self.desk.clock())
                self._settled()
                return
            item = newest
        began = self.desk.clock()
        attempt = await self.send(item, number)
        self.note(item, number, began, attempt)
        self._judge(item, attempt)
        self._settled()

    async def send(self, item: Item, number: int, redelivery: int | None = None) -> Attempt:
        """Try once."""
        secrets = self._secrets.at(self.desk.clock())
        headers = {} if redelivery is None else {"kams-redelivery": str(redelivery)}
        self._out += 1
        try:
            return await self.desk.sender.send(
                self._url, item.event_id, item.body, secrets, attempt=number, headers=headers, personal=item.personal
            )
        finally:
            self._out -= 1

    def _judge(self, item: Item, attempt: Attempt) -> None:
        """What an attempt means for its lane."""
        now = self.desk.clock()
        counts = self.heard(item, attempt, now)
        if attempt.outcome == "delivered":
            self.lanes.delivered(item, now)
        elif counts:
            self.lanes.failed(item, attempt.status, attempt.reason, now)
        else:
            self.lanes.put_back(item)

    def heard(self, item: Item, attempt: Attempt, now: datetime) -> bool:
        """What an attempt means for the subscription and its host; whether a failure counts for the event."""
        hosts = self.desk.hosts
        if attempt.outcome == "failed" and not attempt.connected:
            return hosts.failed(self._host, item.lane, attempt.reason, now)
        if attempt.outcome != "refused":
            hosts.reached(self._host)
        if attempt.outcome in ("failed", "refused") and (attempt.status is None or attempt.status in UNREACHED):
            return hosts.failed(self._own, item.lane, attempt.reason, now)
        hosts.reached(self._own)
        if attempt.outcome == "busy":
            self._wait(attempt, now)
            return False
        if attempt.outcome == "gone":
            self.gone = attempt.reason
            self.stop()
            return False
        if self._busy and (self._waits_until is None or self._waits_until <= now):
            self._busy, self._reason, self._waits_until = 0, "", None
        return True

    def _wait(self, attempt: Attempt, now: datetime) -> None:
        """The receiver asks for time: the whole subscription waits."""
        self._busy += 1
        asked, random = attempt.retry_after_seconds, self.desk.random
        seconds = step(BUSY_SECONDS, self._busy, random) if asked is None else spread(asked, random)
        until = now + timedelta(seconds=seconds)
        self._waits_until = max(until, self._waits_until or until)
        self._reason = attempt.reason

    # Recording

    def note(self, item: Item, number: int, at: datetime, attempt: Attempt, redelivery: int | None = None) -> None:
        """Keep what became of an attempt."""
        self._log.append(
            Logged(
                position=item.position,
                lane=item.lane,
                attempt=number,
                at=at,
                outcome=attempt.outcome.value,
                status=attempt.status,
                latency_ms=attempt.latency_ms,
                reason=attempt.reason,
                excerpt=attempt.excerpt,
                redelivery=redelivery,
            )
        )
        self._changed.set()
        if len(self._log) >= RECORD_AT:
            self._full.set()

    async def bury(self, letter: DeadLetter) -> None:
        """Keep an event that could not be delivered again."""
        await self.desk.do(lambda c: DeliveryStore(c).bury(self.id, [letter]))

    def _settled(self) -> None:
        self._changed.set()
        if not self._over.is_set():
            if self.lanes.read < self.head and self.lanes.room > WINDOW // 2:
                self._wanted.set()
            self.dispatch()

    async def _record(self) -> None:
        while not self._over.is_set():
            await self._changed.wait()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._full.wait(), RECORD_WITHIN)
            await self._flush()

    async def _flush(self) -> None:
        async with self._recording:
            self._changed.clear()
            self._full.clear()
            changes, logged = self.lanes.changes(), tuple(self._log)
            self._log = []
            batch = Batch(
                cursor=changes.cursor, parked=changes.parked, freed=changes.freed, dead=changes.dead, log=logged,
                waits_until=self._waits_until, reason=self._reason, busy=self._busy,
            )  # fmt: skip
            lease = lease_of(self.id)
            await self.desk.do(lambda c: DeliveryStore(c).record(self.id, batch, self.desk.worker, lease))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._flying.add(task)
        task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fault = self._fault or error
            self._over.set()


def lease_of(subscription: UUID) -> str:
    """The name of the lease by which a worker alone delivers a subscription."""
    return f"webhooks:{subscription}"
