"""The trend and the heat map of relationship health over HTTP and in the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from api.cli import reading
from domain.account.account import Account
from tests.api.command_line import CommandLine, company_system
from tests.api.office import Office, open_office
from tests.conftest import new_database


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            opened.give(Account, opened.ids["own"], "visits.log", visit_id=str(uuid4()))
            opened.caught_up()
            yield opened


def test_the_heat_map_has_a_cell_for_each_component_with_facts(office: Office) -> None:
    answer = office.get("/relationship-health/heat", as_of="2026-01-05T09:00:00Z").json()
    (own,) = answer["accounts"]
    assert (answer["components"], answer["scope"]) == (["contact", "issues"], "own accounts")
    assert (own["name"], own["cells"]["contact"]["score"], own["cells"]["contact"]["band"]) == ("own", 100, "green")
    assert len(own["cells"]["contact"]["positions"]) == 1
    assert len(office.get("/relationship-health/heat", "auditor").json()["accounts"]) == 2


def test_the_trend_holds_other_days_against_now(office: Office) -> None:
    asked = {"account": str(office.ids["own"]), "as_of": "2026-07-04T09:00:00Z"}
    (own,) = office.get("/relationship-health/trend", days="180,0,200", **asked).json()["accounts"]
    assert [(point["score"], point["band"]) for point in own["points"]] == [(None, None), (92.9, "green"), (50, "red")]
    assert own["change"] == -42.9
    assert office.get("/relationship-health/trend", **asked).json()["days"] == [90, 30, 0]
    assert office.get("/relationship-health/trend", days="soon").status_code == 422
    assert office.get("/relationship-health/trend", account=str(office.ids["foreign"])).status_code == 404


@pytest.fixture
def kams(postgres_url: str, valkey_url: str, fresh_names: Iterator[str], tmp_path: Path) -> Iterator[CommandLine]:
    for url in new_database(postgres_url, next(fresh_names)):
        line = company_system(url, valkey_url, tmp_path / "home")
        reading.add(line.app)
        yield line


def test_heat_and_trend_in_the_terminal(kams: CommandLine) -> None:
    assert "No accounts recorded." in kams("health", "--heat").out
    words = ("--set", "name=Lanhai", "--set", "external_id=A-1", "--set", "currency=CNY")
    assert kams("command", "account", "new", "register", *words, "--on", "2024-01-01").code == 0
    log = kams("command", "account", "A-1", "visits.log", "--set", f"visit_id={uuid4()}", "--on", "2024-02-01")
    assert log.code == 0, log.err
    then = ("--as-of", "2024-07-30")
    assert kams("health", "--heat", *then).out.splitlines()[1:3] == [
        "account  score  contact",
        "Lanhai      50       50",
    ]
    assert kams("health", "--heat", "--csv", *then).out.splitlines() == [
        "account,external id,score,contact",
        "Lanhai,A-1,50.0,50.0",
    ]
    trend = kams("health", "--trend", "--csv", "--account", "A-1", *then).out.splitlines()
    assert trend == ["account,external id,90 days ago,30 days ago,now,change", "Lanhai,A-1,70.7,56.1,50.0,-20.7"]
    assert "Trend of relationship health" in kams("health", "--trend", *then).out
    assert kams("health", "--heat", "--trend").code == 2
    assert kams("health", "--heat", "--account", "A-1").code == 2


def test_a_narrow_terminal_leaves_out_bars_before_numbers_of_accounts(kams: CommandLine) -> None:
    words = ("--set", "name=Lanhai Precision Machines and Sons", "--set", "external_id=A-4711000815", "--set")
    assert kams("command", "account", "new", "register", *words, "currency=CNY", "--on", "2024-01-01").code == 0
    log = ("command", "account", "A-4711000815", "visits.log", "--set", f"visit_id={uuid4()}", "--on", "2024-02-01")
    assert kams(*log).code == 0
    narrow, wide = (kams("health", "--as-of", "2024-03-01", COLUMNS=columns).out for columns in ("80", "110"))
    assert ("A-4711000815" in narrow, "█" in narrow) == (True, False)
    assert ("A-4711000815" in wide, "█" in wide) == (True, True)
    assert max(map(len, narrow.splitlines()[:3])) <= 80
