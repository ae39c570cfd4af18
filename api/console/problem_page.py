"""What went wrong, as a page: the same document that the API answers with."""

from __future__ import annotations

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


def problem_page(problem: Problem, reader: str) -> bytes:
    """A page that says what was wrong and what to do."""
    from api.console.rendering import render_bare

    title = say(TITLES.get(problem.status, "That did not work"))
    return render_bare("error.html", title=title, problem=problem, theme=theme_in(reader))
