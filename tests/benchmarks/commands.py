"""Commands with load and decision by eight clients, against the stock application of the library."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from statistics import median
from uuid import UUID, uuid4

from domain.account.account import Account
from domain.commands import Commands, command_type
from domain.journal.context import Context
from domain.journal.journal import Journal
from domain.journal.migrate import migrate
from domain.member import Member
from domain.money import Money
from domain.opportunity.opportunity import Opportunity
from tests.benchmarks.report import Report
from tests.benchmarks.stock import Deal, stock_application
from tests.benchmarks.workload import hammer

CLIENTS = 8
SECONDS = 4.0
ROUNDS = 3
LIFE = 8  # events of a deal
NOW = Context(at=datetime(2026, 3, 2, 9, tzinfo=UTC))


def run(report: Report) -> None:
    """Both in turns, so that what else happens on the machine falls on both."""
    with report.database() as stock_url, report.database() as our_url:
        migrate(our_url)
        journal = Journal(our_url)
        app = stock_application(stock_url, CLIENTS + 2)
        try:
            measured = [
                (hammer(CLIENTS, SECONDS, stock_client(stock)), hammer(CLIENTS, SECONDS, our_client(ours)))
                for stock, ours in [(app, journal)] * ROUNDS
            ]
        finally:
            journal.close()
            app.close()
    ratio = median(ours[0] / stock[0] for stock, ours in measured)
    (stock_rate, stock_times), (our_rate, our_times) = measured[-1]
    report.line(
        "commands with load and decision, 8 clients, against stock",
        must=3,
        stretch=5,
        reached=ratio,
        beside=f"{our_rate:,.0f}/s p50 {_ms(our_times, 0.5)} p99 {_ms(our_times, 0.99)} ms; "
        f"stock {stock_rate:,.0f}/s p50 {_ms(stock_times, 0.5)} p99 {_ms(stock_times, 0.99)} ms",
    )


def stock_client(app):
    deals: dict[int, UUID] = {}

    def command(thread: int, number: int) -> None:
        if number % LIFE == 0:
            deal = Deal(uuid4(), "Line", uuid4(), Decimal(90_000), "2026-06-30")
            deals[thread] = deal.id
        else:
            deal = app.repository.get(deals[thread])
            deal.revise(amount=Decimal(90_000 + number), reason="volume changed")
        app.save(deal)

    return command


def our_client(journal):
    commands = Commands(journal)
    account, owner, deals = uuid4(), uuid4(), {}
    commands.give(Member, owner, "invite", command_type(Member, "invite").body(name="Anna"), NOW)
    commands.give(Account, account, "register", command_type(Account, "register").body(name="ACME"), NOW)
    opening, revising = command_type(Opportunity, "open").body, command_type(Opportunity, "revise_amount").body

    def command(thread: int, number: int) -> None:
        amount = Money.of(90_000 + number, "EUR")
        if number % LIFE == 0:
            deals[thread] = uuid4()
            body = opening(account=account, title="Line", owner=owner, amount=amount)
            commands.give(Opportunity, deals[thread], "open", body, NOW)
        else:
            body = revising(amount=amount, reason="volume changed")
            commands.give(Opportunity, deals[thread], "revise_amount", body, NOW)

    return command


def _ms(seconds: list[float], share: float) -> str:
    return f"{seconds[int(share * (len(seconds) - 1))] * 1e3:.1f}"
