"""What went wrong, as a page: the same document that the API answers with."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from api.console.formats import capital
from api.identity import is_identifier
from api.reader import theme_in
from domain.errors import NotFound
from domain.language.catalogue import field_words, say

if TYPE_CHECKING:
    from api.problems import Problem
    from domain.errors import Fault

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
NO_PLAN = "There is no account plan with this address, or you may not see it."
NOT_THERE = {
    "account": ("There is no account with this address, or you may not see it.", "/console/accounts"),
    "opportunity": ("There is no opportunity with this address, or you may not see it.", "/console/funnel"),
    "issue": ("There is no issue with this address, or you may not see it.", "/console/accounts"),
    "plan": (NO_PLAN, "/console/accounts"),
    "accountplan": (NO_PLAN, "/console/accounts"),
    "visit": ("There is no visit with this address, or you may not see it.", "/console/visits"),
}
"""What is said of a thing that an address names and nothing is, by its kind; and where one finds others."""
NOT_FOUND = HTTPStatus.NOT_FOUND.phrase
LABELS = {"as_of": "As of", "known_at": "Known at"}
"""What the time bar calls its fields."""
NO_PAGE = "Nothing has this address: it may be mistyped, or what it named was merged or never there."


def problem_page(problem: Problem, reader: str, path: str, query: str) -> bytes:
    """A page that says what was wrong with an address, and what to do: to ask for it without what was wrong, too."""
    from api.console.rendering import render_bare

    title = say(TITLES.get(problem.status, "That did not work"))
    missing = _missing(problem)
    detail, first = NOT_THERE.get(missing, (NO_PAGE if problem.detail == NOT_FOUND else "", "/console/"))
    places = sorted(PLACES.items(), key=lambda place: place[0] != first) if problem.status != 401 else []
    shown = {
        "detail": say(detail) if detail else problem.detail,
        "problem": problem,
        "faults": [_wrong(each) for each in problem.faults],
        "places": [(path, say(name)) for path, name in places],
        "without": _without(problem, path, query),
    }
    return render_bare("error.html", title=title, theme=theme_in(reader), **shown)


def _missing(problem: Problem) -> str:
    """What kind of thing an address named by an identifier that nothing has, or nothing that the asker may see."""
    kind, key = str(problem.details.get("kind", "")), str(problem.details.get("key", ""))
    return kind if problem.rule == NotFound.__name__ and kind in NOT_THERE and is_identifier(key) else ""


def _wrong(fault: Fault) -> tuple[str, str, str]:
    """A wrong parameter of an address: by its label, what was found, and why that will not do."""
    label = capital(say(LABELS[fault.field]) if fault.field in LABELS else field_words(fault.field))
    unknown = say("unknown field; known: {known}", known="")
    if fault.reason.startswith(unknown):
        return label, "", say("the page asks for nothing of this name")
    return label, "" if fault.found in fault.reason else fault.found, fault.reason


def _without(problem: Problem, path: str, query: str) -> str:
    """The address without the parameters that were wrong; empty where none was."""
    wrong, stated = {each.field for each in problem.faults}, parse_qsl(query, keep_blank_values=True)
    kept = [(name, value) for name, value in stated if name not in wrong]
    if len(kept) == len(stated):
        return ""
    return f"{path}?{urlencode(kept)}" if kept else path
