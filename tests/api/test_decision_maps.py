"""Decision maps over HTTP and in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.cli import questions
from domain.account.account import Account
from domain.opportunity.opportunity import Opportunity
from tests.api.command_line import CommandLine, company_system
from tests.api.office import Office, open_office
from tests.conftest import new_database

SHEN, GAO, XU = (str(uuid4()) for _ in range(3))


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            account, deal = opened.ids["own"], opened.ids["own deal"]
            for fact in _people(opened.members["manager"]):
                opened.give(Account, account, *fact[:1], **fact[1])
            for buyer in _buyers():
                opened.give(Opportunity, deal, "buyers.map", **buyer)
            opened.caught_up()
            yield opened


def _people(member: UUID) -> list[tuple[str, dict[str, Any]]]:
    add, edge = "stakeholders.add", {"from_stakeholder": GAO, "to_stakeholder": SHEN, "kind": "blocks", "strength": 3}
    return [
        (add, {"stakeholder_id": SHEN, "name": "沈国梁", "title": "COO"}),
        (add, {"stakeholder_id": GAO, "name": "Gao Zhiyuan", "title": "Purchasing", "reports_to": SHEN}),
        (add, {"stakeholder_id": XU, "name": "Xu Min", "reports_to": GAO}),
        ("stakeholders.profile", {"stakeholder_id": XU, "attitude": "innovator", "political": "inner_circle"}),
        ("stakeholders.assess", {"stakeholder": GAO, "member": str(member), "level": "vendor",
                                 "desired": "trusted_adviser", "coverage": "brief"}),
        ("influence.observe", edge),
    ]  # fmt: skip


def _buyers() -> list[dict[str, Any]]:
    return [
        {"stakeholder": SHEN, "role": "approver", "support": "neutral"},
        {"stakeholder": GAO, "role": "decision_maker", "support": "enemy", "key_player": True, "wants": "A saving"},
    ]


# --- HTTP


def test_the_map_of_a_deal_has_nodes_edges_and_gaps_with_names(office: Office) -> None:
    answer = office.get(f"/opportunities/{office.ids['own deal']}/map").json()
    assert [node["name"] for node in answer["nodes"]] == ["沈国梁", "Gao Zhiyuan", "Xu Min"]
    gao = answer["nodes"][1]
    assert gao["stands"][0]["wants"] == "A saving"
    assert gao["relationships"][0]["member_name"] == "manager 王"
    assert [edge["id"] for edge in answer["edges"]] == [
        f"{GAO} reports_to {SHEN}",
        f"{XU} reports_to {GAO}",
        f"{GAO} blocks {SHEN}",
    ]
    assert {gap["rule"] for gap in answer["gaps"]} == {
        "seat_without_coverage",
        "approver_not_met",
        "key_player_not_met",
        "opponent_influences_approver",
        "inner_circle_without_relationship",
        "desired_level_not_reached",
    }
    (deal,) = answer["opportunities"]
    assert (deal["title"], answer["opportunity"]) == ("Pumps", str(office.ids["own deal"]))


def test_the_map_of_an_account_tells_what_changed_since(office: Office) -> None:
    answer = office.get(f"/accounts/{office.ids['own']}/map", since="2020-01-01").json()
    joined = [change["name"] for change in answer["changes"] if change["what"] == "joined"]
    assert joined == ["沈国梁", "Gao Zhiyuan", "Xu Min"]
    (blocks,) = [change for change in answer["changes"] if change["what"] == "blocks"]
    assert (blocks["before"], blocks["after"], blocks["to_name"]) == (None, "3 political", "沈国梁")


def test_who_may_not_read_personal_data_gets_no_names_and_no_wishes(office: Office) -> None:
    answer = office.get(f"/opportunities/{office.ids['own deal']}/map", "forecaster", since="2020-01-01")
    assert not {"沈国梁", "Gao Zhiyuan", "A saving", "manager 王"} & set(answer.text.split('"'))
    assert [node["name"] for node in answer.json()["nodes"]] == [None, None, None]


def test_a_foreign_map_does_not_exist_and_a_since_after_as_of_is_refused(office: Office) -> None:
    assert office.get(f"/opportunities/{office.ids['foreign deal']}/map").status_code == 404
    assert office.get(f"/accounts/{office.ids['foreign']}/map").status_code == 404
    answer = office.get(f"/accounts/{office.ids['own']}/map", since="2026-02-01", as_of="2026-01-31")
    assert (answer.status_code, answer.json()["rule"]) == (422, "ChangesEndBeforeTheyStart")


# --- the terminal


@pytest.fixture
def kams(postgres_url: str, valkey_url: str, fresh_names: Iterator[str], tmp_path: Path) -> Iterator[CommandLine]:
    for url in new_database(postgres_url, next(fresh_names)):
        line = company_system(url, valkey_url, tmp_path / "home")
        questions.add(line.app)
        yield line


def _given(kams: CommandLine, kind: str, key: str, command: str, /, **stated: Any) -> Any:
    said = {field: str(value).lower() if value is True else value for field, value in stated.items()}
    words = [word for field, value in said.items() for word in ("--set", f"{field}={value}")]
    answer = kams("command", kind, key, command, *words, "--json")
    assert answer.code == 0, answer.err
    return answer.json


def test_the_map_is_drawn_as_a_tree_with_symbols_arrows_and_gaps(kams: CommandLine) -> None:
    _given(kams, "account", "new", "register", name="Lanhai", external_id="A-1", currency="CNY")
    assert "No people recorded." in kams("map", "--account", "A-1").out
    member = kams("members", "list", "--json").json["members"][0]["member"]
    for name, stated in _people(member):
        _given(kams, "account", "A-1", name, **stated)
    account = kams("map", "--account", "A-1", "--json").json["account"]
    _given(kams, "opportunity", "new", "open", account=account, title="Line 7", external_id="O-1")
    for buyer in _buyers():
        _given(kams, "opportunity", "O-1", "buyers.map", **buyer)
    drawn = kams("map", "O-1", "--since", "2020-01-01")
    lines = [line.split() for line in drawn.out.splitlines()]
    assert lines[0][:6] == ["Decision", "map", "of", "Line", "7", "(O-1),"]
    assert ["沈国梁", "COO", "※", "＝", "–", "never"] in lines
    assert ["└", "Gao", "Zhiyuan", "★", "Purchasing", "＋", "×"] in [line[:7] for line in lines]
    assert ["└", "Xu", "Min", "※", "inner", "–", "never"] in lines
    assert "Gao Zhiyuan  ┄┄┄▶  沈国梁" in drawn.out
    assert "an enemy blocks the approver, strength 3" in drawn.out
    assert "Changed since 2020-01-01" in drawn.out
    assert kams("map", "O-1", "--csv").out.splitlines()[0].startswith("id,name,title,department,reports_to")
    assert "Open opportunities" in kams("map", "--account", "Lanhai").out


def test_a_map_of_nothing_or_of_two_things_is_a_usage_error(kams: CommandLine) -> None:
    assert kams("map").code == 2
    assert kams("map", "O-1", "--account", "A-1").code == 2
    assert "no opportunity O-1" in kams("map", "O-1").err
