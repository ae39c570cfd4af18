"""Questions about every customer at once: findings and to-do lists grow with the customers, no faster."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from statistics import median
from typing import Any

from domain.journal.journal import Journal
from domain.journal.mapper import JournalMapper
from domain.visibility import Visibility
from projections import READ_MODELS
from projections.engine import Engine
from projections.findings_answer import findings
from projections.relationship_health import health
from projections.todo import todo
from projections.view import Reader, View
from tests.benchmarks import mixed
from tests.benchmarks.report import Report
from tests.projections.conftest import START

FEW, TIMES = 500, 4
DEALS_EACH, FACTS_EACH = 5, 24
AS_OF = START + timedelta(days=900)
ROUNDS = 3


def run(report: Report) -> None:
    """Some customers and four times as many, asked in turns."""
    found: dict[tuple[str, int], list[float]] = {}
    with (
        report.database() as few_url,
        report.database() as many_url,
        asked(few_url, FEW) as few,
        asked(many_url, FEW * TIMES) as many,
    ):
        for _ in range(ROUNDS):
            for name, ask in {"findings": findings, "to-do lists": todo, "health": health}.items():
                for times, view in ((1, few), (TIMES, many)):
                    found.setdefault((name, times), []).append(seconds(ask, view))
    for name in ("findings", "to-do lists", "health"):
        one, other = found[name, TIMES], found[name, 1]
        report.line(
            f"{name} of {FEW * TIMES:,} accounts, against {TIMES} × those of {FEW}",
            **{"must": 2, "stretch": 1.2, "at_most": True},
            reached=median(a / b for a, b in zip(one, other, strict=True)) / TIMES,
            beside=f"{median(one) * 1e3:,.0f} ms against {TIMES} × {median(other) * 1e3:,.0f} ms",
        )


@contextmanager
def asked(url: str, accounts: int) -> Iterator[View]:
    """A view of a company with so many accounts, each with some deals and all that a team records."""
    mixed.fill(url, accounts * FACTS_EACH, accounts=accounts, deals=accounts * DEALS_EACH)
    journal = Journal(url)
    try:
        engine = Engine(journal.pool, READ_MODELS, JournalMapper())
        engine.migrate()
        engine.catch_up()
        with Reader(journal, engine).view(Visibility.whole(), as_of=AS_OF) as view:
            yield view
    finally:
        journal.close()


def seconds(ask: Callable[[View], Any], view: View) -> float:
    """How long an answer takes."""
    begin = time.perf_counter()
    ask(view)
    return time.perf_counter() - begin
