"""Deals of the past as an import brings them: opened, and won, lost or open still, by a fixed seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4, uuid5

from domain.aggregate import Event, Origin, Recorded
from domain.journal.journal import Journal
from domain.money import Money
from domain.opportunity.opportunity import Opportunity

ROOT = UUID("a40c2f7e-6d58-4f0e-9a43-6f3f5a1f0b11")
FIRST = date(2025, 1, 6)


def imported(stream: UUID, version: int, event: Event, on: date) -> Recorded:
    """A fact that an import brings."""
    at = datetime(on.year, on.month, on.day, 10, tzinfo=UTC)
    return Recorded(originator_id=stream, originator_version=version, event=event, occurred_at=at, origin=Origin.IMPORT)


def deal(
    number: int,
    opened: date,
    closed: date | None,
    won: bool,
    account: UUID,
    owner: UUID,
    amount: int | None,
    **more: str,
) -> list[Recorded]:
    """One deal; `more` are a process, a stage, a currency."""
    stream, currency = uuid5(ROOT, f"deal {number}"), more.get("currency", "EUR")
    stated = None if amount is None else Money.of(amount, currency)
    facts: list[Event] = [
        Opportunity.Opened(
            account=account,
            title=f"Line {number}",
            process=more.get("process", "plain"),
            process_edition=0,
            stage=more.get("stage", "proposal"),
            amount=stated,
            close_on=opened + timedelta(days=90),
            owner=owner,
            external_id=f"D-{number:04}",
        )
    ]
    if closed:
        facts.append(
            Opportunity.Won(signed=stated or Money.of(1, currency)) if won else Opportunity.Lost(reasons=("x",))
        )
    days = [opened, closed or opened]
    return [imported(stream, n, event, on) for n, (event, on) in enumerate(zip(facts, days, strict=False), 1)]


def bring(journal: Journal, deals: Sequence[Sequence[Recorded]]) -> int:
    """Import them in one step; its position."""
    return journal.append_in_bulk([fact for each in deals for fact in each], uuid4()).last


def past_deals(
    accounts: Sequence[UUID], owners: Sequence[UUID], count: int = 240, seed: int = 5, **more: str
) -> list[list[Recorded]]:
    """Deals opened over a year and a half from FIRST on; six of ten that close are won, each after some weeks."""
    chance = random.Random(seed)
    found = []
    for number in range(count):
        opened = FIRST + timedelta(days=chance.randrange(540))
        closed = opened + timedelta(days=chance.randrange(10, 150)) if chance.random() < 0.85 else None
        place, amount = number % len(accounts), chance.randrange(1_000, 50_000)
        won = chance.random() < 0.6
        found.append(deal(number, opened, closed, won, accounts[place], owners[place], amount, **more))
    return found
