"""What was saved comes back byte for byte, verified by its seal; or nothing does."""

from __future__ import annotations

import os
import stat
import threading
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from api.backup import restoring
from api.backup.container import JOURNAL, KEYS, Backup, BackupIsNewer, BackupUnreadable, WrongFile
from api.backup.restoring import Given, KeysOfOther, KeysTooOld, NotAsSealed, NotEmpty, Restored
from api.backup.saving import Files, files_of, save
from api.cli.session import PACKAGES
from api.signing_in.sessions import Sessions
from domain.journal.context import Context
from domain.journal.forgetting import forget
from domain.journal.forgotten import Forgetting, Register
from domain.journal.journal import Journal
from domain.journal.mapper import JournalMapper
from domain.journal.migrate import scripts
from domain.journal.restores import last_restore
from domain.journal.roles import SchemaNotOurs, as_role
from domain.person_forgetting import PersonKind
from domain.seal.verifying import Anchored, verify
from projections import READ_MODELS
from projections.engine import Engine
from tests.conftest import new_database
from tests.faults.backups import JANUARY, Ours, manifest_with, rewritten, shown, shows_forecast, stored

KNOWN = [name for package in PACKAGES for name, _ in scripts(package)]


def quiet(*_: object) -> None:
    """Nobody looks."""


@pytest.fixture
def target(database_url: str) -> str:
    """An empty system."""
    return database_url


@pytest.fixture(scope="module")
def ours(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Ours]:
    for url in new_database(postgres_url, next(fresh_names)):
        company = Ours(url)
        company.seals()
        company.registers("Not sealed yet", "A-9")
        yield company
        company.close()


@pytest.fixture(scope="module")
def files(ours: Ours, tmp_path_factory: pytest.TempPathFactory) -> Files:
    return ours.saved(tmp_path_factory.mktemp("saved"))[0]


def restored(url: str, files: Files, **more: Any) -> Restored:
    """Restore, as the command does."""
    given = Given(
        Backup(files.journal, JOURNAL), Backup(files.keys, KEYS), **{"register": (), "wrapping": None, **more}
    )
    restoring.check(given, KNOWN, datetime.now(UTC), quiet)
    with psycopg.connect(url, autocommit=True) as connection:
        return restoring.restore(connection, given, quiet)


def filled(url: str) -> dict[str, list[str]]:
    """The read models of a system, brought up to date."""
    engine = Engine(url, READ_MODELS, JournalMapper())
    engine.catch_up()
    engine.close()
    return shown(url)


def names(url: str) -> list[str | None]:
    """The names of all stakeholders, as one who may read them does."""
    journal = Journal(as_role(url))
    try:
        facts = journal.streams.facts(0, 1_000, ("Account.StakeholderAdded",))
        return [
            journal.people.open(fact.event.name, "name")  # type: ignore[attr-defined]
            for fact in facts
        ]
    finally:
        journal.close()


def nothing_came(url: str) -> bool:
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "select (select count(*) from events), (select count(*) from person_keys), (select count(*) from restores),"
            " (select count(*) from claims)"
        )
        return found.fetchone() == (0, 0, 0, 0)


def test_forecasts_that_were_shown_come_back_as_they_were_and_further_ones_are_kept(
    ours: Ours, files: Files, target: str
) -> None:
    restored(target, files)
    came = stored(target)["forecasts"]
    assert (len(came), came) == (2, stored(ours.owner)["forecasts"])
    assert shows_forecast(target, "2026-Q2") == 3


def test_events_come_back_byte_for_byte_and_read_models_with_both_clocks(ours: Ours, files: Files, target: str) -> None:
    answer = restored(target, files)
    assert stored(target) == stored(ours.owner)
    assert (answer.head, answer.keys, answer.missing) == (ours.journal.streams.head(), 12, 0)
    assert filled(target) == filled(ours.url)
    assert [name for name in names(target) if name is None] == []
    with psycopg.connect(target) as connection, psycopg.connect(ours.owner) as original:
        ids = [c.execute("select id from system").fetchone() for c in (connection, original)]
        found = last_restore(connection)
    assert ids[0] == ids[1]
    assert found is not None
    assert (found.made_at, found.head) == (answer.made_at, answer.head)


