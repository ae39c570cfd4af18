"""The form by which a visit is planned: the five W, the purpose, and what the customer will do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from api.console.formats import word
from api.console.frame import Frame
from api.console.visiting.log_form import Chip, Typed, colleague_chips, opportunity_chips, person_chips
from api.console.visiting.logging import day_in
from domain.account.account import Account
from domain.account.visit_kinds import VisitKind, VisitPurpose
from domain.errors import Fault, Malformed
from domain.language.catalogue import say
from domain.policies.calendar import add_working_days
from projections.view import View
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


@dataclass(frozen=True)
class PlanForm:
    """The form. `faults` are what was wrong, by field; `refused` says it as a whole."""

    account: UUID
    name: str
    key: str
    as_of: str
    day: str
    at: str
    people: list[Chip]
    colleagues: list[Chip]
    kinds: list[Chip]
    purposes: list[Chip]
    hours: list[Chip]
    opportunities: list[Chip]
    last_at: datetime | None
    texts: Mapping[str, str]
    faults: Mapping[str, str] = field(default_factory=dict)
    refused: str = ""

    def fault(self, name: str) -> str:
        """What was wrong with a field; empty where nothing was."""
        return self.faults.get(name, "")

    def text(self, name: str) -> str:
        """What was typed into a field."""
        return self.texts.get(name, "")


def plan_form_of(
    frame: Frame[Any],
    view: View,
    account: Account,
    today: date,
    typed: Typed | None = None,
    faults: list[Fault] | None = None,
    refused: str = "",
) -> PlanForm:
    """The form for an account, with what was typed, else with the next working day."""
    seen = visited(view, account.id)
    usual = add_working_days(view.policies.company, today, 1).isoformat()
    kind = (typed.one("what") if typed else "") or str(seen.last_kind or VisitKind.SALES_CALL)
    purpose, hours = (typed.one("purpose"), typed.one("hours")) if typed else ("", "1")
    return PlanForm(
        account=account.id,
        name=account.profile.name,
        key=(typed.one("_key") if typed else "") or str(uuid4()),
        as_of=frame.query.as_of or "",
        day=typed.one("day") if typed else usual,
        at=typed.one("at") if typed else f"{USUAL:%H:%M}",
        people=person_chips(frame, view, account, seen, set(typed.all("stakeholders")) if typed else set()),
        colleagues=colleague_chips(frame, view, account, (), typed),
        kinds=[Chip(str(each.value), word(each), "", each.value == kind) for each in VisitKind],
        purposes=[Chip(str(each.value), word(each), "", each.value == purpose) for each in VisitPurpose],
        hours=[Chip(str(n), say("{n} h", n=n), "", str(n) == hours) for n in HOURS],
        opportunities=opportunity_chips(frame, view, account, (), typed),
        last_at=seen.last_at,
        texts={name: typed.one(name) for name in typed.fields} if typed else {},
        faults={each.field.partition(".")[0]: each.reason for each in faults or []},
        refused=refused,
    )


def plan_body(zone: str, typed: Typed) -> dict[str, Any]:
    """The body of the command. Raises Malformed."""
    day = day_in(typed, "day")
    if faults := [Fault(name, "", said) for name, said in MISSING.items() if not typed.one(name)]:
        raise Malformed(*faults)
    assert day is not None
    start = datetime.combine(day, _time(typed), ZoneInfo(zone))
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


def _time(typed: Typed) -> time:
    stated = typed.one("at")
    try:
        return time.fromisoformat(stated) if stated else USUAL
    except ValueError:
        raise Malformed(Fault("at", stated[:40], say("expected a time such as 09:30"))) from None
