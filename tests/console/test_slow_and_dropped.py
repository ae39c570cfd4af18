"""A slow network and a server that is gone: what was typed stays, nothing is sent twice, the newest wish is what
comes, and what does not come says so and comes later."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from domain.account.account import Account
from domain.account.needs import Needs
from domain.account.visits import Visits
from tests.api.office import Office
from tests.console.serving import PATIENCE, Served, must_be_accessible, served_office, visit

SLOW = {"offline": False, "latency": 400, "downloadThroughput": 200_000, "uploadThroughput": 50_000}
GONE = "The server does not answer"


def slow_down(page: Page) -> None:
    """As on a bad mobile network."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("Network.enable")
    cdp.send("Network.emulateNetworkConditions", SLOW)


@dataclass
class Held:
    """Requests that wait until they are let go."""

    page: Page
    pattern: str | re.Pattern[str]
    routes: list[Route] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.route(self.pattern, self._hold)

    def _hold(self, route: Route) -> None:
        self.routes.append(route)

    def wait(self, count: int = 1) -> None:
        """Until so many were asked for."""
        until = time.monotonic() + PATIENCE
        while len(self.routes) < count and time.monotonic() < until:
            self.page.evaluate("1")
        assert len(self.routes) == count

    def let_go(self) -> None:
        """Everything goes on."""
        for route in self.routes:
            route.continue_()
        self.page.unroute(self.pattern)


def following(page: Page) -> None:
    page.locator("main[data-following]").wait_for()


def recorded(office: Office, kind: type) -> int:
    """How many events of a kind the manager's account has."""
    return sum(isinstance(fact.event, kind) for fact in office.journal.streams.history(office.ids["own"]))


def open_need(page: Page, served: Served, words: str) -> Locator:
    """The form of a need, filled in; its button."""
    visit(page, served, f"/console/do/accounts/{served.office.ids['own']}/needs.add")
    page.get_by_role("radio", name="Goal").check()
    page.get_by_label("Words").fill(words)
    return page.locator("form.command .command-end button")


def day_of(page: Page) -> str:
    return page.locator("#as-of").input_value()


def test_a_part_says_that_it_loads_until_it_comes(browser_page: Page, served: Served) -> None:
    held = Held(browser_page, "**/section/**")
    visit(browser_page, served, f"/console/account/{served.office.ids['own']}")
    part = browser_page.locator("kams-part.part").first
    expect(part).to_have_attribute("aria-busy", "true")
    expect(part.locator(".skeleton")).to_be_visible()
    expect(part).to_contain_text("Loading …")
    must_be_accessible(browser_page)
    held.let_go()
    expect(part).to_have_attribute("data-loaded", "true")
    expect(part.locator(".skeleton")).to_have_count(0)


@pytest.mark.parametrize(
    ("path", "part"), [("/console/", "#cooling > .part"), ("/console/forecast", "#expected .tiles")]
)
def test_the_part_that_is_seen_first_waits_for_no_other_script(
    browser_page: Page, served: Served, path: str, part: str
) -> None:
    held = Held(browser_page, re.compile(r"/(htmx\.min|app|live|forms)\.js"))
    browser_page.context.set_extra_http_headers({"Authorization": f"Bearer {served.office.keys['manager']}"})
    browser_page.goto(f"{served.url}{path}", wait_until="commit")
    expect(browser_page.locator(part)).to_be_visible()
    held.let_go()
    following(browser_page)


def test_a_form_says_that_it_is_sending_and_is_sent_once(browser_page: Page, served: Served) -> None:
    before = recorded(served.office, Needs.NeedRecorded)
    button = open_need(browser_page, served, "They want it fast")
    held = Held(browser_page, "**/do/accounts/*/needs.add")
    button.dblclick()
    held.wait()
    expect(button).to_have_text("Sending …")
    expect(button).to_be_disabled()
    expect(browser_page.locator("form.command")).to_have_attribute("aria-busy", "true")
    browser_page.keyboard.press("Enter")
    held.let_go()
    browser_page.wait_for_url("**/console/account/**")
    assert recorded(served.office, Needs.NeedRecorded) == before + 1


def test_the_slider_ends_at_the_day_where_it_was_left(browser_page: Page, served: Served) -> None:
    visit(browser_page, served, f"/console/account/{served.office.ids['own']}")
    slow_down(browser_page)
    slider = browser_page.locator("#time-slider")
    slider.focus()
    for _ in range(9):
        slider.press("ArrowLeft")
    day = day_of(browser_page)
    expect(browser_page.locator("main")).to_have_attribute("aria-busy", "true")
    browser_page.wait_for_url(f"**?as_of={day}")
    expect(browser_page.locator("main[aria-busy]")).to_have_count(0)
    expect(browser_page.locator("main")).to_have_attribute("data-permalink", re.compile(f"as_of={day}"))


