"""Questions as of any moment against the same grouping of the current rows; one account against a primary-key read."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import psycopg

from domain.account.account import Account
from domain.aggregate import Event, Recorded
from domain.journal.bulk import MOST_AT_ONCE
from domain.journal.journal import Journal
from domain.journal.mapper import JournalMapper
from domain.visibility import Visibility
from projections import READ_MODELS
from projections.accounts import ACCOUNTS
from projections.bridge import bridge
from projections.engine import Engine, as_of_sql
from projections.forecast import current_period, forecast
from projections.funnel import funnel
from projections.opportunities import FUNNEL
from projections.view import Reader
from tests.benchmarks.journals import fill
from tests.benchmarks.report import Report
from tests.benchmarks.workload import ROOT, START

EVENTS, LATE, ACCOUNTS_TOLD = 1_000_000, 0.1, 12_500
ROUNDS = 60
NOW = f"select stage, count(*), sum(amount) from {FUNNEL.table} where {FUNNEL.open} group by stage"
THEN = (
    f"select stage, count(*), sum(amount) from ({as_of_sql(FUNNEL, 'stage, amount', only_open=True)}) d group by stage"
)
SHOWN = "key, name, territory, manager, relationship_type"
ONE_NOW = f"select {SHOWN} from {ACCOUNTS.table} where key = %(key)s"
ONE_THEN = as_of_sql(ACCOUNTS, SHOWN, "key = %(key)s")
Parameters = Callable[[], dict[str, Any]]


def run(report: Report) -> None:
    """Measure against one journal of deals, a tenth of the facts late, and of accounts."""
    with report.database() as url:
        fill(url, EVENTS, LATE)
        journal = Journal(url)
        engine = Engine(journal.pool, READ_MODELS, JournalMapper())
        try:
            _tell_accounts(journal)
            engine.migrate()
            engine.catch_up()
            _compare(report, url, journal.streams.head())
            _print_answers(Reader(journal, engine))
        finally:
            journal.close()


def _compare(report: Report, url: str, head: int) -> None:
    """Moments of the last of four years, when about as much was open as now; what was known since the middle."""
    chance = random.Random(3)

    def moment() -> datetime:
        return START + timedelta(days=chance.uniform(3 * 365, 4 * 365))

    def account() -> UUID:
        return uuid5(ROOT, f"account {chance.randrange(ACCOUNTS_TOLD)}")

    with psycopg.connect(url, autocommit=True) as connection:
        for model in (FUNNEL, ACCOUNTS):
            connection.execute(f"vacuum analyze {model.table}, {model.history}".encode())
        now = _milliseconds(connection, NOW, dict)
        then = _milliseconds(connection, THEN, lambda: {"as_of": moment(), "known_at": head})
        known = _milliseconds(
            connection, THEN, lambda: {"as_of": moment(), "known_at": chance.randrange(head * 6 // 10, head)}
        )
        one = _milliseconds(connection, ONE_NOW, lambda: {"key": account()}, 1_000)
        one_then = _milliseconds(
            connection, ONE_THEN, lambda: {"key": account(), "as_of": moment(), "known_at": head}, 1_000
        )
    report.line(
        "portfolio as of any moment, against the current rows",
        **{"must": 4, "stretch": 3, "reached": then / now, "at_most": True},
        beside=f"{then:.1f} ms against {now:.1f} ms",
    )
    report.line(
        "the same with known_at",
        **{"must": 12, "stretch": 6, "reached": known / now, "at_most": True},
        beside=f"{known:.1f} ms against {now:.1f} ms",
    )
    report.line(
        "one account as of, against a primary-key read",
        **{"must": 4, "stretch": 2, "reached": one_then / one, "at_most": True},
        beside=f"{one_then:.3f} ms against {one:.3f} ms",
    )


def _milliseconds(connection: psycopg.Connection, sql: str, parameters: Parameters, rounds: int = ROUNDS) -> float:
    """The median of a query's times, after some that warm up."""
    taken = []
    for _ in range(rounds + 10):
        asked = parameters()
        begin = time.perf_counter()
        connection.execute(sql.encode(), asked, prepare=True).fetchall()
        taken.append((time.perf_counter() - begin) * 1000)
    return statistics.median(taken[10:])


def _print_answers(reader: Reader) -> None:
    """Whole answers, as a person gets them: milliseconds, never judged."""
    then, now = START + timedelta(days=900), START + timedelta(days=1_000)
    with reader.view(Visibility.whole(), as_of=now) as view, reader.view(Visibility.whole(), as_of=then) as before:
        for name, ask in (
            ("funnel", lambda: funnel(view)),
            ("forecast", lambda: forecast(view, current_period(view))),
            ("bridge over 100 days", lambda: bridge(before, view)),
        ):
            begin = time.perf_counter()
            ask()
            print(f"    {name} of {EVENTS:,} events: {(time.perf_counter() - begin) * 1000:,.0f} ms", flush=True)


def _tell_accounts(journal: Journal) -> None:
    facts = list(_accounts())
    for first in range(0, len(facts), MOST_AT_ONCE):
        journal.append_in_bulk(facts[first : first + MOST_AT_ONCE], uuid4())


def _accounts() -> Iterator[Recorded]:
    chance = random.Random(5)
    for number in range(ACCOUNTS_TOLD):
        events: list[Event] = [Account.Registered(name=f"Account {number}", territory="north")]
        for _ in range(3):
            events.append(Account.ManagerAssigned(manager=uuid5(ROOT, f"member {chance.randrange(60)}")))
            events.append(Account.ProfileChanged(territory=chance.choice(["north", "south", "east"])))
        for version, event in enumerate(events, 1):
            yield Recorded(
                originator_id=uuid5(ROOT, f"account {number}"),
                originator_version=version,
                event=event,
                occurred_at=START + timedelta(days=200 * (version - 1)),
            )
