"""Visits over HTTP and on the command line: correcting, handing in plans, questions, and the calendar feed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from icalendar import Calendar

from api.cli import questions
from domain.account.account import Account
from domain.journal.people import text_key
from domain.member import Role
from domain.policies.policy import policy_id
from domain.policies.price_list import PriceList
from tests.api.command_line import CommandLine, company_system
from tests.api.office import Office, open_office
from tests.conftest import new_database

NEVER = "2026-01-05T09:00:00Z"


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            yield opened


def plan(office: Office, account: UUID, start: str, **more: Any) -> UUID:
    """A planned visit of the manager's."""
    visit = uuid4()
    body = {
        "visit_id": str(visit),
        "start": start,
        "what": "store_visit",
        "why": "the shelf",
        "where": "Suzhou",
        "purpose": "advantage",
        "expected_action": "gives us the second shelf",
        "people": [str(office.members["manager"])],
        "occurred_at": NEVER,
        **more,
    }
    assert office.post(f"/accounts/{account}/visits/plan", body).status_code == 200
    return visit


def log(office: Office, account: UUID, visit: UUID, **more: Any) -> Any:
    return office.post(f"/accounts/{account}/visits/log", {"visit_id": str(visit), **more})


def test_a_correction_is_a_withdrawal_and_a_new_log_whose_claims_are_free_again(office: Office) -> None:
    account = office.account("Corrected", "manager")
    visit = plan(office, account, "2026-01-06T09:00:00Z", external_id="V-77")
    first = log(office, account, visit, minutes=30, occurred_at="2026-01-06T09:00:00Z").json()
    assert log(office, account, visit, minutes=45, occurred_at="2026-01-06T09:00:00Z").status_code == 409
    body = {"position": first["position"], "reason": "typo", "visit_id": str(visit), "minutes": 45, "steps": ["order"]}
    corrected = office.post(f"/accounts/{account}/visits/correct", body)
    assert corrected.status_code == 200, corrected.text
    assert len(corrected.json()["positions"]) == 2
    office.caught_up()
    (line,) = office.get("/visits", period="2026-01", account=str(account)).json()["visits"]
    assert (line["minutes"], line["at"], line["status"]) == (45, "2026-01-06T09:00:00Z", "logged")
    (before,) = office.get("/visits", period="2026-01", account=str(account), known_at=first["position"]).json()[
        "visits"
    ]
    assert before["minutes"] == 30
    again = office.post(f"/accounts/{account}/visits/correct", {**body, "minutes": 60})
    assert again.status_code == 409
    newest = {**body, "position": corrected.json()["position"], "minutes": 60}
    assert office.post(f"/accounts/{account}/visits/correct", newest).status_code == 200


def logged_in_full(office: Office, account: UUID) -> tuple[UUID, dict[str, Any]]:
    """A store visit with everything stated."""
    visit = uuid4()
    full = {
        "what": "store_visit",
        "minutes": 40,
        "why": "the shelf",
        "where": "Suzhou",
        "purpose": "advantage",
        "steps": ["stock_check", "order"],
        "objective_met": "partly",
        "action_agreed": "clears the second shelf",
        "outcome": "agreed to a trial",
        "next_step": "bring samples",
        "next_step_on": "2026-02-01",
        "stock": [{"product": "tea", "quantity": "4"}],
        "order_lines": [{"product": "tea", "quantity": "6"}],
        "display_score": 70,
    }
    given = log(office, account, visit, **full, occurred_at="2026-01-06T09:00:00Z")
    assert given.status_code == 200, given.text
    return visit, given.json()


def test_a_correction_takes_over_what_it_does_not_state(office: Office) -> None:
    account = office.account("Taken over", "manager")
    visit, first = logged_in_full(office, account)
    body = {"position": first["position"], "reason": "clock", "minutes": 25}
    assert office.post(f"/accounts/{account}/visits/correct", body).status_code == 200
    before, _, after = office.journal.streams.history(account)[-3:]
    assert after.event == msgspec.structs.replace(before.event, minutes=25)
    assert after.occurred_at == before.occurred_at
    assert str(visit) == str(after.event.visit_id)  # type: ignore[attr-defined]


