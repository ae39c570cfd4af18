"""What each kind of user does with the console, from the address that signs him in on: in both languages, in one copy
of the sample company. What is pressed is found by the words that the reader reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from api.signing_in.passwords import Passwords
from domain.account.account import Account
from domain.journal.context import Context
from domain.language.catalogue import say, term
from domain.language.languages import Language, speaking
from projections.streams.deliveries import Batch, DeadLetter, DeliveryStore
from tests.console.serving import SampleConsole, must_not_scroll_sideways, speak

PHONE = {"width": 390, "height": 844}
DIRECTOR, FORECASTER, AUDITOR, ADMIN = "M-02", "M-38", "M-39", "M-40"
NEWCOMER, MANAGER = "", "M-22"
STORY = "澜海风电装备有限公司"
PASSWORD = "Lake-Tannin-Orbit"


@pytest.fixture
def company(own_sample: SampleConsole) -> SampleConsole:
    """The console of a copy of the sample company in which these tests record facts."""
    return own_sample


@pytest.fixture(params=["en", "zh"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    """The language that is spoken, by the page and by `say` in the test."""
    with speaking(Language(request.param)):
        yield request.param


def begin(page: Page, company: SampleConsole, who: str, language: str, path: str = "/console/") -> None:
    speak(page, company.url, language)
    page.goto(company.address(who, path))


def tab(page: Page, bar: str, name: str) -> None:
    page.get_by_role("navigation", name=bar).get_by_role("link", name=name, exact=True).click()


def place(page: Page, name: str) -> None:
    """Go to a page of the nav."""
    tab(page, say("Pages"), name)


def said(words: str) -> re.Pattern[str]:
    """A sentence with values, whatever they are: each stands as `@`."""
    return re.compile(".*".join(re.escape(part) for part in words.split("@")))


def health(page: Page) -> int:
    """The health that an account's page states."""
    return int(page.locator(".health-score .why").inner_text())


def close_panel(page: Page) -> None:
    page.locator("#panel").get_by_role("button", name=say("Close")).click()
    expect(page.locator("#panel")).to_be_hidden()


@pytest.mark.parametrize(("language", "who"), [("en", MANAGER), ("zh", NEWCOMER)], indirect=["language"])
def test_a_manager_on_a_phone_finds_what_cools_most_and_why_sees_it_was_fine_logs_a_visit_and_sees_it_rise(
    browser_page: Page, company: SampleConsole, language: str, who: str
) -> None:
    page = browser_page
    page.set_viewport_size(PHONE)
    begin(page, company, who, language)
    start = page.url
    cooler = (
        page.get_by_role("region", name=say("What cools most")).locator(".cooler").nth(("en", "zh").index(language))
    )
    expect(cooler.locator(".cooler-do")).to_be_visible()
    name = cooler.locator(".cooler-name").inner_text()
    now = int(cooler.locator(".cooler-score strong .why").inner_text().split()[0])
    cooler.locator(".cooler-why").first.get_by_role("link").first.click()
    panel = page.locator("#panel")
    expect(panel.locator(".fact").first).to_contain_text(said(say("recorded {when}", when="@")))
    close_panel(page)

    cooler.get_by_role("link", name=say("Why, and what else")).click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
    assert health(page) == now
    expect(page.get_by_role("heading", name=say("Why it fell"))).to_be_visible()
    expect(page.get_by_role("heading", name=say("What lets it rise again"))).to_be_visible()
    must_not_scroll_sideways(page)
    page.get_by_label(say("As of"), exact=True).fill("2026-07-31")
    expect(page.get_by_text(said(say("You look at {day}", day="@"))).first).to_be_visible()
    page.wait_for_url(re.compile("as_of=2026-07-31"))
    assert health(page) >= now + 10

    page.goto(start)
    taps = [
        lambda: cooler.get_by_role("link", name=say("Log a visit")).click(),
        lambda: page.locator("fieldset label.chip").first.click(),
        lambda: page.locator("label.chip", has_text=term("ObjectiveMet", "yes")).first.click(),
        lambda: page.locator("label.chip", has_text=say("in a week")).first.click(),
        lambda: page.get_by_role("button", name=say("Record the visit")).click(),
    ]
    for tap in taps:
        tap()
    assert len(taps) <= 6
    expect(page.get_by_text(say("The visit is recorded."))).to_be_visible()
    must_not_scroll_sideways(page)
    page.get_by_role("link", name=say("See the health change")).click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
    assert health(page) > now


