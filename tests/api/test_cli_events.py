"""`kams events`: the stream followed, exported and replayed on the command line, by the rights of the key."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgpack
import psycopg
import pytest

from api.cli import eventing
from api.cli.embedded import Addresses
from tests.api.command_line import Answer, CommandLine, company_system
from tests.conftest import new_database
from tests.workers.following import ROOT

ACCOUNT, PERSON = str(uuid4()), str(uuid4())


@pytest.fixture(scope="module")
def kams(
    postgres_url: str, embedded_addresses: Addresses, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CommandLine]:
    """A company with an account, a person of it, a visit; and a forecaster's key, who reads no personal data."""
    for url in new_database(postgres_url, "kams_cli_events"):
        line = company_system(url, embedded_addresses.redis_url or "", tmp_path_factory.mktemp("events") / "home")
        eventing.add(line.app)
        _must(line("command", "account", ACCOUNT, "register", "--set", "name=Acme", "--set", "external_id=A-1"))
        person = ("--set", f"stakeholder_id={PERSON}", "--set", "name=Han Meimei")
        _must(line("command", "account", ACCOUNT, "stakeholders.add", *person))
        _must(line("command", "account", ACCOUNT, "visits.log", "--set", f"visit_id={uuid4()}", "--set", "minutes=45"))
        _must(line("members", "invite", "Fu Ke", "--external-id", "M-2", "--role", "forecaster"))
        line.environment["FORECASTER"] = _must(line("keys", "issue", "M-2", "--scope", "read", "--scope", "stream")).out
        yield line


def _must(answer: Answer) -> Answer:
    assert answer.code == 0, answer.err
    return answer


def events_of(answer: Answer) -> list[dict[str, Any]]:
    return [json.loads(line) for line in _must(answer).out.splitlines()]


def head_of(kams: CommandLine) -> int:
    with psycopg.connect(kams.environment["KAMS_DATABASE_URL"]) as connection:
        (head,) = connection.execute("select max(position) from events").fetchone() or (0,)
        return int(head)


def test_tail_tells_position_time_what_happened_and_whose(kams: CommandLine) -> None:
    out = _must(kams("events", "tail", "--from-start", "--no-follow", "--account", "A-1")).out.splitlines()
    assert len(out) == 3
    assert out[0].split()[0] == "4"
    assert "account registered  Acme  name=Acme" in out[0]
    assert "visit logged  Acme  minutes=45" in out[2]


def test_tail_begins_with_the_last_ten_positions(kams: CommandLine) -> None:
    head = head_of(kams)
    shown = events_of(kams("events", "tail", "--no-follow", "--json"))
    assert [each["position"] for each in shown] == list(range(max(head - 10, 0) + 1, head + 1))
    first = events_of(kams("events", "tail", "--from-start", "--limit", "2", "--json"))
    assert [each["position"] for each in first] == [1, 2]


def test_filters_are_those_of_http(kams: CommandLine) -> None:
    shown = events_of(kams("events", "tail", "--from-start", "--no-follow", "--json", "--type", "Account.VisitLogged"))
    assert {each["type"] for each in shown} == {"Account.VisitLogged"}
    assert kams("events", "tail", "--no-follow", "--type", "Planet").code == 2
    assert kams("events", "tail", "--no-follow", "--account", "A-9").code == 1
    assert kams("events", "tail", "--no-follow", "--after", "99999").code == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("tail", "--after", "x"), "--after: `x` is not accepted: expected a whole number, at least 0"),
        (("tail", "--after", "-1"), "--after: `-1` is not accepted: expected a whole number, at least 0"),
        (("tail", "--limit", "0"), "--limit: `0` is not accepted: expected a whole number, at least 1"),
        (("replay", "1..", "--rate", "x"), "--rate: `x` is not accepted: expected a number, at least 0"),
        (("replay", "1..", "--rate", "nan"), "--rate: `nan` is not accepted: expected a number, at least 0"),
        (("export", "-", "--to", "1.5"), "--to: `1.5` is not accepted: expected a whole number, at least 0"),
        (("export", "o.xlsx"), "FILE: .xlsx is none of .ndjson, .json, .msgpack, .csv"),
        (("export", "o.json", "--format", "xlsx"), "--format: xlsx is none of ndjson, json, msgpack, csv"),
        (("tail", "--type", "Planet"), "GET /schemas, or `kams events schemas`, lists them"),
    ],
)
def test_wrong_use_says_what_was_stated_and_what_is_accepted(
    kams: CommandLine, words: tuple[str, ...], said: str
) -> None:
    answer = kams("events", *words)
    assert answer.code == 2
    assert said in " ".join(answer.err.split())


