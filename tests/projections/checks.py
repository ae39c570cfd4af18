"""What must hold of a model's rows, whatever the history: the promise and the invariants of the two clocks."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from domain.aggregate import Withdrawal
from domain.journal.reading import microseconds
from domain.sealed import Sealed
from projections.engine import Clock, Engine, ReadModel, as_of_sql
from projections.engine.model import Envelope, Plan
from tests.projections.conftest import Journal
from tests.projections.naive import Fact, answer

MINUTE = timedelta(minutes=1)
Rows = dict[UUID, tuple[Any, ...]]


def rows_as_of(
    connection: psycopg.Connection, model: ReadModel, as_of: datetime, known_at: int, *, only_open: bool = False
) -> Rows:
    """The rows that the model's SQL answers."""
    names = ", ".join(f'"{column.name}"' for column in Plan(model).shape.columns)
    sql = as_of_sql(model, f"key, {names}", only_open=only_open)
    found = connection.execute(sql.encode(), Clock(as_of, known_at).parameters).fetchall()
    assert len({row[0] for row in found}) == len(found), "one row, two versions"
    return {row[0]: tuple(tuple(v) if isinstance(v, list) else v for v in row[1:]) for row in found}


def holds(journal: Journal, engine: Engine, seed: int, questions: int = 40) -> None:
    """Check the invariants, and the answers to random questions against the naive fold."""
    chance = random.Random(seed)
    with engine.pool.connection() as connection:
        for model in engine.models:
            every_event_has_one_entry(connection, model, journal.facts)
            clocks_are_in_order(connection, model)
            for known_at in chance.choices(range(1, len(journal.facts) + 1), k=8):
                time_is_covered(connection, model, known_at)
            for _ in range(questions):
                as_of, known_at = question(chance, journal.facts)
                expected = as_stored(answer(model, journal.facts, as_of, known_at))
                where = f"{model.name} as of {as_of} known at {known_at}"
                assert rows_as_of(connection, model, as_of, known_at) == expected, where
                if model.open_when:
                    place = [column.name for column in Plan(model).shape.columns].index("outcome")
                    still_open = {key: row for key, row in expected.items() if row[place] == ""}
                    assert rows_as_of(connection, model, as_of, known_at, only_open=True) == still_open, where


def as_stored(rows: Rows) -> Rows:
    """Rows with sealed values as the tables hold them."""
    encode = msgspec.msgpack.Encoder(uuid_format="bytes").encode
    return {key: tuple(encode(v) if isinstance(v, Sealed) else v for v in row) for key, row in rows.items()}


def question(chance: random.Random, facts: list[Fact]) -> tuple[datetime, int]:
    """A fact's moment or just beside it; as known at the end, at a step, or just before one."""
    as_of = chance.choice(facts).occurred_at + chance.choice([-MINUTE, 0 * MINUTE, MINUTE])
    step = chance.choice(facts).step
    return as_of, chance.choice([len(facts), step, step, max(step - 1, 0)])


def every_event_has_one_entry(connection: psycopg.Connection, model: ReadModel, facts: list[Fact]) -> None:
    """Every handled event that is not withdrawn has exactly one living entry in each of its rows' timelines."""
    plan = Plan(model)
    withdrawn = {fact.event.position for fact in facts if isinstance(fact.event, Withdrawal)}
    expected = []
    for f in facts:
        e = Envelope(
            f.position, f.step, f.stream.bytes, f.event.topic, microseconds(f.occurred_at), f.occurred_at, f.event
        )
        if f.position not in withdrawn:
            expected += [(UUID(bytes=key), f.position) for key in plan.keys(e)]
    living = connection.execute(
        f"select key, cause from {model.table}"
        f" union all select key, cause from {model.history} where retracted_at is null"
    ).fetchall()
    assert sorted(living) == sorted(expected)


def clocks_are_in_order(connection: psycopg.Connection, model: ReadModel) -> None:
    """cause <= known_from <= ended_at, known_from < retracted_at, and a silent entry takes no time."""
    wrong = connection.execute(
        f"select * from {model.history} where not (cause <= known_from and known_from <= ended_at"
        " and known_from < coalesce(retracted_at, 9e18) and valid_from <= valid_to"
        " and (kind <> 2 or valid_from = valid_to))"
    ).fetchall()
    wrong += connection.execute(
        f"select * from {model.table} where not (cause <= known_from and valid_from <= last_at and kind in (0, 1))"
    ).fetchall()
    assert wrong == []


_COVERED = """
with living as (
    select key, valid_from, cause, '9999-01-01Z'::timestamptz as valid_to from {table} where known_from <= %(at)s
    union all
    select key, valid_from, cause, case when ended_at <= %(at)s then valid_to else '9999-01-01Z' end
    from {history} where kind <> 2 and known_from <= %(at)s and (retracted_at > %(at)s) is not false),
ordered as (
    select *, lead(valid_from, 1, '9999-01-01Z') over (partition by key order by valid_from, cause) as following
    from living)
select * from ordered where following <> valid_to"""


def time_is_covered(connection: psycopg.Connection, model: ReadModel, known_at: int) -> None:
    """What was known at a position covers business time from a row's first version on, without gap or overlap."""
    sql = _COVERED.format(table=model.table, history=model.history)
    assert connection.execute(sql.encode(), {"at": known_at}).fetchall() == [], known_at
