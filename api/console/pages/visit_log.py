"""Logging a visit (记录拜访): on a phone, in under a minute; what was typed is never lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.console.visiting.log_form import log_form
from api.console.visiting.logging import SURE, log_body, logged_day, must_be_another, must_tell
from api.console.visiting.sending import VisitForm
from api.console.visiting.typed import Typed
from api.endpoints import Call, Endpoint
from domain.account.account import Account
from domain.language.catalogue import say
from domain.policies.calendar import day_of
from projections.view import View
from projections.visiting import planned_near


def endpoints() -> list[Endpoint]:
    """The form, and what is sent from it."""
    return FORM.endpoints()


def _body(call: Call, account: Account, typed: Typed, visit: str) -> dict[str, Any]:
    body = log_body(call, typed, visit)
    must_tell(body)
    must_be_another(call, account, body, sure=bool(typed.one(SURE)))
    return body


def _choosing(view: View, call: Call) -> Mapping[str, Any]:
    return {"planned": planned_near(view, call.asker.member)}


def _day(call: Call, typed: Typed) -> str:
    """The day of the visit, where it is past: its page is shown as of it."""
    day, today = logged_day(call, typed), day_of(call.doors.calendar.company, call.now)
    return day.isoformat() if day < today else ""


FORM = VisitForm(
    path="/visits/log",
    name="visit_log",
    route="console.visit_logged",
    about="Record a visit that took place.",
    command="visits.log",
    made=log_form,
    body=_body,
    titled=lambda name: say("Visit to {name}", name=name) if name else say("Log a visit"),
    choosing=_choosing,
    day=_day,
)
