"""What the pages by which one comes in have in common."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from api.console.rendering import render_bare
from api.endpoints import Call, Reply
from api.names import invited_as
from api.reader import theme_in
from api.signing_in.attempts import TooManyAttempts
from api.signing_in.entrance import Entrance
from api.signing_in.sessions import Session
from api.store import Access as Line
from domain.errors import KamsError

HTML = "text/html"
PRODUCT = "kams"


def entrance_of(call: Call) -> Entrance:
    """The console's entrance."""
    assert call.doors.entrance is not None
    return call.doors.entrance


def field_of(call: Call, name: str) -> str:
    """What was typed into a field; nothing where it was not sent."""
    return call.form.get(name, [""])[-1]


def noted(call: Call, kind: str, rule: str, member: UUID | None = None, session: str = "", status: int = 303) -> None:
    """Write into the access log who came in, or did not."""
    call.doors.access_log.note(
        Line(kind=kind, method="POST" if call.raw_body else "GET", path=call.asked_path, status=status,
             correlation_id=call.correlation_id, member=member, key_id=session, rule=rule)
    )  # fmt: skip


def came_in(call: Call, begun: tuple[Session, str], rule: str, then: str) -> Reply:
    """Somebody has signed in: he goes on to a page."""
    session, cookie = begun
    noted(call, "signed_in", rule, session.member, session.id)
    return Reply(b"", status=303, headers={"Location": then, "Set-Cookie": cookie})


def bare(call: Call, template: str, title: str, fault: KamsError | None = None, **shown: object) -> Reply:
    """A page of somebody who is not signed in, with what was wrong."""
    status, headers = status_of(fault)
    text = "" if fault is None else str(fault)
    page = render_bare(template, title=title, theme=theme_in(call.reader), fault=text, **shown)
    return Reply(page, status=status, headers=headers)


def status_of(fault: KamsError | None) -> tuple[int, Mapping[str, str]]:
    """The status of a page that says what was wrong, and its headers."""
    if isinstance(fault, TooManyAttempts):
        return 429, {"Retry-After": str(fault.details["seconds"])}
    return (200 if fault is None else 401 if "SignIn" in type(fault).__name__ else 422), {}


def names_known(call: Call, member: UUID) -> list[str]:
    """What everybody knows of the company and its member: no password is made of it."""
    external_id, name = invited_as(call.doors.journal, member)
    return [PRODUCT, call.doors.calendar.company.name, external_id, name or ""]
