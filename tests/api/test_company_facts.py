"""What programmes and tests tell of an account stands in its timeline, trail, replay, diff and evidence; and nothing
that they tell of others."""

from __future__ import annotations

import base64
import html
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from domain.account.account import Account
from domain.seal.exported import verify_export
from tests.api.office import Office, open_office
from tests.conftest import new_database
from workers.sealing import Sealing, SealKey


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            yield opened


@pytest.fixture(scope="module")
def told(office: Office) -> dict[str, int]:
    """Nova, with Twin that was merged into it, and the foreign account in one programme and one test; Nova was scored
    as partner for a service that never was, which is taken back, and told late whom it served. Positions by name."""
    nova = office.ids["Nova"] = office.account("Nova", "manager", "north")
    twin = office.ids["Twin"] = office.account("Twin", "manager", "north")
    found = {
        "nova in": partner(office, "enrol", nova, "2026-01-06", member="manager", agreement="Wang of Nova"),
        "foreign in": partner(office, "enrol", office.ids["foreign"], "2026-01-06", member="colleague",
                              agreement="Li of Foreign"),
        "twin in": partner(office, "enrol", twin, "2026-01-07", member="manager", agreement="Wu of Twin"),
        "wrong": partner(office, "leave", nova, "2026-02-01", reason="sold"),
    }  # fmt: skip
    result = {"account": str(office.ids["own"]), "value": "7", "evidence": "Ma of Own", "on": "2026-02-02"}
    found["result"] = given(office, f"/experiments/{office.ids['experiments']}/record-result", result)
    withdrawal = {"position": found["wrong"], "reason": "never was"}
    found["then"] = office.journal.streams.head()
    found["back"] = given(office, f"/programmes/{office.ids['programmes']}/withdraw", withdrawal)
    office.give(Account, twin, "merge", into=str(nova), reason="the same", people={}, open_items={})
    office.caught_up()
    return found


def partner(office: Office, command: str, account: UUID, day: str, member: str = "", **body: Any) -> int:
    stated = {"account": str(account), "reason": "sells parts on", **body, "occurred_at": day}
    if member:
        stated["member"] = str(office.members[member])
    return given(office, f"/programmes/{office.ids['programmes']}/partners/{command}", stated)


def given(office: Office, path: str, body: dict[str, Any]) -> int:
    answer = office.post(path, body, "admin")
    assert answer.status_code == 200, answer.text
    position: int = answer.json()["position"]
    return position


