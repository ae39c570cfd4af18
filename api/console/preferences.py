"""What a browser remembers of its reader: the language and the light. Cookies that hold nothing else."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from api.endpoints import Call, Endpoint, Reply
from api.reader import COOKIE, remembered
from api.signing_in.leading import START, local

YEAR = 365 * 24 * 3600


class PreferencesQuery(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What to remember, and the page to go back to."""

    language: Literal["en", "zh"] | None = None
    theme: Literal["light", "dark", "auto"] | None = None
    back: str = START


def preference_endpoints() -> list[Endpoint]:
    """Where preferences are set: no session is needed, for the page that signs in has both, too."""
    path, about = "/console/preferences", "Remember language and light in this browser, and go back."
    for_all: dict[str, Any] = {"answer": bytes, "etag": False, "session": True, "public": True}
    return [
        Endpoint("GET", path, "console.preferences", about, _remember, query=PreferencesQuery, **for_all),
        Endpoint("GET", "/", "console.root", "The way into the console.", lambda _: led_to(START), **for_all),
    ]


def led_to(address: str) -> Reply:
    """An answer that leads to another page."""
    return Reply(b"", status=303, headers={"Location": address})


def _remember(call: Call) -> Reply:
    query = call.query(PreferencesQuery)
    language, theme = remembered(call.reader)
    kept = f"{query.language or language}.{query.theme or theme}"
    cookie = f"{COOKIE}={kept}; Path=/console; Max-Age={YEAR}; SameSite=Lax"
    return Reply(b"", status=303, headers={"Location": local(query.back), "Set-Cookie": cookie})
