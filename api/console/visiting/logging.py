"""A visit as it was typed, given to the domain the same way as the API gives it."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from api.commands import Answered
from api.console.visiting.typed import Reading, Typed
from api.endpoints import Call, Endpoint
from api.given import commands_by_name
from api.identity import is_identifier
from domain.account.account import Account
from domain.account.visits import Visits
from domain.aggregate import Recorded, Withdrawal
from domain.errors import Fault, Malformed
from domain.language.catalogue import say
from domain.policies.calendar import day_of
from domain.sealed import Sealed

SURE, TWICE = "_sure", "twice"
"""The field that says that a visit is another one, and the fault that asks."""
SAID = ("outcome", "action_agreed", "next_step")
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
    """The day on which it took place; today where that cannot be read."""
    return Reading(typed).day("occurred_on") or day_of(call.doors.calendar.company, call.now)


def log_body(call: Call, typed: Typed, visit: str) -> dict[str, Any]:
    """The body of the command. Raises Malformed."""
    reading, kind, today = Reading(typed), typed.one("what"), day_of(call.doors.calendar.company, call.now)
    day = reading.day("occurred_on") or today
    body: dict[str, Any] = {
        "visit_id": visit,
        "minutes": reading.whole("minutes"),
        "people": typed.all("people"),
        "stakeholders": typed.all("stakeholders"),
        "opportunities": typed.all("opportunities"),
        "what": kind or None,
        "steps": typed.all(f"steps.{kind}"),
        "objective_met": typed.one("objective_met") or None,
        "next_step_on": _next_on(reading, day),
        "display_score": reading.whole("display_score") if kind == "store_visit" else None,
        "occurred_at": None if day == today else day.isoformat(),
    }
    reading.must_be_right()
    body |= {name: typed.one(name) or None for name in TEXTS}
    return {name: value for name, value in body.items() if value not in (None, [])}


def must_tell(body: dict[str, Any]) -> None:
    """Refuse a visit of which nothing is told. Raises Malformed."""
    if all(body.get(name) in (None, "", []) for name in TELLING):
        said = say("state whom you met or what came of it; where nobody was met there was no visit")
        raise Malformed(Fault("stakeholders", "", said))


def must_be_another(call: Call, account: Account, body: dict[str, Any], *, sure: bool) -> None:
    """Ask once before a visit that was not planned is recorded though it is there already: of this day, with these
    people, in these words. Raises Malformed, whose fault names that visit."""
    facts = call.doors.journal.streams.history(account.id)
    back = {fact.event.position for fact in facts if isinstance(fact.event, Withdrawal)}
    logs = [fact for fact in facts if isinstance(fact.event, Visits.VisitLogged) and fact.position not in back]
    if sure or not is_identifier(body["visit_id"]) or UUID(body["visit_id"]) in account.visits.planned:
        return
    if any(str(_log(fact).visit_id) == body["visit_id"] for fact in logs):
        return
    company = call.doors.calendar.company
    day = body.get("occurred_at") or day_of(company, call.now).isoformat()
    met, words = set(body.get("stakeholders", ())), tuple(body.get(name, "") for name in SAID)
    for fact in reversed(logs):
        log = _log(fact)
        if day_of(company, fact.occurred_at).isoformat() != day or {str(each) for each in log.stakeholders} != met:
            continue
        if tuple(_opened(call, getattr(log, name), name) for name in SAID) == words:
            said = say("A visit of this day with the same people and the same words is recorded already.")
            raise Malformed(Fault(TWICE, str(log.visit_id), said))


def _log(fact: Recorded) -> Visits.VisitLogged:
    assert isinstance(fact.event, Visits.VisitLogged)
    return fact.event


def _opened(call: Call, text: Sealed | None, name: str) -> str:
    return (call.doors.journal.people.open(text, name) or "") if text else ""


def _next_on(reading: Reading, day: date) -> str | None:
    within = reading.typed.one("next_in")
    if within.isdecimal():
        return (day + timedelta(days=int(within[:4]))).isoformat()
    found = reading.day("next_step_on")
    return found.isoformat() if found else None


def visit_of(typed: Typed) -> str:
    """The identity of the visit: the planned one, else that of the form, so that sent twice it is recorded once."""
    stated = typed.one("visit") or typed.one("_key")
    if not is_identifier(stated):
        raise Malformed(Fault("visit", stated[:80], say("expected the identifier of a visit")))
    return stated
