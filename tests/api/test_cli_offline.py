"""`kams audit export`: one file that proves itself, and what is said of it without a database."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
import typer

from api.cli import auditing
from api.cli.auditing.offline import verify_file
from domain.language.languages import Language, speaking
from domain.seal import second_verifier
from domain.seal.checkpoints import origin_of
from domain.seal.findings import Anchored
from domain.seal.notes import SigningKey
from domain.seal.sealing import newest, seal, system_id
from tests.api.command_line import CommandLine, company_system
from tests.conftest import new_database
from workers.anchor_store import AnchorStore

SECRET = bytes(range(32))


@pytest.fixture
def kams(postgres_url: str, valkey_url: str, tmp_path: Path, fresh_names: Iterator[str]) -> Iterator[CommandLine]:
    for url in new_database(postgres_url, next(fresh_names)):
        made = company_system(url, valkey_url, tmp_path / "home")
        auditing.add(made.app)
        for account in ("Nova", "Orbit"):
            named = ["--set", f"name={account}", "--set", f"external_id={account}"]
            assert made("command", "account", "new", "register", *named, "--on", "2025-01-01").code == 0
        made("command", "account", "Nova", "change_profile", "--set", "industry=pumps", "--on", "2025-03-01")
        yield made


def sealed(kams: CommandLine) -> tuple[SigningKey, str]:
    with psycopg.connect(kams.environment["KAMS_DATABASE_URL"], autocommit=True) as connection:
        key = SigningKey(origin_of(system_id(connection)), SECRET)
        AnchorStore(connection).only_key(key.verifier)
        seal(connection, key, lambda: datetime(2026, 11, 26, tzinfo=UTC))
        note = newest(connection)
    assert note is not None
    return key, note


def test_an_export_is_written_whole_and_verified_without_a_database(kams, tmp_path, capsys):
    key, note = sealed(kams)
    file = tmp_path / "audit.zip"
    done = kams("audit", "export", str(file), "--json")
    assert done.code == 0, done.err
    assert (done.json["first"], done.json["account"], done.json["events"]) == (1, None, done.json["size"])
    assert os.stat(file).st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []
    capsys.readouterr()
    verify_file(file, [Anchored([note], None, "the safe")], key.verifier, json=False)
    said = capsys.readouterr().out
    assert said.startswith(f"IN ORDER: {done.json['events']} events, from 1 to {done.json['events']} of")
    assert "kept in the safe, agrees" in said
    assert second_verifier.main([str(file), "--key", str(key.verifier)]) == 0


def test_a_changed_export_ends_with_1_and_a_verdict_for_machines(kams, tmp_path, capsys):
    sealed(kams)
    file = tmp_path / "audit.zip"
    kams("audit", "export", str(file))
    file.write_bytes(file.read_bytes()[:-40])
    capsys.readouterr()
    with pytest.raises(typer.Exit) as ended:
        verify_file(file, [], None, json=True)
    assert ended.value.exit_code == 1
    verdict = json.loads(capsys.readouterr().out)
    assert (verdict["ok"], verdict["findings"][0]["kind"]) == (False, "file")


def test_one_account_is_exported_with_the_proof_of_each_event(kams, tmp_path, capsys):
    sealed(kams)
    file = tmp_path / "nova.zip"
    done = kams("audit", "export", str(file), "--account", "Nova", "--json")
    assert done.code == 0, done.err
    assert done.json["events"] == 2
    capsys.readouterr()
    verify_file(file, [], None, json=True)
    verdict = json.loads(capsys.readouterr().out)
    assert (verdict["ok"], verdict["account"], verdict["events"]) == (True, done.json["account"], 2)
    assert kams("audit", "export", str(file), "--account", "nobody", "--force").code == 1
    assert kams("audit", "export", str(tmp_path / "x"), "--account", "Nova", "--from", "2").code == 2


def test_a_file_that_is_there_stays_unless_it_is_forced(kams, tmp_path):
    sealed(kams)
    file = tmp_path / "audit.zip"
    file.write_text("mine")
    refused = kams("audit", "export", str(file))
    assert refused.code == 1
    assert "--force" in refused.err
    assert file.read_text() == "mine"
    assert kams("audit", "export", str(file), "--to", "999").code == 1
    assert kams("audit", "export", str(file), "--force", "--to", "999999").code == 1
    assert file.read_text() == "mine"
    assert kams("audit", "export", str(file), "--force").code == 0
    assert kams("audit", "export", str(tmp_path / "nowhere" / "audit.zip")).code == 1


def test_nothing_sealed_is_said_and_how_to_seal(kams, tmp_path):
    refused = kams("audit", "export", str(tmp_path / "audit.zip"))
    assert refused.code == 1
    assert "seal every ten seconds" in refused.err
    assert not (tmp_path / "audit.zip").exists()


def test_an_export_is_for_auditors_and_stands_in_the_access_log(kams, tmp_path):
    sealed(kams)
    for name, role in (("Mia", "manager"), ("Ann", "auditor")):
        kams("members", "invite", name, "--external-id", name, "--role", role)
    manager, auditor = (kams("keys", "issue", name).out.strip() for name in ("Mia", "Ann"))
    refused = kams("audit", "export", str(tmp_path / "a.zip"), KAMS_KEY=manager)
    assert (refused.code, "auditor" in refused.err) == (1, True)
    assert not (tmp_path / "a.zip").exists()
    assert kams("audit", "export", str(tmp_path / "c.zip"), KAMS_KEY=auditor).code == 0
    assert kams("audit", "export", str(tmp_path / "b.zip")).code == 0
    with psycopg.connect(kams.environment["KAMS_DATABASE_URL"]) as connection:
        rows = connection.execute("select kind, path from access_log where path like '%%audit export'").fetchall()
    assert ("exported", "kams audit export") in rows


def test_a_file_is_verified_without_any_system(kams, tmp_path):
    key, note = sealed(kams)
    file, kept, home = tmp_path / "audit.zip", tmp_path / "kept.txt", tmp_path / "no home"
    kams("audit", "export", str(file))
    kept.write_text(note)
    alone = {"KAMS_HOME": str(home), "KAMS_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "KAMS_KEY": ""}
    inner = kams("audit", "verify", str(file), **alone)
    assert (inner.code, "honesty is not" in inner.out) == (0, True)
    found = kams("audit", "verify", str(file), "--anchor", str(kept), "--key", str(key.verifier), "--json", **alone)
    assert (found.code, found.json["ok"], found.json["honest"]) == (0, True, True)
    other = SigningKey(key.verifier.name, bytes(32)).verifier
    wrong = kams("audit", "verify", str(file), "--key", str(other), **alone)
    assert (wrong.code, wrong.out.startswith("NOT IN ORDER: ")) == (1, True)
    assert str(other) in wrong.out.replace("\n", "")
    file.write_bytes(bytes(range(256)) * 40)
    rubbish = kams("audit", "verify", str(file), **alone)
    assert (rubbish.code, "no ZIP file" in rubbish.out) == (1, True)
    folder = kams("audit", "verify", str(tmp_path), **alone)
    assert (folder.code, "NOT IN ORDER" in folder.out, ".zip" in folder.err) == (2, False, True)
    assert not home.exists()


def test_the_verdict_of_a_file_is_said_in_chinese(kams, tmp_path):
    sealed(kams)
    file = tmp_path / "audit.zip"
    kams("audit", "export", str(file))
    with speaking(Language.CHINESE):
        assert kams("audit", "verify", str(file)).out.startswith("正常：")
