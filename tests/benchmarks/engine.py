"""The engine of the read models: catching up against the library's runner, in company, with late facts, at size."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL

from domain.journal.mapper import JournalMapper
from domain.opportunity.opportunity import Opportunity
from domain.opportunity.qualification import Qualification
from projections.engine import Engine, Envelope, ReadModel, Row, on
from projections.opportunities import FUNNEL
from tests.benchmarks.journals import fill
from tests.benchmarks.report import Report
from tests.benchmarks.stock import Deal, Deals, stock_application
from tests.benchmarks.workload import deals

STOCK_EVENTS = 5_000
EVENTS, MANY = 100_000, 1_000_000
READ_AT_ONCE = 5_000
LATE = 0.1
ROUNDS = 3


class ExpectedRow(Row):
    amount: Decimal | None = None
    currency: str = ""
    close_on: date | None = None
    ending: str = ""


class Expected(ReadModel):
    """Stands for a forecast: what is expected when."""

    name = "bench_expected"
    row = ExpectedRow
    open_when = "ending = ''"

    @on(Opportunity.Opened)
    def opened(self, row: ExpectedRow | None, event: Opportunity.Opened, envelope: Envelope) -> ExpectedRow:
        amount = event.amount
        return ExpectedRow(amount and amount.amount, amount.currency if amount else "", event.close_on)

    @on(Opportunity.AmountRevised)
    def revised(self, row: ExpectedRow | None, event: Opportunity.AmountRevised, envelope: Envelope) -> Row | None:
        if row:
            row.amount = event.amount.amount
        return row

    @on(Opportunity.CloseDateMoved)
    def moved(self, row: ExpectedRow | None, event: Opportunity.CloseDateMoved, envelope: Envelope) -> Row | None:
        if row:
            row.close_on = event.close_on
        return row

    @on(Opportunity.Won, Opportunity.Lost)
    def ended(
        self, row: ExpectedRow | None, event: Opportunity.Won | Opportunity.Lost, envelope: Envelope
    ) -> Row | None:
        if row:
            row.ending = event.topic
        return row


class AnsweredRow(Row):
    answers: int = 0
    last: str = ""


class Answered(ReadModel):
    """Stands for health: narrow rows from other events."""

    name = "bench_answered"
    row = AnsweredRow

    @on(Qualification.QualificationAnswered)
    def answered(
        self, row: AnsweredRow | None, event: Qualification.QualificationAnswered, envelope: Envelope
    ) -> AnsweredRow:
        row = row or AnsweredRow()
        row.answers += 1
        row.last = event.question
        return row


THREE = (FUNNEL, Expected(), Answered())


def run(report: Report) -> None:
    """Measure in rounds, so that all see the same machine; every ratio is one of the best of each."""
    best: dict[str, float] = {}

    def measured(name: str, rate: float) -> None:
        best[name] = max(best.get(name, 0.0), rate)

    with report.database() as plain, report.database() as dated_back, report.database() as large:
        fill(plain, EVENTS)
        fill(dated_back, EVENTS, LATE)
        fill(large, MANY)
        for _ in range(ROUNDS):
            with report.database() as url:
                measured("stock", stock_rate(url))
            measured("decode", decode_rate(plain))
            measured("three", catch_up_rate(plain, THREE, EVENTS))
            measured("one", catch_up_rate(plain, [FUNNEL], EVENTS))
            measured("late", catch_up_rate(dated_back, [FUNNEL], EVENTS))
            megabytes, rate = in_a_process_of_its_own(large)
            measured("many", rate)
        bytes_per_event = size(plain, FUNNEL) / EVENTS
    judge(report, best, bytes_per_event, megabytes)


def judge(report: Report, best: dict[str, float], bytes_per_event: float, megabytes: float) -> None:
    """Print the lines."""
    one, decoded, three, late, many = (best[name] for name in ("one", "decode", "three", "late", "many"))
    stock = best["stock"]
    rates = f"{one:,.0f}/s against {{:,.0f}}/s"
    report.line(
        "catch-up of one model, against the stock ProjectionRunner",
        must=50,
        stretch=100,
        reached=one / stock,
        beside=rates.format(stock),
    )
    report.line(
        "the same, share of select + decode",
        must=10,
        stretch=20,
        unit=" %",
        reached=100 * one / decoded,
        beside=rates.format(decoded),
    )
    report.line(
        "three models together, against one",
        must=0.5,
        stretch=0.7,
        reached=three / one,
        beside=f"{three:,.0f}/s against {one:,.0f}/s",
    )
    report.line(
        "catch-up with 10 % late facts, against none",
        must=0.6,
        stretch=0.8,
        reached=late / one,
        beside=f"{late:,.0f}/s against {one:,.0f}/s",
    )
    report.line(
        "catch-up at 1,000,000 events, against 100,000",
        must=0.8,
        stretch=0.95,
        reached=many / one,
        beside=f"{many:,.0f}/s against {one:,.0f}/s",
    )
    report.line(
        "storage of a model per event, with all indexes",
        must=250,
        stretch=180,
        unit=" B",
        reached=bytes_per_event,
        at_most=True,
    )
    report.line(
        "memory of replaying 1,000,000 events",
        must=150,
        stretch=100,
        unit=" MB",
        reached=megabytes,
        at_most=True,
    )


def catch_up_rate(url: str, models: Sequence[ReadModel], events: int) -> float:
    """Events per second from nothing to rows, versions and all indexes."""
    engine = Engine(url, models, JournalMapper())
    try:
        engine.migrate()
        forget(url, models)
        engine.migrate()
        begin = time.perf_counter()
        engine.catch_up()
        return events / (time.perf_counter() - begin)
    finally:
        engine.close()


def forget(url: str, models: Sequence[ReadModel]) -> None:
    """Drop what was projected before."""
    with psycopg.connect(url, autocommit=True) as connection:
        for model in models:
            connection.execute(f"drop table if exists {model.table}, {model.history}".encode())
            connection.execute("delete from projections where model = %s", (model.name,))


def size(url: str, model: ReadModel) -> int:
    """Bytes of a model's tables with their indexes."""
    with psycopg.connect(url) as connection:
        total = f"select pg_total_relation_size('{model.table}') + pg_total_relation_size('{model.history}')"
        (found,) = connection.execute(total.encode()).fetchone() or (0,)
    return int(found)


