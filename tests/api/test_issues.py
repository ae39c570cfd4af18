"""Issues and service asked over HTTP and on the command line; who hands over an account lists what is open there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from api.cli.questions import issues
from domain.account.account import Account
from tests.api.command_line import company_system
from tests.api.office import Office, open_office


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with open_office(database_url) as opened:
        yield opened


def test_issues_over_http_are_those_of_accounts_that_one_sees(office: Office) -> None:
    own, foreign = office.ids["own issue"], office.ids["foreign issue"]
    (line,) = office.get("/issues").json()["issues"]
    assert (line["issue"], line["status"], line["description"]) == (str(own), "open", "came late")
    assert (line["response_due"], line["service_level"]) == ("2026-01-07T09:00:00Z", "none")
    assert len(office.get("/issues", "auditor").json()["issues"]) == 2
    assert {each["description"] for each in office.get("/issues", "forecaster").json()["issues"]} == {None}
    assert office.get("/issues", account=str(office.ids["foreign"])).status_code == 404
    assert office.get("/issues", "auditor", limit=1).json()["not_shown"] == 1
    assert office.get("/issues", open=True, severity=1).json()["issues"] == []
    assert office.get("/issues", severity=5).status_code == 422
    assert office.get(f"/issues/{own}").json()["issue"]["category"] == "delivery"
    assert office.get(f"/issues/{own}", as_of="2025-12-01").status_code == 404
    assert office.get(f"/issues/{foreign}").status_code == 404


def test_service_over_http_names_managers_for_those_who_may_read_names(office: Office) -> None:
    issue = office.ids["own issue"]
    resolved = {"root_cause": "carrier", "resolution": "sent anew", "occurred_at": "2026-01-05T12:00:00Z"}
    assert office.post(f"/issues/{issue}/resolve", resolved).status_code == 200
    change = {"improvement_id": str(uuid4()), "area": "packaging", "what": "pallets"}
    assert office.post(f"/issues/{issue}/improve", change).status_code == 200
    office.caught_up()
    answer = office.get("/service", by="manager", period="2026-01").json()
    (line,) = answer["lines"]
    assert (line["name"], line["hours"], line["working_hours"]) == ("manager 王", 3.0, 1.0)
    assert line["resolution"] | {"positions": []} == {"kept": 1, "missed": 0, "share": 1.0, "positions": []}
    assert [each["what"] for each in answer["improvements"]] == ["pallets"]
    lines = office.get("/service", "forecaster", by="manager", period="2026-01").json()["lines"]
    assert {line["name"] for line in lines} == {""}
    assert office.get("/service", by="mood").status_code == 422


def test_no_door_takes_a_breach(office: Office) -> None:
    issue = office.issue("own")
    for path in ("sla/note-breach", "sla/note_breach", "sla/withdraw-breach"):
        assert office.post(f"/issues/{issue}/{path}", {"which": "response"}, "admin").status_code == 404


def test_a_handover_lists_the_issues_that_are_open_then_though_rows_lag(office: Office) -> None:
    over = office.ids["own issue"]
    resolved = {"root_cause": "carrier", "resolution": "sent anew"}
    assert office.post(f"/issues/{over}/resolve", resolved).status_code == 200
    office.caught_up()
    seen = office.issue("own")
    office.caught_up()
    lagging, reopened = office.issue("own"), over
    assert office.post(f"/issues/{reopened}/reopen", {"reason": "came back"}).status_code == 200
    office.issue("foreign")
    path, to = f"/accounts/{office.ids['own']}/hand-over", str(office.members["colleague"])
    refused = office.post(path, {"to": to, "reason": "leave", "open_issues": []}, "admin")
    assert refused.status_code == 422
    answer = office.post(path, {"to": to, "reason": "leave"}, "admin")
    assert answer.status_code == 200, answer.text
    facts = office.journal.streams.facts(answer.json()["position"] - 1, 1)
    assert isinstance(facts[0].event, Account.AccountHandedOver)
    assert set(facts[0].event.issues) == {seen, lagging, reopened}


def test_issues_on_the_command_line(database_url: str, valkey_url: str, tmp_path: Path) -> None:
    kams = company_system(database_url, valkey_url, tmp_path / "home")
    issues.add(kams.app)
    assert kams("issues").err == "No issues recorded.\n"
    assert kams("service", "--period", "2026").err == "No issues were raised from 2026-01-01 to 2026-12-31.\n"
    kams("command", "account", "new", "register", "--set", "name=Harbour", "--set", "external_id=H-1")
    account = kams("command", "account", "H-1", "change_profile", "--set", "industry=ports", "--json").json["id"]
    said = ("severity=1", "kind=complaint", "category=Late Delivery", "description=late", "external_id=T-1")
    words = [each for word in (f"account={account}", *said) for each in ("--set", word)]
    raised = kams("command", "issue", "new", "raise_issue", "--on", "2026-03-02T09:00:00Z", *words)
    assert raised.code == 0, raised.err
    made = (("departments.ask", f"request_id={uuid4()}", "department=quality", "what=why?", "due=2099-01-01T09:00:00Z"),
            ("escalate", "reason=old", "level=director"),
            ("resolve", "root_cause=Carrier", "resolution=sent anew"),
            ("improve", f"improvement_id={uuid4()}", "area=packaging", "what=pallets"))  # fmt: skip
    for name, *stated in made:
        given = kams("command", "issue", "T-1", name, *(each for word in stated for each in ("--set", word)))
        assert given.code == 0, given.err
    shown = kams("issue", "T-1")
    assert shown.code == 0
    for text in ("late delivery", "director", "quality", "pallets", "carrier", "resolution kept"):
        assert text in shown.out
    assert "carrier" in kams("issues").out
    assert kams("issues", "--open", "--json").json["issues"] == []
    header, line = kams("issues", "--csv").out.splitlines()
    assert (header.split(",")[1], line.split(",")[1]) == ("issue", "T-1")
    assert "Harbour" in kams("service", "--by", "account", "--period", "2026").out
    assert kams("service", "--period", "2026", "--csv").out.splitlines()[1].startswith("1,1,0,0,0,0% (0/1)")
    assert (kams("service", "--by", "mood").code, kams("issue", "T-9").code) == (2, 1)
