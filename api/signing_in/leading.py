"""Where signing in leads, and where whoever is not signed in is led."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlsplit

START = "/console/"


def local(stated: str) -> str:
    """The address below /console that is stated, or the start page where it is another: nobody is led away from here by
    a link that begins here."""
    path = stated.partition("#")[0].partition("?")[0]
    plain = stated.isascii() and stated.isprintable() and not set(stated) & set("\\ ")
    upwards = ".." in path.split("/") or "%2e" in path.lower() or "//" in path
    fits = path == "/console" or path.startswith(START)
    return stated if fits and plain and not upwards else START


def sign_in_address(then: str) -> str:
    """The sign-in page that leads to an address then."""
    return f"/console/sign-in?next={quote(local(then), safe='/')}"


def is_visit(headers: Mapping[str, str]) -> bool:
    """Whether the browser asks for a page to show, so that it may be led to another one; not a script, nor a stream."""
    mode = headers.get("sec-fetch-mode", "navigate")
    return mode == "navigate" and "text/event-stream" not in headers.get("accept", "")


def page_of(headers: Mapping[str, str]) -> str:
    """The page on which a part of it was asked for, or a form sent."""
    parts = urlsplit(headers.get("hx-current-url") or headers.get("referer") or START)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