def decode_rate(url: str) -> float:
    """Events per second of reading the journal by position and rebuilding typed events: no projector is faster."""
    mapper, after, seen = JournalMapper(), 0, 0
    sql = "select position, aggregate_id, version, topic, state from events where position > %s order by 1 limit %s"
    with psycopg.connect(url, autocommit=True) as connection:
        begin = time.perf_counter()
        while rows := connection.cursor(binary=True).execute(sql, (after, READ_AT_ONCE), prepare=True).fetchall():
            for position, _, _, topic, state in rows:
                mapper.decoder(topic).lean(position, state)
            after, seen = rows[-1][0], seen + len(rows)
        return seen / (time.perf_counter() - begin)


def in_a_process_of_its_own(url: str) -> tuple[float, float]:
    """The most memory that replaying took, in MB, and events per second."""
    code = f"from tests.benchmarks.engine import replay; replay({url!r})"
    folder = Path(__file__).parents[2]
    answer = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    megabytes, rate = answer.stdout.split()
    return float(megabytes), float(rate)


def replay(url: str) -> None:
    """Catch up from nothing, then say how much memory it took at most, in MB, and how fast it was."""
    rate = catch_up_rate(url, [FUNNEL], MANY)
    status = Path("/proc/self/status").read_text()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    print(int(peak.split()[1]) / 1024, rate)


class StockFunnel(PostgresTrackingRecorder):
    """The stock view: a row and a position written per event, as the library's documentation shows."""

    def __init__(self, datastore: PostgresDatastore, *, tracking_table_name: str = "tracked", **kwargs: Any) -> None:
        super().__init__(datastore, tracking_table_name=tracking_table_name, **kwargs)
        self.sql_create_statements.append(
            SQL("create table if not exists stock_funnel (id uuid primary key, amount numeric, stage text, ended text)")
        )

    def write(self, sql: str, values: tuple[object, ...], tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(sql, values, prepare=True)


class StockProjection(Projection[StockFunnel]):
    """The stock projection."""

    name = "stock_funnel"

    @singledispatchmethod
    def process_event(self, domain_event: object, tracking: Tracking) -> None:
        self.view.insert_tracking(tracking)

    @process_event.register
    def opened(self, e: Deal.Opened, tracking: Tracking) -> None:  # type: ignore[name-defined]
        values = (e.originator_id, e.amount)
        self.view.write("insert into stock_funnel values (%s, %s, 'potential', '')", values, tracking)

    @process_event.register
    def revised(self, e: Deal.AmountRevised, tracking: Tracking) -> None:  # type: ignore[name-defined]
        self.view.write("update stock_funnel set amount = %s where id = %s", (e.amount, e.originator_id), tracking)

    @process_event.register
    def advanced(self, e: Deal.StageAdvanced, tracking: Tracking) -> None:  # type: ignore[name-defined]
        self.view.write("update stock_funnel set stage = %s where id = %s", (e.to, e.originator_id), tracking)

    @process_event.register
    def won(self, e: Deal.Won, tracking: Tracking) -> None:  # type: ignore[name-defined]
        self.view.write("update stock_funnel set ended = 'won' where id = %s", (e.originator_id,), tracking)


def stock_rate(url: str) -> float:
    """Events per second of the library's ProjectionRunner on the same deals."""
    with stock_application(url, 5) as application:
        stored = 0
        for history in deals():
            stored += save_stock(application, history)
            if stored >= STOCK_EVENTS:
                break
        last = application.recorder.max_notification_id()
        env = dict(application.env)
    begin = time.perf_counter()
    with ProjectionRunner(
        application_class=Deals, projection_class=StockProjection, view_class=StockFunnel, env=env
    ) as runner:
        runner.wait(last, timeout=600)
    return stored / (time.perf_counter() - begin)


def save_stock(application: Deals, history: Sequence[Any]) -> int:
    """Save a deal of the shared workload as the stock aggregate; returns how many events that made."""
    first = history[0].event
    deal = Deal(first.account, first.title, first.owner, first.amount.amount, first.close_on.isoformat())
    for fact in history[1:]:
        match type(fact.event).__name__:
            case "QualificationAnswered":
                deal.answer(fact.event.question, str(fact.event.answer), "")
            case "AmountRevised":
                deal.revise(fact.event.amount.amount, fact.event.reason)
            case "StageAdvanced":
                deal.advance(fact.event.to)
            case "Won":
                deal.win(fact.event.signed.amount)
            case _:
                deal.answer("", "", "")
    application.save(deal)
    return len(history)
