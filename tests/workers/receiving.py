"""Subscriptions of a company and receivers that do what a test wants: nothing is sent over a wire."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import psycopg

from domain.account.account import Account
from domain.aggregate import Aggregate
from domain.commands import Commands, command_type
from domain.journal.context import Context
from domain.member import Member, Role
from domain.subscription.subscription import EVERYTHING, Subscription
from projections.streams.feed import Feed, brought_up
from tests.workers.following import Company, until
from workers.webhooks.answers import Attempt, AttemptOutcome
from workers.webhooks.engine import Webhooks

JANUARY = datetime(2026, 1, 5, 9, tzinfo=UTC)
JUNE = datetime(2026, 6, 1, 9, tzinfo=UTC)
SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NEXT_SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoxMjM0NTY="
DELIVERED = Attempt(outcome=AttemptOutcome.DELIVERED, status=200, latency_ms=1, excerpt="ok")


class Sent(NamedTuple):
    """One attempt at delivering."""

    url: str
    event_id: str
    body: dict[str, Any]
    secrets: tuple[str, ...]
    attempt: int
    headers: dict[str, str]
    at: datetime


def failed(status: int | None = 500, reason: str = "it answered 500", *, connected: bool = True) -> Attempt:
    return Attempt(outcome=AttemptOutcome.FAILED, status=status, reason=reason, latency_ms=1, connected=connected)


Answers = Callable[[Sent], Attempt]


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Receivers:
    """Takes what would be sent, and answers by the address; thread-safe to read."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.sent: list[Sent] = []
        self.answers: dict[str, Answers] = {}
        self.hangs: dict[str, threading.Event] = {}
        self._clock = clock

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
        one = Sent(url, event_id, json.loads(body), tuple(secrets), attempt, dict(headers or {}), self._clock())
        self.sent.append(one)
        while url in self.hangs and not self.hangs[url].is_set():
            await asyncio.sleep(0.01)
        return self.answers.get(url, lambda _: DELIVERED)(one)

    async def close(self) -> None:
        """Nothing is open."""

    def ids(self, url: str) -> list[str]:
        """What an address was sent, in order."""
        return [each.event_id for each in self.sent if each.url == url]


class Office:
    """A company with an integrator, accounts and subscriptions."""

    def __init__(self, company: Company) -> None:
        self.company, self.journal = company, company.journal
        self.integrator = self.member(Role.INTEGRATOR)
        self._feed = Feed(company.journal)

    def give(self, root: type[Aggregate], key: UUID, name: str, /, at: datetime = JANUARY, **body: Any) -> int:
        """A command; its position."""
        typed = command_type(root, name).body(**body)
        return Commands(self.journal).give(root, key, name, typed, Context(at=at)).position

    def later(self, subscription: UUID, name: str, /, **body: Any) -> int:
        """A command to a subscription after everything else."""
        return self.give(Subscription, subscription, name, JUNE, **body)

    def member(self, *roles: Role) -> UUID:
        member = uuid4()
        self.give(Member, member, "invite", name="Wang", external_id=str(member))
        for role in roles:
            self.give(Member, member, "grant_role", role=role)
        return member

    def account(self, events: int = 1) -> UUID:
        """An account with so many events."""
        account = uuid4()
        self.give(Account, account, "register", name="ACME")
        for _ in range(events - 1):
            self.visit(account)
        return account

    def visit(self, account: UUID) -> int:
        return self.give(Account, account, "visits.log", visit_id=uuid4())

    def subscribe(self, name: str = "erp", url: str = "", **more: Any) -> UUID:
        """A webhook's subscription of all events, from the beginning."""
        subscription = uuid4()
        stated = {"owner": self.integrator, "filter": EVERYTHING, "secret": SECRET, **more}
        url = url or f"https://{name}.example/hook"
        self.give(Subscription, subscription, "open", name=name, address=url, **stated)
        return subscription

    def publish(self) -> int:
        """Bring the feed up; its newest position."""
        return brought_up(self._feed, most=None, patience=0)

    def state(self, subscription: UUID) -> Subscription:
        return self.journal.streams.state(Subscription, subscription)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.company.url, autocommit=True) as connection:
            return connection.execute(sql.encode(), values).fetchall()

    def cursor(self, subscription: UUID) -> int:
        found = self.rows("select cursor from deliveries where subscription = %s", subscription)
        return int(found[0][0]) if found else 0

    def reaches(self, subscription: UUID, position: int) -> bool:
        return until(lambda: self.cursor(subscription) >= position)


@contextmanager
def delivering(
    company: Company, receivers: Receivers, clock: Callable[[], datetime], worker: UUID | None = None
) -> Iterator[Webhooks]:
    """A worker's deliveries, as a thread."""
    engine = Webhooks(company.url, company.journal, worker or uuid4(), lambda: receivers, clock, lambda: 0.0, tick=0.1)
    engine.start()
    try:
        yield engine
    finally:
        engine.stop()
        engine.join(30)
        assert not engine.is_alive()
