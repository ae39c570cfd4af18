"""A manager's month over HTTP: planned, handed in, moved, logged, cancelled; asked on the way and after."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID, uuid4

import pytest
from icalendar import Calendar

from tests.api.office import Office, open_office
from tests.conftest import new_database

HOUR = timedelta(hours=1)


@pytest.fixture
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            yield opened


class Month:
    """February 2026 of the manager's, told day by day. Each fact is recorded two hours after it happened, as if the
    month had been lived and not told afterwards, unless it says that it came later."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.store = office.ids["own"]
        self.manager = office.members["manager"]
        self.number = 0
        newest = "(select max(recorded_at) from events)"
        self._record(f"update events set recorded_at = recorded_at - ({newest} - %s::timestamptz)", "2026-01-06")

    def tell(self, path: str, day: str, /, came_after: timedelta = 2 * HOUR, **body: Any) -> dict[str, Any]:
        answer = self.office.post(path, {**body, "occurred_at": f"{day}T09:00:00Z"})
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        self.number += 1
        recorded = datetime.fromisoformat(f"{day}T09:00:00Z") + came_after + self.number * timedelta(milliseconds=1)
        self._record("update events set recorded_at = %s where position = any(%s)", recorded, told["positions"])
        return told

    def _record(self, sql: LiteralString, *values: Any) -> None:
        with self.office.journal.pool.connection() as connection:
            connection.execute("alter table events disable trigger events_stay")
            connection.execute(sql, values)
            connection.execute("alter table events enable trigger events_stay")

    def visits(self, command: str, day: str, /, **body: Any) -> dict[str, Any]:
        return self.tell(f"/accounts/{self.store}/visits/{command}", day, **body)

    def plan(self, start: str, action: str, **more: Any) -> UUID:
        visit = uuid4()
        said: dict[str, Any] = {
            "what": "store_visit",
            "why": "spring promotion",
            "where": "Suzhou",
            "purpose": "advantage",
        }
        said |= {"start": f"{start}T09:00:00Z", "expected_action": action, "people": [str(self.manager)], **more}
        self.visits("plan", "2026-01-27", visit_id=str(visit), **said)
        return visit

    def discipline(self, **clocks: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The manager's line and the colleague's, as the auditor sees them."""
        self.office.caught_up()
        answer = self.office.get("/visits/discipline", "auditor", period="2026-02", **clocks)
        assert answer.status_code == 200, answer.text
        lines = {line["external_id"]: line for line in answer.json()["lines"]}
        return lines["manager"], lines["colleague"]


def counts(line: dict[str, Any]) -> dict[str, int]:
    return {name: each["count"] for name, each in line["kept"].items() if isinstance(each, dict)}


@pytest.fixture
def month(office: Office) -> Month:
    return Month(office)


def test_a_managers_month(office: Office, month: Month) -> None:
    deal = str(office.ids["own deal"])
    first = month.plan("2026-02-04", "orders the new line", opportunities=[deal], chances={deal: "0.4"})
    second = month.plan("2026-02-10", "shows us the stock list")
    third = month.plan("2026-02-17", "moves us to the front shelf")
    fourth = month.plan("2026-02-24", "signs the terms", what="terms_negotiation")
    named = [{"account": str(month.store), "visit": str(visit)} for visit in (first, second, third, fourth)]
    hand_in = f"/members/{month.manager}/visit-plans/submit"
    month.tell(hand_in, "2026-01-29", month="2026-02", visits=named, chance="0.7")

    log = month.visits(
        "log", "2026-02-04",
        visit_id=str(first), minutes=50, steps=["preparation", "greeting", "stock_check", "order"], objective_met="yes",
        action_agreed="orders on Friday", stock=[{"product": "pump", "quantity": "3"}], display_score=60,
        order_lines=[{"product": "pump", "quantity": "12", "price": {"amount": "5", "currency": "EUR"}}],
    )  # fmt: skip
    month.visits("reschedule", "2026-02-09", visit_id=str(second), start="2026-02-12T09:00:00Z", reason="fair")
    month.visits("log", "2026-02-12", visit_id=str(second), steps=["greeting"], objective_met="partly")
    month.visits("cancel", "2026-02-16", visit_id=str(third), reason="stocktaking")
    before_late = office.journal.streams.head()
    late = month.visits("log", "2026-02-18", visit_id=str(uuid4()), what="sales_call", why="he called",
                        came_after=timedelta(days=9))  # fmt: skip

    # In the middle of the month
    middle, colleague = month.discipline(as_of="2026-02-15")
    assert counts(middle) == {
        "planned": 4, "logged": 2, "cancelled": 0, "outstanding": 0, "ahead": 2, "moved": 1, "ad_hoc": 0,
    }  # fmt: skip
    assert (middle["plans"][0]["state"], middle["plans"][0]["logged"]) == ("on_time", 2)
    assert colleague["plans"][0]["state"] == "missing"
    assert middle["outcome"]["met_rate"] == 0.5

    # At the end
    end, _ = month.discipline(as_of="2026-02-28")
    assert counts(end) == {
        "planned": 4, "logged": 2, "cancelled": 1, "outstanding": 1, "ahead": 0, "moved": 1, "ad_hoc": 1,
    }  # fmt: skip
    assert end["kept"]["ad_hoc_share"] == 0.3333
    assert (end["logging"]["measured"], end["logging"]["late"]) == (3, {"count": 1, "positions": late["positions"]})
    assert end["logging"]["median_days"] == 0.08
    steps = {step["step"]: (step["done"], step["of"]) for step in end["steps"]}
    assert (steps["greeting"], steps["order"], steps["farewell"]) == ((2, 2), (1, 2), (0, 2))
    assert (end["outcome"]["action_share"], end["outcome"]["expected_share"]) == (0.3333, 0.75)
    (known, _) = month.discipline(as_of="2026-02-28", known_at=before_late)
    assert (counts(known)["ad_hoc"], known["logging"]["late"]["count"]) == (0, 0)

    # The log of the first visit is corrected: it was withdrawn, and the new one holds
    right = {"position": log["position"], "reason": "forgot the farewell", "visit_id": str(first), "minutes": 50}
    month.visits(
        "correct",
        "2026-02-04",
        came_after=timedelta(days=25),
        **right,
        steps=["greeting", "order", "farewell"],
        objective_met="yes",
    )
    corrected, _ = month.discipline(as_of="2026-02-28")
    assert {step["step"]: step["done"] for step in corrected["steps"]}["farewell"] == 1
    then, _ = month.discipline(as_of="2026-02-28", known_at=late["position"])
    assert {step["step"]: step["done"] for step in then["steps"]}["farewell"] == 0

    # The month as a list, and as a calendar
    listed = office.get("/visits/plan", month="2026-02", as_of="2026-02-28").json()
    assert [(line["visit"], line["status"], line["in_plan"]) for line in listed["visits"]] == [
        (str(first), "logged", True),
        (str(second), "logged", True),
        (str(third), "cancelled", True),
        (late_visit(listed), "logged", False),
        (str(fourth), "planned", True),
    ]
    assert listed["visits"][0]["chances"] == {deal: "0.4"}
    feed = Calendar.from_ical(office.get("/visits.ics", as_of="2026-02-28").text)
    states = {str(event["uid"]): str(event["status"]) for event in feed.walk("VEVENT")}
    assert states == {
        f"{first}@kams": "CONFIRMED",
        f"{second}@kams": "CONFIRMED",
        f"{third}@kams": "CANCELLED",
        f"{fourth}@kams": "CONFIRMED",
    }


def late_visit(listed: dict[str, Any]) -> str:
    """The visit that nobody had planned."""
    (found,) = [line["visit"] for line in listed["visits"] if line["ad_hoc"]]
    return str(found)
