"""What a browser must prove before a session's form is taken: that it was sent from a page of this console."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from api.signing_in.secrets import same
from domain.errors import KamsError

FIELD = "_csrf"
HEADER = "x-csrf-token"
OURS = ("same-origin", "none")


class CrossSiteRequest(KamsError):
    """This was not sent from a page of this console, or from one of an earlier session: load the page anew, and send it
    again. Nothing was recorded."""


def must_be_from_here(headers: Mapping[str, str], hosts: Collection[str]) -> None:
    """Refuse what a page of another site sends, as far as the browser says so: Sec-Fetch-Site, and Origin, which must
    be one of `hosts`. Raises CrossSiteRequest."""
    if headers.get("sec-fetch-site", OURS[0]).lower() not in OURS:
        raise CrossSiteRequest
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() not in {each.lower() for each in hosts if each}:
        raise CrossSiteRequest


def must_have_token(stated: str, wanted: str) -> None:
    """Refuse a form without the token of its session. Raises CrossSiteRequest."""
    if not wanted or not same(stated, wanted):
        raise CrossSiteRequest
