"""Commands of the command line name members, accounts, deals, people and visits as people do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from uuid import UUID

import pytest

from api.cli.embedded import Addresses
from tests.api.command_line import Answer, CommandLine, company_system
from tests.conftest import new_database

ACCOUNT = ("command", "account", "A-01")


@pytest.fixture(scope="module")
def kams(
    postgres_url: str, embedded_addresses: Addresses, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CommandLine]:
    """A company with two accounts, three of us, two of whom share a name, a person of the customer and a deal."""
    for url in new_database(postgres_url, "kams_naming"):
        line = company_system(url, embedded_addresses.redis_url or "", tmp_path_factory.mktemp("naming") / "home")
        for member, name in (("M-01", "何子墨"), ("M-02", "Ann"), ("M-03", "Ann")):
            line("members", "invite", name, "--external-id", member, "--role", "manager")
        for account, name in (("A-01", "Harbour Foods"), ("A-02", "Dock Stores")):
            give(line, "account", "new", "register", f"name={name}", f"external_id={account}")
        give(line, *ACCOUNT[1:], "stakeholders.add", "stakeholder_id=new", "name=李娜", "external_id=S-01")
        give(line, "account", "A-02", "stakeholders.add", "stakeholder_id=new", "name=Bo", "external_id=S-02")
        yield line


def give(kams: CommandLine, root: str, key: str, name: str, *fields: str, code: int = 0) -> Answer:
    answer = kams("command", root, key, name, *(word for field in fields for word in ("--set", field)), "--json")
    assert answer.code == code, answer.err
    return answer


@pytest.mark.parametrize(("stated", "again"), [("何子墨", "M-01"), ("M-01", "何子墨")])
def test_a_member_is_named_by_name_or_external_id(kams: CommandLine, stated: str, again: str) -> None:
    give(kams, *ACCOUNT[1:], "assign_manager", "manager=M-02")
    assert len(give(kams, *ACCOUNT[1:], "assign_manager", f"manager={stated}").json["positions"]) == 1
    assert give(kams, *ACCOUNT[1:], "assign_manager", f"manager={again}").json["positions"] == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            ["manager=Nobody"],
            "the member Nobody, which is not there (there are: First admin, M-02, M-03, 何",
        ),
        (["manager=Ann"], "`manager` names the member Ann, and several are called so"),
    ],
)
def test_a_member_who_cannot_be_told_is_refused_with_who_there_is(
    kams: CommandLine, fields: list[str], said: str
) -> None:
    assert said in give(kams, *ACCOUNT[1:], "assign_manager", *fields, code=1).err


def test_accounts_are_named_by_external_id_or_name(kams: CommandLine) -> None:
    by_name = give(kams, *ACCOUNT[1:], "change_profile", "parent=Dock Stores").json
    assert len(by_name["positions"]) == 1
    assert give(kams, *ACCOUNT[1:], "change_profile", "parent=A-02").json["positions"] == []
    refused = give(kams, *ACCOUNT[1:], "change_profile", "parent=A-99", code=1).err
    assert "`parent` names the account A-99, which is not there (state its id, external id or name)" in refused


def test_people_visits_and_deals_are_named_in_lists_and_within_structs(kams: CommandLine) -> None:
    deal = give(
        kams, "opportunity", "new", "open", "account=Harbour Foods", "title=Crates", "process=nine-phase",
        "owner=M-01", "external_id=D-1",
    ).json  # fmt: skip
    assert len(deal["positions"]) >= 1
    logged = give(
        kams, *ACCOUNT[1:], "visits.log", "visit_id=new", "external_id=V-1", "stakeholders=李娜", "stakeholders=S-01",
        "people=M-02", "people=何子墨", "opportunities=D-1",
    ).json  # fmt: skip
    assert UUID(logged["new"]["visit_id"])
    steps = json.dumps([{"name": "budget approved", "owner": "李娜"}])
    give(kams, "opportunity", "D-1", "decision_process.describe", f"steps:={steps}")
    need = ("needs.add", "need_id=N-1", "kind=problem", "words=cooling", "visits=V-1")
    assert give(kams, *ACCOUNT[1:], *need).json["positions"]
    assert give(kams, *ACCOUNT[1:], "needs.drop", "need_id=N-1", "reason=met elsewhere").json["positions"]


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("stakeholders=S-02", "`stakeholders` names the stakeholder S-02, which is not there (there are: 李娜)"),
        ("opportunities=D-9", "`opportunities` names the opportunity D-9, which is not there (state its id or"),
        ("visit_id=V-9", "`visit_id` names the visit V-9, which is not there (state its id or external id, or `new`"),
    ],
)
def test_what_is_not_there_is_refused_with_what_would_be_accepted(kams: CommandLine, field: str, said: str) -> None:
    fields = [field] if field.startswith("visit_id") else ["visit_id=new", field]
    assert said in give(kams, *ACCOUNT[1:], "visits.log", *fields, code=1).err


def test_people_of_both_accounts_are_named_in_a_merge_and_its_items_with_their_kind(kams: CommandLine) -> None:
    items = json.dumps({"pallet 7": "pallet 8"})
    fields = (f"open_items:={items}", "into=Dock Stores", "reason=same firm")
    assert "names the open item pallet 7" in give(kams, *ACCOUNT[1:], "merge", *fields, code=1).err
    give(kams, *ACCOUNT[1:], "change_profile", "parent:=null")
    people = f"people:={json.dumps({'李娜': 'Bo'})}"
    assert give(kams, *ACCOUNT[1:], "merge", people, "into=Dock Stores", "reason=same firm").json["positions"]


def test_the_identifiers_made_for_new_things_are_said(kams: CommandLine) -> None:
    said = kams("command", "account", "A-02", "visits.log", "--set", "visit_id=new", "--set", "where=new")
    (line,) = [line for line in said.err.splitlines() + said.out.splitlines() if line.startswith("New: ")]
    assert line.startswith("New: visit_id ")
    assert UUID(line.removeprefix("New: visit_id ").rstrip("."))


@pytest.mark.parametrize("steps", [[], ["steps=preparation"]])
def test_a_visit_that_is_over_is_not_logged_again_whatever_is_stated(kams: CommandLine, steps: list[str]) -> None:
    visit = ("what=store_visit", "steps=preparation")
    first = give(kams, "account", "A-02", "visits.log", "visit_id=new", *visit).json
    again = give(kams, "account", "A-02", "visits.log", f"visit_id={first['new']['visit_id']}", *steps, code=1).err
    where = f"is logged or cancelled already, at position {first['position']}: correct its log with `visits.correct`"
    assert where in again
