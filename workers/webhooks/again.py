"""Sends again what somebody asked for: in order, not faster than he allows, until it is done or stopped."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from projections.streams.deliveries import DeadLetter
from projections.streams.redeliveries import Redelivery, RedeliveryStore
from workers.webhooks.lanes import Item

if TYPE_CHECKING:
    from workers.webhooks.courier import Courier

AT_ONCE = 32
PAUSE = 0.25


async def resending(courier: Courier) -> None:
    """Do one redelivery after the other, as they were asked for."""
    while True:
        await courier.resend.wait()
        courier.resend.clear()
        for asked in await courier.desk.do(lambda c: RedeliveryStore(c).open_of(courier.id)):
            await Again(courier, asked).run()


class Again:
    """One redelivery on its way."""

    def __init__(self, courier: Courier, asked: Redelivery) -> None:
        self._courier, self._desk, self._asked = courier, courier.desk, asked
        self._next = asyncio.get_running_loop().time()

    async def run(self) -> None:
        """Send it, from where it stood."""
        cursor, goes_on = self._asked.cursor, True
        while goes_on and cursor < self._asked.to_position:
            items, examined = await self._some(cursor)
            for item in items:
                if not (goes_on := await self._again(item)):
                    return
            goes_on = await self._advance(examined)
            cursor = examined
        await self._desk.do(lambda c: RedeliveryStore(c).finish(self._asked.id))

    async def _some(self, cursor: int) -> tuple[list[Item], int]:
        to, source = self._asked.to_position, self._courier.source
        if self._asked.kind == "range":
            return await self._desk.run(lambda: source.between(cursor, to, AT_ONCE))
        dead = await self._desk.do(lambda c: RedeliveryStore(c).dead(self._courier.id, cursor + 1, to, AT_ONCE))
        found = await self._desk.run(lambda: [source.again(position) for position in dead])
        return [each for each in found if each is not None], dead[-1] if len(dead) == AT_ONCE else to

    async def _again(self, item: Item) -> bool:
        """Send one event again; whether it goes on after it."""
        while True:
            await self._turn()
            if not await self._advance(item.position - 1):
                return False
            began = self._desk.clock()
            attempt = await self._courier.send(item, 1, self._asked.id)
            self._courier.note(item, 1, began, attempt, self._asked.id)
            counts = self._courier.heard(item, attempt, self._desk.clock())
            if attempt.outcome == "gone":
                return False
            if attempt.outcome == "delivered" or counts:
                break
        arrived = attempt.outcome == "delivered"
        if not arrived:
            moment = self._desk.clock()
            await self._courier.bury(DeadLetter(item.position, item.lane, 1, attempt.status, attempt.reason, moment))
        return await self._did(item, arrived)

    async def _did(self, item: Item, arrived: bool) -> bool:
        now, number = self._desk.clock(), self._asked.id

        def done(store: RedeliveryStore) -> bool:
            if arrived:
                store.revive(self._courier.id, item.position, now)
            return store.advance(number, item.position, sent=int(arrived), failed=int(not arrived))

        return await self._desk.do(lambda c: done(RedeliveryStore(c)))

    async def _advance(self, position: int) -> bool:
        return await self._desk.do(lambda c: RedeliveryStore(c).advance(self._asked.id, position))

    async def _turn(self) -> None:
        """Wait until the next one may be sent."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._next - loop.time()))
        while not await self._courier.may_send_again():
            await asyncio.sleep(PAUSE)
        self._next = max(self._next, loop.time()) + 1 / self._asked.rate
