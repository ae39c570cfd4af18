"""The file with the people key: one for a system, made without a race, exchanged without a gap, asked for by name."""

import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from api.backup.container import KEYS, Backup
from api.backup.saving import SECRET, SECRETS, files_of, save
from api.cli import people_key as module
from api.cli.doctor_people import check_people_key
from api.cli.people_key import NothingToRenew, PeopleKeyUnreadable, key_in, ready_people_key, renew_people_key
from api.cli.session import system
from api.cli.settings import Settings
from domain.journal.forgotten import forgettings
from domain.journal.journal import Journal
from domain.journal.people import fingerprint
from domain.journal.wrapping import PeopleKeyIsAnother, PeopleKeyMissing, fingerprint_of, in_use, new_people_key


@pytest.fixture
def settings(migrated_url: str, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", database_url=migrated_url)


def connected(url):
    return psycopg.connect(url, autocommit=True)


def test_a_company_s_system_works_without_until_it_is_migrated(settings, migrated_url):
    assert ready_people_key(settings, migrated_url, make=False) is None
    key = ready_people_key(settings, migrated_url, make=True)
    assert key_in(settings.home / "people.key") == key
    assert stat.S_IMODE((settings.home / "people.key").stat().st_mode) == 0o600
    assert ready_people_key(settings, migrated_url, make=False) == key
    with connected(migrated_url) as connection:
        assert in_use(connection) == fingerprint_of(key)


def test_several_at_once_make_one_key(settings, migrated_url):
    with ThreadPoolExecutor(8) as threads:
        made = threads.map(lambda _: ready_people_key(settings, migrated_url, make=True), range(8))
    assert len(set(made)) == 1


def test_a_process_without_the_key_or_with_another_is_refused_by_name(settings, migrated_url, tmp_path):
    ready_people_key(settings, migrated_url, make=True)
    elsewhere = Settings(home=tmp_path / "elsewhere", database_url=migrated_url)
    for make in (False, True):
        with pytest.raises(PeopleKeyMissing, match="KAMS_PEOPLE_KEY"):
            ready_people_key(elsewhere, migrated_url, make=make)
    elsewhere.home.mkdir()
    elsewhere.people_key_path.write_text(new_people_key().hex())
    with pytest.raises(PeopleKeyIsAnother):
        ready_people_key(elsewhere, migrated_url, make=False)
    elsewhere.people_key_path.write_text("rubbish")
    with pytest.raises(PeopleKeyUnreadable, match=r"people\.key"):
        ready_people_key(elsewhere, migrated_url, make=False)
    copied = Settings(home=elsewhere.home, database_url=migrated_url, people_key=settings.people_key_path)
    assert ready_people_key(copied, migrated_url, make=False) == key_in(settings.people_key_path)


def test_the_key_is_exchanged_and_what_was_sealed_opens(settings, migrated_url):
    with pytest.raises(NothingToRenew):
        renew_people_key(settings, migrated_url)
    key = ready_people_key(settings, migrated_url, make=True)
    journal = Journal(migrated_url, people_key=key)
    name = journal.people.seal_person(uuid4(), "name", "Ann")
    files = files_of(settings.home / "before.journal", datetime.now(UTC), folder=False)
    with connected(migrated_url) as connection:
        save(connection, files, journal.people.wrapping, datetime.now(UTC), lambda *_: None)
    journal.close()
    assert renew_people_key(settings, migrated_url) == 1
    renewed = ready_people_key(settings, migrated_url, make=False)
    assert renewed != key
    journal = Journal(migrated_url, people_key=renewed)
    assert journal.people.open(name, "name") == "Ann"
    journal.close()
    assert not settings.people_key_path.with_name("people.key.new").exists()
    ((key_of, secret),) = SECRET.iter_unpack(Backup(files.keys, KEYS).whole(SECRETS))
    bare = (UUID(bytes=key_of), fingerprint(secret))
    assert bare == (name.key, name.fingerprint), "an older backup does not hang on the key"


@pytest.mark.parametrize("after", [False, True], ids=["before the database took it", "after"])
def test_an_exchange_that_was_killed_leaves_a_key_that_fits(settings, migrated_url, monkeypatch, after):
    key = ready_people_key(settings, migrated_url, make=True)
    wrap_anew = module.wrap_anew

    def killed(*stated):
        if after:
            wrap_anew(*stated)
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "wrap_anew", killed)
    with pytest.raises(KeyboardInterrupt):
        renew_people_key(settings, migrated_url)
    found = ready_people_key(settings, migrated_url, make=False)
    assert (found == key) is not after
    with connected(migrated_url) as connection:
        assert in_use(connection) == fingerprint_of(found)


def test_the_doctor_says_what_is_wrong_with_it(settings, migrated_url):
    with connected(migrated_url) as connection:
        assert not check_people_key(connection, settings).ok
        ready_people_key(settings, migrated_url, make=True)
        assert check_people_key(connection, settings).ok
        settings.people_key_path.chmod(0o644)
        assert "chmod 600" in check_people_key(connection, settings).remedy
        settings.people_key_path.unlink()
        missing = check_people_key(connection, settings)
        assert (missing.ok, str(settings.people_key_path) in missing.remedy) == (False, True)
        assert forgettings(connection) == []


def test_a_command_without_the_key_does_not_start(settings, database_url, valkey_url):
    company = Settings(home=settings.home, database_url=database_url, redis_url=valkey_url)
    ready_people_key(company, database_url, make=True)
    company.people_key_path.rename(company.home / "away")
    with pytest.raises(PeopleKeyMissing), system(company):
        pass


def test_the_command_line_leaves_without_a_traceback(settings, database_url, valkey_url):
    company = Settings(home=settings.home, database_url=database_url, redis_url=valkey_url)
    ready_people_key(company, database_url, make=True)
    company.people_key_path.write_text("rubbish")
    ended = subprocess.run(
        [sys.executable, "-m", "api.cli.main", "members", "list"],
        env={"KAMS_DATABASE_URL": database_url, "KAMS_REDIS_URL": valkey_url, "KAMS_HOME": str(company.home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, "Traceback" in ended.stderr) == (1, False)
    assert "people.key" in ended.stderr