def test_passwords_come_back_with_the_keys_but_of_nobody_who_was_forgotten_and_no_session_does(
    ours: Ours, tmp_path: Path, target: str
) -> None:
    stays, goes, now = uuid4(), uuid4(), datetime.now(UTC)
    with psycopg.connect(ours.url) as connection:
        for member in (stays, goes):
            connection.execute("insert into passwords values (%s, '$argon2id$abc', %s)", (member, now))
    Sessions(ours.journal.pool).begin(stays, "password", now)
    files, _ = ours.saved(tmp_path)
    assert b"argon2id" not in b"".join(zipfile.ZipFile(files.journal).read(part) for part in parts_of(files.journal))
    restored(target, files, register=[Forgetting(now, goes, (goes,))])
    with psycopg.connect(target) as connection:
        assert connection.execute("select member, hash, set_at from passwords").fetchall() == [
            (stays, "$argon2id$abc", now)
        ]
        assert connection.execute("select count(*) from console_sessions").fetchone() == (0,)
    with psycopg.connect(ours.url) as connection:
        connection.execute("delete from passwords")


def parts_of(path: Path) -> list[str]:
    return zipfile.ZipFile(path).namelist()


def test_work_goes_on_after_a_restore_and_the_seal_with_it(ours: Ours, files: Files, target: str) -> None:
    anchor = ours.seals()
    restored(target, files)
    company = Ours.__new__(Ours)
    company.owner, company.url, company.people = target, as_role(target), {}
    company.journal = Journal(company.url)
    company.registers("After the restore", "A-10")
    with pytest.raises(Exception, match="A-0"):
        company.registers("Claimed before", "A-0")
    company.seals()
    company.journal.close()
    old = ours_first_checkpoint(ours)
    with psycopg.connect(target, autocommit=True) as connection:
        verdict = verify(connection, key=None, anchors=[Anchored([old], None, "kept")])
        assert (verdict.ok, verdict.honest) == (True, True)
        later = verify(connection, key=None, anchors=[Anchored([anchor], None, "kept")])
        assert later.ok is False


def ours_first_checkpoint(ours: Ours) -> str:
    with psycopg.connect(ours.url) as connection:
        found = connection.execute("select note from checkpoints order by size limit 1").fetchone()
    assert found is not None
    return str(found[0])


def test_an_older_backup_does_not_agree_with_a_later_anchor(ours: Ours, files: Files, target: str) -> None:
    ours.registers("Later", f"A-{uuid4()}")
    anchor = ours.seals()
    with pytest.raises(NotAsSealed):
        restored(target, files, anchors=[Anchored([anchor], None, "kept")])
    assert nothing_came(target)


def test_the_two_files_are_for_their_owner_alone_and_the_journals_has_no_key(ours: Ours, tmp_path: Path) -> None:
    files, _ = ours.saved(tmp_path)
    assert [stat.S_IMODE(path.stat().st_mode) for path in files] == [0o600, 0o600]
    with psycopg.connect(ours.owner) as connection:
        secrets = [
            secret for (secret,) in connection.execute("select secret from person_keys where secret is not null")
        ]
    with zipfile.ZipFile(files.journal) as journal:
        content = b"".join(journal.read(name) for name in journal.namelist()) + files.journal.read_bytes()
    assert len(secrets) > 10
    assert [secret for secret in secrets if secret in content or secret.hex().encode() in content] == []
    with zipfile.ZipFile(files.keys) as keys:
        assert all(secret in keys.read("secrets") for secret in secrets)


def test_a_system_that_has_events_is_not_restored_into(ours: Ours, files: Files) -> None:
    before = stored(ours.owner)
    head = ours.journal.streams.head()
    with pytest.raises(NotEmpty, match=f"this one has {head} events"):
        restored(ours.owner, files)
    assert stored(ours.owner) == before


def test_the_same_restore_again_changes_nothing(files: Files, target: str) -> None:
    restored(target, files)
    before = stored(target)
    assert restored(target, files).again is True
    assert stored(target) == before


def test_the_programs_role_restores_nothing(files: Files, target: str) -> None:
    with pytest.raises(SchemaNotOurs):
        restored(as_role(target), files)
    assert nothing_came(target)


def test_a_running_system_goes_on_while_it_is_saved(ours: Ours, tmp_path: Path) -> None:
    files = Files(tmp_path / "a.journal", tmp_path / "a.keys")
    recorded: list[int] = []
    writer = threading.Thread(target=lambda: recorded.append(_records(ours)))
    with psycopg.connect(ours.url, autocommit=True) as connection:
        writer.start()
        saved = save(connection, files, None, datetime.now(UTC), quiet)
        writer.join()
    part = Backup(files.journal, JOURNAL).part("events")
    assert part is not None
    assert (part.rows, saved.head) == (saved.head, saved.head)
    assert ours.journal.streams.head() == recorded[0] >= saved.head


def _records(ours: Ours) -> int:
    for _ in range(5):
        ours.registers("Meanwhile", f"A-{uuid4()}")
    return ours.journal.streams.head()