def test_a_director_goes_from_the_funnel_to_the_board_and_the_bridge_and_is_told_what_a_gate_misses(
    browser_page: Page, company: SampleConsole, language: str
) -> None:
    page = browser_page
    begin(page, company, DIRECTOR, language)
    place(page, say("Funnel"))
    count = page.locator("#stage-four-funnel-potential-count")
    number = re.sub(r"\D", "", count.inner_text())
    count.get_by_role("link").or_(page.locator("a#stage-four-funnel-potential-count")).first.click()
    expect(page.locator("#panel .why-value")).to_contain_text(number)
    close_panel(page)
    tab(page, say("Views of the funnel"), say("Board"))
    expect(page.locator("#column-potential-count")).to_have_text(number)
    tab(page, say("Views of the funnel"), say("Bridge"))
    page.locator("#bar-lost").get_by_role("link").last.click()
    expect(page.locator("#panel tbody a.why").first).to_be_visible()
    close_panel(page)

    page.goto(f"{company.url}/console/funnel?show=board")
    column = page.locator("#column-potential")
    card = column.locator("[id^=card-]").first
    card.drag_to(page.locator("#column-confirmed"))
    panel = page.locator("#panel")
    expect(panel.get_by_role("alert").first).to_be_visible()
    expect(panel.locator(".gate-missing li").first).to_be_visible()
    close_panel(page)
    expect(column.locator(f"#{card.get_attribute('id')}")).to_be_visible()


def test_a_director_holds_the_forecast_against_the_target_and_goes_from_the_heat_map_to_an_account_of_a_month(
    browser_page: Page, company: SampleConsole, language: str
) -> None:
    page = browser_page
    begin(page, company, DIRECTOR, language)
    place(page, say("Forecast"))
    page.locator("select[name=territory]").wait_for()
    page.wait_for_load_state()  # a choice leads on once the page's scripts run
    page.locator("select[name=territory]").select_option("china")
    page.wait_for_url(re.compile("territory=china"))
    against = page.get_by_role("region", name=say("Categories against the target"))
    expect(against).to_contain_text(said(say("{amount} is missing", amount="@")))
    target = against.locator("div", has=page.get_by_role("term").filter(has_text=say("Target"))).last
    target.locator("a.why").first.click()
    expect(page.locator("#panel .why-value")).to_be_visible()
    close_panel(page)
    place(page, say("Accounts"))
    tab(page, say("Looks"), say("Heat map"))
    page.locator(".more-rows a").click()
    row = page.get_by_role("row").filter(has_text=STORY)
    cell = row.get_by_role("cell").nth(2).get_by_role("link")
    score, day = cell.inner_text(), re.search(r"as_of=([\d-]+)", cell.get_attribute("href") or "")
    assert day is not None
    assert date.fromisoformat(day[1]) < date(2026, 1, 1)
    cell.click()
    expect(page.locator("#panel .why-value")).to_be_visible()
    assert round(float(page.locator("#panel .why-value").inner_text().split()[0])) == int(score)
    page.locator("#panel").get_by_role("link", name=say("The account as it was then")).click()
    expect(page).to_have_url(re.compile(f"as_of={day[1]}"))
    expect(page.get_by_role("heading", level=1, name=STORY)).to_be_visible()
    assert health(page) == int(score)


