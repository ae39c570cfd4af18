"""Imports that kill themselves on their way, each in a process of its own. These processes begin as copies of one that
has loaded the importer: to load it takes longer than most imports."""

from __future__ import annotations

import os
import signal
from datetime import date, datetime
from multiprocessing import get_context
from pathlib import Path
from threading import Timer

from api.importing import Importer
from domain.journal.journal import Journal

_processes = get_context("forkserver")
_processes.set_forkserver_preload([__name__])


def killed_import(
    url: str, folder: Path, *, on: date, now: datetime, append: int, at: int, milliseconds: int = 0
) -> int:
    """An import that is killed once the journal holds the position `at`, or so many milliseconds later, whatever it
    does then; how its process ended: -9 where it was killed."""
    process = _processes.Process(target=_import_until, args=(url, folder, on, now, append, at, milliseconds))
    process.start()
    process.join()
    assert process.exitcode is not None
    return process.exitcode


def _import_until(url: str, folder: Path, on: date, now: datetime, append: int, at: int, milliseconds: int) -> None:
    journal = Journal(url)

    def die(step: str, done: int, total: int) -> None:
        if step != "recorded" or journal.streams.head() < at:
            return
        if not milliseconds:
            _kill()
        Timer(milliseconds / 1000, _kill).start()

    Importer(journal, clock=lambda: now, append=append).run([folder], on=on, progress=die)


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
