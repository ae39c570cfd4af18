"""A system is saved while it runs, lost, and comes back from its two files; killed on the way, nothing is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from api.cli.seal_key import seal_key_of
from api.cli.settings import Settings
from domain.journal.roles import as_role
from domain.seal.checkpoints import origin_of
from domain.seal.notes import SigningKey
from domain.seal.sealing import newest, seal, system_id
from tests.conftest import EMPTY, new_database
from tests.faults.backups import shown, stored
from tests.journeys.test_company_servers import kams

KILLED = """
import os, signal, sys
from api.backup import restoring, saving
def die(*_, **__): os.kill(os.getpid(), signal.SIGKILL)
restoring._load_keys = saving._save_keys = die
from api.cli.main import main
sys.argv = ["kams", *sys.argv[1:]]
main()
"""


class Place:
    """A home and the database of a company."""

    def __init__(self, home: Path, url: str) -> None:
        self.home, self.url = home, url

    def asks(self, *words: str) -> Any:
        done = kams(self.home, as_role(self.url), *words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def restores(self, *words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return kams(self.home, self.url, "restore", *map(str, words), "--json", **environment)

    def seals(self) -> str:
        """Seal everything by this home's key; the newest checkpoint."""
        secret = seal_key_of(Settings(home=self.home)).secret
        assert secret is not None
        with psycopg.connect(as_role(self.url), autocommit=True) as connection:
            seal(connection, SigningKey(origin_of(system_id(connection)), secret), lambda: datetime.now(UTC))
            note = newest(connection)
        assert note is not None
        return note

    def killed(self, *words: str) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("KAMS_")}
        environment |= {"KAMS_HOME": str(self.home), "KAMS_DATABASE_URL": self.url}
        done = subprocess.run([sys.executable, "-c", KILLED, *words], env=environment, capture_output=True, timeout=120)
        assert done.returncode == -9, done.stderr.decode()


@pytest.fixture(scope="module")
def lost(
    postgres_url: str, fresh_names: Iterator[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Place, Path]]:
    """A company that was sealed and saved, and the folder of its backup."""
    folder = tmp_path_factory.mktemp("lost")
    for url in new_database(postgres_url, next(fresh_names), template=EMPTY):
        place = Place(folder / "home", url)
        assert kams(place.home, url, "migrate").returncode == 0
        fields = ("--set", "name=Harbour Foods", "--set", "external_id=A-17")
        place.asks("command", "account", "new", "register", *fields)
        person = ("--set", "stakeholder_id=new", "--set", "name=Li Na")
        place.asks("command", "account", "A-17", "stakeholders.add", *person)
        (folder / "anchor.txt").write_text(place.seals())
        place.asks("account", "A-17")
        place.killed("backup", str(folder / "saved"))
        assert [path.name for path in (folder / "saved").iterdir() if not path.name.startswith(".")] == []
        saved = place.asks("backup", str(folder / "saved"))
        assert sorted(path.name for path in (folder / "saved").iterdir()) == [Path(saved["journal"]).name, "kams.keys"]
        assert saved["sealed"] == saved["head"] == 5
        yield place, folder


@pytest.fixture
def target(postgres_url: str, fresh_names: Iterator[str], tmp_path: Path) -> Iterator[Place]:
    for url in new_database(postgres_url, next(fresh_names), template=EMPTY):
        yield Place(tmp_path / "home", url)


def files(folder: Path) -> tuple[Path, str, Path]:
    (journal,) = (folder / "saved").glob("*.journal")
    return journal, "--keys", folder / "saved" / "kams.keys"


