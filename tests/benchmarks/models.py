"""All read models in company: what a further model costs the others, for an event that it handles and for one that it
does not."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from statistics import median

import psycopg

from domain.journal.mapper import JournalMapper
from projections import READ_MODELS
from projections.accounts import ACCOUNTS
from projections.buyers import BUYERS
from projections.engine import Engine, ReadModel
from projections.opportunities import FUNNEL, FunnelModel
from projections.purchases import PURCHASES
from projections.stakeholders import STAKEHOLDERS
from projections.visits import VISITS
from tests.benchmarks import journals, mixed
from tests.benchmarks.engine import forget
from tests.benchmarks.mixed import handled
from tests.benchmarks.report import Report

EVENTS, DEALS, LIVE = 60_000, 60_000, 200
ROUNDS = 3
SIX = (FUNNEL, ACCOUNTS, VISITS, STAKEHOLDERS, BUYERS, PURCHASES)
"""What the first issue keeps: together they handle half of what is recorded."""


class Seventh(FunnelModel):
    """As much work as the largest of the six."""

    name = "bench_seventh"


SEVEN = (*SIX, Seventh())
_AGAIN = """
insert into events (position, recorded_at, aggregate_id, version, topic, state)
select position + %(live)s, recorded_at + interval '1 day', aggregate_id, version + 1000000, topic, state
from events where position > (select max(position) from events) - %(live)s"""


def run(report: Report) -> None:
    """In rounds, so that all see the same machine; a ratio is the median of those of the rounds."""
    found: dict[str, list[float]] = {}
    with report.database() as mix, report.database() as deals:
        mixed.fill(mix, EVENTS)
        journals.fill(deals, DEALS)
        idle = (FUNNEL, *(model for model in READ_MODELS if not handled(deals, [model])))
        for _ in range(ROUNDS):
            for name, models in (("six", SIX), ("seven", SEVEN), ("all", READ_MODELS)):
                found.setdefault(name, []).append(handled(mix, models) / catch_up(mix, models))
            for name, models in (("live six", SIX), ("live all", READ_MODELS)):
                found.setdefault(name, []).append(live(mix, models))
            for name, models in (("alone", (FUNNEL,)), ("beside idle", idle)):
                found.setdefault(name, []).append(DEALS / catch_up(deals, models, until=DEALS - 1))
    judge(report, found, len(idle) - 1)


def judge(report: Report, found: dict[str, list[float]], idle: int) -> None:
    """Print the lines. What a model costs once (its indexes) and for each batch (a transaction) is in the first two,
    so their musts leave room for it: it weighs the less, the longer the journal. The third leaves the indexes out."""
    for what, must, one, other in (
        ("seven models against six of them, per event handled", 0.85, "seven", "six"),
        (f"all {len(READ_MODELS)} models against six of them, per event handled", 0.75, "all", "six"),
        (f"a model beside {idle} that handle nothing, against alone", 0.85, "beside idle", "alone"),
    ):
        report.line(
            what,
            must=must,
            stretch=1,
            reached=ratio(found[one], found[other]),
            beside=f"{median(found[one]):,.0f}/s against {median(found[other]):,.0f}/s",
        )
    report.line(
        "one event into all models, against into six",
        **{"must": 2, "stretch": 1.2, "reached": ratio(found["live all"], found["live six"]), "at_most": True},
        beside=f"{median(found['live all']) * 1e3:.1f} ms against {median(found['live six']) * 1e3:.1f} ms",
    )


def ratio(one: Iterable[float], other: Iterable[float]) -> float:
    """The median of the rounds' ratios."""
    return median(a / b for a, b in zip(one, other, strict=True))


def catch_up(url: str, models: Sequence[ReadModel], until: int | None = None) -> float:
    """Seconds from empty tables to rows and versions and, at the head of the journal, all indexes."""
    engine = Engine(url, models, JournalMapper())
    try:
        engine.migrate()
        forget(url, models)
        engine.migrate()
        begin = time.perf_counter()
        engine.catch_up(until=until)
        return time.perf_counter() - begin
    finally:
        engine.close()


def live(url: str, models: Sequence[ReadModel]) -> float:
    """Seconds for an event that comes alone: the mean of the newest ones, told again."""
    engine = Engine(url, models, JournalMapper())
    try:
        engine.catch_up()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_AGAIN, {"live": LIVE})
        head = engine.status().head
        begin = time.perf_counter()
        for position in range(head - LIVE + 1, head + 1):
            engine.catch_up(until=position)
        return (time.perf_counter() - begin) / LIVE
    finally:
        engine.close()
