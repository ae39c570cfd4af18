"""The seal on the command line: verdicts whose first line decides, exit codes, proofs that need no system."""

from __future__ import annotations

import email.message
import shutil
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from api.cli import auditing
from api.cli.seal_key import make_seal_key, seal_key_of
from api.cli.settings import Settings
from domain.journal.roles import as_role
from domain.seal.notes import SigningKey
from domain.seal.standing import seal_keys
from tests.api.command_line import CommandLine, company_system
from workers.anchors import Anchoring, anchors_of
from workers.sealing import Sealing

SYSTEM = "kams/00000000-0000-0000-0000-000000000000"


@pytest.fixture
def settings(database_url: str, valkey_url: str, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", database_url=as_role(database_url), redis_url=valkey_url)


@pytest.fixture
def kams(settings: Settings) -> CommandLine:
    """The command line of a company whose first admin and key are there."""
    line = company_system(settings.database_url or "", settings.redis_url or "", settings.home)
    assert make_seal_key(settings, settings.database_url or "")
    auditing.add(line.app)
    return line


@pytest.fixture
def connection(database_url: str, settings: Settings) -> Iterator[psycopg.Connection]:
    """As the owner of the tables, who can do more than the program."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def outside(kams: CommandLine, settings: Settings, connection: psycopg.Connection, tmp_path: Path) -> Path:
    """A sealed system, and a copy of its anchor that nobody else can write to."""
    assert Sealing(seal_key_of(settings)).seal(connection)
    anchoring = Anchoring(anchors_of([], settings.home))
    anchoring.bring(connection, anchoring.anchors[0])
    shutil.copytree(settings.home / "anchors", tmp_path / "outside")
    return tmp_path / "outside"


def change(connection: psycopg.Connection, statement: str) -> None:
    connection.execute("set session_replication_role = replica")
    connection.execute(statement.encode())
    connection.execute("set session_replication_role = origin")


def test_the_key_is_made_once_for_its_owner_alone_whoever_starts_at_once(settings: Settings, database_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: make_seal_key(settings, database_url), range(4)))
    assert made.count(True) == 1
    assert stat.S_IMODE(settings.seal_key.stat().st_mode) == 0o600
    with psycopg.connect(database_url) as connection:
        (known,) = seal_keys(connection)
    assert (settings.home / "seal.pub").read_text() == f"{known}\n"
    elsewhere = Settings(home=settings.home.with_name("elsewhere"), database_url=settings.database_url)
    assert not make_seal_key(elsewhere, database_url)
    assert not elsewhere.seal_key.exists()


def test_before_anything_is_sealed_nothing_is_proven(kams: CommandLine) -> None:
    answer = kams("audit", "verify")
    assert (answer.code, answer.out.splitlines()[0].partition(":")[0]) == (1, "NOTHING IS SEALED")
    assert kams("audit", "checkpoint").code == 1
    assert kams("audit", "seal").code == 0


def test_order_is_proven_by_the_seal_honesty_by_what_the_auditor_brings(kams: CommandLine, outside: Path) -> None:
    alone = kams("audit", "verify")
    assert (alone.code, alone.out.splitlines()[0].startswith("IN ORDER, HONESTY NOT PROVEN: all 3")) == (0, True)
    told = kams("audit", "verify", "--anchor", str(outside), "--json").json
    assert (told["ok"], told["honest"], told["size"], told["anchors"]) == (True, True, 3, [str(outside)])
    assert kams("audit", "verify", "--json").json["honest"] is False


def test_a_checkpoint_is_believed_from_any_file_that_kept_it(kams: CommandLine, outside: Path, tmp_path: Path) -> None:
    assert kams("audit", "checkpoint", "--out", str(tmp_path / "note")).code == 0
    note = (tmp_path / "note").read_text()
    assert note == (outside / "checkpoints.txt").read_text()
    mail = email.message.EmailMessage()
    mail["Subject"] = "KAMS checkpoint 3"
    mail.set_content(note, cte="base64")
    (tmp_path / "mail.eml").write_bytes(mail.as_bytes())
    for kept in (tmp_path / "note", tmp_path / "mail.eml", outside / "checkpoints.txt"):
        assert kams("audit", "verify", "--anchor", str(kept), "--json").json["honest"], kept


def test_a_changed_event_is_named_in_the_first_line(
    kams: CommandLine, outside: Path, connection: psycopg.Connection
) -> None:
    change(connection, "update events set state = set_byte(state, 9, get_byte(state, 9) # 1) where position = 2")
    answer = kams("audit", "verify", "--anchor", str(outside))
    first, *rest = answer.out.splitlines()
    assert answer.code == 1
    assert first.startswith("NOT IN ORDER: ")
    assert "vent 2" in first
    assert any(line.startswith("changed") and " 2 " in line for line in rest)
    assert kams("audit", "verify", "--json").json["findings"][0]["first"] == 2


def test_history_rewritten_with_its_seal_is_found_by_what_was_kept_elsewhere(
    kams: CommandLine, settings: Settings, outside: Path, connection: psycopg.Connection
) -> None:
    change(connection, "update events set state = set_byte(state, 9, get_byte(state, 9) # 1) where position = 2")
    change(connection, "delete from checkpoints")
    change(connection, "delete from seal_tiles")
    shutil.rmtree(settings.home / "anchors")
    assert Sealing(seal_key_of(settings)).seal(connection)
    assert kams("audit", "verify").code == 0
    answer = kams("audit", "verify", "--anchor", str(outside))
    assert (answer.code, "vent 2" in answer.out.splitlines()[0]) == (1, True)


def test_history_rewritten_with_the_machine_s_own_anchor_is_blamed_on_nothing_that_the_auditor_brings(
    kams: CommandLine, settings: Settings, outside: Path, connection: psycopg.Connection
) -> None:
    change(connection, "update events set state = set_byte(state, 9, get_byte(state, 9) # 1) where position = 2")
    change(connection, "delete from checkpoints")
    change(connection, "delete from seal_tiles")
    shutil.rmtree(settings.home / "anchors")
    assert Sealing(seal_key_of(settings)).seal(connection)
    anchoring = Anchoring(anchors_of([], settings.home))
    assert anchoring.bring(connection, anchoring.anchors[0]) == 1
    assert kams("audit", "verify").out.startswith("IN ORDER, HONESTY NOT PROVEN")
    kept = outside / "checkpoints.txt"
    told = kams("audit", "verify", "--anchor", str(kept), "--json").json
    assert [(each["kind"], each["first"], each["last"]) for each in told["findings"]] == [
        ("changed", 1, 3),
        ("anchor", 3, 3),
    ]
    assert f"The checkpoints in {settings.home / 'anchors'} contradict" in told["findings"][1]["words"]
    first = kams("audit", "verify", "--anchor", str(outside)).out.splitlines()[0]
    assert first.startswith("NOT IN ORDER: Event 2 was changed")


def test_this_machine_s_anchor_is_compared_but_proves_no_honesty(
    kams: CommandLine, settings: Settings, outside: Path, connection: psycopg.Connection
) -> None:
    change(connection, "delete from checkpoints")
    change(connection, "delete from seal_tiles")
    change(connection, "update events set recorded_at = recorded_at + interval '1 second' where position = 3")
    assert Sealing(seal_key_of(settings)).seal(connection)
    answer = kams("audit", "verify")
    assert (answer.code, answer.out.startswith("NOT IN ORDER")) == (1, True)
    shutil.rmtree(settings.home / "anchors")
    assert kams("audit", "verify").out.startswith("IN ORDER, HONESTY NOT PROVEN")


def test_bad_input_is_a_clear_refusal(kams: CommandLine, outside: Path, tmp_path: Path) -> None:
    (tmp_path / "rubbish").write_bytes(bytes(range(256)) * 40)
    nothing = kams("audit", "verify", "--anchor", str(tmp_path / "rubbish"))
    assert (nothing.code, "holds no checkpoint" in nothing.err) == (1, True)
    assert kams("audit", "verify", "--anchor", str(tmp_path / "absent")).code == 2
    assert kams("audit", "verify", str(tmp_path / "absent")).code == 2
    assert kams("audit", "verify", "--key", "absent").code == 2
    assert kams("audit", "verify", "--key", "kams/x+0+y").code == 1
    other = str(SigningKey(SYSTEM, bytes(32)).verifier)
    wrong = kams("audit", "verify", "--key", other)
    assert (wrong.code, wrong.out.startswith("NOT IN ORDER")) == (1, True)
    (tmp_path / "foreign").write_text((outside / "checkpoints.txt").read_text().replace("kams/", "kams/0", 1))
    assert kams("audit", "verify", "--anchor", str(tmp_path / "foreign")).code == 1


def test_only_auditors_and_admins_audit(kams: CommandLine, outside: Path) -> None:
    for words in (["verify"], ["seal"], ["key"], ["checkpoint"], ["proof", "1"], ["consistency", "1", "2"]):
        assert kams("audit", *words).code == 0, words
        assert kams("audit", *words, KAMS_KEY=f"kams_{'0' * 16}_{'x' * 43}").code == 1, words


def test_a_proof_is_checked_without_a_system(kams: CommandLine, outside: Path, tmp_path: Path) -> None:
    file, home = tmp_path / "event.tlog-proof", tmp_path / "nowhere"
    assert kams("audit", "proof", "2", "--out", str(file)).code == 0
    key = kams("audit", "key").out.strip()
    checked = kams("audit", "proof", "--check", str(file), "--key", key, KAMS_HOME=str(home), KAMS_DATABASE_URL="")
    assert (checked.code, checked.out.startswith("PROVEN: the event at position 2 is one of the first 3")) == (0, True)
    assert not home.exists()
    unsigned = kams("audit", "proof", "--check", str(file), "--json", KAMS_HOME=str(home), KAMS_DATABASE_URL="")
    assert (unsigned.json["ok"], unsigned.json["signed"]) == (True, False)
    for wrong in (file.read_text()[:-90], file.read_text().replace("index 1", "index 2"), "", "\0rubbish"):
        file.write_text(wrong)
        assert kams("audit", "proof", "--check", str(file), "--key", key).code == 1
    assert kams("audit", "proof", "9").code == 1
    assert kams("audit", "proof").code == 2


def test_a_consistency_proof_and_the_state_of_the_seal(kams: CommandLine, outside: Path) -> None:
    answer = kams("audit", "consistency", "2", "3")
    assert (answer.code, answer.out.startswith("CONSISTENT: the first 2")) == (0, True)
    assert kams("audit", "consistency", "2", "3", "--json").json["holds"]
    assert kams("audit", "consistency", "3", "2").code == 1
    told = kams("audit", "seal", "--json").json
    assert (told["size"], told["unsealed"], [each["size"] for each in told["anchors"]]) == (3, 0, [3])
    shown = kams("audit", "seal").out
    assert shown.startswith("Sealed: 3 of 3 events")
    assert told["keys"][0] in shown


def test_what_an_auditor_brings_that_is_no_anchor_or_key_is_refused_in_words(
    kams: CommandLine, settings: Settings, outside: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    (tmp_path / "public.pem").write_text("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n")
    for options, code, words in (
        (["--anchor", "empty"], 1, "holds no checkpoint"),
        (["--anchor", "folder"], 1, "holds no checkpoint"),
        (["--anchor", "absent"], 2, "there is no such file or folder"),
        (["--key", "public.pem"], 1, "is no verifier key"),
        (["--key", "empty"], 1, "is no verifier key"),
        (["--key", "absent"], 2, "there is no such file or folder"),
    ):
        answer = kams("audit", "verify", options[0], str(tmp_path / options[1]))
        assert (answer.code, words in answer.err.replace("\n", " "), "Traceback" in answer.err) == (
            code,
            True,
            False,
        ), (
            options,
            answer.err,
        )
    (settings.home / "seal.pub").unlink()
    answer = kams("audit", "verify", "--anchor", str(outside))
    assert (answer.code, "as the database itself says" in (answer.out + answer.err).replace("\n", " ")) == (0, True)


def test_an_anchor_that_is_thinned_out_says_when_it_is_told_next(
    kams: CommandLine, settings: Settings, outside: Path, connection: psycopg.Connection
) -> None:
    connection.execute(
        "insert into anchors (name, size, anchored_at) values ('mailto:a@b.example', 1, '2026-11-26T09:00:00Z')"
    )
    stated = {"KAMS_ANCHORS": "mailto:a@b.example", "KAMS_SMTP_URL": "smtp://localhost"}
    told = {each["name"]: each for each in kams("audit", "seal", "--json", **stated).json["anchors"]}
    mail = told.pop("mailto:a@b.example")
    assert (mail["every"], mail["next_at"]) == (86_400, "2026-11-27T09:00:00Z")
    assert [(each["every"], each["next_at"]) for each in told.values()] == [(0, None)]
    assert "one every 86400 s; next at" in " ".join(kams("audit", "seal", COLUMNS="220", **stated).out.split())
    assert kams("audit", "seal", "--json").json["anchors"][-1]["every"] is None
    assert kams("audit", "seal", KAMS_ANCHORS="file:/mnt/a stdout:").code == 0


def test_the_commands_of_the_page_about_the_seal_do_what_it_says(
    kams: CommandLine, outside: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (Path(auditing.__file__).parents[3] / "docs" / "seal.md").read_text()
    lines = page.partition("```sh\n")[2].partition("```")[0].splitlines()
    monkeypatch.chdir(tmp_path)
    for line in lines:
        words, _, target = line.partition("#")[0].partition(">")
        answer = kams(*words.split()[1:])
        assert answer.code == 0, (line, answer.err)
        if target.strip():
            Path(target.strip()).write_text(answer.out)
    assert (len(lines), "IN ORDER: 3 events" in answer.out) == (8, True)
