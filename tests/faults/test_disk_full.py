"""A disk that is full during an import: the command says so, nothing is half done, and it goes on later."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.cli.embedded import EmbeddedServers
from api.cli.settings import Settings
from tests.journeys.commands import Home, kill_all

SIZE = "220m"


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of its own."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    folder = Path(tempfile.mkdtemp(prefix="kams-disk-", dir="/tmp"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0711", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        folder.rmdir()
        pytest.skip(f"this machine allows no mount: {mounted.stderr.decode().strip()}")
    home = Home(folder / "home")
    yield folder
    kill_all(home)
    subprocess.run(["umount", folder], check=True)
    folder.rmdir()


def files_in(folder: Path) -> Path:
    """Some 30,000 rows, so that there is more to write than a half-full page holds."""
    folder.mkdir()
    deals = ["external_id,account,title,amount,currency,stage,opened_on,close_on"]
    deals += [f"O-{n},A-{n % 50},Line {n},{1000 + n},EUR,potential,2025-03-01,2026-09-30" for n in range(12_000)]
    (folder / "accounts.csv").write_text("name,external_id\n" + "".join(f"Account {n},A-{n}\n" for n in range(50)))
    (folder / "opportunities.csv").write_text("\n".join(deals) + "\n")
    return folder


def fill(disk: Path) -> Path:
    """Take all the space that is left."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(65_536))
        except OSError:
            return ballast


def test_an_import_onto_a_full_disk_says_so_and_goes_on_when_there_is_space(small_disk, tmp_path):
    home, export = Home(small_disk / "home"), files_in(tmp_path / "export")
    servers = EmbeddedServers(Settings(home=home.folder))
    servers.start(want_valkey=False)
    try:
        before = home.json("projections", "status")["head"]
        ballast = fill(small_disk)
        failed = home.run("import", str(export), "--on", "2025-12-31", "--json")
        assert failed.returncode == 3, failed.stderr
        assert failed.stdout == ""
        assert "Traceback" not in failed.stderr
        assert "space" in failed.stderr.lower() or "reach" in failed.stderr.lower()
        ballast.unlink()
        again = home.json("import", str(export), "--on", "2025-12-31")
        assert (again["rows"], again["refused"]) == (12_050, 0)
        answer = home.json("funnel")
        assert answer["complete"]
        assert sum(stage["count"] for stage in answer["stages"]) == 12_000
        assert home.json("projections", "status")["head"] >= before + 12_050
        repeated = home.json("import", str(export), "--on", "2025-12-31")
        assert repeated["events"] == 0
    finally:
        servers.leave()