def test_a_visit_is_read_back_whole_with_all_its_versions(office: Office) -> None:
    account = office.account("Read back", "manager")
    visit, first = logged_in_full(office, account)
    body = {"position": first["position"], "reason": "clock", "minutes": 25}
    withdrawn, instead = office.post(f"/accounts/{account}/visits/correct", body).json()["positions"]
    office.caught_up()
    path = f"/accounts/{account}/visits/{visit}"
    told = office.get(path).json()
    log_told = told["log"]
    assert (told["status"], told["plan"], told["positions"]) == ("logged", None, [instead])
    assert (log_told["minutes"], log_told["outcome"]) == (25, "agreed to a trial")
    assert log_told["steps"] == ["stock_check", "order"]
    assert (log_told["action_agreed"], log_told["next_step"]) == ("clears the second shelf", "bring samples")
    assert (log_told["stock"][0]["quantity"], log_told["order_lines"][0]["quantity"]) == ("4", "6")
    versions = [(each["position"], each["stated"]["minutes"], each["withdrawn_by"]) for each in told["versions"]]
    assert versions == [(first["position"], 40, withdrawn), (instead, 25, None)]
    assert told["versions"][0]["reason"] == "clock"
    assert office.get(path, known_at=first["position"]).json()["log"]["minutes"] == 40
    assert office.get(path, "forecaster").json()["log"]["outcome"] is None
    assert office.get(path, as_of="2026-01-05").status_code == 404
    assert office.get(f"/accounts/{account}/visits/{uuid4()}").status_code == 404
    assert office.get(f"/accounts/{account}/visits/none").status_code == 404


def test_a_correction_clears_what_is_null_or_empty_and_takes_over_the_rest(office: Office) -> None:
    account = office.account("Cleared", "manager")
    _, first = logged_in_full(office, account)
    body = {
        "position": first["position"],
        "reason": "wrong store",
        "stock": [],
        "order_lines": None,
        "display_score": None,
        "outcome": "",
        "next_step": None,
        "occurred_at": "2026-01-07T09:00:00Z",
    }
    assert office.post(f"/accounts/{account}/visits/correct", body).status_code == 200
    before, _, after = office.journal.streams.history(account)[-3:]
    cleared: dict[str, Any] = {
        "stock": (),
        "order_lines": (),
        "display_score": None,
        "outcome": None,
        "next_step": None,
    }
    assert after.event == msgspec.structs.replace(before.event, **cleared)
    assert after.occurred_at == datetime(2026, 1, 7, 9, tzinfo=UTC)


def test_texts_that_are_taken_over_are_sealed_for_the_people_of_the_correction(office: Office) -> None:
    account, person = office.account("Sealed anew", "manager"), uuid4()
    body = {"stakeholder_id": str(person), "name": "Lin", "title": "Buyer", "occurred_at": NEVER}
    added = office.post(f"/accounts/{account}/stakeholders/add", body)
    assert added.status_code == 200, added.text
    _, first = logged_in_full(office, account)
    met = {"position": first["position"], "reason": "he was there", "stakeholders": [str(person)]}
    assert office.post(f"/accounts/{account}/visits/correct", met).status_code == 200
    before, _, after = (fact.event for fact in office.journal.streams.history(account)[-3:])
    assert after.outcome.key == text_key(account, (person,)) != before.outcome.key  # type: ignore[attr-defined]
    assert office.journal.people.open(after.outcome, "outcome") == "agreed to a trial"  # type: ignore[attr-defined]


