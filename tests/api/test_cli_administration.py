"""Policies, members, keys and every command by its name, as an admin types them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from api.cli.embedded import Addresses
from tests.api.command_line import CommandLine, company_system
from tests.conftest import new_database

ACME = 'name = "Acme"\ncurrency = "EUR"\n'
KINDS = (
    "company",
    "territories",
    "price-list",
    "sales-process",
    "service-policy",
    "exchange-rates",
    "sales-target",
    "visit-template",
)


@pytest.fixture
def kams(database_url: str, valkey_url: str, tmp_path: Path) -> CommandLine:
    return company_system(database_url, valkey_url, tmp_path / "home")


def key_for(kams: CommandLine, member: str, *scopes: str) -> str:
    options = [word for scope in scopes for word in ("--scope", scope)]
    return kams("keys", "issue", member, *options).out.strip()


@pytest.fixture(scope="module")
def untouched(
    postgres_url: str,
    fresh_names: Iterator[str],
    embedded_addresses: Addresses,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[CommandLine]:
    """A system of the module's own, for commands that record nothing."""
    for url in new_database(postgres_url, next(fresh_names)):
        yield company_system(url, embedded_addresses.redis_url or "", tmp_path_factory.mktemp("untouched") / "home")


# Policies


def test_a_company_is_set_from_a_file_and_answers_with_edition_and_position(kams, tmp_path):
    file = tmp_path / "company.toml"
    file.write_text(ACME)
    answer = kams("company", "set", str(file), "--json").json
    assert (answer["edition"], answer["unchanged"]) == (1, False)
    assert answer["positions"] == [answer["position"]]
    assert kams("company", "show", "--json").json["name"] == "Acme"


def test_setting_what_is_already_so_says_so_and_records_nothing(kams):
    kams("company", "set", "-", given=ACME)
    assert kams("company", "set", "-", "--json", given=ACME).json["unchanged"] is True
    assert "unchanged" in kams("company", "set", "-", given=ACME).err


def test_a_policy_holds_from_its_day_and_is_known_from_its_recording(kams):
    first = kams("company", "set", "-", "--from", "2020-01-01", "--json", given=ACME).json["position"]
    kams("company", "set", "-", "--from", "2023-01-01", given=ACME.replace("Acme", "Acme Group"))

    def name(*clocks: str) -> str:
        return kams("company", "show", "--json", *clocks).json["name"]

    assert [name("--as-of", day) for day in ("2019-12-31", "2022-12-31", "2023-01-02")] == ["", "Acme", "Acme Group"]
    assert name("--as-of", "2023-01-02", "--known-at", str(first)) == "Acme"


def test_what_show_prints_as_toml_or_json_set_takes_again_unchanged(kams):
    kams("company", "set", "-", given=ACME)
    kams("policy", "set", "territories", "-", given='[[territories]]\nkey = "n"\nname = "North \\"N\\""\n')
    kams("policy", "set", "exchange-rates", "-", given='{"rates": {"USD": 0.9}}')
    for kind in KINDS:
        toml, as_json = kams("policy", "show", kind).out, kams("policy", "show", kind, "--json").out
        assert kams("policy", "set", kind, "-", given=toml).code == 0
        assert kams("policy", "set", kind, "-", "--json", given=as_json).json["unchanged"] is True
        assert kams("policy", "show", kind, "--json").out == as_json


def test_the_list_of_policies_names_shipped_processes_and_ones_of_our_own(kams):
    own = kams("policy", "show", "sales-process", "plain", "--json").json
    kams("policy", "set", "sales-process", "-", given=json.dumps({**own, "key": "ours", "name": "Ours"}))
    lines = {(line["kind"], line["key"]): line for line in kams("policy", "list", "--json").json["policies"]}
    assert {key for kind, key in lines if kind == "sales-process"} == {"four-funnel", "nine-phase", "plain", "ours"}
    assert lines["sales-process", "ours"]["edition"] == 1
    assert lines["company", ""]["since"] is None


