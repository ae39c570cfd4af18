"""An export against COPY out of the same events: verified without a database, by both verifiers, and written.

`python -m tests.benchmarks.offline FILE` verifies a file and prints the most memory that it took, in MB.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from domain.seal.exported import verify_export
from domain.seal.exporting import Source, export
from domain.seal.findings import Anchored
from domain.seal.sealing import newest, seal
from tests.benchmarks.journals import fill
from tests.benchmarks.report import Report
from tests.benchmarks.seal import copy_out, key_of, ratio_line, timed

EVENTS = 1_000_000
ROUNDS = 3
MOST_MB = 150


def run(report: Report, events: int = EVENTS) -> None:
    """Verifying an export of so many events; beside it the memory, the second verifier, and writing it."""
    with report.database() as url, tempfile.TemporaryDirectory(prefix="kams-bench-") as folder:
        fill(url, events, commands=True)
        file = Path(folder) / "audit.zip"
        with psycopg.connect(url, autocommit=True) as connection:
            key = key_of(connection)
            seal(connection, key, lambda: datetime.now(UTC))
            note = newest(connection) or ""
            written = [(timed(copy_out, connection), timed(write, connection, file))]
            measured = [(timed(copy_out, connection), timed(verified, file, note, events)) for _ in range(ROUNDS)]
            ratio_line(report, f"verifying an export of {events:,} events, against COPY out", 5, 3, measured)
            ratio_line(report, f"writing an export of {events:,} events, against COPY out", 20, 10, written)
            second = [(timed(copy_out, connection), timed(verified_by_the_second, file))]
            ratio_line(report, "the same by the second verifier, against COPY out", 20, 10, second)
        memory = float(subprocess.check_output([sys.executable, "-m", "tests.benchmarks.offline", str(file)]))
        size = f"{file.stat().st_size / events:.0f} B per event in the file"
        report.line(
            "memory of verifying an export", must=MOST_MB, reached=memory, unit=" MB", beside=size, at_most=True
        )


def write(connection: psycopg.Connection, file: Path) -> None:
    with file.open("wb") as content:
        source = Source(keys=[key_of(connection).verifier], made_at=datetime.now(UTC), made_by="kams bench")
        export(connection, content, source)


def verified(file: Path, note: str, events: int) -> None:
    verdict = verify_export(file, kept=[Anchored([note], None, "outside")])
    assert verdict.honest
    assert verdict.events == events


def verified_by_the_second(file: Path) -> None:
    subprocess.run([sys.executable, "-m", "domain.seal.second_verifier", str(file)], check=True, capture_output=True)


if __name__ == "__main__":
    assert verify_export(Path(sys.argv[1])).ok
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
