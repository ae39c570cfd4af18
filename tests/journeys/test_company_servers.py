"""A company's own servers: the migration makes the first admin, whose key the command line then uses."""

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path


def kams(home: Path, database_url: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KAMS_")}
    environment |= {"KAMS_HOME": str(home), "KAMS_DATABASE_URL": database_url, **more}
    command = [sys.executable, "-m", "api.cli.main", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def test_a_fresh_database_is_not_migrated_by_itself_and_migrating_makes_the_first_admin(
    empty_url: str, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    refused = kams(home, empty_url, "funnel")
    assert (refused.returncode, "kams migrate" in refused.stderr) == (3, True)
    migrated = json.loads(kams(home, empty_url, "migrate", "--json").stdout)
    key = Path(migrated["first_admin_key"])
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert json.loads(kams(home, empty_url, "funnel", "--json").stdout)["complete"] is True
    again = json.loads(kams(home, empty_url, "migrate", "--json").stdout)
    people_key = Path(again.pop("people_key"))
    assert stat.S_IMODE(people_key.stat().st_mode) == 0o600
    assert again == {"applied": [], "first_admin_key": None}


def test_whoever_has_no_key_is_told_where_one_comes_from(empty_url: str, tmp_path: Path) -> None:
    people_key = json.loads(kams(tmp_path / "first", empty_url, "migrate", "--json").stdout)["people_key"]
    (tmp_path / "other").mkdir()
    shutil.copy(people_key, tmp_path / "other" / "people.key")
    other = kams(tmp_path / "other", empty_url, "funnel")
    assert other.returncode == 1
    assert "KAMS_KEY" in other.stderr
