"""Random histories against a naive fold. `KAMS_HISTORIES=200` tries that many more (default: a quick few)."""

from __future__ import annotations

import os
import random
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.aggregate import Event
from projections.engine import Engine
from tests.projections.checks import holds
from tests.projections.conftest import START, EngineOf, Journal, dump, fresh
from tests.projections.histories import History, Profile
from tests.projections.sample import MODELS, Trial

PROFILES = {
    "in order": Profile(late=0.0, withdrawn=0.0),
    "some late": Profile(late=0.03),
    "a third late": Profile(late=0.3),
    "nearly all late": Profile(late=0.9, span=12),
    "many ties": Profile(late=0.5, span=3, streams=6),
    "large appends": Profile(late=0.3, largest_append=90, withdrawn=0.2),
    "single facts": Profile(late=0.3, largest_append=2, facts=200),
    "one row": Profile(late=0.4, streams=1, span=20),
}
MORE = int(os.environ.get("KAMS_HISTORIES", "0"))


@pytest.fixture
def journal(fresh_journal: Journal) -> Journal:
    """A database for each test: these make tables, change them and leave them damaged."""
    return fresh_journal


@pytest.mark.parametrize("name", PROFILES)
def test_every_answer_is_the_fold_of_what_was_known(name: str, journal: Journal, engine: Engine) -> None:
    History(1, PROFILES[name]).write(journal)
    engine.catch_up()
    holds(journal, engine, seed=1)


@pytest.mark.parametrize("name", PROFILES)
def test_rows_do_not_depend_on_batches(name: str, journal: Journal, engine_of: EngineOf) -> None:
    profile = PROFILES[name]
    History(2, Profile(**{**vars(profile), "spoiled": 0.05})).write(journal)
    engine = engine_of()
    engine.catch_up()
    at_once = [dump(journal.connection, model) for model in MODELS]
    assert at_once[0]["parked"]
    chance = random.Random(2)
    engine = fresh(journal, engine_of, batch=chance.randint(1, 60))
    position = 0
    while position < len(journal.facts):
        position = engine.catch_up(until=position + chance.randint(1, 100))["deals"]
    assert [dump(journal.connection, model) for model in MODELS] == at_once


facts = st.tuples(
    st.sampled_from(["opened", "advanced", "revised", "closed", "reopened", "visited", "withdrawn"]),
    st.integers(0, 5),
    st.integers(0, 2),
)


@settings(
    max_examples=int(os.environ.get("KAMS_EXAMPLES", "20")),
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.lists(facts, min_size=1, max_size=4), min_size=1, max_size=12), st.integers(1, 10))
def test_the_smallest_history_that_differs_is_found(
    journal: Journal, engine: Engine, appends: list[list[tuple[str, int, int]]], batch: int
) -> None:
    journal.empty()
    journal.forget(engine.models)
    for told in appends:
        journal.append(*[(STREAM, _event(kind, number, len(journal.facts)), _at(hour)) for kind, hour, number in told])
    for until in range(batch, len(journal.facts) + batch, batch):
        engine.catch_up(until=min(until, len(journal.facts)))
    holds(journal, engine, seed=1, questions=8)


STREAM = UUID(int=99)


def _at(hour: int) -> datetime:
    return START + timedelta(hours=hour)


def _event(kind: str, number: int, before: int) -> Event:
    """An event of a kind; what is withdrawn is one of the last facts, if there is any."""
    match kind:
        case "opened":
            return Trial.Opened(account=UUID(int=1), amount=Decimal(number))
        case "advanced":
            return Trial.Advanced(stage=str(number))
        case "revised":
            return Trial.Revised(amount=Decimal(number))
        case "closed":
            return Trial.Closed(outcome=["won", "lost", "erased"][number])
        case "visited":
            return Trial.Visited(visit_id=UUID(int=number), people=(UUID(int=number),), minutes=number)
        case "withdrawn" if before > number:
            return Trial.FactWithdrawn(position=before - number, reason="typo")
        case _:
            return Trial.Reopened()


@pytest.mark.skipif(not MORE, reason="KAMS_HISTORIES says how many more histories to try")
@pytest.mark.parametrize("seed", range(MORE))
def test_more_histories(seed: int, journal: Journal, engine_of: EngineOf) -> None:
    chance = random.Random(seed)
    profile = Profile(
        facts=chance.choice([50, 200, 600]),
        streams=chance.choice([1, 3, 20]),
        late=chance.choice([0.0, 0.03, 0.3, 0.9]),
        span=chance.choice([1, 5, 30, 300]),
        withdrawn=chance.choice([0.0, 0.05, 0.3]),
        largest_append=chance.choice([2, 10, 40]),
    )
    History(seed, profile).write(journal)
    engine = engine_of(batch=chance.choice([1, 17, 20_000]))
    engine.catch_up()
    holds(journal, engine, seed, questions=100)