def test_a_replay_of_what_is_not_there_names_the_position_that_was_stated(kams: CommandLine) -> None:
    for words in (("99999999..",), ("99999999",), ("--after", "99999999"), ("1..99999999",)):
        answer = kams("events", "replay", *words)
        assert answer.code == 1
        assert "Position 99999999, as you know it" in answer.err
    assert events_of(kams("events", "replay", f"{head_of(kams) + 1}..")) == []


def test_personal_data_is_there_where_it_is_asked_for_and_may_be_read(kams: CommandLine) -> None:
    words = ("events", "replay", "1..", "--type", "Account.StakeholderAdded")
    (blind,), (seen,) = events_of(kams(*words)), events_of(kams(*words, "--personal"))
    assert (blind["data"]["fields"]["name"], seen["data"]["fields"]["name"]) == (None, "Han Meimei")
    refused = kams(*words, "--personal", KAMS_KEY=kams.environment["FORECASTER"].strip())
    assert refused.code == 1
    assert "the right to read names and addresses" in refused.err
    with psycopg.connect(kams.environment["KAMS_DATABASE_URL"]) as connection:
        noted = connection.execute("select kind, rule from access_log order by id desc limit 3").fetchall()
    assert ("exported", "events replay") in noted


@pytest.mark.parametrize("form", ["ndjson", "json", "msgpack", "csv"])
def test_an_export_holds_all_events_in_order(kams: CommandLine, tmp_path: Path, form: str) -> None:
    file, head = tmp_path / f"events.{form}", head_of(kams)
    said = _must(kams("events", "export", str(file), "--after", "2")).err
    assert f"Events up to position {head}: {head - 2}, in " in said
    content = file.read_bytes()
    if form == "ndjson":
        found = [json.loads(line) for line in content.splitlines()]
    elif form == "json":
        found = json.loads(content)
    elif form == "msgpack":
        found = list(msgpack.Unpacker(io.BytesIO(content)))
    else:
        found = [{**row, "position": int(row["position"])} for row in csv.DictReader(io.StringIO(content.decode()))]
        assert json.loads(found[1]["fields"])["name"] == "Acme"
    assert [each["position"] for each in found] == list(range(3, head + 1))
    assert os.stat(file).st_mode & 0o077 == 0


def test_an_export_is_whole_or_not_there(kams: CommandLine, tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    file.write_text("mine")
    assert kams("events", "export", str(file)).code == 1
    assert file.read_text() == "mine"
    assert kams("events", "export", str(tmp_path / "events.xml")).code == 2
    assert kams("events", "export", str(tmp_path / "none" / "events.ndjson")).code == 1
    assert kams("events", "export", str(tmp_path / "e.ndjson"), "--to", "99999").code == 1
    assert list(tmp_path.iterdir()) == [file]
    out = kams("events", "export", "-", "--format", "json", "--to", "2")
    assert [each["position"] for each in _must(out).json] == [1, 2]
    assert "Events up to position 2: 2, in standard output" in out.err


@pytest.mark.parametrize(
    ("stated", "expected"), [("2..3", [2, 3]), ("3", [3]), ("..2", [1, 2]), ("4..5", [4, 5]), ("0002..3", [2, 3])]
)
def test_a_replay_prints_positions_once_more(kams: CommandLine, stated: str, expected: list[int]) -> None:
    assert [each["position"] for each in events_of(kams("events", "replay", stated, "--rate", "500"))] == expected


@pytest.mark.parametrize("words", [("3..2",), ("0",), ("x",), (), ("1..2", "--after", "1"), ("1..2..3",), ("-1",)])
def test_a_replay_of_no_positions_is_wrong_use(kams: CommandLine, words: tuple[str, ...]) -> None:
    assert kams("events", "replay", *words).code == 2


def test_tail_follows_and_ctrl_c_says_where_to_go_on(kams: CommandLine) -> None:
    head = head_of(kams)
    tail = subprocess.Popen(
        [sys.executable, "-m", "api.cli.main", "events", "tail", "--after", str(head - 1), "--json"],
        env={**os.environ, **kams.environment, "PYTHONPATH": str(ROOT)}, cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert tail.stdout is not None
        assert json.loads(tail.stdout.readline())["position"] == head
        _must(kams("command", "account", ACCOUNT, "change_profile", "--set", "industry=steel"))
        assert json.loads(tail.stdout.readline())["position"] == head + 1
        tail.send_signal(signal.SIGINT)
        _, err = tail.communicate(timeout=30)
    finally:
        tail.kill()
        tail.communicate()
    assert tail.returncode == 0, err
    assert err.strip().splitlines()[-1].startswith("Go on with --after "), err
