"""A small aggregate and two read models for the engine's tests: a row per stream, and a row per child."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from domain.aggregate import EVENTS, ROOTS, Aggregate, Event, Withdrawal, learn
from projections.engine import Envelope, ReadModel, Row, Scale, on


class Trial(Aggregate, eq=False):
    """Stands for any aggregate."""

    class Opened(Event):
        account: UUID
        amount: Decimal
        stage: str = "first"
        close_on: date | None = None

        opens = True

    class Advanced(Event):
        stage: str

    class Revised(Event):
        amount: Decimal

    class Closed(Event):
        outcome: str

    class Reopened(Event):
        pass

    class Visited(Event):
        visit_id: UUID
        people: tuple[UUID, ...] = ()
        minutes: int = 0

    class VisitCancelled(Event):
        visit_id: UUID

    class Ignored(Event):
        text: str = ""

    class Spoiled(Event):
        """Something that a handler cannot take."""

        why: str = ""

    class FactWithdrawn(Withdrawal):
        pass


class DealRow(Row):
    account: UUID | None = None
    stage: str = ""
    amount: Annotated[Decimal, Scale(2)] = Decimal(0)
    close_on: date | None = None
    outcome: str = ""
    advances: int = 0
    closed_at: datetime | None = None


class Deals(ReadModel):
    """A row per stream. Facts before the opening leave no row; a deal closed as `erased` is gone."""

    name = "deals"
    version = 1
    row = DealRow
    open_when = "outcome = ''"
    covers = ("stage", "amount")
    indexes = (("account",),)
    open_indexes = (("amount",),)

    @on(Trial.Opened)
    def opened(self, row: DealRow | None, event: Trial.Opened, envelope: Envelope) -> DealRow:
        return DealRow(event.account, event.stage, event.amount, event.close_on)

    @on(Trial.Advanced)
    def advanced(self, row: DealRow | None, event: Trial.Advanced, envelope: Envelope) -> DealRow | None:
        if row is not None and row.stage != event.stage:
            row.stage = event.stage
            row.advances += 1
        return row

    @on(Trial.Revised)
    def revised(self, row: DealRow | None, event: Trial.Revised, envelope: Envelope) -> DealRow | None:
        if row is not None:
            row.amount = event.amount
        return row

    @on(Trial.Closed)
    def closed(self, row: DealRow | None, event: Trial.Closed, envelope: Envelope) -> DealRow | None:
        if row is None or event.outcome == "erased":
            return None
        row.outcome, row.closed_at = event.outcome, envelope.occurred_at
        return row

    @on(Trial.Reopened)
    def reopened(self, row: DealRow | None, event: Trial.Reopened, envelope: Envelope) -> DealRow | None:
        if row is not None:
            row.outcome, row.closed_at = "", None
        return row

    @on(Trial.Spoiled)
    def spoiled(self, row: DealRow | None, event: Trial.Spoiled, envelope: Envelope) -> DealRow | None:
        if event.why:
            raise ValueError(event.why)
        return row


class VisitRow(Row):
    deal: UUID | None = None
    at: datetime | None = None
    people: tuple[UUID, ...] = ()
    minutes: int = 0
    times: int = 0


def visit_of(envelope: Envelope, event: Trial.Visited | Trial.VisitCancelled) -> UUID:
    return event.visit_id


class TrialVisits(ReadModel):
    """A row per visit; a visit told twice counts up."""

    name = "trial_visits"
    version = 1
    row = VisitRow

    @on(Trial.Visited, key=visit_of)
    def visited(self, row: VisitRow | None, event: Trial.Visited, envelope: Envelope) -> VisitRow:
        times = row.times + 1 if row else 1
        people = tuple(sorted(event.people))
        return VisitRow(envelope.aggregate_id, envelope.occurred_at, people, event.minutes, times)

    @on(Trial.VisitCancelled, key=visit_of)
    def cancelled(self, row: VisitRow | None, event: Trial.VisitCancelled, envelope: Envelope) -> None:
        return None


class PersonRow(Row):
    visits: int = 0
    last_minutes: int = 0


class People(ReadModel):
    """A row per person visited: one event has several keys."""

    name = "trial_people"
    version = 1
    row = PersonRow

    @on(Trial.Visited, keys=lambda envelope, event: event.people)
    def visited(self, row: PersonRow | None, event: Trial.Visited, envelope: Envelope) -> PersonRow:
        row = row or PersonRow()
        row.visits += 1
        row.last_minutes = event.minutes
        return row


MODELS = (Deals(), TrialVisits(), People())


@contextmanager
def known() -> Iterator[None]:
    """The sample's events are known by name for a while: they belong to no journal but the tests'."""
    learn(Trial)
    try:
        yield
    finally:
        for topic in [topic for topic in EVENTS if topic.startswith("Trial.")]:
            del EVENTS[topic]
        del ROOTS["Trial"]