@pytest.mark.parametrize(
    ("words", "given", "code", "said"),
    [
        (("policy", "show", "prices"), "", 2, "price-list"),
        (("policy", "show", "sales-process", "nobody"), "", 1, "nobody"),
        (("company", "set", "-"), "name = ", 2, "neither TOML nor JSON"),
        (("company", "set", "-"), 'nome = "Acme"', 2, "nome: unknown field"),
        (("company", "set", "/nowhere/company.toml"), "", 2, "cannot be read"),
        (("company", "set", "-", "--from", "2999-01-01"), ACME, 2, "future"),
        (("policy", "set", "sales-process", "-"), 'name = "x"', 2, "required"),
        (("company", "show", "--known-at", "999"), "", 1, "999"),
    ],
)
def test_a_wrong_document_or_name_is_refused_with_what_would_be_accepted(untouched, words, given, code, said):
    answer = untouched(*words, given=given)
    assert answer.code == code
    assert said in answer.err
    assert answer.out == ""


# Members and keys


def test_a_member_is_invited_with_roles_and_territories_and_listed(kams):
    kams("policy", "set", "territories", "-", given='[[territories]]\nkey = "north"\nname = "North"\n')
    options = ("--external-id", "u1", "--role", "manager", "--territory", "north")
    invited = kams("members", "invite", "李伟", *options, "--json").json
    assert len(invited["positions"]) == 3
    listed = kams("members", "list", "--json").json
    assert list(listed)[:5] == ["as_of", "known_at", "complete", "scope", "currency"]
    (member,) = [line for line in listed["members"] if line["external_id"] == "u1"]
    assert (member["name"], member["roles"], member["territories"]) == ("李伟", ["manager"], ["north"])


def test_roles_and_territories_come_and_go_and_a_repetition_records_nothing(kams):
    kams("policy", "set", "territories", "-", given='[[territories]]\nkey = "north"\nname = "North"\n')
    kams("members", "invite", "Ann", "--external-id", "u1")
    assert kams("members", "grant", "u1", "manager", "director").code == 0
    assert kams("members", "grant", "u1", "manager", "--json").json["positions"] == []
    assert kams("members", "revoke", "Ann", "manager").code == 0
    assert kams("members", "revoke", "u1", "manager").code == 1
    assert kams("members", "assign-territory", "u1", "south").code == 1
    assert kams("members", "assign-territory", "u1", "north").code == 0
    assert kams("members", "leave-territory", "u1", "north").code == 0
    assert kams("members", "grant", "u1", "boss").code == 2
    assert kams("members", "grant", "nobody", "manager").code == 1


def test_a_key_is_printed_alone_on_standard_output_and_works_until_it_is_revoked(kams):
    kams("members", "invite", "Ann", "--external-id", "u1", "--role", "auditor")
    key = key_for(kams, "u1", "read")
    assert key.startswith("kams_")
    assert "\n" not in key
    assert kams("company", "show", KAMS_KEY=key).code == 0
    assert kams("keys", "revoke", key.split("_")[1]).code == 0
    assert kams("company", "show", KAMS_KEY=key).code == 1


def test_keys_are_listed_without_secret_or_hash(kams):
    kams("members", "invite", "Ann", "--external-id", "u1")
    key = key_for(kams, "u1", "read", "write")
    listed = kams("keys", "list", "u1", "--json")
    (line,) = listed.json["keys"]
    assert set(line) == {"key_id", "member", "scopes", "expires", "live"}
    assert line["scopes"] == ["read", "write"]
    assert key.split("_", 2)[2] not in listed.out
    assert len(kams("keys", "list", "--json").json["keys"]) == 2


def test_a_key_lasts_to_the_end_of_its_day_and_is_not_born_expired(kams):
    kams("members", "invite", "Ann", "--external-id", "u1")
    kams("keys", "issue", "u1", "--expires", "2999-12-31")
    assert kams("keys", "list", "u1", "--json").json["keys"][0]["expires"].startswith("2999-12-31T23:59:59")
    assert kams("keys", "issue", "u1", "--expires", "2020-01-01").code == 1
    assert kams("keys", "issue", "u1", "--scope", "all").code == 2


