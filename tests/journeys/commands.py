"""Commands of the program in processes of their own, on a home of their own."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.conftest import folder_in_memory
from tests.workers.following import started, until

SECONDS = 90


@dataclass
class Home:
    """A folder in which the program keeps its servers."""

    folder: Path

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """A command, to its end."""
        process = started(self.folder, *arguments, **environment)
        out, err = process.communicate(timeout=SECONDS)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def json(self, *arguments: str, code: int = 0) -> Any:
        """What a command answers with --json, alone on standard output."""
        done = self.run(*arguments, "--json")
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)

    def servers(self) -> list[psutil.Process]:
        """The server processes that work here."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                named = " ".join([process.name(), process.cwd(), *process.cmdline()])
                if str(self.folder) in named and process.name() in ("postgres", "valkey-server", "initdb"):
                    found.append(process)
        return found

    def key(self) -> str:
        """The first admin's key."""
        return (self.folder / "key").read_text().strip()

    @contextlib.contextmanager
    def up(self, *more: str) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
        """`kams up` in the background, and a client for its API."""
        process = started(self.folder, "up", "--port", "0", "--json", *more)
        try:
            url = json.loads(document(process))["url"]
            headers = {"Authorization": f"Bearer {self.key()}"}
            with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
                yield process, client
        finally:
            process.kill()
            process.communicate()


def document(process: subprocess.Popen[str]) -> str:
    """The first JSON document on standard output."""
    assert process.stdout
    text = ""
    while line := process.stdout.readline():
        text += line
        if line == "}\n":
            return text
    raise AssertionError(f"ended early: {process.communicate()[1]}")


def said(process: subprocess.Popen[str], words: str) -> None:
    """Wait until a command says something on standard error."""
    assert process.stderr
    heard = ""
    while line := process.stderr.readline():
        heard += line
        if words in line:
            return
    raise AssertionError(f"ended early: {heard}")


def ended(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str]:
    """The exit code and standard error of a process that got a signal."""
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    return process.returncode, err


def kill_all(home: Home) -> None:
    """Leave no server behind a test."""
    for process in home.servers():
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
    until(lambda: not home.servers())


@contextlib.contextmanager
def new_home() -> Iterator[Home]:
    """A home of its own; in the end its servers are gone, whoever left them running, and its folder, too."""
    folder = folder_in_memory()
    home = Home(folder / "home")
    try:
        yield home
    finally:
        kill_all(home)
        shutil.rmtree(folder, ignore_errors=True)