def test_of_two_choices_the_newer_is_shown_though_the_older_comes_last(browser_page: Page, served: Served) -> None:
    visit(browser_page, served, "/console/funnel", "admin")
    held = Held(browser_page, re.compile("territory=north"))
    browser_page.get_by_label("Territory").select_option("north")
    held.wait()
    browser_page.get_by_label("Territory").select_option("south")
    browser_page.wait_for_url(re.compile("territory=south"))
    held.let_go()
    browser_page.wait_for_load_state("networkidle")
    assert "territory=south" in browser_page.url
    assert browser_page.get_by_label("Territory").input_value() == "south"


def test_what_others_record_does_not_take_back_the_day_that_one_moves_to(browser_page: Page, served: Served) -> None:
    office = served.office
    visit(browser_page, served, f"/console/account/{office.ids['own']}")
    following(browser_page)
    held = Held(browser_page, re.compile(r"/account/[^/]*as_of="))
    browser_page.locator("#time-slider").press("ArrowLeft")
    held.wait()
    day = day_of(browser_page)
    office.give(Account, office.ids["own"], "change_profile", industry="shipbuilding")
    held.wait(2)
    held.let_go()
    browser_page.wait_for_url(f"**?as_of={day}")
    expect(browser_page.locator("main")).to_have_attribute("data-permalink", re.compile(f"as_of={day}"))


def test_the_funnel_keeps_the_day_of_the_slider_though_an_older_picture_comes_last(
    browser_page: Page, served: Served
) -> None:
    visit(browser_page, served, "/console/funnel")
    slider = browser_page.locator("#time-slider")
    with browser_page.expect_response(re.compile("frames")):
        slider.focus()
    browser_page.wait_for_load_state("networkidle")
    held = Held(browser_page, re.compile(r"/console/funnel\?.*as_of="))
    slider.press("ArrowLeft")
    held.wait()
    slider.press("PageDown")
    day = day_of(browser_page)
    held.wait(2)
    held.let_go()
    expect(browser_page.locator("main")).to_have_attribute("data-permalink", re.compile(f"as_of={day}"))
    assert f"as_of={day}" in browser_page.url


def test_a_why_that_takes_its_time_says_that_it_loads_and_stays_closed_once_closed(
    browser_page: Page, served: Served
) -> None:
    visit(browser_page, served, "/console/funnel")
    held = Held(browser_page, "**/console/why*")
    link = browser_page.locator("main a.why").first
    link.focus()
    link.press("Enter")
    panel = browser_page.get_by_role("dialog")
    expect(panel.get_by_role("heading", name="Loading …")).to_be_visible()
    must_be_accessible(browser_page)
    browser_page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(link).to_be_focused()
    held.let_go()
    browser_page.wait_for_load_state("networkidle")
    expect(panel).to_be_hidden()
    link.press("Enter")
    expect(panel.get_by_role("heading", name="Loading …")).to_have_count(0)
    expect(panel.locator("#panel-title")).to_be_visible()


def gone(page: Page, pattern: str) -> None:
    """Nothing answers at such addresses."""
    page.route(pattern, lambda route: route.abort("connectionrefused"))


def test_a_part_that_does_not_come_says_why_and_comes_by_itself_once_the_server_is_there(
    browser_page: Page, served: Served
) -> None:
    gone(browser_page, "**/section/**")
    visit(browser_page, served, f"/console/account/{served.office.ids['own']}")
    part = browser_page.locator("kams-part").first
    expect(part.get_by_role("alert")).to_contain_text(f"This part did not come. {GONE}.")
    expect(part.get_by_role("button", name="Try again")).to_be_visible()
    must_be_accessible(browser_page)
    browser_page.unroute("**/section/**")
    expect(part).to_have_attribute("data-loaded", "true")
    expect(browser_page.locator(".not-come")).to_have_count(0)


def test_a_part_that_came_before_stays_and_says_that_it_is_from_before(browser_page: Page, served: Served) -> None:
    visit(browser_page, served, "/console/system", "admin")
    part = browser_page.locator("kams-part[every]").first
    expect(part).to_have_attribute("data-loaded", "true")
    rows = part.get_by_role("row").count()
    gone(browser_page, "**/system-now")
    browser_page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(part.get_by_role("alert")).to_contain_text(GONE)
    assert part.get_by_role("row").count() == rows > 0
    with browser_page.expect_request("**/system-now"):
        part.get_by_role("button", name="Try again").click()
    browser_page.unroute("**/system-now")
    expect(part.get_by_role("alert")).to_have_count(0)