def test_an_auditor_replays_compares_two_states_of_knowledge_and_verifies_the_seal_in_his_browser(
    browser_page: Page, company: SampleConsole, language: str
) -> None:
    page = browser_page
    begin(page, company, AUDITOR, language)
    place(page, say("Audit"))
    page.get_by_role("searchbox").fill("A-01")
    page.get_by_role("button", name=say("Find")).click()
    page.get_by_role("region", name=say("Found")).get_by_role("link", name=STORY).click()
    count = int(page.locator("#step").get_attribute("max") or 0)
    assert count > 100
    page.get_by_role("link", name=say("The step before")).click()
    after = say("After step {step} of {count}", step=count - 1, count=count)
    expect(page.get_by_role("heading", name=after)).to_be_visible()
    page.get_by_role("link", name=say("Its differences")).click()
    page.get_by_label(say("known at (position or day)")).fill("54000")
    page.get_by_role("button", name=say("Compare")).click()
    between = page.get_by_role("region", name=say("Facts in between"))
    expect(between.locator(".fact").first).to_be_visible()
    newest = between.locator("a.place").first
    position = re.sub(r"\D", "", newest.inner_text())
    assert int(position) > 54_000
    newest.click()
    event = page.get_by_role("region", name=said(say("Position {position}", position="@")))
    expect(event.get_by_text(say("Stored name"))).to_be_visible()
    event.get_by_role("link", name=say("Verify that it is sealed")).click()
    holds = say(
        "Holds: the event at position {position} is one of the {size} sealed ones.", position=position, size="@"
    )
    expect(page.locator("#verdict")).to_have_text(said(holds))


def test_a_copied_link_shows_the_same_numbers_to_somebody_else_after_more_was_recorded(
    browser: Browser, browser_page: Page, company: SampleConsole, language: str
) -> None:
    page = browser_page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=company.url)
    begin(page, company, AUDITOR, language, "/console/account/A-01")
    tiles = "[...document.querySelectorAll('#part-why a.why')].map((each) => each.textContent.trim())"
    page.locator("#part-why").wait_for()
    before = page.evaluate(tiles)
    page.get_by_role("button", name=say("Copy a link that shows these numbers for ever")).click()
    expect(page.locator("#toast")).to_have_text(say("Copied. The link carries both clocks."))
    link = page.evaluate("navigator.clipboard.readText()")
    assert {"as_of", "known_at"} <= {each.partition("=")[0] for each in urlsplit(link).query.split("&")}

    journal = company.made.journal
    account = journal.streams.claimed("account", "", ["A-01"])["A-01"]
    late = Context(at=datetime(2026, 10, {"en": 30, "zh": 31}[language], 3, tzinfo=UTC))
    journal.run(Account, account, lambda found: found.visits.log(visit_id=uuid4()), late)
    context = browser.new_context(viewport={"width": 1280, "height": 860}, locale="de-DE")
    other = context.new_page()
    begin(other, company, FORECASTER, language)
    other.goto(link)
    other.locator("#part-why").wait_for()
    assert other.evaluate(tiles) == before
    other.goto(f"{company.url}/console/account/A-01?as_of=2026-10-31")
    other.locator("#part-why").wait_for()
    assert other.evaluate(tiles) != before
    context.close()


def test_a_forecaster_sees_what_the_period_may_bring_how_good_that_was_and_what_if(
    browser_page: Page, company: SampleConsole, language: str
) -> None:
    page = browser_page
    begin(page, company, FORECASTER, language)
    place(page, say("Forecast"))
    expect(page.get_by_text(said(say("P10 to P90: {low} to {high}", low="@", high="@"))).first).to_be_visible()
    expect(page.locator("#course kams-chart svg, #course kams-chart canvas").first).to_be_visible()
    page.get_by_role("region", name=say("Categories against the target")).locator("a.why").first.click()
    expect(page.locator("#panel .why-value")).to_be_visible()
    close_panel(page)
    scores = page.locator("#scores")
    scores.scroll_into_view_if_needed()
    expect(scores.get_by_role("table").first.or_(scores.locator(".empty"))).to_be_visible()
    deals = page.locator("#deals")
    deals.scroll_into_view_if_needed()
    first = deals.locator("tbody tr").first
    expect(first.locator(".reasons li").first).to_be_visible()
    number = first.locator("th .faint").inner_text().rpartition("·")[2].strip()
    what_if = page.locator("#whatif")
    what_if.get_by_label(say("Opportunity")).fill(number)
    what_if.get_by_role("combobox").select_option(term("ChangeKind", "lost"))
    what_if.get_by_role("button", name=say("Suppose"), exact=True).click()
    expect(what_if.get_by_text(say("A supposition: nothing of this is recorded."))).to_be_visible()
    weighted = what_if.get_by_role("row", name=say("Weighted")).get_by_role("cell")
    expect(weighted.last).to_contain_text("-")


