"""Explaining any figure of the funnel and of the forecast, against asking for the funnel: reading all that is open.

The forecast finds its opportunities by an index, in a fraction of that time; it stands beside, in milliseconds.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import msgspec
import psycopg

from domain.aggregate import Recorded
from domain.journal.journal import Journal
from domain.journal.mapper import JournalMapper
from domain.policies.company import MONDAY_TO_FRIDAY, NINE_TO_SIX, Company
from domain.policies.policy import policy_id
from domain.policies.sales_process import SalesProcess
from domain.policies.shipped_processes import FOUR_FUNNEL
from domain.visibility import Visibility
from projections import READ_MODELS
from projections.engine import Engine
from projections.explained_forecast import CELLS, ForecastCell, explain_forecast
from projections.explained_funnel import MEASURES, FunnelCell, explain_funnel
from projections.forecast import current_period, forecast
from projections.funnel import funnel
from projections.opportunities import FUNNEL
from projections.view import Reader, View
from tests.benchmarks.journals import fill
from tests.benchmarks.report import Report
from tests.benchmarks.workload import START

EVENTS, LATE = 1_000_000, 0.1
ROUNDS = 40


def run(report: Report) -> None:
    """Measure against one journal of deals, a tenth of the facts late."""
    with report.database() as url:
        fill(url, EVENTS, LATE)
        journal = Journal(url)
        engine = Engine(journal.pool, READ_MODELS, JournalMapper())
        try:
            journal.append_in_bulk([company(), process()], uuid4())
            engine.migrate()
            engine.catch_up()
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f"vacuum analyze {FUNNEL.table}, {FUNNEL.history}".encode())
            measure(report, Reader(journal, engine))
        finally:
            journal.close()


def company() -> Recorded:
    """The company with its currency: one without would have to be asked what its deals are in."""
    defined = Company.Defined(
        edition=1,
        name="Werke",
        currency="EUR",
        gift_limit=None,
        language="en",
        fiscal_year_start=1,
        time_zone="UTC",
        working_days=MONDAY_TO_FRIDAY,
        working_hours=NINE_TO_SIX,
    )
    return Recorded(
        originator_id=policy_id("Company"), originator_version=1, event=defined, occurred_at=START - timedelta(days=1)
    )


def process() -> Recorded:
    """The sales process of the workload's deals."""
    definition = msgspec.structs.replace(FOUR_FUNNEL, key="four_funnel")
    return Recorded(
        originator_id=policy_id("SalesProcess", definition.key),
        originator_version=1,
        event=SalesProcess.Defined(edition=1, definition=definition),
        occurred_at=START - timedelta(days=1),
    )


def measure(report: Report, reader: Reader) -> None:
    """Moments of the last of four years; every kind of figure in turn."""
    chance = random.Random(7)
    stages = [stage.stage for stage in _ask(reader, funnel, 1_300).stages if stage.count]

    def any_of_the_funnel(view: View) -> Any:
        return explain_funnel(view, FunnelCell(stage=chance.choice(stages), measure=chance.choice(list(MEASURES))))

    def any_of_the_forecast(view: View) -> Any:
        return explain_forecast(view, ForecastCell(cell=chance.choice(CELLS)))

    for name, ask, explain in (
        ("funnel", funnel, any_of_the_funnel),
        ("forecast", lambda view: forecast(view, current_period(view)), any_of_the_forecast),
    ):
        whole, asked, explained = list[float](), list[float](), list[float]()
        for _ in range(ROUNDS):
            days = chance.uniform(3 * 365, 4 * 365)
            for taken, what in ((whole, funnel), (asked, ask), (explained, explain)):
                taken.append(_milliseconds(reader, what, days))
        slow = statistics.quantiles(explained, n=20)[-1]
        report.line(
            f"any figure of the {name} explained (p95), against the funnel (median)",
            must=1,
            stretch=0.5,
            at_most=True,
            reached=slow / statistics.median(whole),
            beside=f"{slow:,.0f} ms, median {statistics.median(explained):,.0f} ms against "
            f"{statistics.median(whole):,.0f} ms; {name} {statistics.median(asked):,.0f} ms",
        )


def _ask(reader: Reader, ask: Callable[[View], Any], days: float) -> Any:
    with reader.view(Visibility.whole(), as_of=START + timedelta(days=days)) as view:
        return ask(view)


def _milliseconds(reader: Reader, ask: Callable[[View], Any], days: float) -> float:
    begin = time.perf_counter()
    _ask(reader, ask, days)
    return (time.perf_counter() - begin) * 1000