def test_a_part_says_what_the_server_says_was_wrong(browser_page: Page, served: Served) -> None:
    told = '<main><p class="lead">The database cannot be reached &lt;b&gt;</p></main>'
    browser_page.route("**/section/**", lambda route: route.fulfill(status=503, content_type="text/html", body=told))
    visit(browser_page, served, f"/console/account/{served.office.ids['own']}")
    expect(browser_page.locator("kams-part").first).to_contain_text("The database cannot be reached <b>")


def test_a_why_that_does_not_come_says_so_and_is_asked_for_again(browser_page: Page, served: Served) -> None:
    visit(browser_page, served, "/console/funnel")
    gone(browser_page, "**/console/why*")
    browser_page.locator("main a.why").first.click()
    panel = browser_page.get_by_role("dialog")
    expect(panel.get_by_role("alert")).to_contain_text(GONE)
    must_be_accessible(browser_page)
    browser_page.unroute("**/console/why*")
    panel.get_by_role("button", name="Try again").click()
    expect(panel.locator("#panel-title")).to_be_visible()
    expect(panel.get_by_role("alert")).to_have_count(0)


def test_a_chart_whose_library_does_not_come_leaves_its_table_and_is_drawn_later(
    browser_page: Page, served: Served
) -> None:
    gone(browser_page, "**/echarts*")
    visit(browser_page, served, f"/console/account/{served.office.ids['own']}")
    chart = browser_page.locator("kams-chart").first
    chart.scroll_into_view_if_needed()
    expect(chart).to_have_attribute("data-broken", "true")
    browser_page.unroute("**/echarts*")
    expect(chart.locator("svg")).to_be_visible()


def test_a_visit_that_was_not_sent_is_sent_by_itself_once_the_server_is_there(
    browser_page: Page, served: Served
) -> None:
    before = recorded(served.office, Visits.VisitLogged)
    visit(browser_page, served, f"/console/visits/log?account={served.office.ids['own']}")
    browser_page.get_by_label("What came of it").fill("Nobody answered")
    gone(browser_page, "**/visits/log*")
    browser_page.get_by_role("button", name="Record the visit").click()
    expect(browser_page.locator("#draft-note")).to_contain_text("No connection. What you typed is kept")
    browser_page.unroute("**/visits/log*")
    browser_page.get_by_text("The visit is recorded.").wait_for()
    assert recorded(served.office, Visits.VisitLogged) == before + 1


@dataclass
class Coming:
    """A server that goes and comes again at the same address."""

    office: Office
    port: int
    up: ExitStack = field(default_factory=ExitStack)

    def start(self) -> Served:
        return self.up.enter_context(served_office(self.office, self.port))

    def stop(self) -> None:
        self.up.close()


@pytest.fixture
def coming(office: Office) -> Iterator[Coming]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    made = Coming(office, port)
    yield made
    made.stop()


def test_what_is_typed_outlives_the_server_and_is_recorded_once_when_it_is_back(
    browser_page: Page, coming: Coming
) -> None:
    before = recorded(coming.office, Needs.NeedRecorded)
    button = open_need(browser_page, coming.start(), "They want it cheap")
    following(browser_page)
    coming.stop()
    button.click()
    trouble = browser_page.locator("[data-trouble]")
    expect(trouble).to_contain_text(f"{GONE}. What you typed stays here: send it again, it is recorded only once.")
    expect(trouble).to_be_focused()
    expect(browser_page.get_by_label("Words")).to_have_value("They want it cheap")
    browser_page.get_by_text("Not live since").wait_for()
    must_be_accessible(browser_page)
    coming.start()
    browser_page.get_by_text("Not live since").wait_for(state="hidden")
    button.click()
    browser_page.wait_for_url("**/console/account/**")
    assert recorded(coming.office, Needs.NeedRecorded) == before + 1


def test_a_page_goes_on_to_the_day_that_was_wanted_and_is_live_again_when_the_server_is_back(
    browser_page: Page, coming: Coming
) -> None:
    office = coming.office
    visit(browser_page, coming.start(), f"/console/account/{office.ids['own']}")
    following(browser_page)
    address = browser_page.url
    coming.stop()
    slider = browser_page.locator("#time-slider")
    slider.press("ArrowLeft")
    expect(browser_page.locator("#toast")).to_contain_text(f"{GONE}. What you see is from before; it is tried again.")
    assert browser_page.url == address
    day = day_of(browser_page)
    coming.start()
    browser_page.wait_for_url(f"**?as_of={day}")
    slider.press("ArrowRight")
    browser_page.wait_for_url(re.compile(r"/account/[^?]*$"))
    following(browser_page)
    position = office.give(Account, office.ids["own"], "change_profile", industry="ferries")
    expect(browser_page.locator("main")).to_have_attribute("data-shows", str(position))
