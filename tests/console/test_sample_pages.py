"""Every page of the nav, on the sample company: for everybody who has use for it, in both languages."""

import re

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


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_accessible_fits_a_phone_and_speaks_chinese(browser_page, served_sample, path):
    seen = watched(browser_page)
    answer = browser_page.goto(served_sample.address(path=path))
    assert answer.status == 200
    browser_page.wait_for_load_state("networkidle")
    must_be_accessible(browser_page)
    browser_page.set_viewport_size({"width": 390, "height": 844})
    must_not_scroll_sideways(browser_page)
    speak(browser_page, served_sample.url, "zh")
    browser_page.reload()
    expect(browser_page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(browser_page.locator("main")).to_contain_text(re.compile("[一-鿿]"))
    seen.must_be_quiet(served_sample.url)


@pytest.mark.parametrize("who", ["M-02", "M-22", "M-38", "M-39"])
def test_wherever_the_nav_leads_a_director_manager_forecaster_or_auditor_no_script_is_refused_and_nobody_else_asked(
    browser_page, served_sample, who
):
    seen = watched(browser_page)
    browser_page.set_viewport_size({"width": 1280, "height": 6_000})
    browser_page.goto(served_sample.address(who))
    places = browser_page.locator("nav.nav li:not(.more) > a").evaluate_all("(links) => links.map((link) => link.href)")
    assert len(places) >= 6
    for place in places:
        browser_page.goto(place)
        expect(browser_page.locator("h1").first).to_be_visible()
        expect(browser_page.locator("kams-part:not([data-loaded]), [data-part]:not(:has(> .part))")).to_have_count(0)
    seen.must_be_quiet(served_sample.url)


@pytest.mark.parametrize(("light", "language"), [("light", "en"), ("dark", "zh")])
@pytest.mark.parametrize("path", ["/console/", "/console/account/A-01", "/console/funnel"])
def test_contrast_is_enough_in_either_light(browser_page, served_sample, path, light, language):
    speak(browser_page, served_sample.url, language)
    browser_page.emulate_media(color_scheme=light)
    browser_page.goto(served_sample.address(path=path))
    browser_page.wait_for_load_state("networkidle")
    must_be_accessible(browser_page)


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