def test_a_backup_that_is_stopped_leaves_no_file_and_keeps_the_old_keys(ours: Ours, tmp_path: Path) -> None:
    files, _ = ours.saved(tmp_path)
    before = files.keys.read_bytes()

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    other = Files(tmp_path / "b.journal", files.keys)
    with psycopg.connect(ours.url, autocommit=True) as connection:
        connection.execute("set work_mem = '1MB'")
        try:
            save(connection, other, None, datetime.now(UTC), stop)
        except KeyboardInterrupt:
            assert not other.journal.exists()
            assert files.keys.read_bytes() == before
    assert [path for path in tmp_path.iterdir() if "partial" in path.name] == []


def test_what_a_killed_backup_left_goes_with_the_next(ours: Ours, tmp_path: Path) -> None:
    left = tmp_path / ".gone.journal.kams-partial"
    left.write_bytes(b"half")
    ours.saved(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup.journal", "backup.keys"]


def test_in_a_folder_each_backup_has_a_journal_of_its_own_and_the_keys_are_replaced(tmp_path: Path) -> None:
    at = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
    found = files_of(tmp_path, at, folder=False)
    assert found == Files(tmp_path / "kams-20260504T030201Z.journal", tmp_path / "kams.keys")
    assert files_of(tmp_path / "x.journal", at, folder=False).keys == tmp_path / "x.journal.keys"


# What is not as it was saved


def edited(name: str, content: bytes) -> bytes:
    return content[:60] + bytes([content[60] ^ 1]) + content[61:] if name == "events" else content


def without_events(name: str, content: bytes) -> bytes:
    return b"" if name == "events" else content


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (edited, BackupUnreadable, "its part events is damaged"),
        (without_events, BackupUnreadable, "its part events is damaged"),
        (manifest_with(format=2), BackupIsNewer, "its format is 2, this one reads up to 1"),
        (manifest_with(migrations=["domain.journal/999_later.sql"]), BackupIsNewer, "999_later.sql"),
        (manifest_with(kind="a holiday"), BackupUnreadable, "it is something else"),
        (manifest_with(head="many"), BackupUnreadable, "its manifest cannot be read"),
        (manifest_with(parts=[]), BackupUnreadable, "its parts are not those of its manifest"),
        (manifest_with(system=str(uuid4())), KeysOfOther, "is of the system"),
    ],
)
def test_an_edited_foreign_or_newer_file_is_refused(
    files: Files, target: str, tmp_path: Path, change: Any, error: type[Exception], said: str
) -> None:
    journal = rewritten(files.journal, tmp_path / "changed", change)
    with pytest.raises(error, match=said):
        restored(target, Files(journal, files.keys))
    assert nothing_came(target)


@pytest.mark.parametrize("length", [0, 1, 100, 2_000, -1, -30])
def test_a_file_cut_short_is_refused(files: Files, target: str, tmp_path: Path, length: int) -> None:
    cut = tmp_path / "cut"
    cut.write_bytes(files.journal.read_bytes()[:length])
    with pytest.raises(BackupUnreadable, match="cut short or damaged|has no manifest"):
        restored(target, Files(cut, files.keys))
    assert nothing_came(target)


def test_rubbish_and_nothing_are_refused(files: Files, tmp_path: Path) -> None:
    rubbish = tmp_path / "rubbish"
    rubbish.write_bytes(os.urandom(5_000))
    for path in (rubbish, tmp_path / "nobody", tmp_path):
        with pytest.raises(BackupUnreadable):
            Backup(path, JOURNAL)


def test_swapped_files_are_refused(files: Files) -> None:
    with pytest.raises(WrongFile, match="is a backup of keys, and the backup of a journal is wanted there"):
        Backup(files.keys, JOURNAL)
    with pytest.raises(WrongFile, match="is the backup of a journal, and a backup of keys is wanted there"):
        Backup(files.journal, KEYS)


def test_a_file_whose_checksums_were_made_anew_is_found_by_the_seal(files: Files, target: str, tmp_path: Path) -> None:
    import hashlib
    import json

    with zipfile.ZipFile(files.journal) as journal:
        events = journal.read("events")
    at = events.index(b"Account.Registered") + len("Account.Registered") + 100
    forged = events[:at] + bytes([events[at] ^ 1]) + events[at + 1 :]

    def change(name: str, content: bytes) -> bytes:
        if name == "events":
            return forged
        if name == "manifest.json":
            document = json.loads(content)
            for part in document["parts"]:
                if part["name"] == "events":
                    part["sha256"] = hashlib.sha256(forged).hexdigest()
            return json.dumps(document).encode()
        return content

    journal_file = rewritten(files.journal, tmp_path / "forged", change)
    with pytest.raises((NotAsSealed, BackupUnreadable)):
        restored(target, Files(journal_file, files.keys))
    assert nothing_came(target)


