"""What went wrong, as a page: the same document that the API answers with."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from api.reader import theme_in
from domain.language.catalogue import say

if TYPE_CHECKING:
    from api.problems import Problem

HTML = "text/html"
TITLES = {
    401: "Please sign in",
    403: "This is not yours to do",
    404: "There is no such page",
    503: "One moment",
}
PLACES = {
    "/console/": "Today",
    "/console/funnel": "Funnel",
    "/console/forecast": "Forecast",
    "/console/accounts": "Accounts",
    "/console/visits": "Visits",
}
"""Where one can go on from a page that is not there, or not for the asker: what everybody has use for."""
NOT_FOUND = HTTPStatus.NOT_FOUND.phrase
NO_PAGE = "Nothing has this address: it may be mistyped, or what it named was merged or never there."


def problem_page(problem: Problem, reader: str, path: str, query: str) -> bytes:
    """A page that says what was wrong with an address, and what to do: to ask for it without what was wrong, too."""
    from api.console.rendering import render_bare

    title = say(TITLES.get(problem.status, "That did not work"))
    detail = say(NO_PAGE) if problem.detail == NOT_FOUND else problem.detail
    places = [(path, say(name)) for path, name in PLACES.items()] if problem.status != 401 else []
    shown = {"detail": detail, "problem": problem, "places": places, "without": _without(problem, path, query)}
    return render_bare("error.html", title=title, theme=theme_in(reader), **shown)


def _without(problem: Problem, path: str, query: str) -> str:
    """The address without the parameters that were wrong; empty where none was."""
    wrong, stated = {each.field for each in problem.faults}, parse_qsl(query, keep_blank_values=True)
    kept = [(name, value) for name, value in stated if name not in wrong]
    if len(kept) == len(stated):
        return ""
    return f"{path}?{urlencode(kept)}" if kept else path
