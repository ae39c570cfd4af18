"""Every page of the nav, on the sample company: for everybody who has use for it, in both languages."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.console.serving import must_be_accessible, must_not_scroll_sideways, speak, watched

PATHS = (
    "/console/",
    "/console/funnel",
    "/console/forecast",
    "/console/accounts",
    "/console/account/A-01",
    "/console/opportunity/O-LH-2",
    "/console/visits",
    "/console/visits/log?account=A-01",
    "/console/issues",
    "/console/issue/K-LH-1",
    "/console/plans",
    "/console/plan/A-01:2026",
    "/console/audit",
    "/console/streams",
    "/console/system",
    "/console/guide",
)


NOT_COME = "kams-part:not([data-loaded], details:not([open]) *), [data-part]:not(:has(> .part))"
"""Parts that are to come by themselves: what is folded is asked for when it is opened."""
IN_THE_DARK = ("/console/", "/console/account/A-01", "/console/funnel")
"""Between them they have every colour that means something: scores, trends, stages, series of charts."""
DAILY = {
    "M-02": ("/console/funnel", "/console/plans", "/console/audit"),
    "M-22": ("/console/accounts", "/console/visits", "/console/issues"),
    "M-38": ("/console/forecast",),
    "M-39": ("/console/audit", "/console/system"),
}
"""What a director, a manager, a forecaster and an auditor open after the first page. Who sees everything has opened all
of it before: what differs for them is how much they see, and what they are offered."""


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_accessible_fits_a_phone_and_speaks_chinese_in_the_dark_too(browser_page, served_sample, path):
    seen = watched(browser_page)
    answer = browser_page.goto(served_sample.address(path=path))
    assert answer.status == 200
    browser_page.wait_for_load_state("networkidle")
    must_be_accessible(browser_page)
    browser_page.set_viewport_size({"width": 390, "height": 844})
    must_not_scroll_sideways(browser_page)
    speak(browser_page, served_sample.url, "zh")
    browser_page.emulate_media(color_scheme="dark")
    browser_page.reload()
    expect(browser_page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(browser_page.locator("main")).to_contain_text(re.compile("[一-鿿]"))
    if path in IN_THE_DARK:
        browser_page.wait_for_load_state("networkidle")
        must_be_accessible(browser_page)
    seen.must_be_quiet(served_sample.url)


@pytest.mark.parametrize("who", DAILY)
def test_the_nav_leads_to_these_pages_alone_and_where_somebody_works_no_script_is_refused_and_nobody_else_asked(
    browser_page, served_sample, who
):
    seen = watched(browser_page)
    browser_page.set_viewport_size({"width": 1280, "height": 6_000})
    browser_page.goto(served_sample.address(who))
    links = browser_page.locator("nav.nav li:not(.more) > a").evaluate_all("(links) => links.map((link) => link.href)")
    places = {urlsplit(link).path: link for link in links}
    assert {*DAILY[who]} < {*places} < {*PATHS}
    for path in ("/console/", *DAILY[who]):
        if path != "/console/":
            browser_page.goto(places[path])
        expect(browser_page.locator("h1").first).to_be_visible()
        expect(browser_page.locator(NOT_COME)).to_have_count(0)
    seen.must_be_quiet(served_sample.url)


def test_of_the_portfolio_only_so_many_are_listed_and_one_goes_on_by_a_link(browser_page, served_sample):
    browser_page.goto(served_sample.address("M-38", "/console/accounts?look=portfolio&rows=1"))
    for card in ("#proposals", "#reviews", "#abc"):
        lines = browser_page.locator(f"{card} .account-name")
        if browser_page.locator(f"{card} .more-rows").count():
            expect(lines).to_have_count(1)
            expect(browser_page.locator(f"{card} .more-rows")).to_contain_text("1 of ")
    browser_page.locator("#proposals .more-rows a").click()
    expect(browser_page.locator("#proposals .account-name").nth(1)).to_be_visible()
    expect(browser_page.locator("#proposals .more-rows")).to_have_count(0)


def test_on_a_phone_the_way_through_the_stages_shows_where_the_deal_stands(browser_page, served_sample):
    browser_page.set_viewport_size({"width": 390, "height": 844})
    browser_page.goto(served_sample.address(path="/console/opportunity/O-LH-2"))
    expect(browser_page.locator(".path [aria-current]").last).to_be_in_viewport(ratio=0.9)
    expect(browser_page.locator(".path li").first).not_to_be_in_viewport()
