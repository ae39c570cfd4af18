"""In by the company's own sign-in: there, and back."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from api.access import NotSignedIn
from api.console.entering import HTML, came_in, entrance_of, noted
from api.console.signing_in import sign_in_page
from api.endpoints import Call, Endpoint, Reply
from api.signing_in.cookies import cookie
from api.signing_in.leading import START, local
from api.signing_in.oidc import CompanySignInFailed, IssuerUnreachable
from api.signing_in.secrets import same
from domain.errors import KamsError, NotFound
from domain.language.catalogue import say

THERE, BACK = "/console/company-sign-in", "/console/company-sign-in/back"
LASTS = timedelta(minutes=10)


class ThereQuery(msgspec.Struct, kw_only=True):
    """`next` is the page to go on to."""

    next: str = START


class BackQuery(msgspec.Struct, kw_only=True):
    """What the issuer answers by the browser."""

    code: str = ""
    state: str = ""
    error: str = ""
    iss: str = ""


def company_sign_in_endpoints() -> list[Endpoint]:
    """The way there and the way back."""
    return [
        Endpoint(
            "GET", THERE, "console.company_sign_in", "To the company's sign-in.", _there, str, ThereQuery,
            media=HTML, etag=False, session=True, public=True,
        ),
        Endpoint(
            "GET", BACK, "console.company_sign_in.back", "Back from it.", _back, str, BackQuery,
            media=HTML, etag=False, session=True, public=True,
        ),
    ]  # fmt: skip


def _there(call: Call) -> Reply:
    entrance, then = entrance_of(call), local(call.query(ThereQuery).next)
    if entrance.company is None:
        raise NotFound(kind="page", key=THERE)
    state, way = entrance.ways.begin(then, call.now)
    try:
        address = entrance.company.address(state, way, _redirect(call))
    except IssuerUnreachable as refusal:
        return _not_in(call, refusal, then)
    kept = cookie(state, entrance.secure, LASTS, entrance.way_cookie)
    return Reply(b"", status=303, headers={"Location": address, "Set-Cookie": kept})


def _back(call: Call) -> Reply:
    entrance, query = entrance_of(call), call.query(BackQuery)
    if entrance.company is None:
        raise NotFound(kind="page", key=BACK)
    then = START
    try:
        if not same(query.state, call.browser.cookies.get(entrance.way_cookie, "") or "nothing"):
            raise CompanySignInFailed(reason=say("this browser did not begin it"))
        way = entrance.ways.back(query.state, call.now)
        then = way.next
        answer = {name: getattr(query, name) for name in query.__struct_fields__ if getattr(query, name)}
        name = entrance.company.name_of(answer, way, _redirect(call), call.now)
        member = entrance.authenticator.member_named(name)
        if member is None:
            raise CompanySignInFailed(reason=say("no member here has the identifier that it states"))
        begun = entrance.begin(member, "oidc", call.browser, call.now)
    except (NotSignedIn, IssuerUnreachable) as refusal:
        return _not_in(call, refusal, then)
    return came_in(call, begun, "oidc", local(then))


def _not_in(call: Call, refusal: KamsError, then: str) -> Reply:
    locked = refusal.locked_out if isinstance(refusal, NotSignedIn) else None
    rule = refusal.noted if isinstance(refusal, NotSignedIn) else refusal.rule
    noted(call, "refused", rule, locked.member if locked else None, status=401)
    told = refusal if isinstance(refusal, CompanySignInFailed | IssuerUnreachable) else None
    reason = say("this member may not sign in now")
    return sign_in_page(call, then, told or CompanySignInFailed(reason=reason))


def _redirect(call: Call) -> str:
    """The address to which the issuer sends browsers back, as it is registered there."""
    return f"{entrance_of(call).public_url or call.browser.origin}".rstrip("/") + BACK
