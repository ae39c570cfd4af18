"""Planning a visit (客户拜访计划): who, what, why, where, when; and what the customer will do."""

from __future__ import annotations

from typing import Any

from api.console.forms.possible import must_be_possible
from api.console.visiting.plan_form import plan_body, plan_form
from api.console.visiting.sending import VisitForm
from api.console.visiting.typed import Typed
from api.endpoints import Call, Endpoint
from domain.account.account import Account
from domain.language.catalogue import say


def endpoints() -> list[Endpoint]:
    """The form, and what is sent from it."""
    return FORM.endpoints()


def _body(call: Call, _: Account, typed: Typed, __: str) -> dict[str, Any]:
    body = plan_body(call.doors.calendar.company.time_zone, typed)
    must_be_possible(call, "Account.visits.plan", body, {"start": "day"})
    return body


FORM = VisitForm(
    path="/visits/plan",
    name="visit_plan",
    route="console.visit_planned",
    about="Plan a visit.",
    command="visits.plan",
    made=plan_form,
    body=_body,
    titled=lambda name: say("Plan a visit to {name}", name=name) if name else say("Plan a visit"),
    choosing=lambda _, __: {},
)
