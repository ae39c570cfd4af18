"""A journal of all that a key account team records: the random histories of the tests, spread over many streams."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid5

import psycopg

from domain.aggregate import Event
from domain.journal.migrate import migrate
from projections.engine import ReadModel
from projections.engine.model import handlings
from tests.benchmarks.workload import ROOT
from tests.projections.business import Business, Chronicle
from tests.projections.conftest import Journal, Told
from tests.projections.meetings import of_account

ACCOUNTS, DEALS, LATE = 3_000, 5_000, 0.03
OF_ACCOUNTS = 0.5
"""The share of the facts that are told of accounts; the rest is told of deals."""


class Large(Chronicle):
    """A chronicle of many accounts and deals: each stream has some ten events, as in a company."""

    def __init__(self, seed: int, facts: int, accounts: int, deals: int) -> None:
        super().__init__(seed, Business(facts=facts, deals=deals, days=1_000))
        self.accounts = [uuid5(ROOT, f"account {number}") for number in range(accounts)]

    def write(self, journal: Journal) -> None:
        """Everything in order of occurrence but for a few late facts, each an append of its own."""
        appends: list[list[Told]] = [[self._keep(*each) for each in self._beginning()]]
        for deal in self.deals:
            self.opened[deal] = self.random.randrange(24 * self.business.days)
        opening = sorted(self.opened.items(), key=lambda each: -each[1])
        running: list[UUID] = []
        while len(self.told) < self.business.facts:
            now = self.business.days * 24 * len(self.told) // self.business.facts
            while opening and opening[-1][1] <= now:
                deal, hour = opening.pop()
                running.append(deal)
                appends.append([self._keep(deal, self._opened(), hour)])
            appends.append([self._told(running, now)])
        journal.append_all(appends)

    def _told(self, running: Sequence[UUID], now: int) -> Told:
        stream, event, since = self._of_somebody(running)
        late = self.random.random() < LATE
        return self._keep(stream, event, self.random.randint(since, now) if late else now)

    def _of_somebody(self, running: Sequence[UUID]) -> tuple[UUID, Event, int]:
        if not running or self.random.random() < OF_ACCOUNTS:
            return self.random.choice(self.accounts), of_account(self.random), 0
        deal = self.random.choice(running)
        return deal, self._of_deal(), self.opened[deal]


def fill(url: str, facts: int, *, accounts: int = ACCOUNTS, deals: int = DEALS, seed: int = 7) -> None:
    """Make a journal of about so many facts."""
    migrate(url)
    journal = Journal(url)
    try:
        Large(seed, facts, accounts, deals).write(journal)
        journal.connection.execute("vacuum analyze events")
    finally:
        journal.connection.close()


def handled(url: str, models: Sequence[ReadModel]) -> int:
    """How many events the models handle, each counted once for every model that does."""
    with psycopg.connect(url) as connection:
        counts = dict(connection.execute("select topic, count(*) from events group by topic").fetchall())
    return sum(counts.get(topic, 0) for model in models for topic in handlings(model))
