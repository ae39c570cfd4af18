"""Workers seal: who holds the key, at once and at the end; a kill at any moment loses nothing."""

from __future__ import annotations

import base64
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from domain.seal.checkpoints import read_checkpoint
from domain.seal.kept import notes_in
from domain.seal.leaves import leaf_hashes
from domain.seal.notes import is_signed
from domain.seal.standing import seal_fault, seal_keys, standing
from domain.seal.verifying import verify
from tests.workers.following import Company, until, worker_process
from tests.workers.sealing import KEY, SECRET, receiver, sealed
from workers.anchor_sending import Webhook
from workers.anchors import Anchoring, anchors_of
from workers.sealing import AnotherSealKey, NoSealKey, Sealing, SealKey, SealWork


@pytest.fixture
def connection(company: Company) -> Iterator[psycopg.Connection]:
    with psycopg.connect(company.url, autocommit=True) as connection:
        yield connection


def test_what_is_new_is_sealed_and_nothing_where_nothing_is(company, connection):
    sealing = Sealing(KEY)
    assert sealing.seal(connection) is None
    company.registers()
    note = sealing.seal(connection)
    assert note is not None
    (key,) = seal_keys(connection)
    assert is_signed(note, key)
    assert sealing.seal(connection) is None
    assert standing(connection).unsealed == 0


def test_a_worker_without_a_key_does_not_seal_and_says_why(company, connection, capsys):
    company.registers()
    sealing = Sealing(SealKey(reason="there is no key in /x"))
    assert sealing.seal(connection) is None
    assert sealing.seal(connection) is None
    said = capsys.readouterr()
    assert (said.out + said.err).count("there is no key in /x") == 1
    assert standing(connection).size == 0
    with pytest.raises(NoSealKey):
        sealing.signing_key(connection)


def test_a_worker_with_another_key_does_not_seal(company, connection):
    sealed(company, connection)
    company.registers()
    other = Sealing(SealKey(bytes(32)))
    assert other.seal(connection) is None
    assert standing(connection).unsealed == 1
    with pytest.raises(AnotherSealKey, match="KAMS_SEAL_KEY"):
        other.signing_key(connection)
    assert seal_fault(connection) is None


def test_while_nobody_can_seal_for_a_minute_it_is_a_fault_until_somebody_does(company, connection):
    sealed(company, connection)
    connection.execute(
        "insert into events (position, recorded_at, aggregate_id, version, topic, state)"
        " values (4, clock_timestamp() - interval '2 minutes', gen_random_uuid(), 1, 'X', '')"
    )
    assert standing(connection).age_seconds > 60
    Sealing(SealKey(reason="there is no key in /x")).seal(connection)
    fault = seal_fault(connection)
    assert fault is not None
    assert "there is no key in /x" in fault.reason
    assert Sealing(KEY).seal(connection) is not None
    assert seal_fault(connection) is None


def test_history_that_was_meddled_with_is_not_sealed_on_and_the_reason_is_kept(company, connection):
    sealed(company, connection)
    connection.execute("set session_replication_role = replica")
    connection.execute("update events set state = state || '\\x00' where position = 3")
    connection.execute("set session_replication_role = origin")
    company.registers()
    assert Sealing(KEY).seal(connection) is None
    fault = seal_fault(connection)
    assert fault is not None
    assert "position 3" in fault.reason


def test_a_worker_s_threads_seal_and_anchor_and_seal_the_rest_at_the_end(company, connection, tmp_path):
    work = SealWork(company.url, Sealing(KEY), Anchoring(anchors_of([], tmp_path)), seconds=0.05)
    work.start()
    company.registers()
    kept = tmp_path / "anchors" / "checkpoints.txt"
    assert until(lambda: kept.exists() and read_checkpoint(notes_in(kept.read_bytes())[-1]).size == 1)
    work.stop()
    work.join(10)
    slow = SealWork(company.url, Sealing(KEY), Anchoring([]), seconds=600)
    slow.start()
    assert until(lambda: standing(connection).unsealed == 0)
    time.sleep(0.2)
    company.registers()
    slow.stop()
    slow.join(10)
    assert standing(connection).unsealed == 0


def test_an_anchor_that_hangs_slows_no_other(company, connection, tmp_path):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as deaf, receiver() as web:
        hooks = [Webhook(f"http://127.0.0.1:{deaf.getsockname()[1]}", private=True), Webhook(web.url, private=True)]
        work = SealWork(company.url, Sealing(KEY), Anchoring(hooks), seconds=0.05)
        work.start()
        for count in (1, 2, 3):
            company.registers()
            assert until(lambda: bool(web.bodies) and read_checkpoint(web.bodies[-1]).size == count, 10)  # noqa: B023
        work.stop()
        work.join(1)


def with_key(home: Path) -> Path:
    """A home in which the key lies."""
    home.mkdir(exist_ok=True)
    path = home / "seal.key"
    path.write_bytes(base64.b64encode(SECRET) + b"\n")
    path.chmod(0o600)
    return home


def test_a_worker_that_is_killed_again_and_again_leaves_a_seal_that_holds(company, connection, valkey_url, tmp_path):
    home = with_key(tmp_path / "home")
    for _ in range(3):
        with worker_process(home, company.url, valkey_url) as process:
            company.records_deals(2_000)
            before = standing(connection).size
            assert until(lambda: standing(connection).size > before)  # noqa: B023
            process.kill()
            process.wait()
    with worker_process(home, company.url, valkey_url) as process:
        goal = company.registers()
        kept = home / "anchors" / "checkpoints.txt"
        assert until(lambda: kept.exists() and read_checkpoint(notes_in(kept.read_bytes())[-1]).size == goal)
        process.send_signal(signal.SIGTERM)
        process.wait(20)
    notes = notes_in(kept.read_bytes())
    stored = [note for (note,) in connection.execute("select note from checkpoints order by size")]
    assert notes == stored
    assert (home / "anchors" / "leaves.bin").read_bytes() == b"".join(
        leaf for chunk in leaf_hashes(connection, 0, goal) for leaf in chunk
    )
    verdict = verify(connection, key=seal_keys(connection)[-1])
    assert (verdict.ok, verdict.size) == (True, goal)
