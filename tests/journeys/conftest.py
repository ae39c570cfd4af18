"""The sample company on embedded servers, asked through the command as its users do."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from api.cli.embedded import servers
from api.cli.settings import Settings
from tests.conftest import folder_for_servers

Kams = Callable[..., Any]


@pytest.fixture(scope="session")
def sample_home() -> Iterator[Path]:
    """A home in which `kams demo` ran once; its servers stay up for all journeys."""
    folder = folder_for_servers()
    home = folder / "home"
    try:
        with servers(Settings(home=home)):
            run(home, "demo")
            yield home
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def kams(sample_home: Path) -> Kams:
    """Runs a command on the sample company and returns its JSON."""
    return lambda *arguments: json.loads(run(sample_home, *arguments, "--json").stdout)


def run(home: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
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
    return done
