"""From CSV files to decided events, against COPY of the rows of the same events; the whole import beside."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from api.importing import Importer, ImportReport
from domain.aggregate import Recorded
from domain.journal.journal import Journal
from domain.journal.migrate import migrate
from tests.benchmarks.bulk import copy_in
from tests.benchmarks.export import ON, write
from tests.benchmarks.report import Report

EVENTS = 100_000
ROUNDS = 5


def run(report: Report) -> None:
    """Each round decides the files in a dry run, into an empty journal, and copies the events that follow."""
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder)
        write(files, EVENTS)
        with report.database() as url:
            whole, given = import_all(url, files)
        measured = []
        for _ in range(ROUNDS):
            with report.database() as url:
                migrate(url)
                measured.append((copy_in(url, given), decide(url, files)))
    share = median(100 * decided / copied for copied, decided in measured)
    copied, decided = measured[-1]
    report.line(
        "CSV row → decided events, per event, share of COPY in",
        must=8,
        stretch=12,
        reached=share,
        unit=" %",
        beside=f"{decided:,.0f}/s of {copied:,.0f}/s; recorded too {whole:,.0f}/s",
    )


def decide(url: str, files: Path) -> float:
    """Events per second from reading the files to facts that only need to be recorded."""
    journal = Journal(url)
    try:
        begin = time.perf_counter()
        found = imported(journal, files, dry_run=True)
        return found.events / (time.perf_counter() - begin)
    finally:
        journal.close()


def import_all(url: str, files: Path) -> tuple[float, list[Recorded]]:
    """Events per second of the whole import, and the events."""
    migrate(url)
    journal = Journal(url)
    try:
        begin = time.perf_counter()
        found = imported(journal, files)
        rate = found.events / (time.perf_counter() - begin)
        return rate, journal.streams.facts(0, found.events)
    finally:
        journal.close()


def imported(journal: Journal, files: Path, *, dry_run: bool = False) -> ImportReport:
    """An import of all files; each row must go in."""
    importer = Importer(journal, clock=lambda: datetime(2026, 1, 15, 12, tzinfo=UTC))
    found = importer.run([files], on=ON, dry_run=dry_run, refused_to=files / "refused.txt")
    if found.refused or not found.events:
        raise ValueError(f"the generated files do not go in: {found}")
    return found
