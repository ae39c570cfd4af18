"""The sample company on embedded servers, asked through the command as its users do."""

import contextlib
import fcntl
import gc
import io
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import typer

from api.cli.embedded import servers
from api.cli.main import main
from api.cli.settings import Settings
from domain.language.languages import Language, spoken
from tests import built_commands
from tests.conftest import folder_in_memory
from tests.journeys.commands import said
from tests.workers.following import started

SHOWN = "shown"
ENDED = "ended.json"
Kams = Callable[..., Any]


@pytest.fixture(scope="session")
def sample_home(shown_once: Path) -> Iterator[Path]:
    """A home in which `kams demo` ran; its servers stay up for all journeys."""
    with copied_home(shown_once) as home, servers(Settings(home=home)):
        yield home


@pytest.fixture(scope="session")
def shown_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `kams demo` leaves behind, to be copied: all processes of a test run show the sample company once. It was
    killed in the middle of its import and given again, which makes no difference; how both ended stands in ENDED."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    kept = shared / SHOWN
    with (shared / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            with new_folder() as folder:
                ended = shown_by_two(folder / "home")
                (folder / "home" / ENDED).write_text(json.dumps(ended), encoding="utf-8")
                copy(folder / "home", kept)
    return kept


def shown_by_two(home: Path) -> dict[str, Any]:
    """Let a demo be killed while it imports, and another one go on; how both ended."""
    killed = started(home, "demo")
    said(killed, "Importing")
    time.sleep(2.0)
    killed.kill()
    killed.communicate()
    return {"killed": killed.returncode, "went_on": asdict(run_alone(home, "demo"))}


@contextlib.contextmanager
def copied_home(shown_once: Path) -> Iterator[Path]:
    """A home of one's own in which `kams demo` ran; no server runs."""
    with new_folder() as folder:
        copy(shown_once, folder / "home")
        yield folder / "home"


@contextlib.contextmanager
def new_folder() -> Iterator[Path]:
    """A folder for servers, gone in the end."""
    folder = folder_in_memory()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def copy(home: Path, to: Path) -> None:
    """Copy a home in which nothing runs, each file its owner's."""
    subprocess.run(["cp", "-a", str(home), str(to)], check=True)


@pytest.fixture
def kams(sample_home: Path) -> Kams:
    """Runs a command on the sample company and returns its JSON."""
    return lambda *arguments: json.loads(run(sample_home, *arguments, "--json").stdout)


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def run(home: Path, *arguments: str, code: int = 0) -> Done:
    """A command in this process, from `main` on, ended with this code: to start a process takes longer than most
    answers."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    there = {name: value for name, value in os.environ.items() if not name.startswith("KAMS_")}
    with (
        patch.dict(os.environ, {**there, "KAMS_HOME": str(home)}, clear=True),
        patch.object(sys, "argv", ["kams", *arguments]),
        patch.object(sys, "stdin", io.StringIO()),
        patch.object(gc, "set_threshold"),
        patch.object(gc, "freeze"),
        patch.object(typer.core, "_", typer.core._),
        patch.object(typer.main, "get_command", in_language),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    said, complained = (each.buffer.getvalue().decode().replace("\r\n", "\n") for each in (out, err))
    assert (ended.value.code or 0) == code, complained[-2000:]
    return Done(code, said, complained)


def in_language(app: typer.Typer) -> Any:
    """The commands as they were built once; those that are about to be translated are built anew."""
    return built_commands.built(app) if spoken() is Language.ENGLISH else built_commands.anew(app)


def run_alone(home: Path, *arguments: str, code: int = 0) -> Done:
    """A command as a process of its own, ended with this code."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KAMS_")}
    command = [sys.executable, "-m", "api.cli.main", *arguments]
    done = subprocess.run(
        command,
        env={**environment, "KAMS_HOME": str(home)},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )
    assert done.returncode == code, done.stderr[-2000:]
    return Done(done.returncode, done.stdout, done.stderr)
