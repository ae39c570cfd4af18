"""The pages by which one comes in and goes out."""

from __future__ import annotations

import msgspec

from api.access import NotSignedIn
from api.console.entering import HTML, bare, came_in, entrance_of, field_of, names_known, noted
from api.endpoints import Call, Endpoint, Reply
from api.signing_in.attempts import TooManyAttempts
from api.signing_in.choosing import LONGEST, SHORTEST, must_be_good
from api.signing_in.leading import START, local, sign_in_address
from api.signing_in.tokens import PATHS, SignInTokenBad
from domain.errors import KamsError
from domain.language.catalogue import say

SIGN_IN, SET_PASSWORD = PATHS["sign_in"], PATHS["password"]
SIGN_OUT, SESSION = "/console/sign-out", "/console/session"


class SignInQuery(msgspec.Struct, kw_only=True):
    """`token` signs in, once; `next` is the page to go on to."""

    token: str = ""
    next: str = START


class PasswordsDiffer(KamsError):
    """The two passwords are not the same: type it again."""


def sign_in_endpoints() -> list[Endpoint]:
    """Coming in and going out."""
    return [
        Endpoint(
            "GET", SIGN_IN, "console.sign_in", "The way in.", _sign_in, str, SignInQuery,
            media=HTML, etag=False, session=True, public=True,
        ),
        Endpoint(
            "POST", SIGN_IN, "console.sign_in.password", "In by name and password.", _by_password, str,
            media=HTML, etag=False, session=True, public=True, form=True,
        ),
        Endpoint(
            "GET", SET_PASSWORD, "console.set_password", "Where a password is set.", _set_password, str, SignInQuery,
            media=HTML, etag=False, session=True, public=True,
        ),
        Endpoint(
            "POST", SET_PASSWORD, "console.set_password.set", "Set a password.", _password_set, str,
            media=HTML, etag=False, session=True, public=True, form=True,
        ),
        Endpoint(
            "GET", SESSION, "console.session", "Who is signed in, and the token of forms.", _session, SessionNow,
            etag=False, session=True,
        ),
        Endpoint(
            "POST", SIGN_OUT, "console.sign_out", "The way out.", _sign_out, str,
            media=HTML, etag=False, session=True, form=True,
        ),
    ]  # fmt: skip


class SessionNow(msgspec.Struct):
    """For a page that was left open until its session was over: the token of the new one, and whose it is."""

    member: str
    csrf: str


def _sign_in(call: Call) -> Reply:
    query, entrance = call.query(SignInQuery), entrance_of(call)
    if not query.token or "prefetch" in call.headers.get("sec-purpose", ""):  # who looks ahead does not use it up
        return sign_in_page(call, query.next)
    try:
        member = entrance.tokens.take(query.token, call.now)
        begun = entrance.begin(member, "token", call.browser, call.now)
    except NotSignedIn as refusal:
        _refused(call, refusal)
        return sign_in_page(call, query.next, SignInTokenBad())
    return came_in(call, begun, "token", local(query.next))


def _by_password(call: Call) -> Reply:
    name, then = field_of(call, "name").strip(), field_of(call, "next")
    try:
        begun = entrance_of(call).by_password(name, field_of(call, "password"), call.browser, call.now)
    except (NotSignedIn, TooManyAttempts) as refusal:
        _refused(call, refusal)
        return sign_in_page(call, then, refusal, name)
    return came_in(call, begun, "password", local(then))


def sign_in_page(call: Call, then: str, fault: KamsError | None = None, name: str = "") -> Reply:
    """The page for whoever is to sign in, with what was wrong."""
    company = entrance_of(call).company is not None
    shown = {"then": local(then), "name": name[:200], "back": sign_in_address(then), "company": company}
    return bare(call, "sign_in.html", say("Sign in"), fault, **shown)


def _refused(call: Call, refusal: KamsError) -> None:
    locked = refusal.locked_out if isinstance(refusal, NotSignedIn) else None
    rule = refusal.noted if isinstance(refusal, NotSignedIn) else refusal.rule
    status = 429 if isinstance(refusal, TooManyAttempts) else 401
    noted(call, "refused", rule, locked.member if locked else None, status=status)


def _set_password(call: Call) -> Reply:
    query = call.query(SignInQuery)
    try:
        entrance_of(call).tokens.look(query.token, call.now, "password")
    except SignInTokenBad as refusal:
        _refused(call, refusal)
        return sign_in_page(call, query.next, refusal)
    return _password_page(call, query.token)


def _password_set(call: Call) -> Reply:
    entrance, token = entrance_of(call), field_of(call, "token")
    try:
        member = entrance.tokens.look(token, call.now, "password")
        password = chosen(call, names_known(call, member))
        entrance.tokens.take(token, call.now, "password")
        begun = entrance.set_password(member, password, call.browser, call.now)
    except NotSignedIn as refusal:
        _refused(call, refusal)
        return sign_in_page(call, START, SignInTokenBad())
    except KamsError as refusal:
        return _password_page(call, token, refusal)
    return came_in(call, begun, "password_set", START)


def chosen(call: Call, known: list[str]) -> str:
    """The new password in a form, stated twice. Raises PasswordsDiffer and what is wrong with it."""
    password = field_of(call, "password")
    must_be_good(password, known)
    if password != field_of(call, "again"):
        raise PasswordsDiffer
    return password


def _password_page(call: Call, token: str, fault: KamsError | None = None) -> Reply:
    title, back = say("Set your password"), f"{SET_PASSWORD}?token={token}"
    return bare(call, "set_password.html", title, fault, token=token, back=back, least=SHORTEST, most=LONGEST)


def _session(call: Call) -> Reply:
    return Reply(SessionNow(str(call.asker.member), call.session.csrf if call.session else ""))


def _sign_out(call: Call) -> Reply:
    entrance = entrance_of(call)
    if call.session is not None:
        entrance.sessions.end(call.session.id, call.now)
    headers = {"Location": SIGN_IN, "Set-Cookie": entrance.no_cookie, "Clear-Site-Data": '"cache"'}
    return Reply(b"", status=303, headers=headers)
