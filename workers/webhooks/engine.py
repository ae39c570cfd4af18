"""The deliveries of a worker process: a thread with a loop of its own, a courier per subscription."""

from __future__ import annotations

import asyncio
import random as numbers
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from uuid import UUID

import msgspec
import psycopg
import structlog

from domain.errors import KamsError
from domain.journal.connections import pool_of
from domain.journal.journal import Journal
from domain.rights import Newest, Rights
from domain.subscription.subscription import Subscription
from projections.streams.deliveries import LeaseLost
from projections.streams.feed import feed_head
from projections.streams.subscriptions import OwnerMayNot, served_as
from workers.clock import now_utc
from workers.exports import Exports
from workers.webhooks.back_off import Random
from workers.webhooks.courier import Courier
from workers.webhooks.desk import THREADS, Desk, Sends
from workers.webhooks.looking import Look, Looking
from workers.webhooks.signers import secrets_of
from workers.webhooks.source import Source
from workers.webhooks.testing import send_tests

TICK = 0.5
FOLLOW = 0.1
"""Seconds between two looks at the feed's newest position."""
AFTER_FAULT = 1.0
NO_SECRET = "its secret cannot be read"
KEPT_IN_MIND = ("address", "filter", "order", "personal", "owner", "secret", "old_secret", "old_secret_until")
"""What a courier works by: where that changes, another one goes on."""

log = structlog.get_logger()


class Webhooks(threading.Thread):
    """Delivers the subscriptions whose leases this worker gets. `make_sender` is called on the thread's own loop."""

    def __init__(
        self,
        database_url: str,
        journal: Journal,
        worker: UUID,
        make_sender: Callable[[], Sends],
        clock: Callable[[], datetime] = now_utc,
        random: Random = numbers.random,
        tick: float = TICK,
    ) -> None:
        super().__init__(name="webhooks", daemon=True)
        self._url, self._journal, self._worker = database_url, journal, worker
        self._make_sender, self._clock, self._random, self._tick = make_sender, clock, random, tick
        self._looking = Looking(journal, worker)
        self._rights, self._exports = Rights(Newest(journal)), Exports(journal.pool)
        self._stopping = threading.Event()
        self._couriers: dict[UUID, tuple[Courier, asyncio.Task[None], bytes]] = {}
        self._testing: asyncio.Task[None] | None = None

    def stop(self) -> None:
        """End after what is on its way."""
        self._stopping.set()

    def run(self) -> None:
        """Deliver until stopped."""
        asyncio.run(self._work())

    async def _work(self) -> None:
        pool = pool_of(self._url, THREADS)
        desk = Desk(self._journal, pool, self._make_sender(), self._worker, self._clock, self._random)
        following = asyncio.create_task(self._follow(desk))
        try:
            while not self._stopping.is_set():
                await self._once(desk)
                await self._pause(self._tick)
        finally:
            following.cancel()
            await self._end(desk)
            await desk.sender.close()
            desk.close()
            await asyncio.to_thread(pool.close)

    async def _pause(self, seconds: float) -> None:
        for _ in range(max(1, round(seconds / FOLLOW))):
            if self._stopping.is_set():
                return
            await asyncio.sleep(FOLLOW)

    async def _once(self, desk: Desk) -> None:
        held, now = list(self._couriers), self._clock()
        try:
            look = await desk.do(lambda c: self._looking.look(c, held, now))
            await self._apply(desk, look)
        except (psycopg.Error, KamsError) as error:
            log.warning("deliveries wait for the database", reason=str(error).strip())
            await asyncio.sleep(AFTER_FAULT)
        except Exception:
            log.exception("deliveries could not be looked after")
            await asyncio.sleep(AFTER_FAULT)

    async def _follow(self, desk: Desk) -> None:
        """Tell couriers at once that the feed has grown."""
        known = 0
        while True:
            await asyncio.sleep(FOLLOW)
            if not self._couriers:
                continue
            with suppress(psycopg.Error):
                head = await desk.do(feed_head)
                if head > known:
                    known = head
                    for courier, _, _ in self._couriers.values():
                        courier.wake(head)

    async def _apply(self, desk: Desk, look: Look) -> None:
        desk.hosts.known(look.circuits)
        await self._see_to_the_ended(desk, look)
        for key in look.mine:
            if key in self._couriers:
                courier, _, works_by = self._couriers[key]
                courier.lease_until = look.until
                if works_by != _works_by(look.known[key]):
                    courier.stop()
            else:
                await self._begin(desk, look, look.known[key])
        for key in self._couriers.keys() - look.mine:
            self._couriers[key][0].stop()
        for key in look.resend & self._couriers.keys():
            self._couriers[key][0].resend.set()
        for each in look.wanted:
            if each.subscription in self._couriers:
                self._couriers[each.subscription][0].retry(each.lane, each.next_at)
        if look.tests and (self._testing is None or self._testing.done()):
            self._testing = asyncio.create_task(self._test(desk, look))

    async def _begin(self, desk: Desk, look: Look, subscription: Subscription) -> None:
        secrets = await desk.run(lambda: secrets_of(self._journal.people, subscription))
        if secrets is None:
            await desk.run(lambda: self._looking.disable(subscription, NO_SECRET, self._clock()))
            return
        source = Source(
            self._journal, desk.pool, subscription, lambda: served_as(self._rights, subscription), self._exports
        )
        courier = Courier(desk, subscription, source, secrets, look.head)
        courier.lease_until = look.until
        task = asyncio.create_task(courier.run(), name=f"webhook {subscription.name}")
        self._couriers[subscription.id] = courier, task, _works_by(subscription)

    async def _see_to_the_ended(self, desk: Desk, look: Look) -> None:
        for key, (courier, task, _) in list(self._couriers.items()):
            if not task.done():
                continue
            del self._couriers[key]
            self._tell(task)
            if courier.gone and key in look.known:
                await desk.run(partial(self._looking.disable, look.known[key], courier.gone, self._clock()))
                look.mine.discard(key)
            if key not in look.mine:
                await desk.do(partial(self._looking.release, subscriptions=[key]))

    def _tell(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, OwnerMayNot):
            log.info("a subscription's deliveries end", task=task.get_name(), reason=str(error))
        elif isinstance(error, LeaseLost | psycopg.Error):
            log.warning("a subscription's deliveries begin anew", task=task.get_name(), reason=str(error).strip())
        elif error is not None:
            log.error("a subscription's deliveries failed", task=task.get_name(), exc_info=error)

    async def _test(self, desk: Desk, look: Look) -> None:
        try:
            await send_tests(desk, look.known)
        except psycopg.Error as error:
            log.warning("a test delivery was not recorded", reason=str(error).strip())

    async def _end(self, desk: Desk) -> None:
        """Let everything land, and the leases go."""
        for courier, _, _ in self._couriers.values():
            courier.stop()
        tasks = [task for _, task, _ in self._couriers.values()]
        if self._testing is not None:
            tasks.append(self._testing)
        await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(psycopg.Error):
            await desk.do(lambda c: self._looking.release(c, list(self._couriers)))


def _works_by(subscription: Subscription) -> bytes:
    return msgspec.msgpack.encode([getattr(subscription, name) for name in KEPT_IN_MIND])
