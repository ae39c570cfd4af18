"""What could be known: reading a journal for forecasts against reading it typed, and a hundred weekly moments of it."""

from __future__ import annotations

import itertools
import time
from datetime import timedelta

import msgspec
import psycopg

from domain.aggregate import Origin, Recorded
from domain.journal.mapper import JournalMapper, encode_state
from domain.journal.migrate import migrate
from projections.forecasting.facts import Facts, histories, load
from projections.forecasting.folding import Frame
from tests.benchmarks.report import Report
from tests.benchmarks.workload import START, deals

DEALS, MOMENTS, RATE, SECONDS = 10_000, 104, 300_000, 5.0
ALL = "select position, topic, state from events order by position"


def run(report: Report) -> None:
    """Measure on the shared workload, imported: deals of about eight events."""
    with report.database() as url:
        count = fill(url)
        with psycopg.connect(url) as connection:
            typed = _seconds_to_read_typed(connection)
            began = time.perf_counter()
            facts = load(connection)
            lean = time.perf_counter() - began
        seconds = _seconds_of_moments(facts)
    rate = count / lean
    beside = f"{rate:,.0f} events/s (aim {RATE:,}), typed {count / typed:,.0f}/s"
    report.line(
        "facts for forecasts against reading them typed", must=0.6, stretch=0.8, reached=typed / lean, beside=beside
    )
    report.line(
        f"{MOMENTS} histories of {DEALS:,} deals against reading them typed once",
        must=20,
        stretch=5,
        reached=seconds / typed,
        at_most=True,
        beside=f"{seconds:.2f} s (aim {SECONDS:g} s)",
    )


def fill(url: str) -> int:
    """A journal of imported deals, one after the other; how many events it has."""
    migrate(url)
    with psycopg.connect(url, autocommit=True) as connection:
        with connection.cursor().copy(
            "copy events (position, recorded_at, aggregate_id, version, topic, state) from stdin (format binary)"
        ) as copy:
            copy.set_types(["int8", "timestamptz", "uuid", "int4", "text", "bytea"])
            count = 0
            for fact in itertools.chain.from_iterable(itertools.islice(deals(), DEALS)):
                count += 1
                copy.write_row(_row(count, fact))
        connection.execute("vacuum analyze events")
    return count


def _row(position: int, fact: Recorded) -> tuple[object, ...]:
    state = encode_state(msgspec.structs.replace(fact, origin=Origin.IMPORT))
    recorded_at = START + timedelta(days=5000, milliseconds=position)
    return position, recorded_at, fact.originator_id, fact.originator_version, fact.event.topic, state


def _seconds_to_read_typed(connection: psycopg.Connection) -> float:
    """Every event as the domain knows it, one by one, in the quickest way that the journal has for it."""
    mapper = JournalMapper()
    began = time.perf_counter()
    with connection.cursor(binary=True) as cursor:
        for position, topic, state in cursor.execute(ALL):
            mapper.decoder(topic, position).decode(state)
    return time.perf_counter() - began


def _seconds_of_moments(facts: Facts) -> float:
    frame = Frame("Asia/Shanghai", 1, "EUR", facts.position)
    began = time.perf_counter()
    for week in range(MOMENTS):
        histories(facts, frame, START + timedelta(weeks=week))
    return time.perf_counter() - began
