"""The form by which a visit is planned: the five W, the purpose, and what the customer will do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from api.console.formats import word
from api.console.visiting.form import AboutVisit, Asking, Chip, about
from api.console.visiting.typed import Reading, Typed
from domain.account.visit_kinds import VisitKind, VisitPurpose
from domain.errors import Fault
from domain.language.catalogue import say
from domain.policies.calendar import add_working_days
from projections.visiting import visited

HOURS = (1, 2, 4)
USUAL = time(10, 0)
MISSING = {
    "day": "on which day? State it",
    "why": "why this visit? Say it in a sentence",
    "expected_action": "what will the customer do? Say something that can be seen afterwards",
    "purpose": "what is it for? Choose one",
}
"""What is said of each field that must be filled in and is not."""


@dataclass(frozen=True, kw_only=True)
class PlanForm(AboutVisit):
    """The form."""

    day: str
    at: str
    kinds: list[Chip]
    purposes: list[Chip]
    hours: list[Chip]


def plan_form(asking: Asking) -> PlanForm:
    """The form for an account, with what was typed, else with the next working day."""
    seen = visited(asking.view, asking.account.id)
    kind = asking.one("what") or str(seen.last_kind or VisitKind.SALES_CALL)
    purpose, hours = asking.one("purpose"), asking.one("hours", "1")
    return PlanForm(
        **about(asking, seen),
        day=asking.one("day", add_working_days(asking.view.policies.company, asking.day, 1).isoformat()),
        at=asking.one("at", f"{USUAL:%H:%M}"),
        kinds=[Chip(str(each.value), word(each), "", each.value == kind) for each in VisitKind],
        purposes=[Chip(str(each.value), word(each), "", each.value == purpose) for each in VisitPurpose],
        hours=[Chip(str(n), say("{n} h", n=n), "", str(n) == hours) for n in HOURS],
    )


def plan_body(zone: str, typed: Typed) -> dict[str, Any]:
    """The body of the command. Raises Malformed."""
    reading = Reading(typed)
    day, at = reading.day("day"), reading.time("at") or USUAL
    reading.must_be_right(*(Fault(name, "", said) for name, said in MISSING.items() if not typed.one(name)))
    assert day is not None
    start = datetime.combine(day, at, ZoneInfo(zone))
    hours = typed.one("hours")
    body: dict[str, Any] = {
        "visit_id": typed.one("_key"),
        "start": start.isoformat(),
        "end": (start + timedelta(hours=int(hours))).isoformat() if hours.isdecimal() and len(hours) < 3 else None,
        "what": typed.one("what") or str(VisitKind.SALES_CALL.value),
        "why": typed.one("why"),
        "where": typed.one("where"),
        "purpose": typed.one("purpose"),
        "expected_action": typed.one("expected_action"),
        "people": typed.all("people"),
        "stakeholders": typed.all("stakeholders"),
        "opportunities": typed.all("opportunities"),
    }
    return {name: value for name, value in body.items() if value not in (None, [])}
