"""Forecast calls over HTTP and on the command line: who may speak in which layer, and whether it helped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from api.app import utc_now
from api.cli import forecasting, member_commands
from api.cli.session import make_tables
from domain.member import Member
from domain.opportunity.opportunity import Opportunity
from tests.api.command_line import CommandLine, company_system
from tests.api.office import Office, open_office
from tests.conftest import new_database

FEBRUARY = "2026-02-02T09:00:00Z"


class Watch:
    """A clock that may be set; else it is that of the wall."""

    stands: datetime | None = None

    def __call__(self) -> datetime:
        return self.stands or utc_now()

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Stop it."""
        self.stands = moment
        yield
        self.stands = None


WATCH, IN_FEBRUARY = Watch(), datetime(2026, 2, 3, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url, WATCH) as opened:
            opened.give(Member, opened.members["manager"], "assign_territory", territory="north")
            opened.give(Opportunity, opened.ids["own deal"], "change_owner", owner=str(opened.members["manager"]))
            opened.caught_up()
            yield opened


def eur(amount: int) -> dict[str, str]:
    return {"amount": str(amount), "currency": "EUR"}


def submit(office: Office, who: str = "manager", **more: Any) -> Any:
    body = {"period": "2026-Q1", "commit": eur(500), "best_case": eur(900), "occurred_at": FEBRUARY, **more}
    with WATCH.at(IN_FEBRUARY):
        return office.post("/forecast/submit", body, who)


def adjust(office: Office, who: str, layer: str, amount: int, **more: Any) -> Any:
    body = {"period": "2026-Q1", "layer": layer, "amount": eur(amount), "reason": "as I know it", **more}
    with WATCH.at(IN_FEBRUARY):
        return office.post("/forecast/adjust", {"member": "manager", "occurred_at": FEBRUARY, **body}, who)


