"""Who reads: the language and the light that a browser remembers of its reader, else what it asks for."""

from __future__ import annotations

from typing import Any

from litestar import Request

from domain.language.languages import Language, language_of, preferred

COOKIE = "kams_reader"
THEMES = ("light", "dark")
PAGES = "/console"


def language_wanted(request: Request[Any, Any, Any]) -> Language:
    """The language in which refusals and reasons are said; on pages the one that the browser remembers."""
    chosen = language_of(remembered(request.cookies.get(COOKIE, ""))[0]) if is_page(request) else None
    return chosen or preferred(request.headers.get("accept-language", ""))


def is_page(request: Request[Any, Any, Any]) -> bool:
    """Whether somebody looks at a page of the console."""
    return f"{request.url.path}/".startswith(f"{PAGES}/")


def theme_in(reader: str) -> str:
    """light, dark, or auto: as the system says; by the value of the browser's cookie."""
    found = remembered(reader)[1]
    return found if found in THEMES else "auto"


def remembered(reader: str) -> tuple[str, str]:
    """Language and light by the value of the browser's cookie; empty where it remembers none."""
    language, _, theme = reader.partition(".")
    return language, theme