def test_who_leaves_hands_over_first_and_has_no_keys_afterwards(kams):
    ann = kams("members", "invite", "Ann", "--external-id", "u1", "--role", "manager", "--json").json["id"]
    kams("members", "invite", "Bob", "--external-id", "u2", "--role", "manager")
    key = key_for(kams, "u1", "read")
    kams("command", "account", "new", "register", "--set", "name=Harbour", "--set", "external_id=A1")
    kams("command", "account", "A1", "assign_manager", "--set", f"manager={ann}")
    refused = kams("members", "leave", "u1")
    assert (refused.code, "hand them over" in refused.err) == (1, True)
    bob = [line["member"] for line in kams("members", "list", "--json").json["members"] if line["external_id"] == "u2"]
    kams("command", "account", "A1", "assign-manager", "--set", f"manager={bob[0]}")
    assert kams("members", "leave", "u1", "--reason", "retired").code == 0
    assert kams("company", "show", KAMS_KEY=key).code == 1
    assert "u1" not in kams("members", "list", "--csv").out
    assert "u1" in kams("members", "list", "--csv", "--all").out


def test_others_than_admins_see_themselves_and_administer_nothing(kams):
    kams("members", "invite", "Ann", "--external-id", "u1", "--role", "manager")
    key = key_for(kams, "u1", "read", "write", "admin")
    assert [m["external_id"] for m in kams("members", "list", "--json", KAMS_KEY=key).json["members"]] == ["u1"]
    assert len(kams("keys", "list", "--json", KAMS_KEY=key).json["keys"]) == 1
    assert kams("keys", "list", "admin", KAMS_KEY=key).code == 1
    for words in (
        ("members", "invite", "Eve"),
        ("members", "grant", "u1", "admin"),
        ("keys", "issue", "u1"),
        ("company", "set", "-"),
    ):
        answer = kams(*words, given=ACME, KAMS_KEY=key)
        assert (answer.code, "role admin" in answer.err) == (1, True)


def test_without_a_key_or_with_a_wrong_one_nothing_is_shown(kams, tmp_path):
    (tmp_path / "home" / "key").unlink()
    assert kams("company", "show").code == 1
    assert kams("company", "show", KAMS_KEY="kams_" + "0" * 16 + "_" + "x" * 43).code == 1


# Every command


def test_every_command_of_the_domain_is_listed_with_its_fields(untouched):
    commands = {(c["root"], c["name"]): c for c in untouched("command", "--list", "--json").json["commands"]}
    assert {("account", "register"), ("account", "visits.log"), ("opportunity", "advance")} <= commands.keys()
    assert {("price-list", "set_price"), ("account", "withdraw"), ("member", "issue_key")} <= commands.keys()
    advance = {field["name"]: field for field in commands["opportunity", "advance"]["fields"]}
    assert advance["to"] == {"name": "to", "type": "text", "required": True}
    assert "occurred_at" not in advance
    assert commands["account", "register"]["opens"]
    only = untouched("command", "--list", "company", "--json").json["commands"]
    assert {c["root"] for c in only} == {"company"}
    assert "set_holiday" in untouched("command", "company", "--list").out


def test_a_deal_is_opened_advanced_and_won_by_commands(kams):
    (me,) = (line["member"] for line in kams("members", "list", "--json").json["members"])
    kams("members", "grant", "admin", "manager")
    kams(
        "command",
        "account",
        "new",
        "register",
        "--set",
        "name=Harbour",
        "--set",
        "external_id=A1",
        "--on",
        "2024-01-01",
    )
    kams("command", "account", "A1", "assign_manager", "--set", f"manager={me}", "--on", "2024-01-01")
    account = kams("command", "account", "A1", "register", "--set", "name=x").err
    assert "expected a UUID" in account
    found = kams("command", "account", "A1", "assign_manager", "--set", f"manager={me}", "--json").json
    opened = kams(
        *("command", "opportunity", "new", "open", "--on", "2024-02-01", "--json"),
        *("--set", f"account={found['id']}", "--set", "title=Crane", "--set", "process=plain"),
        *("--set", "external_id=D1", "--set", "products=crane", "--set", "products=hook"),
        *("--set", "amount.amount=100", "--set", "amount.currency=EUR", "--set", "close_on=2024-06-30"),
    )
    assert opened.code == 0, opened.err
    moved = kams(
        "command", "opportunity", "D1", "advance", "--set", "to=proposal", "--on", "2024-03-01", "--note", "soon"
    )
    assert moved.code == 0, moved.err
    lose = ("command", "opportunity", "D1", "lose", "--set")
    broken = kams(*lose, 'reasons=["price"')
    assert (broken.code, "not JSON" in broken.err) == (2, True)
    lost = kams(*lose, 'reasons=["price", "[late]"]')
    assert lost.code == 0, lost.err
    assert kams(*lose, "reasons=price", "--set", "reasons=[late]", "--json").json["positions"] == []
    assert kams("command", "opportunity", "D1", "reopen", "--set", "reason=too early").code == 0
    assert kams("command", "opportunity", "D1", "win", "--set", 'signed:={"amount":"90","currency":"EUR"}').code == 0
    again = kams("command", "opportunity", "D1", "advance", "--set", "to=contract")
    assert (again.code, again.out) == (1, "")


