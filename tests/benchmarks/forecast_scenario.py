"""How long a what-if takes, all of it: histories, two simulations, the figures that rest on no model; in seconds, and
as a ratio to the same forecast without one. Warm: the facts are read and the model is fitted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from time import perf_counter
from uuid import uuid4

from domain.journal.journal import Journal
from domain.journal.mapper import JournalMapper
from domain.visibility import Visibility
from projections import READ_MODELS
from projections.engine import Engine
from projections.forecast import current_period, forecast
from projections.forecast_learning import fitted, learned, model_wanted
from projections.forecast_quantiles import add_quantiles
from projections.forecast_scenario import scenario
from projections.view import Reader
from tests.benchmarks.explain import company, process
from tests.benchmarks.journals import fill
from tests.benchmarks.report import Report

EVENTS, LATE = 120_000, 0.1


def run(report: Report) -> None:
    """Measure against one journal of deals."""
    with report.database() as url:
        fill(url, EVENTS, LATE)
        journal = Journal(url)
        engine = Engine(journal.pool, READ_MODELS, JournalMapper())
        try:
            journal.append_in_bulk([company(), process()], uuid4())
            engine.migrate()
            engine.catch_up()
            measure(report, Reader(journal, engine))
        finally:
            journal.close()


def measure(report: Report, reader: Reader) -> None:
    """A what-if of two deals beside the forecast that it is compared with."""
    with reader.view(Visibility.whole(), now=datetime.now(UTC)) as view:
        model = fitted(view, model_wanted(view, view.clock.as_of))
        known = learned(view, model)
        rows, key = known.histories.open(), current_period(view)
        names = [str(known.histories.ids[row]) for row in rows[:2]]
        changes = [f"won={names[0]}", f"amount={names[1]}:50000"]

        def plain() -> None:
            add_quantiles(view, forecast(view, key), learned(view, model))

        def supposed() -> None:
            scenario(view, learned(view, model), key, changes)

        usual, took = _seconds(plain), _seconds(supposed)
    report.line(
        f"what-if of a quarter: {len(rows):,} open deals of {len(known.histories):,}", must=1.0, unit=" s",
        reached=took, at_most=True,
        beside=f"{took / usual:.1f} × the forecast itself; learned from {model.deals:,} closed ones",
    )  # fmt: skip


def _seconds(work: Callable[[], object]) -> float:
    """The best of three."""
    best = float("inf")
    for _ in range(3):
        start = perf_counter()
        work()
        best = min(best, perf_counter() - start)
    return best
