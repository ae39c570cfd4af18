"""Commands to an account with 10,000 events against one with 10: state in memory, forgotten, a fact of the past."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from statistics import median
from uuid import UUID, uuid4

from domain.account.account import Account
from domain.account.contacts import ContactChannel, ContactDirection, Contacts
from domain.account.payments import Payments
from domain.account.purchases import Purchases, Satisfaction, SurveyKind
from domain.account.stakeholders import Stakeholders
from domain.account.visits import VisitKind, VisitPurpose, Visits
from domain.aggregate import Event, Recorded
from domain.commands import Commands, command_type
from domain.journal.bulk import MOST_AT_ONCE
from domain.journal.context import Context
from domain.journal.journal import Journal
from domain.journal.migrate import migrate
from domain.money import Money
from domain.sealed import Sealed
from tests.benchmarks.report import Report

FEW, MANY = 10, 10_000
TIMES = 60
BEGINNING = datetime(2016, 1, 4, 9, tzinfo=UTC)
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MUST = 0.8
LATE_MUST = 0.4
"""A late fact is checked against all that happened after it, and folds from the last snapshot before it."""
WHOLE_MUST = 0.005
"""Older than all snapshots: the whole history is folded, some 15 µs per event."""
SEALED = Sealed(uuid4(), bytes(16), bytes(32))


def run(report: Report) -> None:
    """Both in turns, so that what else happens on the machine falls on both."""
    with report.database() as url:
        migrate(url)
        journal = Journal(url)
        try:
            bench = Bench(journal)
            bench.line(report, MUST, "a command, state in memory", lambda _: None)
            bench.line(report, MUST, "a command, state forgotten", bench.forget)
            bench.line(report, LATE_MUST, "a fact of last week, state forgotten", bench.forget, days_ago=7)
            bench.line(report, LATE_MUST, "a fact of last month, state forgotten", bench.forget, days_ago=30)
            bench.line(report, WHOLE_MUST, "a fact of five years ago", bench.forget, days_ago=1826)
        finally:
            journal.close()


class Bench:
    """One account with many events, and for each turn one with few."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.commands = Commands(journal)
        self.body = command_type(Account, "purchases.add").body
        self.numbers = iter(range(10**6))
        self.person = uuid4()
        self.large = self.account(MANY)
        self.small = [self.account(FEW) for _ in range(TIMES)]
        self.now = NOW

    def account(self, events: int) -> UUID:
        """An account with so many events, evenly spread over ten years."""
        account, chance = uuid4(), random.Random(events)
        step = (NOW - BEGINNING) / events
        told = history(events, self.person, chance)
        facts = [
            Recorded(
                originator_id=account, originator_version=number + 1, event=event, occurred_at=BEGINNING + step * number
            )
            for number, event in enumerate(told)
        ]
        for first in range(0, events, MOST_AT_ONCE):
            self.journal.append_in_bulk(facts[first : first + MOST_AT_ONCE], uuid4())
        return account

    def forget(self, account: UUID) -> None:
        """As a process that has just started."""
        self.journal.forget_states({account})

    def line(self, report: Report, must: float, what: str, before: Callable[[UUID], None], days_ago: float = 0) -> None:
        """Measure and report: the time with few events by the time with many."""
        for account in (self.large, *self.small):
            self.seconds(account, before, days_ago)
        pairs = [
            (self.seconds(small, before, days_ago), self.seconds(self.large, before, days_ago)) for small in self.small
        ]
        few, many = (median(times) for times in zip(*pairs, strict=True))
        report.line(
            f"{what}: {FEW} events / {MANY:,} events",
            must=must,
            stretch=1,
            reached=few / many,
            beside=f"p50 {few * 1e3:.2f} ms with {FEW}, {many * 1e3:.2f} ms with {MANY:,} events",
        )

    def seconds(self, account: UUID, before: Callable[[UUID], None], days_ago: float) -> float:
        """How long one command takes."""
        before(account)
        body = self.body(document_no=f"D-{next(self.numbers)}", revenue=Money.of(10, "EUR"))
        self.now += timedelta(seconds=1)
        started = time.perf_counter()
        self.commands.give(Account, account, "purchases.add", body, Context(at=self.now - timedelta(days=days_ago)))
        return time.perf_counter() - started


def history(events: int, person: UUID, chance: random.Random) -> list[Event]:
    """A registration, a person, and what happens with a customer over the years."""
    told: list[Event] = [
        Account.Registered(name="Huarui Steel"),
        Stakeholders.StakeholderAdded(stakeholder_id=person, name=SEALED),
    ]
    while len(told) < events:
        told += chance.choice([_bought, _bought, _bought, _called, _called, _visited, _paid, _asked])(len(told), person)
    return told[:events]


def _bought(number: int, person: UUID) -> list[Event]:
    revenue = Money.of(100 + number, "EUR")
    return [Purchases.PurchaseRecorded(document_no=f"R-{number}", revenue=revenue, product_line="coils")]


def _called(number: int, person: UUID) -> list[Event]:
    called = Contacts.ContactLogged(
        contact_id=uuid4(),
        channel=ContactChannel.PHONE,
        direction=ContactDirection.IN,
        people=(),
        stakeholders=(person,),
        subject=None,
        message_id=f"<{number}@example>",
    )
    return [called]


def _visited(number: int, person: UUID) -> list[Event]:
    visit = uuid4()
    planned = Visits.VisitPlanned(
        visit_id=visit,
        start=BEGINNING,
        end=None,
        what=VisitKind.SALES_CALL,
        why="offer",
        where="there",
        purpose=VisitPurpose.MOVING_FORWARD,
        expected_action="names the approver",
        people=(),
        stakeholders=(person,),
        opportunities=(),
    )
    return [planned, Visits.VisitCancelled(visit_id=visit)]


def _paid(number: int, person: UUID) -> list[Event]:
    due = date(2020, 1, 1)
    amount = Money.of(100 + number, "EUR")
    billed = Payments.PaymentRecorded(invoice_no=f"I-{number}", amount=amount, due_on=due, paid_on=None)
    return [billed, Payments.PaymentSettled(invoice_no=f"I-{number}", paid_on=due)]


def _asked(number: int, person: UUID) -> list[Event]:
    return [Satisfaction.SatisfactionSurveyed(survey_id=uuid4(), kind=SurveyKind.NPS, score=9, stakeholder=person)]