def test_a_lost_system_comes_back_even_where_the_first_restore_is_killed(
    lost: tuple[Place, Path], target: Place
) -> None:
    before, folder = lost
    target.killed("restore", *map(str, files(folder)))
    done = target.restores(*files(folder), "--anchor", folder / "anchor.txt")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["honest"], answer["missing"], answer["destroyed"]) == (True, 0, 0)
    kept, found = stored(before.url), stored(target.url)
    kept["access_log"] = [line for line in kept["access_log"] if "kams backup" not in line]  # noted when it was done
    assert {table: rows for table, rows in found.items() if rows != kept[table]} == {}
    assert shown(target.url) == shown(before.url)
    (target.home / "key").write_text((before.home / "key").read_text())
    assert target.asks("account", "A-17")["people"][0]["name"] == "Li Na"
    assert (target.home / "seal.key").read_bytes() == (before.home / "seal.key").read_bytes()
    target.asks("command", "account", "new", "register", "--set", "name=After", "--set", "external_id=A-18")
    target.seals()
    checks = {
        check["name"]: check for check in json.loads(kams(target.home, target.url, "doctor", "--json").stdout)["checks"]
    }
    assert "from the backup of" in checks["restored"]["found"]
    assert json.loads(target.restores(*files(folder)).stdout)["again"] is True


def test_what_cannot_be_restored_is_refused_in_one_line(lost: tuple[Place, Path], target: Place) -> None:
    before, folder = lost
    journal, option, keys = files(folder)
    target.home.mkdir()
    (rubbish := target.home / "rubbish").write_bytes(b"\0" * 999)
    for words, said in (
        ((journal, option, journal), "is the backup of a journal, and a backup of keys is wanted there"),
        ((keys, option, keys), "is a backup of keys, and the backup of a journal is wanted there"),
        ((rubbish, option, keys), "it is cut short or damaged"),
        ((target.home / "nowhere", option, keys), "there is no such file"),
    ):
        done = target.restores(*words)
        assert (done.returncode, done.stdout) == (1, "")
        assert said in done.stderr
        assert "Traceback" not in done.stderr
    assert target.restores(journal, option, keys, "--anchor", rubbish).returncode == 1
    full = kams(before.home, before.url, "restore", *map(str, files(folder)))
    assert (full.returncode, "events: name another database" in full.stderr) == (1, True)


def test_a_stated_key_that_is_no_admins_restores_nothing(lost: tuple[Place, Path], target: Place) -> None:
    before, folder = lost
    admin = (before.home / "key").read_text().strip()
    for key in ("rubbish", admin[:-8] + "AAAAAAAA"):
        refused = target.restores(*files(folder), KAMS_KEY=key)
        assert (refused.returncode, "is no admin's in what" in refused.stderr) == (1, True), refused.stderr
    with psycopg.connect(target.url) as connection:
        assert connection.execute("select count(*) from events").fetchone() == (0,)
    assert target.restores(*files(folder), KAMS_KEY=admin).returncode == 0


def test_an_older_backup_is_told_by_an_anchor_that_was_kept(lost: tuple[Place, Path], target: Place) -> None:
    before, folder = lost
    before.asks("command", "account", "new", "register", "--set", "name=Later", "--set", "external_id=A-99")
    target.home.mkdir()
    (later := target.home / "later.txt").write_text(before.seals())
    refused = target.restores(*files(folder), "--anchor", later)
    assert (refused.returncode, "What was restored is not what was sealed" in refused.stderr) == (1, True)
    assert refused.stderr.rstrip().endswith(". Nothing was restored.")
    assert ".." not in refused.stderr
    with psycopg.connect(target.url) as connection:
        assert connection.execute("select count(*) from events").fetchone() == (0,)
    assert target.restores(*files(folder)).returncode == 0
    (target.home / "key").write_text((before.home / "key").read_text())
    alone = kams(target.home, as_role(target.url), "audit", "verify", "--json")
    assert alone.returncode == 0, alone.stderr
    assert "This journal was restored on" in json.loads(alone.stdout)["notes"][-1]
    found = kams(target.home, as_role(target.url), "audit", "verify", "--anchor", str(later), "--json")
    assert "events beyond" in json.loads(found.stdout)["notes"][-1]
    assert (found.returncode, json.loads(found.stdout)["ok"]) == (1, False)
