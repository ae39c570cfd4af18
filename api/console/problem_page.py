"""What went wrong, as a page: the same document that the API answers with."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

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


def problem_page(problem: Problem, reader: str) -> bytes:
    """A page that says what was wrong and what to do."""
    from api.console.rendering import render_bare

    title = say(TITLES.get(problem.status, "That did not work"))
    detail = say(NO_PAGE) if problem.detail == NOT_FOUND else problem.detail
    places = [(path, say(name)) for path, name in PLACES.items()] if problem.status != 401 else []
    return render_bare("error.html", title=title, detail=detail, problem=problem, places=places, theme=theme_in(reader))
