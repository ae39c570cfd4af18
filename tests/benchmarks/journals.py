"""Journals for the engine's benchmarks: the shared workload in order of occurrence, each fact an append of its own."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
import psycopg

from domain.aggregate import Recorded
from domain.journal.mapper import encode_state
from domain.journal.migrate import migrate
from tests.benchmarks.workload import deals

RECORDED = datetime(2026, 1, 1, tzinfo=UTC)
DEALS_AT_ONCE = 2_000


@dataclass(frozen=True)
class Lateness:
    """The share of facts dated back, to anywhere between their row's first fact and their own moment."""

    share: float = 0.0


def told(count: int, lateness: Lateness) -> Iterator[Recorded]:
    """Facts in the order in which they are recorded: by occurrence, apart from those dated back."""
    chance = random.Random(11)
    streams = deals()
    taken = 0
    while taken < count:
        some = list(itertools.islice(streams, DEALS_AT_ONCE))
        for fact in heapq.merge(*some, key=lambda fact: fact.occurred_at):
            if taken == count:
                return
            taken += 1
            late = fact.originator_version > 1 and chance.random() < lateness.share
            yield _dated_back(fact, chance) if late else fact


def _dated_back(fact: Recorded, chance: random.Random) -> Recorded:
    age = timedelta(days=3 * (fact.originator_version - 1))
    return msgspec.structs.replace(fact, occurred_at=fact.occurred_at - age * chance.random())


def fill(url: str, count: int, lateness: Lateness = Lateness()) -> None:
    """Make a journal of so many facts, with statistics, as a vacuum would leave it."""
    migrate(url)
    with psycopg.connect(url, autocommit=True) as connection:
        with connection.cursor().copy(
            "copy events (position, recorded_at, aggregate_id, version, topic, state) from stdin (format binary)"
        ) as copy:
            copy.set_types(["int8", "timestamptz", "uuid", "int4", "text", "bytea"])
            for position, fact in enumerate(told(count, lateness), 1):
                at = RECORDED + timedelta(milliseconds=position)
                copy.write_row(
                    (position, at, fact.originator_id, fact.originator_version, fact.event.topic, encode_state(fact))
                )
        connection.execute("vacuum analyze events")
