"""What breaks: poison events, two projectors, a projector killed between write and commit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.journal.locks import AdvisoryLock
from projections.engine import Engine
from projections.engine.errors import RebuildUnderWay
from tests.projections.checks import rows_as_of
from tests.projections.conftest import START, EngineOf, Journal, dump, fresh
from tests.projections.histories import History, Profile
from tests.projections.sample import MODELS, DealRow, Deals, Trial

HOUR = timedelta(hours=1)
DEALS = Deals()


@pytest.fixture
def journal(fresh_journal: Journal) -> Journal:
    """A database for each test: these make tables, change them and leave them damaged."""
    return fresh_journal


def opened() -> Trial.Opened:
    return Trial.Opened(account=UUID(int=7), amount=Decimal(100))


def advanced(stage: str) -> Trial.Advanced:
    return Trial.Advanced(stage=stage)


def stages(engine: Engine) -> dict[UUID, str]:
    with engine.pool.connection() as connection:
        newest = rows_as_of(connection, DEALS, START + 99 * HOUR, 2**61)
    return {key: row[1] for key, row in newest.items()}


def two_deals(journal: Journal) -> tuple[UUID, UUID]:
    sick, well = uuid4(), uuid4()
    journal.append((sick, opened(), START), (well, opened(), START))
    return sick, well


@pytest.mark.parametrize("batch", [1, 20_000])
def test_a_handler_that_raises_parks_the_row_and_everything_else_goes_on(
    journal: Journal, engine_of: EngineOf, batch: int
) -> None:
    sick, well = two_deals(journal)
    poison = journal.append((sick, advanced("second"), START + HOUR), (sick, Trial.Spoiled(why="no"), START + HOUR))
    journal.append((sick, advanced("third"), START + 2 * HOUR), (well, advanced("third"), START + 2 * HOUR))
    engine = engine_of(batch=batch)
    engine.catch_up()
    assert stages(engine) == {sick: "first", well: "third"}
    (parked,) = engine.parked(DEALS)
    assert (parked.key, parked.position, parked.error) == (sick, poison, "ValueError: no")
    status = engine.status().models[0]
    assert (status.parked, status.complete, status.position) == (1, False, 6)


def test_a_mended_row_is_as_if_nothing_had_happened(
    journal: Journal, engine: Engine, monkeypatch: pytest.MonkeyPatch, engine_of: EngineOf
) -> None:
    sick, _ = two_deals(journal)
    journal.append((sick, Trial.Spoiled(why="no"), START + HOUR))
    journal.append((sick, advanced("third"), START + 3 * HOUR))
    engine.catch_up()
    assert engine.retry(DEALS).still_parked == 1
    assert len(engine.parked(DEALS)) == 1
    journal.append((sick, advanced("second"), START + 2 * HOUR))
    engine.catch_up()
    monkeypatch.setattr(Deals, "spoiled", _mended)
    mended = engine_of()
    retried = mended.retry(DEALS)
    assert (retried.rows, retried.still_parked) == (1, 0)
    after = dump(journal.connection, DEALS)
    again = fresh(journal, engine_of, batch=3)
    again.catch_up()
    assert dump(journal.connection, DEALS) == after
    assert after["parked"] == []


def _mended(self: Deals, row: DealRow | None, event: Trial.Spoiled, envelope: object) -> DealRow | None:
    return row


_mended.handles = [(Trial.Spoiled, None)]  # type: ignore[attr-defined]  # what `on` would have registered


@pytest.mark.parametrize(
    ("topic", "state", "error"),
    [
        (None, b"\xc1nonsense", "cannot be read"),
        (None, b"\x93\x63\xd7\xff\x00\x00\x00\x00\x00\x00\x00\x00\x80", "newer than this program"),
        ("Trial.Renamed", None, "unknown name Trial.Renamed"),
    ],
)
def test_an_event_that_cannot_be_read_parks_its_stream_and_a_retry_mends_it(
    journal: Journal, engine_of: EngineOf, topic: str | None, state: bytes | None, error: str
) -> None:
    sick, well = two_deals(journal)
    broken = journal.append((sick, advanced("second"), START + HOUR))
    visit = Trial.Visited(visit_id=uuid4(), people=(UUID(int=1),))
    journal.append((sick, advanced("third"), START + 2 * HOUR), (sick, visit, START), (well, visit, START))
    good = fresh(journal, engine_of, batch=2)
    good.catch_up()
    whole = [dump(journal.connection, model) for model in MODELS]
    stored = journal.connection.execute("select topic, state from events where position = %s", (broken,)).fetchone()
    assert stored is not None
    journal.forge(broken, topic=topic, state=state)
    engine = fresh(journal, engine_of, batch=1)
    engine.catch_up()
    assert stages(engine) == {sick: "first", well: "first"}
    (parked,) = engine.parked(DEALS)
    assert (parked.key, parked.whole_stream, parked.position) == (sick, True, broken)
    assert error in parked.error
    assert engine.status().models[0].position == 6
    journal.forge(broken, topic=stored[0], state=stored[1])
    for model in MODELS:
        assert engine_of().retry(model).still_parked == 0
    assert [dump(journal.connection, model) for model in MODELS] == whole


def test_an_unknown_event_of_an_aggregate_that_nobody_follows_hurts_nobody(journal: Journal, engine: Engine) -> None:
    _, well = two_deals(journal)
    journal.append((well, Trial.Ignored(), START))
    journal.forge(3, topic="Stranger.Happened")
    engine.catch_up()
    assert engine.status().complete


def test_two_projectors_of_the_same_models_take_every_event_once(journal: Journal, engine_of: EngineOf) -> None:
    History(5, Profile(facts=1_500, streams=40)).write(journal)
    alone = fresh(journal, engine_of, batch=100)
    alone.catch_up()
    expected = [dump(journal.connection, model) for model in MODELS]
    fresh(journal, engine_of, batch=1)
    both = [engine_of(batch=17), engine_of(batch=23)]
    threads = [threading.Thread(target=_until_complete, args=(engine,)) for engine in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [dump(journal.connection, model) for model in MODELS] == expected


def _until_complete(engine: Engine) -> None:
    while not all(model.position == engine.status().head for model in engine.status().models):
        engine.catch_up()


def test_a_model_that_somebody_else_projects_is_left_to_him(journal: Journal, engine: Engine) -> None:
    two_deals(journal)
    with psycopg.connect(journal.url) as other:
        other.execute("select * from projections where model = 'deals' for update")
        assert engine.catch_up() == {"deals": 0, "trial_visits": 2, "trial_people": 2}
    assert engine.catch_up() == {"deals": 2, "trial_visits": 2, "trial_people": 2}


def test_only_one_rebuilds_a_model_at_a_time(journal: Journal, engine: Engine) -> None:
    journal.connection.execute("select pg_advisory_lock(%s, hashtext('deals_v1'))", (AdvisoryLock.REBUILD,))
    with pytest.raises(RebuildUnderWay, match="deals is being rebuilt"):
        engine.rebuild(DEALS)


def test_a_model_that_fails_stops_no_other(journal: Journal, engine: Engine) -> None:
    two_deals(journal)
    journal.connection.execute(f"drop table {DEALS.table}")
    with pytest.raises(psycopg.errors.UndefinedTable):
        engine.catch_up()
    assert [model.position for model in engine.status().models] == [0, 2, 2]


def test_a_projector_killed_between_write_and_commit_takes_every_event_once(
    journal: Journal, engine_of: EngineOf
) -> None:
    History(6, Profile(facts=1_000, streams=20)).write(journal)
    engine_of()
    for stops in (1, 3):
        killed = subprocess.Popen([sys.executable, "-c", _KILLED, journal.url, str(stops)], cwd=os.getcwd())
        assert killed.wait(60) == -signal.SIGKILL
    engine = engine_of(batch=50)
    _until_complete(engine)
    after = [dump(journal.connection, model) for model in MODELS]
    again = fresh(journal, engine_of, batch=20_000)
    again.catch_up()
    assert [dump(journal.connection, model) for model in MODELS] == after


_KILLED = """
import os, signal, sys
from domain.journal.mapper import JournalMapper
from projections.engine import Engine
from projections.engine.store import Store
from tests.projections import sample

url, stops = sys.argv[1], int(sys.argv[2])
write = Store.write
written = []

def write_and_die(self, connection, rows):
    write(self, connection, rows)
    written.append(1)
    if len(written) == stops:
        os.kill(os.getpid(), signal.SIGKILL)

Store.write = write_and_die
with sample.known():
    Engine(url, sample.MODELS[:1], JournalMapper(), batch=100).catch_up()
"""


def test_a_row_waits_with_late_facts_too_until_the_poison_is_withdrawn_and_it_is_retried(
    journal: Journal, engine: Engine
) -> None:
    sick, well = two_deals(journal)
    poison = journal.append((sick, Trial.Spoiled(why="no"), START + 5 * HOUR))
    engine.catch_up()
    journal.append((sick, advanced("late"), START + HOUR))
    journal.append((sick, Trial.FactWithdrawn(position=poison, reason="was nothing"), START + 6 * HOUR))
    engine.catch_up()
    assert stages(engine) == {sick: "first", well: "first"}
    assert engine.retry(DEALS).still_parked == 0
    assert stages(engine) == {sick: "late", well: "first"}