def test_only_a_log_is_corrected_as_a_log(office: Office) -> None:
    account = office.account("No log", "manager")
    told = office.post(f"/accounts/{account}/change-profile", {"industry": "Steel"}).json()
    refused = office.post(f"/accounts/{account}/visits/correct", {"position": told["position"], "reason": "typo"})
    assert (refused.status_code, "visit logged" in refused.json()["detail"]) == (404, True)


def test_an_unknown_step_is_told_those_of_the_template_that_holds(office: Office) -> None:
    account = office.account("Steps", "manager")
    told = log(office, account, uuid4(), what="store_visit", steps=["coffee"])
    assert (told.status_code, told.json()["rule"]) == (409, "StepUnknown")
    assert "preparation, outdoor_check" in told.json()["detail"]
    shown = office.get("/policies/visit-template").json()["templates"]
    assert [step["name_zh"] for step in shown[0]["steps"]][:2] == ["准备", "检查户外生动化"]


def test_products_in_a_store_are_those_of_the_price_list(office: Office) -> None:
    price: dict[str, Any] = {"key": "cola", "name": "Cola", "price": {"amount": "2", "currency": "EUR"}}
    account = office.account("Listed", "manager")
    free = log(office, account, uuid4(), what="store_visit", stock=[{"product": "beer", "quantity": "3"}])
    assert free.status_code == 200
    office.give(PriceList, policy_id("PriceList"), "set_price", **price)
    lines = [{"product": "beer", "quantity": "3"}]
    for field in ("stock", "order_lines"):
        told = log(office, account, uuid4(), what="store_visit", **{field: lines})
        assert (told.status_code, told.json()["rule"]) == (409, "ReferenceUnknown"), field
        assert "there are: cola" in told.json()["detail"]
    priced = [{"product": "cola", "quantity": "3", "price": {"amount": "1.5", "currency": "EUR"}}]
    assert log(office, account, uuid4(), what="store_visit", order_lines=priced).status_code == 200
    office.caught_up()
    told = office.get("/visits/stores", account=str(account)).json()
    (outlet,) = told["outlets"]
    assert (outlet["name"], outlet["visits"], outlet["orders"][0]["value"]) == (
        "Listed",
        2,
        [{"amount": "4.50", "currency": "EUR"}],
    )
    assert (told["value"], told["currency"], told["missing_rates"]) == ("4.50", "EUR", [])
    assert [line["product"] for line in told["stock"]] == ["beer"]
    assert office.get("/visits/stores", outlets_of=str(account)).json()["outlets"] == []
    assert office.get("/visits/stores", account=str(office.ids["foreign"])).status_code == 404


def test_a_manager_hands_in_his_own_plan_and_a_director_those_of_his_territory(office: Office) -> None:
    office.member("south-man", Role.MANAGER, territory="south")
    office.member("north-man", Role.MANAGER, territory="north")
    account = office.account("Planned for", "manager")
    visit = plan(office, account, "2030-12-03T09:00:00Z")
    body = {"month": "2030-12", "visits": [{"account": str(account), "visit": str(visit)}], "chance": "0.5"}

    def hand_in(whose: str, who: str, **more: Any) -> Any:
        return office.post(f"/members/{office.members[whose]}/visit-plans/submit", {**body, **more}, who)

    assert hand_in("manager", "manager").status_code == 200
    assert hand_in("manager", "manager").json()["positions"] == []
    assert hand_in("colleague", "manager").status_code == 404
    assert hand_in("north-man", "director").status_code == 200
    assert hand_in("south-man", "director").status_code == 404
    assert hand_in("manager", "admin", chance="0.6").status_code == 200
    assert hand_in("colleague", "auditor").status_code == 403
    assert hand_in("nobody", "nobody").status_code == 403
    unknown = hand_in("manager", "manager", visits=[{"account": str(uuid4()), "visit": str(visit)}])
    assert (unknown.status_code, unknown.json()["rule"]) == (409, "ReferenceUnknown")
    office.caught_up()
    told = office.get("/visits/plan", month="2030-12").json()["plans"]
    assert [(plan["state"], plan["chance"], plan["submissions"]) for plan in told] == [("on_time", "0.600000", 2)]


