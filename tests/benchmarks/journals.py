"""Journals for the engine's benchmarks: the shared workload in order of occurrence, each fact an append of its own."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from datetime import timedelta

import msgspec
import psycopg

from domain.aggregate import Recorded
from domain.journal.mapper import encode_state
from domain.journal.migrate import migrate
from tests.benchmarks.workload import deals

_ORDERED = """
insert into events (position, recorded_at, aggregate_id, command_id, version, topic, command_digest, state)
select n, '2026-01-01Z'::timestamptz + n * interval '1 ms', aggregate_id,
    case when %(commands)s then gen_random_uuid() end, version, topic,
    case when %(commands)s then uuid_send(gen_random_uuid()) end, state
from (select *, row_number() over (order by told_at, aggregate_id, version) n from told) ordered where n <= %(count)s
order by n"""


def told(count: int, late: float) -> Iterator[Recorded]:
    """Facts deal by deal; the share `late` is dated back, to anywhere between the deal's opening and its moment."""
    chance = random.Random(11)
    for fact in itertools.islice(itertools.chain.from_iterable(deals()), count):
        if fact.originator_version > 1 and chance.random() < late:
            age = timedelta(days=3 * (fact.originator_version - 1))
            yield msgspec.structs.replace(fact, occurred_at=fact.occurred_at - age * chance.random())
        else:
            yield fact


def fill(url: str, count: int, late: float = 0.0, commands: bool = False) -> None:
    """Make a journal of so many facts in the order in which they were told, with statistics; `commands` says that
    each bears a command's identifier and digest, as facts do that were not imported."""
    migrate(url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "create temp table told (told_at timestamptz, aggregate_id uuid, version int, topic text, state bytea)"
        )
        with connection.cursor().copy("copy told from stdin (format binary)") as copy:
            copy.set_types(["timestamptz", "uuid", "int4", "text", "bytea"])
            for fact, punctual in zip(told(count, late), told(count, 0.0), strict=True):
                stream, version = fact.originator_id, fact.originator_version
                copy.write_row((punctual.occurred_at, stream, version, fact.event.topic, encode_state(fact)))
        connection.execute(_ORDERED, {"count": count, "commands": commands})
        connection.execute("vacuum analyze events")
