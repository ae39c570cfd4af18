"""The console's entrance: sessions by their cookies, how they begin, and what is asked of a browser that has one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from psycopg_pool import ConnectionPool

from api.access import Asker, NotSignedIn
from api.auth import Authenticator
from api.signing_in.attempts import BY_ADDRESS, BY_NAME, Attempts
from api.signing_in.browsers import browser_of
from api.signing_in.cookies import cookie, cookie_name, no_cookie
from api.signing_in.oidc import Provider
from api.signing_in.passwords import Passwords
from api.signing_in.rates import Rate
from api.signing_in.same_site import FIELD, HEADER, must_be_from_here, must_have_token
from api.signing_in.sessions import How, Session, Sessions
from api.signing_in.tokens import SignInTokens
from api.signing_in.ways import Ways


class PasswordWrong(NotSignedIn):
    """The identifier or the password is wrong, or this member may not sign in now."""


@dataclass(frozen=True)
class Browser:
    """Who knocks: his cookies, the address that he comes from, what his browser calls itself, and where he found us."""

    cookies: Mapping[str, str]
    address: str = ""
    agent: str = ""
    origin: str = ""


@dataclass(frozen=True)
class Entrance:
    """Lets people in. `secure`: TLS stands before this server; `public_url` is where people find it then."""

    authenticator: Authenticator
    pool: ConnectionPool
    secure: bool = False
    public_url: str | None = None
    company: Provider | None = None
    """The company's own sign-in, where there is one."""
    sessions: Sessions = field(init=False)
    tokens: SignInTokens = field(init=False)
    passwords: Passwords = field(init=False)
    attempts: Attempts = field(init=False)
    ways: Ways = field(init=False)
    asking: Rate = field(init=False)
    knocking: Rate = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sessions", self.authenticator.sessions)
        object.__setattr__(self, "tokens", SignInTokens(self.pool))
        object.__setattr__(self, "passwords", Passwords(self.pool))
        object.__setattr__(self, "attempts", Attempts(self.pool))
        object.__setattr__(self, "ways", Ways(self.pool))
        object.__setattr__(self, "asking", Rate(burst=600, per_second=20))
        object.__setattr__(self, "knocking", Rate(burst=300, per_second=5))

    @property
    def no_cookie(self) -> str:
        """The header that takes a cookie away."""
        return no_cookie(self.secure)

    @property
    def way_cookie(self) -> str:
        """The name of the cookie that knows a way to the company's sign-in."""
        return f"{cookie_name(self.secure)}-way"

    def let_in(self, cookies: Mapping[str, str], now: datetime) -> tuple[Session, Asker]:
        """Who is signed in by the cookie. Raises NotSignedIn, TooManyAttempts."""
        secret = cookies.get(cookie_name(self.secure), "")
        session = self.sessions.of(secret, now) if secret else None
        if session is None:
            raise NotSignedIn
        self.asking.take(session.id)
        return session, self.authenticator.asker_in(session, now)

    def begin(self, member: UUID, how: How, browser: Browser, now: datetime) -> tuple[Session, str]:
        """A new session for who has proven who he is, and the header that sets its cookie. The one of the cookie that
        came along, whoever's it was, ends. Raises NotSignedIn."""
        session, secret = self.authenticator.begin(member, how, now, browser_of(browser.agent))
        before = self.sessions.of(browser.cookies.get(cookie_name(self.secure), ""), now)
        if before is not None:
            self.sessions.end(before.id, now)
        return session, cookie(secret, self.secure, self.sessions.timeouts.whole)

    def by_password(self, name: str, password: str, browser: Browser, now: datetime) -> tuple[Session, str]:
        """A session for who knows the password of the member with this external id. It takes as long and says the same
        whether there is one or not. Raises PasswordWrong, TooManyAttempts."""
        self.attempts.take(f"address {browser.address}", BY_ADDRESS, now)
        self.attempts.take(f"name {name}", BY_NAME, now)
        member = self.authenticator.member_named(name)
        if not self.passwords.fits(member, password):
            raise PasswordWrong
        assert member is not None
        try:
            begun = self.begin(member, "password", browser, now)
        except NotSignedIn as refusal:
            raise PasswordWrong(refusal.locked_out) from None
        self.attempts.succeeded(f"name {name}", f"address {browser.address}", now)
        return begun

    def set_password(self, member: UUID, password: str, browser: Browser, now: datetime) -> tuple[Session, str]:
        """Set a member's password, end what lets him in so far, and begin a session. Raises NotSignedIn."""
        self.passwords.set(member, password, now)
        self.tokens.end_all(member)
        begun = self.begin(member, "password", browser, now)
        self.sessions.end_all(member, now, but=begun[0].id)
        return begun

    def must_be_sent_from_here(self, headers: Mapping[str, str]) -> None:
        """Refuse what a page of another site sends. Raises CrossSiteRequest."""
        public = urlsplit(self.public_url).netloc if self.public_url else ""
        must_be_from_here(headers, (headers.get("host", ""), public))

    def must_be_form_of(self, session: Session, headers: Mapping[str, str], form: Mapping[str, list[str]]) -> None:
        """Refuse what does not have the session's token, in a field or a header. Raises CrossSiteRequest."""
        self.must_be_sent_from_here(headers)
        must_have_token(headers.get(HEADER) or "".join(form.get(FIELD, [])), session.csrf)