def test_fields_come_from_a_file_and_set_comes_on_top(kams, tmp_path):
    file = tmp_path / "holiday.json"
    file.write_text('{"day": "2026-10-01", "name": "National Day", "working": true}')
    words = ("command", "company", "-", "set_holiday", "--file", str(file), "--set", "working=false")
    kams("company", "set", "-", given=ACME)
    assert kams(*words).code == 0
    assert kams("company", "show", "--json").json["holidays"] == [
        {"day": "2026-10-01", "name": "National Day", "working": False}
    ]
    assert kams(*words, "--json").json["positions"] == []


def test_a_command_given_twice_with_one_key_is_done_once(kams):
    words = ("command", "account", "new", "register", "--set", "name=Harbour", "--once", "import-7", "--json")
    first, second = kams(*words).json, kams(*words).json
    assert (first["id"], second["id"]) == (first["id"], first["id"])
    assert (first["repeated"], second["repeated"]) == (False, True)


def test_a_fact_is_taken_back_and_a_stale_version_is_refused(kams):
    position = kams("company", "set", "-", "--json", given=ACME).json["position"]
    stale = kams("command", "company", "-", "set_holiday", "--set", "day=2026-10-01", "--version", "7")
    assert (stale.code, "version 1" in stale.err) == (1, True)
    taken = kams("command", "company", "-", "withdraw", "--set", f"position={position}", "--set", "reason=wrong")
    assert taken.code == 0, taken.err
    assert kams("company", "show", "--json").json["name"] == ""


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("command", "account"), 2, "--list"),
        (("command", "acount", "new", "register"), 1, "account"),
        (("command", "account", "new", "regster"), 1, "register"),
        (("command", "account", "new", "register"), 2, "name: required"),
        (("command", "account", "new", "register", "--set", "name"), 2, "FIELD=VALUE"),
        (("command", "account", "new", "register", "--set", "name:={"), 2, "not JSON"),
        (("command", "account", "A9", "assign_manager", "--set", "manager=x"), 1, "A9"),
    ],
)
def test_a_command_that_is_not_understood_says_what_would_be(untouched, words, code, said):
    answer = untouched(*words)
    assert answer.code == code
    assert said in answer.err


def test_refused_attempts_are_in_the_access_log(kams, database_url):
    kams("members", "invite", "Ann", "--external-id", "u1", "--role", "manager")
    kams("company", "set", "-", given=ACME, KAMS_KEY=key_for(kams, "u1", "read"))
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("select kind, path, status, rule from access_log where kind = 'refused'").fetchall()
    assert rows == [("refused", "Company.define", 403, "NotAllowed")]


def test_two_people_at_one_account_learn_what_came_in_between(kams: CommandLine) -> None:
    made = kams("command", "account", "new", "register", "--set", "name=Harbour", "--set", "external_id=H-1", "--json")
    version = str(made.json["version"])
    mine = ("command", "account", "H-1", "change_profile", "--set", "industry=Food", "--version", version)
    assert kams(*mine).code == 0
    stale = kams("command", "account", "H-1", "change_profile", "--set", "industry=Steel", "--version", version)
    assert stale.code == 1
    assert f"not at {version}. What came in between: profile changed on " in stale.err
    assert " by First admin. Read it again" in stale.err
    assert kams("command", "account", "H-1", "change_profile", "--set", "industry=Steel").code == 0
