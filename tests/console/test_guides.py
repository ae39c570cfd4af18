"""The guide: a page per kind of user in both languages, whose links lead to pages that he may open."""

from __future__ import annotations

import re
from html import unescape

import pytest
from playwright.sync_api import Page

from domain.member import Role
from tests.api.office import Office
from tests.console.serving import Served, must_be_accessible, must_not_scroll_sideways, visit

ROLES = [role.value for role in Role]


def main_of(page: str) -> str:
    return page[page.index("<main") : page.index("</main>")]


def test_every_kind_of_user_has_a_guide_and_his_own_stands_first(office: Office) -> None:
    page = main_of(office.get("/console/guide", "auditor").text)
    found = re.findall(r"/console/guide/(\w+)", page)
    assert sorted(found) == sorted(ROLES)
    assert found[0] == "auditor"


@pytest.mark.parametrize("role", ROLES)
def test_the_links_of_a_guide_lead_to_pages_that_its_reader_may_open(office: Office, role: str) -> None:
    page = main_of(office.get(f"/console/guide/{role}", role).text)
    assert page[page.index('id="first"') :].count("<li>") >= 5
    for path in sorted(set(re.findall(r'href="(/console/[^"]*)"', page))):
        answer = office.request("GET", unescape(path), role, headers={"Accept": "text/html"})
        assert answer.status_code == 200, path


@pytest.mark.parametrize("role", ROLES)
def test_a_guide_is_in_the_language_of_its_reader(office: Office, role: str) -> None:
    page = main_of(office.request("GET", f"/console/guide/{role}", headers={"Accept-Language": "zh"}).text)
    words = re.sub(r"<code>.*?</code>|<[^>]*>", " ", page)
    assert re.findall(r"[A-Za-z]{3,}", words.replace("KAMS", "").replace("NDJSON", "")) == []


def test_there_is_no_guide_for_nobody(office: Office) -> None:
    assert office.get("/console/guide/king").status_code == 404


def test_the_menu_leads_to_the_guide(office: Office) -> None:
    assert 'href="/console/guide">?' in office.get("/console/").text


def test_the_guides_are_accessible_and_fit_a_phone(browser_page: Page, served: Served) -> None:
    browser_page.set_viewport_size({"width": 390, "height": 844})
    for path in ("guide", "guide/manager"):
        visit(browser_page, served, f"/console/{path}")
        must_be_accessible(browser_page)
        must_not_scroll_sideways(browser_page)
