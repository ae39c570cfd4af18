"""One who follows the stream: a bounded queue, the table for what lies behind, and an end in time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.access import Asker
from api.problems import UNREACHABLE
from api.streams import frames
from api.streams.formats import Examined
from api.streams.frames import Piece
from domain.journal.connections import JournalUnreachable
from domain.subscription.subscription import StreamFilter

if TYPE_CHECKING:
    from api.streams.audience import Audience
    from api.streams.hub import Hub

Send = Callable[[bytes], Awaitable[None]]
Take = Callable[[bytes], bool]
"""Writes at once, and says whether it could."""
AT_ONCE = 65_536
PAUSE = 0.5
FIRST, MOST = 32, 256
"""Events in the first stretch from the table, which is to be there at once, and in those that follow."""


@dataclass(frozen=True)
class Pace:
    """Seconds between signs of life and between looks at a key; those that a write may take, alone and with a full
    queue behind it, and a last word to one who is told to leave; what a queue holds at most."""

    heartbeat: float = 15.0
    key_check: float = 10.0
    write_patience: float = 10.0
    stuck_after: float = 1.0
    last_word: float = 1.0
    most_events: int = 10_000
    most_bytes: int = 4_000_000


class Subscriber:
    """A stream being sent. All of it happens in the event loop, so that nothing comes between a look and a deed.

    `reached` is the position up to which everything was written or waits in the queue. A live one takes pieces that
    begin exactly there; with any other, or with a full queue, he reads the table from there on until he meets the live
    edge again: whatever happens, nothing is left out and nothing comes twice. Who does not read while the queue is full
    is dropped.
    """

    def __init__(self, hub: Hub, asker: Asker, wanted: StreamFilter, after: int, to: int | None, epoch: int) -> None:
        self.hub, self.asker, self.wanted, self.epoch = hub, asker, wanted, epoch
        self.audience: Audience = hub.audience_of(asker.visibility, wanted)
        self.reached = self._written = self._after = after
        self.ended = ""
        self._to, self._size, self._head = to, FIRST, after
        self._live = False
        self._queue: deque[Piece] = deque()
        self._events = self._bytes = 0
        self._wake = asyncio.Event()
        self._take: Take | None = None
        self._rests = self._full = False
        self._writing: asyncio.Timeout | None = None
        self._beat_at = self._since = 0.0

    async def run(self, send: Send, head: int, take: Take | None = None) -> bool:
        """Send until there is a reason to end; whether the reader took what he was sent."""
        self._take = take
        try:
            self._head = head
            upto = head if self._to is None else min(head, self._to)
            await self._write(send, frames.started(self._after, max(upto, self._after), head, self.epoch))
            while not self.ended:
                await self._go_on(send)
            if self.ended != FINISHED:
                await self._write(send, frames.dropped(self._written, self.ended), last=True)
        except TimeoutError:
            self.end(SLOW)
            return False
        return True

    async def _go_on(self, send: Send) -> None:
        if self._queue:
            await self._write_queued(send)
        elif self._to is not None and self.reached >= self._to:
            await self._write(send, self._examined(self.reached))
            self.end(FINISHED)
        elif self.hub.hears and not self._live:
            await self._read(send)
        else:
            await self._rest(send)

    def offer(self, piece: Piece | None) -> None:
        """The next piece for his audience; None where nobody knew that he would need one."""
        if not self._live:
            self._leave_if_stuck()
            return
        beyond = piece is not None and self._to is not None and piece.to > self._to
        if piece is None or piece.after != self.reached or beyond:
            self.look_at_the_table()
            return
        if self._is_full(piece):
            self._full = True
            self._leave_if_stuck()
            self.look_at_the_table()
            return
        self.reached = piece.to
        if piece.events and not self._took(piece):
            self._queue.append(piece)
            self._events += piece.events
            self._bytes += len(piece.frames)
            self._wake.set()
        elif not self._queue:
            self._written = piece.to

    def _took(self, piece: Piece) -> bool:
        """Write a piece at once where nothing waits before it: to wake up for each event would cost most of its way."""
        if not self._rests or self._wake.is_set() or self._take is None or self._to is not None:
            return False
        if len(piece.frames) > AT_ONCE or not self._take(piece.frames):
            return False
        self._beat_at = asyncio.get_running_loop().time() + self.hub.pace.heartbeat
        return True

    def _leave_if_stuck(self) -> None:
        """Who reads nothing while more is told than his queue could take is not waited for."""
        if self._full and self._writes_for() > self.hub.pace.stuck_after:
            self.end(SLOW)

    def _is_full(self, piece: Piece) -> bool:
        """Whether the queue cannot take a piece; an empty one takes any."""
        pace = self.hub.pace
        over = self._events + piece.events > pace.most_events or self._bytes + len(piece.frames) > pace.most_bytes
        return bool(self._queue) and over

    def _writes_for(self) -> float:
        """For how long the write in hand has waited for the reader."""
        return asyncio.get_running_loop().time() - self._since if self._writing is not None else 0.0

    def look_at_the_table(self) -> None:
        """What follows is not in the queue: read it, from where he stands."""
        self._live = False
        self._wake.set()

    def end(self, reason: str) -> None:
        """End soon: with a last word to one who reads, without to one who does not."""
        if self.ended:
            return
        self.ended = reason
        self._queue.clear()
        self._live = False
        self._wake.set()
        if reason == SLOW:
            self.hub.numbers.dropped.inc()
        elif self._writing is not None:
            self._writing.reschedule(asyncio.get_running_loop().time() + self.hub.pace.last_word)

    async def _write_queued(self, send: Send) -> None:
        """Each piece stays in the queue, and counts, until it is written."""
        while self._queue and not self.ended:
            piece = self._queue[0]
            await self._write(send, piece.frames)
            self._written = piece.to
            if self._queue:
                self._queue.popleft()
                self._events -= piece.events
                self._bytes -= len(piece.frames)
        self._full = False
        if not self.ended:
            self._written = self.reached

    async def _read(self, send: Send) -> None:
        """A stretch of the table; he is live once he has met the edge."""
        edge = self.hub.edge if self._to is None else min(self.hub.edge, self._to)
        if self.reached >= edge:
            self._live = True
            return
        try:
            async with self.hub.readers:
                found = await asyncio.to_thread(
                    self.hub.feeding.stretch, self.asker, self.wanted, self.reached, self._size, edge
                )
        except (*UNREACHABLE, JournalUnreachable):
            await asyncio.sleep(PAUSE)
            return
        self._size = min(self._size * 4, MOST)
        self.reached = found.examined
        await self._write(send, frames.events(found.positions, found.events))
        self._written = found.examined

    async def _rest(self, send: Send) -> None:
        """Until there is something, or a sign of life is due."""
        self._wake.clear()
        left = self._beat_at - asyncio.get_running_loop().time()
        if left > 0:
            timer = asyncio.get_running_loop().call_later(left, self._wake.set)
            self._rests = True
            try:
                await self._wake.wait()
            finally:
                self._rests = False
                timer.cancel()
        elif not self._queue:
            await self._write(send, self._examined(self._written))

    def _examined(self, upto: int) -> bytes:
        """A sign of life; its head is never behind what was said before, though the feed may still be published."""
        return frames.examined(Examined(upto, max(self.hub.edge, self._head), self.epoch))

    async def _write(self, send: Send, content: bytes, *, last: bool = False) -> None:
        """Raises TimeoutError when the reader takes nothing for too long."""
        for begin in range(0, len(content), AT_ONCE):
            patience = self.hub.pace.last_word if last or self.ended else self.hub.pace.write_patience
            self._since = asyncio.get_running_loop().time()
            try:
                async with asyncio.timeout(patience) as self._writing:
                    await send(content[begin : begin + AT_ONCE])
            finally:
                self._writing = None
        self._beat_at = asyncio.get_running_loop().time() + self.hub.pace.heartbeat


SLOW = "slow reader"
SIGNED_OUT = "the key may not read any more"
STOPPING = "the server stops"
RESTORED = "the journal was restored"
FINISHED = "finished"
