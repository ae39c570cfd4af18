"""A complaint that is answered too late, what it changes in the customer's health, and what a later word changes back:
on the command line, with a worker that slept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from api.cli import explaining, reading
from api.cli.questions import findings, issues, todo
from api.cli.session import system
from api.cli.settings import Settings
from tests.api.command_line import CommandLine, company_system
from workers.breaches import Breaches

Worker = Callable[[str], int]


@pytest.fixture
def kams(database_url: str, valkey_url: str, tmp_path: Path) -> CommandLine:
    made = company_system(database_url, valkey_url, tmp_path / "home")
    for each in (reading, explaining, issues, findings, todo):
        each.add(made.app)
    return made


@pytest.fixture
def worker(kams: CommandLine, database_url: str, valkey_url: str) -> Worker:
    """A worker that wakes on a day at noon; how many facts it records."""
    home = Path(kams.environment["KAMS_HOME"])

    def wakes(day: str) -> int:
        noon = datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC)
        with system(Settings(home=home, database_url=database_url, redis_url=valkey_url)) as made:
            made.engine.catch_up()
            recorded = Breaches(made.journal, made.reader, lambda: noon).note()
            made.engine.catch_up()
        return recorded

    return wakes


def given(kams: CommandLine, *words: str, on: str, **stated: str) -> Any:
    said = [word for name, value in stated.items() for word in ("--set", f"{name}={value}")]
    answer = kams("command", *words, "--on", f"{on}Z", *said, "--json")
    assert answer.code == 0, answer.err
    return answer.json


def health(kams: CommandLine, day: str, *more: str) -> dict[str, Any]:
    """The component of issues on a day, at its end."""
    answer = kams("health", "--account", "H-1", "--as-of", day, "--json", *more)
    assert answer.code == 0, answer.err
    (account,) = answer.json["accounts"]
    return {"score": account["score"], **{each["name"]: each["score"] for each in account["components"]}}


def test_a_complaint_breaches_and_is_judged_anew_when_it_turns_out_to_have_been_in_time(
    kams: CommandLine, worker: Worker
) -> None:
    account = given(kams, "account", "new", "register", on="2026-02-02T09:00:00", name="Harbour", external_id="H-1")
    said = {"severity": "1", "kind": "complaint", "category": "delivery", "description": "Nothing came."}
    raised = given(
        kams, "issue", "new", "raise_issue",
        on="2026-03-02T09:00:00", account=account["id"], external_id="T-1", **said,
    )  # fmt: skip
    (issue,) = kams("issues", "--as-of", "2026-03-02", "--json").json["issues"]
    assert (issue["response_due"], issue["resolution_due"]) == ("2026-03-02T18:00:00Z", "2026-03-06T18:00:00Z")
    assert worker("2026-03-02") == 0
    assert health(kams, "2026-02-27") == {"score": None}
    assert health(kams, "2026-03-02T12:00:00Z") == {"score": 60.0, "issues": 60.0}

    # nobody answers, and the worker sleeps for a week: both breaches have the moments at which they happened
    assert (worker("2026-03-09"), worker("2026-03-10")) == (2, 0)
    (issue,) = kams("issues", "--as-of", "2026-03-09", "--json").json["issues"]
    assert (issue["response_kept"], issue["resolution_kept"]) == (False, False)
    assert issue["overdue_since"] == "2026-03-02T18:00:00Z"
    assert health(kams, "2026-03-09") == {"score": 20.0, "issues": 20.0}
    (finding,) = kams("findings", "--rule", "open_issue_overdue", "--as-of", "2026-03-09", "--json").json["findings"]
    assert finding["text"] == "an open issue of severity 1 is overdue"
    why = kams("explain", "health", "H-1", "--as-of", "2026-03-09", "--json").json
    assert [event["position"] for event in why["components"][0]["events"]] == issue["positions"]
    assert "T-1" in kams("issues", "--open", "--as-of", "2026-03-09").out

    # it is escalated, and resolved late: better, but not forgotten
    given(kams, "issue", "T-1", "escalate", on="2026-03-10T09:00:00", reason="a week old", level="director")
    late = given(
        kams, "issue", "T-1", "resolve", on="2026-03-11T09:00:00", root_cause="carrier", resolution="Sent anew."
    )
    assert health(kams, "2026-03-12") == {"score": 90.0, "issues": 90.0}
    before = late["position"]

    # the carrier shows that it had been delivered on the same day: the late resolution was wrong
    taken_back = kams(
        *("command", "issue", "T-1", "withdraw", "--set", f"position={late['position']}"),
        *("--set", "reason=the day was wrong"),
    )
    assert taken_back.code == 0, taken_back.err
    given(kams, "issue", "T-1", "resolve", on="2026-03-02T16:00:00", root_cause="carrier", resolution="Sent anew.")
    assert health(kams, "2026-03-12") == {"score": 100.0, "issues": 100.0}
    assert health(kams, "2026-03-12", "--known-at", str(before)) == {"score": 90.0, "issues": 90.0}
    assert (worker("2026-03-13"), worker("2026-03-14")) == (2, 0)
    (issue,) = kams("issues", "--as-of", "2026-03-12", "--json").json["issues"]
    assert (issue["response_kept"], issue["resolution_kept"], issue["overdue_since"]) == (True, True, None)
    whole = kams("service", "--period", "2026-03", "--json").json["whole"]
    assert (whole["resolution"]["share"], whole["hours"], whole["working_hours"]) == (1.0, 7.0, 7.0)
    assert raised["position"] < before
    assert kams("findings", "--rule", "open_issue_overdue", "--json").json["findings"] == []