# Keys, and who was forgotten


def given_of(files: Files, **more: Any) -> Given:
    return Given(Backup(files.journal, JOURNAL), Backup(files.keys, KEYS), **{"register": (), "wrapping": None, **more})


def test_only_the_newest_keys_are_taken(ours: Ours, target: str, tmp_path: Path) -> None:
    first, _ = ours.saved(tmp_path, "first")
    ours.registers("With new keys", f"A-{uuid4()}")
    later, _ = ours.saved(tmp_path)
    with pytest.raises(KeysTooOld, match="3 keys with which the journal's texts were sealed are not in it"):
        restored(target, Files(later.journal, first.keys))
    assert nothing_came(target)
    answer = restored(target, Files(later.journal, first.keys), old_keys=True)
    assert answer.missing == 3
    assert names(target)[-2:] == [None, None]
    assert None not in names(target)[:-2]


def test_keys_saved_before_the_journal_or_a_month_ago_are_not_the_newest(ours: Ours, tmp_path: Path) -> None:
    first, _ = ours.saved(tmp_path, "first")
    second, _ = ours.saved(tmp_path, "second")
    given = given_of(Files(second.journal, first.keys))
    with pytest.raises(KeysTooOld, match="before the journal's file"):
        restoring.check(given, KNOWN, datetime.now(UTC), quiet)
    newest = given_of(Files(first.journal, second.keys))
    restoring.check(newest, KNOWN, datetime.now(UTC), quiet)
    with pytest.raises(KeysTooOld, match="more than 30 days ago"):
        restoring.check(newest, KNOWN, datetime.now(UTC) + timedelta(days=31), quiet)
    restoring.check(newest._replace(old_keys=True), KNOWN, datetime.now(UTC) + timedelta(days=31), quiet)


@pytest.fixture
def forgetful(postgres_url: str, fresh_names: Iterator[str], tmp_path: Path) -> Iterator[tuple[Ours, Files]]:
    """A company that was saved, and forgets somebody afterwards."""
    for url in new_database(postgres_url, next(fresh_names)):
        company = Ours(url)
        before, _ = company.saved(tmp_path, "before")
        person = company.people["Werk 0"]
        register = Register(tmp_path / "forgotten.txt")
        forget(
            company.journal, {person: PersonKind.STAKEHOLDER}, Context(at=JANUARY), reason="asked", register=register
        )
        yield company, before
        company.close()


@pytest.mark.parametrize("known_by", ["the newest keys", "the register", "the journal"])
def test_who_was_forgotten_since_stays_forgotten(
    forgetful: tuple[Ours, Files], target: str, tmp_path: Path, known_by: str
) -> None:
    company, before = forgetful
    after, _ = company.saved(tmp_path, "after")
    register = Register(tmp_path / "forgotten.txt").read()
    assert register
    if known_by == "the newest keys":
        restored(target, Files(before.journal, after.keys))
    elif known_by == "the register":
        restored(target, before, register=register)
    else:
        restored(target, Files(after.journal, before.keys), old_keys=True)
    found = names(target)
    assert [name for name in found if name is None or name.startswith("Anna of Werk 0")] == [None]
    assert len(found) == 6
    with psycopg.connect(target) as connection:
        secret = connection.execute("select secret from person_keys where key = %s", (company.people["Werk 0"],))
        assert secret.fetchone() == (None,)


def test_without_any_word_of_it_the_forgotten_would_come_back(forgetful: tuple[Ours, Files], target: str) -> None:
    """Why the newest keys are demanded, and what the register is for."""
    restored(target, forgetful[1])
    assert "Anna of Werk 0" in names(target)


def test_a_damaged_table_in_a_backup_is_named(files: Files, target: str, tmp_path: Path) -> None:
    import hashlib
    import json

    def change(name: str, content: bytes) -> bytes:
        if name == "claims":
            return b"nonsense"
        if name == "manifest.json":
            document = json.loads(content)
            for part in document["parts"]:
                if part["name"] == "claims":
                    part |= {"sha256": hashlib.sha256(b"nonsense").hexdigest(), "size": 8}
            return json.dumps(document).encode()
        return content

    with pytest.raises(BackupUnreadable, match="its part claims is damaged"):
        restored(target, Files(rewritten(files.journal, tmp_path / "x", change), files.keys))
    assert nothing_came(target)
