"""The pages by which one comes in and goes out."""

from __future__ import annotations

from html import escape
from uuid import UUID

import msgspec

from api.access import NotSignedIn
from api.endpoints import Call, Endpoint, Reply
from api.signing_in.entrance import Entrance
from api.signing_in.leading import START, local
from api.store import Access as Line
from domain.language.catalogue import say

HTML = "text/html"
SIGN_IN, SIGN_OUT = "/console/sign-in", "/console/sign-out"


class SignInQuery(msgspec.Struct, kw_only=True):
    """`token` signs in, once; `next` is the page to go on to."""

    token: str = ""
    next: str = START


def sign_in_endpoints() -> list[Endpoint]:
    """Coming in and going out."""
    return [
        Endpoint(
            "GET", SIGN_IN, "console.sign_in", "The way in.", _sign_in, str, SignInQuery,
            media=HTML, etag=False, session=True, public=True,
        ),
        Endpoint(
            "POST", SIGN_OUT, "console.sign_out", "The way out.", _sign_out, str,
            media=HTML, etag=False, session=True, form=True,
        ),
    ]  # fmt: skip


def _sign_in(call: Call) -> Reply:
    query, entrance = call.query(SignInQuery), entrance_of(call)
    if not query.token:
        return _page(say("Sign in"), say("`kams sign-in` prints an address that signs you in, once."), 200)
    try:
        member = entrance.tokens.take(query.token, call.now)
        session, cookie = entrance.begin(member, "token", call.cookies, call.now)
    except NotSignedIn as refusal:
        noted(call, "refused", 401, refusal.noted, refusal.locked_out.member if refusal.locked_out else None)
        return _page(say("Sign in"), str(refusal), 401)
    noted(call, "signed_in", 303, "token", member, session.id)
    return Reply(b"", status=303, headers={"Location": local(query.next), "Set-Cookie": cookie})


def _sign_out(call: Call) -> Reply:
    entrance = entrance_of(call)
    if call.session is not None:
        entrance.sessions.end(call.session.id, call.now)
    headers = {"Location": SIGN_IN, "Set-Cookie": entrance.no_cookie, "Clear-Site-Data": '"cache"'}
    return Reply(b"", status=303, headers=headers)


def entrance_of(call: Call) -> Entrance:
    """The console's entrance."""
    assert call.doors.entrance is not None
    return call.doors.entrance


def noted(
    call: Call, kind: str, status: int, rule: str, member: UUID | None = None, session: str = "", method: str = "GET"
) -> None:
    """Write into the access log who came in, or did not."""
    call.doors.access_log.note(
        Line(kind=kind, method=method, path=SIGN_IN, status=status, correlation_id=call.correlation_id,
             member=member, key_id=session, rule=rule)
    )  # fmt: skip


def _page(title: str, text: str, status: int) -> Reply:
    page = f"<!doctype html><title>KAMS</title><h1>{escape(title)}</h1><p>{escape(text)}</p>"
    return Reply(page.encode(), status=status)
