"""Logging a visit (记录拜访): on a phone, in under a minute; what was typed is never lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from api.console.frame import HTML, Frame, Moments, page
from api.console.visiting.asked import OFFERED, changeable, day_asked, must_log, offered, own_view
from api.console.visiting.log_form import LogForm, Typed, form_of
from api.console.visiting.logging import LOG, given, log_body, logged_day, must_tell, visit_of
from api.endpoints import Call, Endpoint, Reply
from api.identity import is_identifier
from api.problems import faults_in, status_of
from domain.account.account import Account
from domain.errors import Fault, Malformed, Refused
from domain.language.catalogue import say
from domain.policies.calendar import day_of
from projections.visiting import planned_near

PATH = "/visits/log"
COMMAND = "visits.log"
PLACES = {
    "DisplayScoreOutOfRange": "display_score",
    "NotAStoreVisit": "display_score",
    "MinutesOutOfRange": "minutes",
    "StepUnknown": "steps",
}
"""Where refusals stand whose details are called otherwise than the field."""


class LogQuery(Moments, kw_only=True, forbid_unknown_fields=True):
    """Whose visit is logged, and which planned one; `name` looks for an account."""

    account: str = ""
    visit: str = ""
    name: str = ""


def endpoints() -> list[Endpoint]:
    """The form, and what is sent from it."""
    about = "Record a visit that took place."
    sent = Endpoint(
        "POST", f"/console{PATH}", "console.visit_logged", about, _sent, bytes, media=HTML, etag=False, session=True,
        form=True,
    )  # fmt: skip
    return [page(PATH, "visit_log", _shown, LogQuery), sent]


def _shown(frame: Frame[LogQuery]) -> Mapping[str, Any]:
    """The form for an account; without one the accounts to choose from."""
    query = frame.query
    must_log(frame.call, COMMAND)
    if not query.account:
        return _choosing(frame)
    account = changeable(frame.call, query.account)
    with frame.view() as view:
        frame.may_read_people(view)
        visit = query.visit if is_identifier(query.visit) else ""
        form = form_of(frame, view, account, visit, day_asked(view))
        return _told(form)


def _choosing(frame: Frame[LogQuery]) -> Mapping[str, Any]:
    with frame.view():
        pass
    with own_view(frame) as view:
        found = offered(view, frame.query.name)
        return {
            "title": say("Log a visit"),
            "entry": None,
            "accounts": found[:OFFERED],
            "more": max(len(found) - OFFERED, 0),
            "planned": planned_near(view, frame.call.asker.member),
        }


def _told(form: LogForm) -> Mapping[str, Any]:
    return {"title": say("Visit to {name}", name=form.name), "entry": form}


def _sent(call: Call) -> Reply:
    typed = Typed(call.form)
    must_log(call, COMMAND)
    account = changeable(call, typed.one("account"))
    body: dict[str, Any] = {}
    try:
        visit = visit_of(typed)
        body = log_body(call, typed, visit)
        must_tell(body)
        answer = given(call, LOG, account.id, typed.one("_key"), body)
    except Malformed as wrong:
        return _again(call, account, typed, wrong, list(wrong.faults))
    except Refused as refusal:
        return _again(call, account, typed, refusal, _faults(refusal, body))
    day = logged_day(call, typed)
    today = day_of(call.doors.calendar.company, call.now)
    query = {
        "account": account.id,
        "recorded": answer.positions[-1] if answer.positions else 0,
        "wait_for": answer.position,
        **({"as_of": day.isoformat()} if day < today else {}),
    }
    return Reply(b"", status=303, headers={"Location": f"/console/visit/{UUID(visit)}?{urlencode(query)}"})


def _faults(refusal: Refused, body: dict[str, Any]) -> list[Fault]:
    """The field beside which a refusal stands."""
    if (field := PLACES.get(type(refusal).__name__)) is not None:
        return [Fault(field, "", str(refusal))]
    return faults_in(refusal, body)


def _again(call: Call, account: Account, typed: Typed, wrong: Exception, faults: list[Fault]) -> Reply:
    """The form once more, with what was typed and what was wrong."""
    from api.console.rendering import render

    as_of = typed.one("_as_of")
    frame = Frame(call, LogQuery(as_of=as_of or None, account=str(account.id), visit=typed.one("visit")))
    with frame.view() as view:
        frame.may_read_people(view)
        visit = typed.one("visit") if is_identifier(typed.one("visit")) else ""
        form = form_of(frame, view, account, visit, day_asked(view), typed, faults, _said(wrong))
        return Reply(render(frame, "visit_log", "visit_log.html", _told(form)), status=status_of(wrong))


def _said(wrong: Exception) -> str:
    """What was wrong, without the names that fields have in bodies: it stands beside each field, too."""
    return " ".join(each.reason for each in wrong.faults) if isinstance(wrong, Malformed) else str(wrong)
