"""Whoever reads the journal by position sees every event once and in order, whatever the writers do."""

import subprocess
import sys
import threading
import time
from pathlib import Path
from uuid import uuid4

import psycopg

from domain.journal.append import APPEND, Append, arguments
from domain.journal.mapper import Row, row_of
from tests.faults.writers import new_ledger

REPOSITORY = Path(__file__).parents[2]
COMMANDS, BULK = 2_000, 48_000
WRITERS = [("commands", COMMANDS)] * 4 + [("bulk", BULK)] * 2
HELD_OPEN = 8
EVENTS = 4 * COMMANDS + 2 * BULK + HELD_OPEN


class Tail(threading.Thread):
    """Reads what is new by position, as a projection does, and notes every position at which it saw an event."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self._url = url
        self.seen: list[int] = []
        self.ended = threading.Event()

    def run(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            while True:
                last = self.ended.is_set()
                after = self.seen[-1] if self.seen else 0
                sql = "select position from events where position > %s order by position limit 5000"
                found = [position for (position,) in connection.execute(sql, (after,))]
                self.seen += found
                if last and not found:
                    return
                time.sleep(0 if found else 0.002)


def keep_invisible(url: str, tail: Tail) -> None:
    """A row that has its position and is not committed yet: nothing later may be seen before it."""
    rows: list[Row] = [row_of(fact) for fact in new_ledger(0)]
    guards = {row.originator_id: 0 for row in rows}
    with psycopg.connect(url) as connection:
        lines = connection.execute(APPEND, arguments([Append(uuid4(), b"", rows, guards)])).fetchall()
        position = lines[0][1]
        time.sleep(0.15)
        assert not tail.seen or tail.seen[-1] < position
    assert position > 0


def test_six_writers_and_an_invisible_row_no_event_is_skipped_or_seen_twice(migrated_url: str) -> None:
    tail = Tail(migrated_url)
    tail.start()
    programs = [
        subprocess.Popen([sys.executable, "-m", "tests.faults.writers", migrated_url, kind, str(count)], cwd=REPOSITORY)
        for kind, count in WRITERS
    ]
    for _ in range(HELD_OPEN):
        keep_invisible(migrated_url, tail)
        time.sleep(0.2)
    assert [program.wait(600) for program in programs] == [0] * len(programs)
    tail.ended.set()
    tail.join(60)
    assert tail.seen == list(range(1, EVENTS + 1))
    assert EVENTS >= 100_000


def test_recorded_at_rises_from_append_to_append_and_is_one_within(migrated_url: str) -> None:
    programs = [
        subprocess.Popen([sys.executable, "-m", "tests.faults.writers", migrated_url, kind, str(count)], cwd=REPOSITORY)
        for kind, count in (("commands", 800), ("commands", 800), ("bulk", 5_000))
    ]
    assert [program.wait(600) for program in programs] == [0, 0, 0]
    with psycopg.connect(migrated_url) as connection:
        wrong = connection.execute(
            "select count(*) from (select command_id, recorded_at, lag(recorded_at) over w before,"
            " lag(command_id) over w command from events window w as (order by position)) e"
            " where case when command = command_id then before <> recorded_at else before >= recorded_at end"
        ).fetchone()
    assert wrong == (0,)
