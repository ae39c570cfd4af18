"""Subscriptions on the command line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.cli import intake, streaming
from tests.api.command_line import CommandLine, company_system
from tests.conftest import new_database

ADDRESS = "https://erp.example.com/kams"


@pytest.fixture
def kams(postgres_url: str, valkey_url: str, fresh_names: Iterator[str], tmp_path: Path) -> Iterator[CommandLine]:
    for url in new_database(postgres_url, next(fresh_names)):
        line = company_system(url, valkey_url, tmp_path / "home")
        streaming.add(line.app)
        intake.add(line.app)
        yield line


def test_an_address_within_is_refused_unless_the_setting_allows_it(kams: CommandLine) -> None:
    refused = kams("streams", "open", "erp", "http://127.0.0.1:9107/in")
    assert (refused.code, "127.0.0.1 is not a public address" in refused.err) == (1, True)
    assert "KAMS_WEBHOOKS_PRIVATE=1" in refused.err
    kams.environment["KAMS_WEBHOOKS_PRIVATE"] = "1"
    assert kams("streams", "open", "erp", "http://127.0.0.1:9107/in").code == 0
    refused = kams("streams", "change", "erp", "--address", "http://169.254.169.254/in")
    assert (refused.code, "169.254.169.254" in refused.err) == (1, True)


def test_the_life_of_a_subscription(kams: CommandLine) -> None:
    opened = kams("streams", "open", "erp", ADDRESS, "--type", "Account", "--after", "now")
    assert opened.code == 0, opened.err
    assert opened.out.startswith("whsec_")
    assert opened.out.count("\n") == 1
    assert "Subscription erp opened" in opened.err
    shown = kams("streams", "show", "erp", "--json").json
    assert (shown["state"], shown["address"], shown["filter"]["types"]) == ("runs", ADDRESS, ["Account"])
    assert shown["after"] > 0
    assert kams("streams", "pause", "erp").code == 1
    assert kams("streams", "pause", "erp", "--reason", "the ERP moves").code == 0
    assert "paused" in kams("streams", "list").out
    assert kams("streams", "resume", "erp").code == 0
    rotated = kams("streams", "rotate", "erp", "--old-valid-hours", "2")
    assert rotated.out.startswith("whsec_")
    assert rotated.out != opened.out
    ended = kams("streams", "end", "erp", "--reason", "replaced", "--json").json
    assert ended["id"] == shown["id"]
    assert "Unchanged" in kams("streams", "end", "erp").err
    assert "No subscription is there." in kams("streams", "list").err
    assert [each["state"] for each in kams("streams", "list", "--all", "--json").json["subscriptions"]] == ["ended"]


def test_a_change_replaces_what_is_stated_and_leaves_the_rest(kams: CommandLine) -> None:
    kams("streams", "open", "erp", ADDRESS, "--type", "Account", "--imports")
    changed = kams("streams", "change", "erp", "--type", "Finding", "--type", "Opportunity.Won", "--order", "strict")
    assert "Subscription erp changed" in changed.err
    shown = kams("streams", "show", "erp", "--json").json
    wanted = {"accounts": [], "types": ["Finding", "Opportunity.Won"], "territories": [], "imports": True}
    assert (shown["filter"], shown["order"], shown["address"]) == (wanted, "strict", ADDRESS)
    kams("streams", "change", "erp", "--type", "", "--no-imports", "--lag-alarm", "60", "--personal")
    shown = kams("streams", "show", "erp", "--json").json
    assert (shown["filter"]["types"], shown["filter"]["imports"], shown["personal"]) == ([], False, True)
    assert "Unchanged" in kams("streams", "change", "erp", "--lag-alarm", "60").err
    assert "erp.example.com" in kams("streams", "show", "erp").out


def test_it_is_said_whether_imports_are_brought(kams: CommandLine) -> None:
    for name, words, said, shown in (
        ("erp", (ADDRESS,), "What was imported is left out", "without what was imported"),
        ("all", (ADDRESS, "--imports"), "It brings what was imported, too.", "with what was imported"),
        ("hub", ("--transport", "valkey"), "It brings what was imported, too.", "with what was imported"),
        (
            "few",
            ("--transport", "valkey", "--no-imports"),
            "What was imported is left out",
            "without what was imported",
        ),
    ):
        assert said in kams("streams", "open", name, *words).err
        assert f" {shown}" in kams("streams", "show", name).out
        assert kams("streams", "show", name, "--json").json["filter"]["imports"] is shown.startswith("with ")


def test_a_list_is_csv_too(kams: CommandLine) -> None:
    kams("streams", "open", "erp", ADDRESS)
    kams("streams", "open", "hub", "--transport", "valkey", "--json")
    rows = list(csv.DictReader(io.StringIO(kams("streams", "list", "--csv").out)))
    assert [(row["name"], row["transport"], row["state"], row["address"]) for row in rows] == [
        ("erp", "webhook", "runs", ADDRESS),
        ("hub", "valkey", "runs", ""),
    ]


def test_wrong_input_is_told(kams: CommandLine) -> None:
    for words, code, said in (
        (("open", "a b", ADDRESS), 1, "cannot name a subscription"),
        (("open", "a", "http://example.com"), 1, "https://"),
        (("open", "a", ADDRESS, "--type", "Dreamt"), 1, "no event Dreamt"),
        (("open", "a", ADDRESS, "--after", "x"), 2, "--after"),
        (("open", "a", ADDRESS, "--after", "999999"), 1, "999999"),
        (("open", "a", ADDRESS, "--transport", "pigeon"), 2, "webhook, valkey"),
        (("open", "a", ADDRESS, "--order", "none"), 2, "account, strict"),
        (("show", "nothing"), 1, "nothing"),
        (("pause", "nothing", "--reason", "x"), 1, "nothing"),
    ):
        answer = kams("streams", *words)
        assert (answer.code, said in answer.err) == (code, True), (words, answer)


def test_commands_are_given_by_their_names_too(kams: CommandLine) -> None:
    stated = ["--set", "name=erp", "--set", f"address={ADDRESS}"]
    given = kams("command", "subscription", "new", "open", *stated, "--json")
    assert given.json["secret"].startswith("whsec_"), given
    assert kams("command", "subscription", "erp", "pause", "--set", "reason=x").code == 0
    assert kams("streams", "show", "erp", "--json").json["paused"] == "x"