def test_an_integrator_subscribes_looks_at_dead_letters_and_sends_again_what_was_counted(
    browser_page: Page, company: SampleConsole, language: str
) -> None:
    page, name = browser_page, f"erp-{language}"
    begin(page, company, ADMIN, language)
    place(page, say("Streams"))
    page.get_by_text(say("Subscribe to events"), exact=True).click()
    page.get_by_label(say("Name"), exact=True).fill(name)
    page.get_by_label(say("Address of the webhook")).fill("https://erp.example/kams")
    page.get_by_label(say("Events"), exact=True).fill("Opportunity")
    page.get_by_role("button", name=say("Subscribe"), exact=True).click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
    journal = company.made.journal
    subscription = journal.streams.claimed("subscription", "", [name])[name]
    given_up(company, subscription)
    page.goto(f"{company.url}/console/streams")
    page.get_by_role("row", name=name).get_by_role("link", name=name).click()
    dead = page.locator("#dead")
    expect(dead.get_by_role("row")).to_have_count(2)
    page.get_by_role("button", name=say("Count them first")).click()
    page.get_by_role("button", name=say("Send {count} again", count=1)).click()
    expect(page.get_by_role("status").first).to_be_visible()
    expect(page.get_by_role("heading", name=say("Sent again"))).to_be_visible()


def given_up(company: SampleConsole, subscription: UUID) -> None:
    """What a worker records of an event whose receiver never answered."""
    with company.made.journal.pool.connection() as connection:
        store = DeliveryStore(connection)
        store.standing(subscription, 0)
        letter = DeadLetter(
            position=7, lane=subscription, attempts=10, status=500, reason="it answered 500", at=datetime.now(UTC)
        )
        store.record(subscription, Batch(cursor=9, parked=(), dead=(letter,), log=()))


def test_an_admin_looks_at_the_system_ends_a_session_signs_out_and_in_again_by_password(
    browser: Browser, browser_page: Page, company: SampleConsole, language: str
) -> None:
    page = browser_page
    away = browser.new_context()
    begin(away.new_page(), company, ADMIN, language)
    begin(page, company, ADMIN, language)
    place(page, say("System"))
    expect(page.locator("kams-part[data-loaded] table").first).to_be_visible()
    page.locator("summary", has=page.locator("use[href*='person']")).click()
    page.get_by_role("link", name=say("You: password, where you are signed in")).click()
    sessions = page.get_by_role("region", name=say("Where you are signed in"))
    before = sessions.get_by_role("listitem").count()
    assert before >= 2
    sessions.get_by_role("button", name=say("End"), exact=True).first.click()
    expect(sessions.get_by_role("listitem")).to_have_count(before - 1)
    journal = company.made.journal
    member = journal.streams.claimed("member", "", [ADMIN])[ADMIN]
    Passwords(journal.pool).set(member, PASSWORD, datetime.now(UTC))
    page.locator("main").get_by_role("button", name=say("Sign out")).click()
    expect(page.get_by_role("heading", name=say("Sign in"))).to_be_visible()
    page.get_by_label(say("Your identifier in the company")).fill(ADMIN)
    page.get_by_label(say("Password"), exact=True).fill(PASSWORD)
    page.get_by_role("button", name=say("Sign in"), exact=True).click()
    expect(page.get_by_role("heading", level=1, name=say("Today"))).to_be_visible()
    away.close()