def asked(office: Office, path: str, who: str = "manager", **parameters: Any) -> dict[str, Any]:
    answer = office.get(path, who, **parameters)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def of_company(lines: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    kinds = "PartnerProgramme", "Experiment"
    return {line["position"]: line for line in lines if line["fact"].partition(".")[0] in kinds}


def test_the_timeline_has_them_newest_first_those_of_merged_accounts_too(office: Office, told: dict[str, int]) -> None:
    found = of_company(asked(office, f"/accounts/{office.ids['Nova']}", limit=100)["timeline"])
    assert list(found) == [told["back"], told["twin in"], told["nova in"]]
    assert found[told["nova in"]]["text"].startswith("partner enrolled: account Nova, kind end customer")
    assert found[told["nova in"]]["subject"] == str(office.ids["programmes"])
    own = of_company(asked(office, f"/accounts/{office.ids['own']}", limit=100)["timeline"])
    assert {at: line["fact"] for at, line in own.items()} == {told["result"]: "Experiment.ResultRecorded"}
    before = asked(office, f"/accounts/{office.ids['Nova']}", limit=100, as_of="2026-01-06")["timeline"]
    assert list(of_company(before)) == [told["nova in"]]


def test_the_trail_of_an_account_has_them_with_its_name(office: Office, told: dict[str, int]) -> None:
    lines = of_company(asked(office, "/audit/trail", "auditor", account=office.ids["Nova"], limit=1000)["lines"])
    assert list(lines) == sorted((told[each] for each in ("back", "wrong", "twin in", "nova in")), reverse=True)
    assert [line["account_name"] for line in lines.values()] == ["Nova", "Nova", "Twin", "Nova"]
    assert (lines[told["wrong"]]["withdrawn_by"], lines[told["back"]]["withdraws"]) == (told["back"], told["wrong"])
    assert {line["title"] for line in lines.values()} == {"Golden key"}
    deal = asked(office, "/audit/trail", "auditor", account=office.ids["own"], opportunity=office.ids["own deal"])
    assert of_company(deal["lines"]) == {}
    kinds = asked(office, "/audit/trail", "auditor", account=office.ids["own"], kind="Experiment")["lines"]
    assert [line["position"] for line in kinds] == [told["result"]]


def test_a_replay_has_them_with_what_they_changed_for_this_account(office: Office, told: dict[str, int]) -> None:
    path = f"/audit/replay/{office.ids['Nova']}"
    found = asked(office, path, limit=1000)
    steps = of_company(found["steps"])
    assert list(steps) == [told["nova in"], told["twin in"], told["wrong"], told["back"]]
    nova = str(office.ids["Nova"])
    assert [each["path"] for each in steps[told["nova in"]]["changes"]] == [["partners", "stretches", nova]]
    assert (steps[told["wrong"]]["withdrawn_by"], steps[told["wrong"]]["changes"]) == (told["back"], [])
    streams = {line["kind"]: line for line in found["streams"]}
    assert (streams["partnerprogramme"]["name"], streams["partnerprogramme"]["facts"]) == ("Golden key", 4)
    assert "experiment" not in streams
    assert str(office.ids["foreign"]) not in str(found)


def test_what_became_known_since_is_told_of_them(office: Office, told: dict[str, int]) -> None:
    found = asked(office, f"/audit/replay/{office.ids['Nova']}", known_at=told["then"])["learned"]
    (changed,) = [each for each in found["different"] if each["subject"] == str(office.ids["programmes"])]
    assert (changed["subject_name"], [each["path"][:2] for each in changed["changes"]]) == (
        "Golden key", [["partners", "stretches"]],
    )  # fmt: skip
    assert [line["position"] for line in found["withdrawn"]] == [told["wrong"]]


def test_a_diff_of_the_account_lists_them(office: Office, told: dict[str, int]) -> None:
    asking = {"account": office.ids["Nova"], "from": "2026-01-06", "to": "2026-02-28", "limit": 1000}
    facts = of_company(asked(office, "/audit/diff", "auditor", **asking)["facts"])
    assert set(facts) == {told["twin in"], told["wrong"]}
    assert facts[told["wrong"]]["subject_name"] == "Golden key"


def test_the_evidence_has_them_and_says_that_their_streams_are_not_exported(
    office: Office, told: dict[str, int], tmp_path: Path
) -> None:
    with psycopg.connect(office.journal.database_url, autocommit=True) as connection:
        assert Sealing(SealKey(bytes(range(32)))).seal(connection)
    page = html.unescape(office.get(f"/audit/report/{office.ids['Nova']}", "auditor").text)
    for words in ("Wang of Nova", "Wu of Twin", "never was", "Golden key", "is not in the export"):
        assert words in page, words
    for other in ("Li of Foreign", "Ma of Own"):
        assert other not in page
    attached = re.search(r'href="data:application/zip;base64,([^"]+)"', page)
    assert attached
    export = tmp_path / "attached.zip"
    export.write_bytes(base64.b64decode(attached[1]))
    assert verify_export(export).ok
    with zipfile.ZipFile(export) as archive:
        events = archive.read("events.bin")
    assert (b"Account.Registered" in events, b"PartnerProgramme" in events) == (True, False)


def test_a_pack_without_them_does_not_speak_of_them(office: Office, told: dict[str, int]) -> None:
    alone = office.account("Alone", "manager")
    office.caught_up()
    assert "is not in the export" not in office.get(f"/audit/report/{alone}", "auditor").text