def test_discipline_and_lateness_over_http(office: Office) -> None:
    office.member("visitor", Role.MANAGER)
    account = uuid4()
    office.give(Account, account, "register", name="Discipline")
    office.give(Account, account, "assign_manager", manager=str(office.members["visitor"]))
    now = datetime.now(UTC)
    for days in (1, 10):
        at = (now - timedelta(days=days)).isoformat()
        told = office.post(f"/accounts/{account}/visits/log", {"visit_id": str(uuid4()), "occurred_at": at}, "visitor")
        assert told.status_code == 200
    office.caught_up()
    year = str(now.year)
    answer = office.get("/visits/discipline", "visitor", period=year).json()
    (line,) = answer["lines"]
    assert line["name"] == "visitor 王"
    assert (line["logging"]["measured"], line["logging"]["late"]["count"], line["logging"]["late_share"]) == (2, 1, 0.5)
    assert line["logging"]["median_days"] == pytest.approx(5.5, abs=0.1)
    assert line["kept"]["ad_hoc_share"] == 1.0
    (of_account,) = office.get("/visits/discipline", "visitor", period=year, by="account").json()["lines"]
    assert of_account["name"] == "Discipline"
    assert office.get("/visits/discipline", account=str(account)).status_code == 404
    assert office.get("/visits/plan", member=str(uuid4())).status_code == 404


def test_the_calendar_feed_keeps_uids_and_raises_sequences(office: Office) -> None:
    account = office.account("Calendar", "manager")
    soon = datetime.now(UTC).replace(microsecond=0, second=0) + timedelta(days=3)
    visit = plan(office, account, soon.isoformat(), end=(soon + timedelta(hours=2)).isoformat())

    def event() -> Any:
        office.caught_up()
        answer = office.get("/visits.ics")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
        found = Calendar.from_ical(answer.text).walk("VEVENT")
        (mine,) = [each for each in found if each["UID"] == f"{visit}@kams"]
        return mine

    first = event()
    assert (first.decoded("dtstart"), first.decoded("dtend")) == (soon, soon + timedelta(hours=2))
    assert (str(first["summary"]), str(first["location"])) == ("Calendar: store visit", "Suzhou")
    assert "gives us the second shelf" in str(first["description"])
    moved = {"visit_id": str(visit), "start": (soon + timedelta(days=1)).isoformat()}
    move = office.post(f"/accounts/{account}/visits/reschedule", moved).json()
    second = event()
    assert second.decoded("dtstart") == soon + timedelta(days=1)
    assert second.decoded("dtend") == soon + timedelta(days=1, hours=1)
    back = {"position": move["position"], "reason": "typo"}
    assert office.post(f"/accounts/{account}/withdraw", back, "manager").status_code == 200
    third = event()
    assert third.decoded("dtstart") == soon
    office.post(f"/accounts/{account}/visits/cancel", {"visit_id": str(visit), "reason": "closed"})
    fourth = event()
    assert [each["status"] for each in (first, second, third, fourth)] == ["CONFIRMED"] * 3 + ["CANCELLED"]
    sequences = [int(each["sequence"]) for each in (first, second, third, fourth)]
    assert sequences == sorted(set(sequences))
    assert office.client.get("/visits.ics").status_code == 401
    assert office.get("/visits.ics", "colleague").text.count("BEGIN:VEVENT") == 0


