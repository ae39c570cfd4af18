"""Candidates for a merge, asked over HTTP and on the command line."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.cli.questions import duplicates
from tests.api.command_line import company_system
from tests.api.office import Office, open_office


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with open_office(database_url) as opened:
        yield opened


def test_candidates_are_asked_for_beside_the_path_of_an_account(office: Office) -> None:
    twin = office.account("Own Co., Ltd.", manager="manager")
    office.account("FOREIGN GmbH", manager="colleague")
    office.caught_up()
    found = office.get("/accounts/duplicates").json()
    assert [(each["score"], each["reasons"][0]["what"]) for each in found["candidates"]] == [(60, "name")]
    assert {found["candidates"][0][side]["account"] for side in ("first", "second")} == {
        str(twin),
        str(office.ids["own"]),
    }
    assert len(office.get("/accounts/duplicates", "auditor").json()["candidates"]) == 2
    assert len(office.get("/accounts/duplicates", "auditor", account=str(twin)).json()["candidates"]) == 1
    assert office.get("/accounts/duplicates", at_least=61).json()["candidates"] == []
    assert office.get("/accounts/duplicates", at_least=101).status_code == 422


def test_candidates_on_the_command_line(database_url: str, valkey_url: str, tmp_path: Path) -> None:

    kams = company_system(database_url, valkey_url, tmp_path / "home")
    duplicates.add(kams.app)
    none = kams("accounts", "duplicates")
    assert (none.code, none.err + none.out) == (0, "No two accounts look alike (score 50 or more).\n")
    for key, name in (("A-1", "Harbour Foods Ltd"), ("A-2", "HARBOUR FOODS GmbH")):
        made = kams("command", "account", "new", "register", "--set", f"name={name}", "--set", f"external_id={key}")
        assert made.code == 0
    shown = kams("accounts", "duplicates")
    assert ("A-1" in shown.out, "A-2" in shown.out, "60" in shown.out) == (True, True, True)
    (pair,) = kams("accounts", "duplicates", "A-2", "--json").json["candidates"]
    assert (pair["score"], pair["first"]["external_id"], pair["second"]["external_id"]) == (60, "A-2", "A-1")
    merged = kams(
        "command", "account", "A-2", "merge", "--set", f"into={pair['second']['account']}", "--set", "reason=one"
    )
    assert merged.code == 0
    assert kams("accounts", "duplicates", "--json").json["candidates"] == []
