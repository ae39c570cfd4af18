"""Sealers that are killed, that lose their connection, that work at once: the seal stays whole."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from domain.seal.checkpoints import read_checkpoint
from domain.seal.sealing import seal
from tests.faults.seals import Sealed

REPOSITORY = Path(__file__).parents[2]
SLOWLY = """
import sys, psycopg
from datetime import UTC, datetime
from domain.seal import sealing
from tests.faults.seals import Sealed

def clock():
    print("sealing", flush=True)
    return datetime.now(UTC)

sealing.STEP = 256
sealed = Sealed(sys.argv[1])
sealing.seal(sealed.connection, sealed.key, clock)
print("done", flush=True)
"""


@pytest.fixture
def sealed(migrated_url: str) -> Iterator[Sealed]:
    sealed = Sealed(migrated_url)
    yield sealed
    sealed.close()


def test_a_sealer_killed_in_the_middle_leaves_a_seal_that_the_next_one_continues(sealed: Sealed) -> None:
    sealed.record(4_000, 4_000, 4_000)
    program = subprocess.Popen([sys.executable, "-c", SLOWLY, sealed.url], stdout=subprocess.PIPE, cwd=REPOSITORY)
    assert program.stdout is not None
    said = [program.stdout.readline() for _ in range(3)]
    program.kill()
    program.wait()
    program.stdout.close()
    assert said == [b"sealing\n"] * 3
    sealed.seal()
    sizes = [read_checkpoint(note).size for note in sealed.notes()]
    assert sizes[:2] == [256, 512]
    assert sizes[-1] == 12_000
    assert sealed.verify(sealed.anchor(leaves=True)).honest


def test_a_connection_lost_before_the_commit_leaves_nothing_half_done(sealed: Sealed) -> None:
    sealed.grow(300)
    sealed.record(300)
    before = sealed.connection.execute("select level, index, hashes from seal_tiles order by 1, 2").fetchall()
    with psycopg.connect(sealed.url, autocommit=True) as unlucky:

        def clock() -> datetime:
            sealed.connection.execute("select pg_terminate_backend(%s)", (unlucky.info.backend_pid,))
            return datetime.now(UTC)

        with pytest.raises(psycopg.OperationalError):
            seal(unlucky, sealed.key, clock)
    assert sealed.connection.execute("select level, index, hashes from seal_tiles order by 1, 2").fetchall() == before
    assert len(sealed.notes()) == 1
    sealed.seal()
    assert [read_checkpoint(note).size for note in sealed.notes()] == [300, 600]
    assert sealed.verify(sealed.anchor(leaves=True)).honest


def test_sealers_at_once_take_turns_while_events_are_recorded(sealed: Sealed) -> None:
    ended, faults = threading.Event(), []

    def work() -> None:
        with psycopg.connect(sealed.url, autocommit=True) as connection:
            try:
                while not ended.is_set():
                    seal(connection, sealed.key, lambda: datetime.now(UTC))
            except Exception as error:
                faults.append(error)

    sealers = [threading.Thread(target=work) for _ in range(3)]
    for sealer in sealers:
        sealer.start()
    sealed.record(*[40] * 30)
    ended.set()
    for sealer in sealers:
        sealer.join()
    assert faults == []
    seal(sealed.connection, sealed.key, lambda: datetime.now(UTC))
    sizes = [read_checkpoint(note).size for note in sealed.notes()]
    assert len(sizes) > 3
    assert (sorted(set(sizes)), sizes[-1]) == (sizes, 1_200)
    assert sealed.verify(sealed.anchor(leaves=True)).honest
