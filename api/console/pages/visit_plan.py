"""Planning a visit (客户拜访计划): who, what, why, where, when; and what the customer will do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from api.console.frame import HTML, Frame, Moments, page
from api.console.just_recorded import told_at
from api.console.visiting.asked import OFFERED, changeable, day_asked, must_log, offered, own_view
from api.console.visiting.log_form import Typed
from api.console.visiting.logging import PLAN, given, visit_of
from api.console.visiting.plan_form import PlanForm, plan_body, plan_form_of
from api.endpoints import Call, Endpoint, Reply
from api.problems import faults_in, status_of
from domain.account.account import Account
from domain.errors import Fault, Malformed, Refused
from domain.language.catalogue import say

PATH = "/visits/plan"
COMMAND = "visits.plan"
PLACES = {"WhyBlank": "why", "ExpectedActionBlank": "expected_action", "EndsBeforeItStarts": "day"}
"""Where refusals stand whose details do not name the field."""


class PlanQuery(Moments, kw_only=True, forbid_unknown_fields=True):
    """Whom to visit; `name` looks for an account."""

    account: str = ""
    name: str = ""


def endpoints() -> list[Endpoint]:
    """The form, and what is sent from it."""
    about = "Plan a visit."
    sent = Endpoint(
        "POST", f"/console{PATH}", "console.visit_planned", about, _sent, bytes, media=HTML, etag=False, session=True,
        form=True,
    )  # fmt: skip
    return [page(PATH, "visit_plan", _shown, PlanQuery), sent]


def _shown(frame: Frame[PlanQuery]) -> Mapping[str, Any]:
    """The form for an account; without one the accounts to choose from."""
    query = frame.query
    must_log(frame.call, COMMAND)
    if not query.account:
        return _choosing(frame)
    account = changeable(frame.call, query.account)
    with frame.view() as view:
        frame.may_read_people(view)
        return _told(plan_form_of(frame, view, account, day_asked(view)))


def _choosing(frame: Frame[PlanQuery]) -> Mapping[str, Any]:
    with frame.view():
        pass
    with own_view(frame) as view:
        found = offered(view, frame.query.name)
        more = max(len(found) - OFFERED, 0)
        return {"title": say("Plan a visit"), "entry": None, "accounts": found[:OFFERED], "more": more}


def _told(form: PlanForm) -> Mapping[str, Any]:
    return {"title": say("Plan a visit to {name}", name=form.name), "entry": form}


def _sent(call: Call) -> Reply:
    typed = Typed(call.form)
    must_log(call, COMMAND)
    account = changeable(call, typed.one("account"))
    body: dict[str, Any] = {}
    try:
        visit = visit_of(typed)
        body = plan_body(call.doors.calendar.company.time_zone, typed)
        answer = given(call, PLAN, account.id, typed.one("_key"), body)
    except Malformed as wrong:
        return _again(call, account, typed, wrong, list(wrong.faults))
    except Refused as refusal:
        return _again(call, account, typed, refusal, _faults(refusal, body))
    recorded = answer.positions[-1] if answer.positions else 0
    place = told_at(f"/console/visit/{UUID(visit)}?account={account.id}", recorded, answer.position)
    return Reply(b"", status=303, headers={"Location": place})


def _faults(refusal: Refused, body: dict[str, Any]) -> list[Fault]:
    if (field := PLACES.get(type(refusal).__name__)) is not None:
        return [Fault(field, "", str(refusal))]
    return faults_in(refusal, body)


def _again(call: Call, account: Account, typed: Typed, wrong: Exception, faults: list[Fault]) -> Reply:
    """The form once more, with what was typed and what was wrong."""
    from api.console.rendering import render

    frame = Frame(call, PlanQuery(as_of=typed.one("_as_of") or None, account=str(account.id)))
    with frame.view() as view:
        frame.may_read_people(view)
        form = plan_form_of(frame, view, account, day_asked(view), typed, faults, str(wrong))
        return Reply(render(frame, "visit_plan", "visit_plan.html", _told(form)), status=status_of(wrong))