def test_who_may_speak_in_which_layer(office: Office) -> None:
    assert submit(office).status_code == 200
    assert submit(office).json()["positions"] == [], "the same call again records nothing"
    assert adjust(office, "director", "manager", 700).status_code == 200
    assert adjust(office, "manager", "owner", 650).status_code == 200
    own = adjust(office, "manager", "manager", 1)
    assert (own.status_code, own.json()["rule"]) == (403, "NotAllowed")
    assert "to direct the member's territory" in own.json()["detail"]
    assert adjust(office, "director", "owner", 1).status_code == 403
    assert submit(office, "director", member="manager").status_code == 403
    assert submit(office, "colleague", member="manager").status_code == 404, "a stranger does not see him"
    assert submit(office, "auditor").status_code == 403
    assert submit(office, "nobody").status_code == 403
    assert submit(office, member="not there").status_code == 404
    assert submit(office, "admin", member="manager", commit=eur(510)).status_code == 200


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"period": "2026-Q9"}, "PeriodUnknown"),
        ({"period": "2025-Q4"}, "PeriodIsOver"),
        ({"commit": eur(-1)}, "AmountNegative"),
        ({"commit": eur(901)}, "CallFalls"),
        ({"commit": {"amount": "1", "currency": "JPY"}, "best_case": None}, "CurrencyWithoutRate"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(office: Office, more: dict[str, Any], rule: str) -> None:
    refused = submit(office, **more)
    assert (refused.status_code, refused.json()["rule"]) == (409, rule)
    blank = adjust(office, "director", "manager", 1, reason=" ")
    assert (blank.status_code, blank.json()["rule"]) == (409, "ReasonBlank")


@pytest.mark.parametrize("way", ["submit", "adjust"])
def test_a_call_dated_back_into_a_period_that_is_over_is_refused(office: Office, way: str) -> None:
    said = {"submit": {"commit": eur(5)}, "adjust": {"layer": "owner", "amount": eur(5), "reason": "I knew"}}[way]
    for occurred_at in (FEBRUARY, "2026-02-02"):
        refused = office.post(f"/forecast/{way}", {"period": "2026-Q1", "occurred_at": occurred_at, **said})
        assert (refused.status_code, refused.json()["rule"]) == (409, "PeriodIsOver")
        assert refused.json()["detail"].startswith("2026-Q1 was over on 2026-03-31")
    with WATCH.at(datetime(2026, 3, 31, 15, 59, 59, tzinfo=UTC)):
        assert office.post(f"/forecast/{way}", {"period": "2026-Q1", "occurred_at": FEBRUARY, **said}).is_success
        taken = {"position": office.journal.streams.head(), "reason": "only tried"}
        assert office.post("/forecast/withdraw", taken).is_success


def test_a_repetition_is_known_though_something_else_is_computed_by_now(office: Office) -> None:
    body = {"period": "2026-Q2", "commit": eur(5), "occurred_at": FEBRUARY}
    with WATCH.at(IN_FEBRUARY):
        first = office.post("/forecast/submit", body, idempotency_key="once")
    office.account("Meanwhile", "manager")
    with WATCH.at(IN_FEBRUARY):
        again = office.post("/forecast/submit", body, idempotency_key="once")
    assert (first.json()["repeated"], again.json()["repeated"]) == (False, True)
    assert again.json()["position"] == first.json()["position"]


def test_layers_stand_beside_what_was_computed_and_are_judged_when_the_period_is_over(office: Office) -> None:
    submit(office, commit=eur(510))
    adjust(office, "director", "manager", 700)
    office.caught_up()
    running = office.get("/forecast/calls", "director", as_of="2026-02-10", first="2026-03-01", last="2026-03-31")
    lines = {line["layer"]: line for line in running.json()["calls"]}
    assert list(lines) == ["submitted", "owner", "manager"]
    assert (lines["submitted"]["amount"], lines["submitted"]["best_case"]) == ("510.00", "900.00")
    assert (lines["manager"]["reason"], lines["manager"]["by_name"]) == ("as I know it", "director 王")
    assert lines["manager"]["computed"] == "100.00", "1,000 at the first stage of the default process"
    assert lines["manager"]["actual"] is None
    assert running.json()["scores"] == []
    over = office.get("/forecast/calls", "director", as_of="2026-06-01", last="2026-03-31").json()
    assert [(line["actual"], line["error"], line["helped"]) for line in over["calls"]] == [
        ("0.00", "510.00", False), ("0.00", "650.00", False), ("0.00", "700.00", False)
    ]  # fmt: skip
    score = over["scores"][2]
    assert (score["layer"], score["periods"], score["error"], score["computed_error"]) == (
        "manager", 1, "700.00", "100.00"
    )  # fmt: skip
    assert (score["helped"], score["hurt"], score["wape"]) == (0, 1, None)


def test_calls_are_seen_by_the_person_and_those_who_direct_him(office: Office) -> None:
    office.caught_up()
    for who, sees in {"manager": True, "director": True, "auditor": True, "colleague": False, "nobody": False}.items():
        assert bool(office.get("/forecast/calls", who).json()["calls"]) == sees, who
    assert office.get("/forecast/calls", "auditor", member="colleague").json()["calls"] == []


def test_layers_survive_a_change_of_territory_and_of_process(office: Office) -> None:
    before = office.get("/forecast/calls", "auditor").json()["calls"]
    assert before
    manager = office.members["manager"]
    office.give(Member, manager, "leave_territory", territory="north")
    office.give(Member, manager, "assign_territory", territory="south")
    process = office.get("/policies/sales-process/four-funnel", "admin").json()
    process["stages"][0]["probability"] = "0.5"
    changed = office.request("PUT", "/policies/sales-process/four-funnel", "admin", json=process)
    assert changed.status_code == 200, changed.text
    office.caught_up()
    after = office.get("/forecast/calls", "auditor").json()["calls"]
    assert [without_truth(line) for line in after] == [without_truth(line) for line in before]
    office.give(Member, manager, "leave_territory", territory="south")
    office.give(Member, manager, "assign_territory", territory="north")
    office.caught_up()


def without_truth(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name not in ("actual", "error", "computed_error", "helped")}


def test_only_who_speaks_in_a_layer_takes_back_what_was_said_there(office: Office) -> None:
    position = adjust(office, "director", "manager", 710).json()["position"]
    taken = {"position": position, "reason": "mistyped"}
    assert office.post("/forecast/withdraw", taken, "manager").status_code == 403
    assert office.post("/forecast/withdraw", {**taken, "position": 1}, "director").status_code == 404
    assert office.post("/forecast/withdraw", taken, "director").status_code == 200
    office.caught_up()
    amounts = {
        line["layer"]: line["amount"] for line in office.get("/forecast/calls", last="2026-03-31").json()["calls"]
    }
    assert amounts["manager"] == "700.00"


@pytest.fixture
def kams(postgres_url: str, valkey_url: str, tmp_path: Path, fresh_names: Iterator[str]) -> Iterator[CommandLine]:
    for url in new_database(postgres_url, next(fresh_names)):
        make_tables(url)
        made = company_system(url, valkey_url, tmp_path / "home")
        forecasting.add(made.app)
        member_commands.add(made.app)
        yield made


def test_calls_in_the_terminal(kams: CommandLine) -> None:
    assert "No forecast was called." in kams("forecast", "calls").err
    invited = kams("members", "invite", "Anna", "--external-id", "M-1", "--json").json["id"]
    given = kams("forecast", "submit", "--period", "2999-Q4", "--commit", "1,000", "--best-case", "1500",
                 "--currency", "EUR", "--member", "M-1")  # fmt: skip
    assert (given.code, given.err) == (0, "Called 2999-Q4, position 5.\n"), given.err
    adjusted = kams("forecast", "adjust", "Anna", "--period", "2999-Q4", "--layer", "manager", "--amount", "800",
                    "--reason", "always late", "--currency", "EUR")  # fmt: skip
    assert (adjusted.code, adjusted.err) == (0, "Adjusted 2999-Q4, position 6.\n"), adjusted.err
    same = ("forecast", "adjust", "Anna", "--period", "2999-Q4", "--layer", "manager", "--amount", "800", "--reason")
    assert "says so already" in kams(*same, "always late", "--currency", "EUR").err
    shown = kams("forecast", "calls", "--member", "Anna", "--json").json
    assert [(each["layer"], each["member"], each["name"]) for each in shown["calls"]] == [
        ("submitted", invited, "Anna"),
        ("manager", invited, "Anna"),
    ]
    assert "always late" in kams("forecast", "calls").out
    assert kams("forecast", "calls", "--csv", "--from", "2999-12-31").out.splitlines()[2].startswith("2999-Q4,")
    assert "No forecast" in kams("forecast", "calls", "--to", "2999-12-30").err
    assert kams("forecast", "adjust", "Anna", "--period", "2999-Q4", "--layer", "best", "--amount", "1").code == 2
    blank = kams("forecast", "adjust", "Anna", "--period", "2999-Q4", "--layer", "manager", "--amount", "1",
                 "--currency", "EUR")  # fmt: skip
    assert blank.code == 1
    assert "needs its reason" in blank.err
    dated_back = kams("forecast", "submit", "--period", "2025-Q4", "--commit", "1", "--currency", "EUR",
                      "--member", "M-1", "--on", "2025-10-02")  # fmt: skip
    assert (dated_back.code, "2025-Q4 was over on 2025-12-31" in dated_back.err) == (1, True), dated_back.err
    by_set = kams("command", "forecast-call", "-", "adjust", "--set", "period=2025-Q4", "--set", "member=M-1",
                  "--set", "layer=owner", "--set", "reason=knew", "--set", 'amount={"amount":"5","currency":"EUR"}',
                  "--on", "2025-10-02")  # fmt: skip
    assert (by_set.code, "2025-Q4 was over on 2025-12-31" in by_set.err) == (1, True), by_set.err
    listed = kams("command", "forecast-call", "--list", "--json").json["commands"]
    assert {each["name"] for each in listed} == {"submit", "adjust", "withdraw"}
    again = kams("command", "forecast-call", "-", "submit", "--set", "period=2999-Q3", "--set", "member=M-1",
                 "--set", 'commit={"amount":"5","currency":"EUR"}')  # fmt: skip
    assert again.code == 0, again.err
