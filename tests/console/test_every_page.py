"""Every address of the console: nobody sees it who is not signed in, and whoever is gets an answer, never a fault."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from api.console import console_endpoints
from api.endpoints import Endpoint
from domain.member import Role
from tests.api.office import Office

PAGES = [each for each in console_endpoints() if each.method == "GET"]
FORMS = [each for each in console_endpoints() if each.method != "GET"]
CLOSED = [each for each in PAGES if not each.public]
OPEN = {
    "/",
    "/console/preferences",
    "/console/sign-in",
    "/console/set-password",
    "/console/company-sign-in",
    "/console/company-sign-in/back",
}
"""What shows nothing of the company."""
ENDLESS = "text/event-stream"
"""What goes on for as long as somebody listens."""
KINDS = {"plan": "own plan", "issue": "own issue", "opportunity": "own deal"}
WORDS = {"noun": "accounts", "command": "visits.log", "position": "1", "key": "default", "name": "timeline"}
WORDS["role"] = "manager"


def path_of(office: Office, endpoint: Endpoint) -> str:
    """An address of what is there."""
    noun = endpoint.path.removeprefix("/console/").partition("/")[0]
    path = endpoint.path.replace("{id}", str(office.ids[KINDS.get(noun, "own")]))
    for name, word in WORDS.items():
        path = path.replace(f"{{{name}}}", word)
    return path


def named(endpoints: list[Endpoint]) -> list[object]:
    return [pytest.param(each, id=f"{each.method} {each.path}") for each in endpoints]


def test_all_of_it_is_for_who_is_signed_in_but_the_ways_in() -> None:
    assert all(each.session for each in (*PAGES, *FORMS))
    assert {each.path for each in (*PAGES, *FORMS) if each.public} == OPEN
    assert all(each.form for each in FORMS)


@pytest.mark.parametrize("endpoint", named(CLOSED))
def test_whoever_is_not_signed_in_is_led_to_the_sign_in_page_and_back(office: Office, endpoint: Endpoint) -> None:
    path = path_of(office, endpoint)
    answer = office.client.get(path, params={"as_of": "2026-01-31"}, follow_redirects=False)
    found = urlsplit(answer.headers["location"])
    assert (answer.status_code, found.path) == (303, "/console/sign-in")
    assert parse_qs(found.query) == {"next": [f"{path.rstrip('/')}?as_of=2026-01-31"]}
    part = office.client.get(path, headers={"HX-Request": "true", "HX-Current-URL": "http://x/console/a?b=c"})
    assert (part.status_code, part.content) == (401, b"")
    assert part.headers["hx-redirect"] == "/console/sign-in?next=/console/a%3Fb%3Dc"
    assert office.client.get(path, headers={"Sec-Fetch-Mode": "cors"}).status_code == 401


@pytest.mark.parametrize("role", [*(role.value for role in Role), "nobody"])
def test_whoever_is_signed_in_gets_an_answer(office: Office, role: str) -> None:
    visitor = office.signed_in(role)
    answers = {each.path: visitor.get(path_of(office, each)) for each in PAGES if each.media != ENDLESS}
    assert {path: answer.status_code for path, answer in answers.items() if answer.status_code >= 500} == {}
    for path, answer in answers.items():
        policy = dict(each.partition(" ")[::2] for each in answer.headers["content-security-policy"].split("; "))
        assert policy.get("script-src", policy["default-src"]) in ("'self'", "'none'"), path
        assert policy["frame-ancestors"] == "'none'", path
        assert answer.headers["x-content-type-options"] == "nosniff", path
        assert "private" in answer.headers["cache-control"] or "no-store" in answer.headers["cache-control"], path


@pytest.mark.parametrize("endpoint", named(FORMS))
def test_a_form_of_nobody_records_nothing(office: Office, endpoint: Endpoint) -> None:
    head = office.journal.streams.head()
    answer = office.client.post(path_of(office, endpoint), data={"a": "b"}, follow_redirects=False)
    assert answer.status_code in ((401, 422) if endpoint.public else (303,))
    assert "set-cookie" not in answer.headers
    assert office.journal.streams.head() == head
