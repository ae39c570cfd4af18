"""The auditor's story of the README, pasted command by command on the sample company."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from api.cli.embedded import servers
from api.cli.settings import Settings
from tests.journeys.conftest import copied_home
from tests.workers.following import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
STORY = re.search(r"## For auditors\n.*?```sh\n(.*?)```\n.*?```sh\n(.*?)```", README, re.S)
assert STORY
EIGHT, MORE = (block.strip().splitlines() for block in STORY.groups())


class Office:
    """A folder as `make demo` leaves it: `.kams` with the data, `.venv/bin/kams` the command."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        self.home = home
        bin_folder = folder / ".venv" / "bin"
        bin_folder.mkdir(parents=True)
        (folder / ".kams").symlink_to(home)
        for name, words in (("kams", "-m api.cli.main "), ("python", "")):
            script = bin_folder / name
            path = f"PYTHONPATH={ROOT} " if name == "kams" else ""
            script.write_text(f'#!/bin/sh\n{path}exec {sys.executable} {words}"$@"\n')
            script.chmod(script.stat().st_mode | stat.S_IXUSR)

    def paste(self, line: str) -> str:
        """A line in a shell; what it printed."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("KAMS_", "PYTHON"))}
        path = f"{self.folder}/.venv/bin:{kept['PATH']}"
        environment = {**kept, "PATH": path, "KAMS_HOME": str(self.home), "COLUMNS": "160", "LANG": "C.UTF-8"}
        done = subprocess.run(
            line,
            shell=True,
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout[-2000:]}"
        return done.stdout


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, shown_once: Path) -> Iterator[Office]:
    with copied_home(shown_once) as home, servers(Settings(home=home)):
        yield Office(tmp_path_factory.mktemp("office"), home)


class Links(HTMLParser):
    """What a page can be asked to save."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.saved: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        if tag == "a" and found.get("download"):
            self.saved[str(found["download"])] = str(found["href"])


def test_the_story_in_eight_commands(office: Office) -> None:
    assert len(EIGHT) == 8
    keep, win, diff, explain, replay, verify, export, report = EIGHT
    office.paste(keep)
    assert "Recorded at position" in office.paste(win)

    closes = office.paste(diff)
    assert re.search(r"closed +966,821\.18 +237,481\.50 +1,204,302\.68", closes)
    assert re.search(r"won +O-0849 Gear P second source +237,481\.50", closes)

    why = office.paste(explain)
    assert re.search(r"together +CNY +1,204,302\.68", why)
    assert re.search(r"2026-09-29 +opportunity won", why)

    side_by_side = office.paste(replay)
    assert re.search(r"Gear P second source +ending +– +outcome won, signed 32,670\.00 USD", side_by_side)
    assert "Came late" in side_by_side

    assert office.paste(verify).startswith("IN ORDER: all 55,673 sealed events are as they were sealed")
    assert "55,673" in office.paste(export)
    with zipfile.ZipFile(office.folder / "record.zip") as archive:
        assert len(archive.read("verify.py").splitlines()) < 150

    assert "evidence-A-56.html" in office.paste(report)
    page = (office.folder / "evidence-A-56.html").read_text(encoding="utf-8")
    assert [name for name, href in Links(page).saved.items() if href.startswith("data:application/zip")]


def test_what_else_an_auditor_asks(office: Office) -> None:
    trail, access, log, about = MORE
    assert "Gear P second source" in office.paste(trail)
    assert re.search(r"澜海风电装备有限公司 +A-01 +own account +yes", office.paste(access))
    assert "kams audit access" in office.paste(log)
    assert "Cora Prescott" in office.paste(about)
