"""The cookie of a session."""

from __future__ import annotations

from datetime import timedelta


def cookie_name(secure: bool) -> str:
    """Its name. The prefix makes browsers take it from this very host alone, over TLS; on this machine alone there is
    no TLS."""
    return "__Host-kams" if secure else "kams"


def cookie(secret: str, secure: bool, lasts: timedelta, name: str = "") -> str:
    """The header that sets it. It goes along with links from elsewhere (Lax: a link in a mail leads to its page), not
    with forms from there, and no script reads it."""
    parts = [f"{name or cookie_name(secure)}={secret}", "Path=/", "HttpOnly", "SameSite=Lax"]
    parts += [f"Max-Age={int(lasts.total_seconds())}", *(["Secure"] if secure else [])]
    return "; ".join(parts)


def no_cookie(secure: bool) -> str:
    """The header that takes it away."""
    return cookie("", secure, timedelta(0))
