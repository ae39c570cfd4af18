"""Every read model of the product over random histories of real events: rows equal a naive fold that shares only the
handlers, at any two clocks, and do not depend on how the journal was cut into batches. `KAMS_HISTORIES=200` tries
that many more (default: a quick few)."""

from __future__ import annotations

import os
import random

import pytest

from projections import READ_MODELS
from tests.projections.business import Business, Chronicle
from tests.projections.checks import holds
from tests.projections.conftest import EngineOf, Journal, dump

HISTORIES = {
    "in order": Business(late=0.0, withdrawn=0.0, merges=True, strategies=True),
    "a third late": Business(merges=True, strategies=True),
    "nearly all late, many ties": Business(late=0.9, days=4, withdrawn=0.15, merges=True, strategies=True),
}
MORE = int(os.environ.get("KAMS_HISTORIES", "0"))


@pytest.fixture
def journal(fresh_journal: Journal) -> Journal:
    """A database for each test: these make tables, change them and leave them damaged."""
    return fresh_journal


@pytest.mark.parametrize("name", HISTORIES)
def test_rows_are_the_fold_of_what_was_known(name: str, journal: Journal, engine_of: EngineOf) -> None:
    Chronicle(1, HISTORIES[name]).write(journal)
    engine = engine_of(*READ_MODELS)
    engine.catch_up()
    holds(journal, engine, seed=1, questions=12)


def test_rows_do_not_depend_on_batches(journal: Journal, engine_of: EngineOf) -> None:
    Chronicle(2, Business(merges=True, strategies=True)).write(journal)
    engine_of(*READ_MODELS).catch_up()
    at_once = [dump(journal.connection, model) for model in READ_MODELS]
    _drop(journal)
    chance = random.Random(2)
    engine, position = engine_of(*READ_MODELS, batch=chance.randint(1, 60)), 0
    while position < len(journal.facts):
        position = min(engine.catch_up(until=position + chance.randint(1, 100)).values())
    assert [dump(journal.connection, model) for model in READ_MODELS] == at_once


@pytest.mark.skipif(not MORE, reason="KAMS_HISTORIES says how many more histories to try")
@pytest.mark.parametrize("seed", range(MORE))
def test_more_histories(seed: int, journal: Journal, engine_of: EngineOf) -> None:
    chance = random.Random(seed)
    business = Business(
        facts=chance.choice([60, 300]),
        deals=chance.choice([1, 14]),
        late=chance.choice([0.0, 0.1, 0.9]),
        days=chance.choice([1, 5, 120]),
        withdrawn=chance.choice([0.0, 0.2]),
        largest_append=chance.choice([2, 40]),
        merges=True,
        strategies=True,
    )
    Chronicle(seed, business).write(journal)
    engine = engine_of(*READ_MODELS, batch=chance.choice([1, 17, 20_000]))
    engine.catch_up()
    holds(journal, engine, seed, questions=30)


def _drop(journal: Journal) -> None:
    """Remove all that an engine has made, as in a new database."""
    tables = ["projections", "parked", *(table for m in READ_MODELS for table in (m.table, m.history))]
    journal.connection.execute(f"drop table if exists {', '.join(tables)}".encode())
    journal.connection.execute("delete from migrations where name like 'projections.engine/%'")
