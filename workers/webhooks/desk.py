"""What all who deliver share: the sender, the database, the hosts that are left alone, the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeVar
from uuid import UUID

import psycopg
import structlog
from psycopg_pool import ConnectionPool

from domain.journal.journal import Journal
from workers.webhooks.back_off import Random
from workers.webhooks.circuit import CircuitStore, Hosts

if TYPE_CHECKING:
    from workers.webhooks.answers import Attempt

T = TypeVar("T")

THREADS = 8

log = structlog.get_logger()


class Sends(Protocol):
    """Sends an event once."""

    async def send(
        self,
        url: str,
        event_id: str,
        body: bytes,
        secrets: Sequence[str],
        *,
        attempt: int = 1,
        headers: Mapping[str, str] | None = None,
        personal: bool = False,
    ) -> Attempt:
        """Try once."""

    async def close(self) -> None:
        """Close all connections."""


@dataclass
class Desk:
    """What a worker's deliveries work with, on one event loop; what blocks is done in threads of its own."""

    journal: Journal
    pool: ConnectionPool
    sender: Sends
    worker: UUID
    clock: Callable[[], datetime]
    random: Random
    hosts: Hosts = field(init=False)
    _threads: ThreadPoolExecutor = field(init=False)
    _saving: set[asyncio.Future[object]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="webhooks")
        self.hosts = Hosts(self._save, self.random)

    async def run(self, work: Callable[[], T]) -> T:
        """Do something that blocks."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def do(self, work: Callable[[psycopg.Connection], T]) -> T:
        """Do something with the database."""
        return await self.run(lambda: self._with_connection(work))

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=True)

    def _with_connection(self, work: Callable[[psycopg.Connection], T]) -> T:
        with self.pool.connection() as connection:
            return work(connection)

    def _save(self, what: Callable[[CircuitStore], object]) -> None:
        """Some time soon; the process knows it already."""
        saving: asyncio.Future[object] = asyncio.ensure_future(self.do(lambda c: what(CircuitStore(c))))
        self._saving.add(saving)
        saving.add_done_callback(self._saved)

    def _saved(self, saving: asyncio.Future[object]) -> None:
        self._saving.discard(saving)
        if not saving.cancelled() and (error := saving.exception()) is not None:
            log.warning("a host's state was not recorded", reason=str(error).strip())