def test_the_calendar_that_has_not_changed_is_304(office: Office) -> None:
    first = office.get("/visits.ics")
    again = office.request("GET", "/visits.ics", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    content = office.client.get("/openapi.json").json()["paths"]["/visits.ics"]["get"]["responses"]["200"]["content"]
    assert list(content) == ["text/calendar"]


@pytest.fixture
def kams(postgres_url: str, fresh_names: Iterator[str], valkey_url: str, tmp_path: Path) -> Iterator[CommandLine]:
    for url in new_database(postgres_url, next(fresh_names)):
        line = company_system(url, valkey_url, tmp_path / "home")
        questions.add(line.app)
        yield line


def test_the_commands_of_visits(kams: CommandLine, tmp_path: Path) -> None:
    me = kams("members", "list", "--json").json["members"][0]["member"]
    account = kams("command", "account", "new", "register", "--set", "name=Alpha", "--json").json["id"]
    visit = str(uuid4())
    said = [
        "what=store_visit",
        "why=shelf",
        "purpose=advantage",
        "expected_action=orders",
        "start=2027-03-03T09:00:00Z",
    ]
    words = [w for each in (*said, f"visit_id={visit}", f"people={me}") for w in ("--set", each)]
    assert kams("command", "account", account, "visits.plan", *words).code == 0
    handed_in = kams("visits", "hand-in", "--month", "2027-03", "--chance", "0.5")
    assert (handed_in.code, "Handed in 1 visits for 2027-03" in handed_in.err) == (0, True), handed_in.err
    assert "Unchanged" in kams("visits", "hand-in", "--month", "2027-03", "--chance", "0.5").err
    plan = kams("visits", "plan", "--month", "2027-03")
    assert "Alpha" in plan.out
    assert "handed in on time" in plan.err
    out = tmp_path / "visits.ics"
    assert kams("visits", "ics", "--out", str(out)).code == 0
    calendar = Calendar.from_ical(out.read_bytes())
    assert kams("visits", "ics").out.splitlines() == out.read_text().splitlines()
    assert [str(event["uid"]) for event in calendar.walk("VEVENT")] == [f"{visit}@kams"]
    adhoc = str(uuid4())
    lines = 'stock:=[{"product": "cola", "quantity": "4"}]'
    given = kams("command", "account", account, "visits.log", "--set", f"visit_id={adhoc}", "--set", "what=store_visit",
                 "--set", lines, "--set", "steps=order", "--json").json  # fmt: skip
    words = [
        f"position={given['position']}",
        "reason=typo",
        f"visit_id={adhoc}",
        "what=store_visit",
        lines,
        "minutes=5",
    ]
    corrected = kams("command", "account", account, "visits.correct", *[w for e in words for w in ("--set", e)])
    assert corrected.code == 0, corrected.err
    shown = kams("visits", "show", "Alpha", adhoc)
    assert shown.code == 0, shown.err
    for text in ("cola 4", "visit logged", "typo", "Versions"):
        assert text in shown.out
    assert kams("visits", "show", "Alpha", "none").code == 1
    stores = kams("visits", "stores", "--json").json
    assert stores["outlets"][0]["stock"][0]["quantity"] == "4"
    assert "Alpha" in kams("visits", "stores").out
    assert kams("visits", "stores", "--csv").out.splitlines()[1].split(",")[1:4] == ["Alpha", "cola", "4"]
    shown = kams("visits", "discipline")
    assert "Stock check" in shown.out
    by_account = kams("visits", "discipline", "--by", "account", "--csv")
    assert by_account.out.splitlines()[1].split(",")[1] == "Alpha"
    assert kams("visits", "discipline", "--by", "weather").code == 2
    assert kams("visits", "list", "--json").json["visits"][0]["minutes"] == 5
    assert kams("visits", "list", "--csv").out.splitlines()[1].startswith(f"{adhoc},")
    assert kams("visits", "list", "--status", "forgotten").code == 2
    assert "No visits" in kams("visits", "list", "--month", "2020-01").err
    assert "No store was counted" in kams("visits", "stores", "--outlets-of", "Alpha").err
    assert kams("command", "member", me, "visit_plans.submit", "--set", "month=2027-03",
                "--set", f'visits:=[{{"account": "{account}", "visit": "{visit}"}}]').code == 0  # fmt: skip
