"""The console's entrance: sessions by their cookies, and what is asked of a browser that has one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from api.access import Asker, NotSignedIn
from api.auth import Authenticator
from api.signing_in.cookies import cookie, cookie_name, no_cookie
from api.signing_in.same_site import FIELD, HEADER, must_be_from_here, must_have_token
from api.signing_in.sessions import How, Session, Sessions
from api.signing_in.tokens import SignInTokens


@dataclass(frozen=True)
class Entrance:
    """Lets people in. `secure`: TLS stands before this server; `public_url` is where people find it then."""

    authenticator: Authenticator
    tokens: SignInTokens
    secure: bool = False
    public_url: str | None = None
    sessions: Sessions = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sessions", self.authenticator.sessions)

    @property
    def no_cookie(self) -> str:
        """The header that takes a cookie away."""
        return no_cookie(self.secure)

    def let_in(self, cookies: Mapping[str, str], now: datetime) -> tuple[Session, Asker]:
        """Who is signed in by the cookie. Raises NotSignedIn."""
        secret = cookies.get(cookie_name(self.secure), "")
        session = self.sessions.of(secret, now) if secret else None
        if session is None:
            raise NotSignedIn
        return session, self.authenticator.asker_in(session, now)

    def begin(self, member: UUID, how: How, cookies: Mapping[str, str], now: datetime) -> tuple[Session, str]:
        """A new session for who has proven who he is, and the header that sets its cookie. The one of the cookie that
        came along, whoever's it was, ends. Raises NotSignedIn."""
        session, secret = self.authenticator.begin(member, how, now)
        before = self.sessions.of(cookies.get(cookie_name(self.secure), ""), now)
        if before is not None:
            self.sessions.end(before.id, now)
        return session, cookie(secret, self.secure, self.sessions.timeouts.whole)

    def must_be_sent_from_here(self, headers: Mapping[str, str]) -> None:
        """Refuse what a page of another site sends. Raises CrossSiteRequest."""
        public = urlsplit(self.public_url).netloc if self.public_url else ""
        must_be_from_here(headers, (headers.get("host", ""), public))

    def must_be_form_of(self, session: Session, headers: Mapping[str, str], form: Mapping[str, list[str]]) -> None:
        """Refuse what does not have the session's token, in a field or a header. Raises CrossSiteRequest."""
        self.must_be_sent_from_here(headers)
        must_have_token(headers.get(HEADER) or "".join(form.get(FIELD, [])), session.csrf)
