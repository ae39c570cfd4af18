"""Exposure asked over HTTP and on the command line."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from api.cli.questions import exposure
from tests.api.command_line import company_system
from tests.api.office import Office, open_office


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with open_office(database_url) as opened:
        yield opened


def known_by(office: Office, account: str, who: str) -> UUID:
    """A contact whom only this one of ours ever met."""
    person, path = uuid4(), f"/accounts/{office.ids[account]}"
    added = {"stakeholder_id": str(person), "name": "王伟", "external_id": f"P-{account}"}
    assert office.post(f"{path}/stakeholders/add", added, who).status_code == 200
    met = {"visit_id": str(uuid4()), "people": [str(office.members[who])], "stakeholders": [str(person)]}
    assert office.post(f"{path}/visits/log", met, who).status_code == 200
    office.caught_up()
    return person


def test_exposure_over_http(office: Office) -> None:
    person = known_by(office, "own", "manager")
    foreign = known_by(office, "foreign", "colleague")
    answer = office.get("/exposure").json()
    assert [(each["side"], each["person"], each["value"]) for each in answer["exposures"]] == [
        ("contact", str(person), "1000.00"),
        ("manager", str(office.members["manager"]), "1000.00"),
    ]
    assert [each["name"] for each in answer["exposures"]] == ["王伟", "manager 王"]
    assert answer["exposures"][1]["single_threads"][0]["name"] == "王伟"
    assert [each["single_thread"] for each in answer["accounts"]] == [100.0]
    for asked in ({"contact": "P-own"}, {"contact": str(person)}, {"contact": "王伟"}):
        assert [each["person"] for each in office.get("/exposure", **asked).json()["exposures"]] == [str(person)]
    assert office.get("/exposure", contact=str(foreign)).status_code == 404
    assert office.get("/exposure", account=str(office.ids["foreign"])).status_code == 404
    assert [each["name"] for each in office.get("/exposure", "forecaster").json()["exposures"]] == [None] * 4
    only = office.get("/exposure", "auditor", manager=str(office.members["colleague"])).json()["exposures"]
    assert [each["person"] for each in only] == [str(office.members["colleague"])]


def test_exposure_on_the_command_line(database_url: str, valkey_url: str, tmp_path: Path) -> None:

    kams = company_system(database_url, valkey_url, tmp_path / "home")
    exposure.add(kams.app)
    empty = kams("exposure")
    assert (empty.code, empty.out + empty.err) == (0, "Nothing hangs on one person alone.\n")
    member = kams("command", "member", "new", "invite", "--set", "name=Mei", "--set", "external_id=M-1", "--json").json[
        "id"
    ]
    kams("command", "account", "new", "register", "--set", "name=Harbour", "--set", "external_id=H-1")
    person = str(uuid4())
    for words in (
        ("stakeholders.add", f"stakeholder_id={person}", "name=Wang"),
        ("visits.log", f"visit_id={uuid4()}", f"people={member}", f"stakeholders={person}"),
    ):
        given = kams("command", "account", "H-1", words[0], *(each for word in words[1:] for each in ("--set", word)))
        assert given.code == 0, given.err
    shown = kams("exposure")
    assert (shown.code, "Wang" in shown.out, "Mei" in shown.out, "H-1" in shown.out) == (0, True, True, True)
    (his,) = kams("exposure", "--contact", "Wang", "--json").json["exposures"]
    assert (his["person"], his["carries_alone"] != []) == (person, True)
    assert len(kams("exposure", "--manager", "M-1", "--csv").out.splitlines()) == 2
    assert kams("exposure", "--contact", "nobody").code == 1
