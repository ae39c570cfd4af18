"""You (您): who you are here, your password, and where you are signed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from api.access import NotAllowed
from api.console.entering import HTML, came_in, entrance_of, field_of, names_known, noted, status_of
from api.console.frame import Frame, Moments, page
from api.console.rendering import render
from api.console.signing_in import chosen
from api.endpoints import Call, Endpoint, Reply
from api.names import invited_as
from api.signing_in.attempts import BY_NAME
from api.signing_in.choosing import LONGEST, SHORTEST
from api.signing_in.sessions import Session
from domain.errors import KamsError
from domain.language.catalogue import say

YOU = "/console/you"
RECENT = timedelta(hours=1)
HOW = {"token": "by an address that works once", "password": "by password", "oidc": "by the company's sign-in"}


class OldPasswordWrong(KamsError):
    """The old password is another one: nothing was changed."""


class SignInAnew(KamsError):
    """You signed in more than an hour ago: sign in anew to set your first password."""


def endpoints() -> list[Endpoint]:
    """The page, and its forms."""
    return [
        page("/you", "you", _you),
        _form("password", "Change one's password.", _change_password),
        _form("sessions/end", "End one of one's sessions.", _end),
        _form("sessions/end-others", "End all of one's other sessions.", _end_others),
    ]


def _form(path: str, about: str, handle: Callable[[Call], Reply]) -> Endpoint:
    return Endpoint(
        "POST", f"{YOU}/{path}", f"console.you.{path.replace('/', '.')}", about, handle, str,
        media=HTML, etag=False, session=True, form=True,
    )  # fmt: skip


def _you(frame: Frame[Moments]) -> Mapping[str, Any]:
    """Who you are here, your password, and where you are signed in."""
    return _shown(frame)


def _shown(frame: Frame[Any], fault: KamsError | None = None) -> Mapping[str, Any]:
    call, entrance = frame.call, entrance_of(frame.call)
    external_id, name = invited_as(call.doors.journal, call.asker.member)
    return {
        "title": say("You"),
        "name": name,
        "external_id": external_id,
        "sessions": entrance.sessions.going_on(call.asker.member, call.now),
        "how": {key: say(text) for key, text in HOW.items()},
        "password_set_at": entrance.passwords.set_at(call.asker.member),
        "fault": "" if fault is None else str(fault),
        "least": SHORTEST,
        "most": LONGEST,
    }


def _change_password(call: Call) -> Reply:
    session, entrance, member = _session_of(call), entrance_of(call), call.asker.member
    try:
        if entrance.passwords.set_at(member) is not None:
            entrance.attempts.take(f"change {member}", BY_NAME, call.now)
            if not entrance.passwords.fits(member, field_of(call, "old")):
                raise OldPasswordWrong
            entrance.attempts.succeeded(f"change {member}", "", call.now)
        elif call.now - session.began_at > RECENT:
            raise SignInAnew
        password = chosen(call, names_known(call, member))
        begun = entrance.set_password(member, password, call.browser, call.now)
    except KamsError as fault:
        noted(call, "refused", fault.rule, member, session.id, status=422)
        frame: Frame[Any] = Frame(call, Moments())
        status, headers = status_of(fault)
        return Reply(render(frame, "you", "you.html", _shown(frame, fault)), status=status, headers=headers)
    return came_in(call, begun, "password_set", YOU)


def _end(call: Call) -> Reply:
    session, entrance, wanted = _session_of(call), entrance_of(call), field_of(call, "session")
    his = {each.id for each in entrance.sessions.going_on(session.member, call.now)}
    if wanted in his:
        entrance.sessions.end(wanted, call.now)
    return Reply(b"", status=303, headers={"Location": YOU})


def _end_others(call: Call) -> Reply:
    session = _session_of(call)
    entrance_of(call).sessions.end_all(session.member, call.now, but=session.id)
    return Reply(b"", status=303, headers={"Location": YOU})


def _session_of(call: Call) -> Session:
    """The session in which this is asked: a key, which may have few scopes, sets no password. Raises NotAllowed."""
    if call.session is None:
        raise NotAllowed(what="This", needed=say("to be signed in at the console"))
    return call.session
