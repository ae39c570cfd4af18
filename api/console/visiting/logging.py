"""A visit as it was typed, given to the domain the same way as the API gives it."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from api.commands import Answered
from api.console.visiting.log_form import Typed
from api.endpoints import Call, Endpoint
from api.given import commands_by_name
from api.identity import is_identifier
from domain.errors import Fault, Malformed
from domain.language.catalogue import say
from domain.policies.calendar import day_of

LOG, PLAN = "Account.visits.log", "Account.visits.plan"
TEXTS = ("outcome", "action_agreed", "next_step", "note")
TELLING = (
    "stakeholders", "objective_met", "outcome", "action_agreed", "steps", "stock", "order_lines", "display_score",
)  # fmt: skip
"""Of which a visit that is logged here states one at least: it counts as contact with the customer, for good."""


@cache
def _door(name: str) -> Endpoint:
    return commands_by_name()[name]


def given(call: Call, name: str, account: UUID, key: str, body: dict[str, Any]) -> Answered:
    """Give a command as its own route would. Raises what that raises."""
    asked = dataclasses.replace(
        call,
        path={"id": account},
        headers={"idempotency-key": key} if key else {},
        read_body=body,
        raw_body=b"",
        now=call.doors.clock(),
        opened_personal=False,
    )
    answer: Answered = _door(name).handle(asked).content
    return answer


def logged_day(call: Call, typed: Typed) -> date:
    """The day on which it took place. Raises Malformed."""
    return day_in(typed, "occurred_on") or day_of(call.doors.calendar.company, call.now)


def log_body(call: Call, typed: Typed, visit: str) -> dict[str, Any]:
    """The body of the command. Raises Malformed."""
    day, today = logged_day(call, typed), day_of(call.doors.calendar.company, call.now)
    kind = typed.one("what")
    body: dict[str, Any] = {
        "visit_id": visit,
        "minutes": _whole(typed, "minutes"),
        "people": typed.all("people"),
        "stakeholders": typed.all("stakeholders"),
        "opportunities": typed.all("opportunities"),
        "what": kind or None,
        "steps": typed.all(f"steps.{kind}"),
        "objective_met": typed.one("objective_met") or None,
        "next_step_on": _next_on(typed, day),
        "display_score": _whole(typed, "display_score") if kind == "store_visit" else None,
        "occurred_at": None if day == today else day.isoformat(),
    }
    body |= {name: typed.one(name) or None for name in TEXTS}
    return {name: value for name, value in body.items() if value not in (None, [])}


def must_tell(body: dict[str, Any]) -> None:
    """Refuse a visit of which nothing is told. Raises Malformed."""
    if all(body.get(name) in (None, "", []) for name in TELLING):
        said = say("state whom you met or what came of it; where nobody was met there was no visit")
        raise Malformed(Fault("stakeholders", "", said))


def _next_on(typed: Typed, day: date) -> str | None:
    within = typed.one("next_in")
    if within.isdecimal():
        return (day + timedelta(days=int(within[:4]))).isoformat()
    found = day_in(typed, "next_step_on")
    return found.isoformat() if found else None


def day_in(typed: Typed, name: str) -> date | None:
    """A day that was typed. Raises Malformed."""
    stated = typed.one(name)
    try:
        return date.fromisoformat(stated) if stated else None
    except ValueError:
        raise Malformed(Fault(name, stated[:80], say("expected a day such as 2026-03-31"))) from None


def _whole(typed: Typed, name: str) -> int | None:
    stated = typed.one(name)
    if stated and not (stated.isascii() and stated.isdecimal() and len(stated) < 10):
        raise Malformed(Fault(name, stated[:80], say("expected a whole number")))
    return int(stated) if stated else None


def visit_of(typed: Typed) -> str:
    """The identity of the visit: the planned one, else that of the form, so that sent twice it is recorded once."""
    stated = typed.one("visit") or typed.one("_key")
    if not is_identifier(stated):
        raise Malformed(Fault("visit", stated[:80], say("expected the identifier of a visit")))
    return stated
