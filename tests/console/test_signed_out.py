"""The way in as people see it, and a session that is over while something is typed: in a real browser."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from api.auth import Authenticator
from api.signing_in.passwords import Passwords
from api.signing_in.tokens import SignInTokens, address
from domain.account.account import Account
from domain.rights import Newest
from tests.console.serving import Served, must_be_accessible, must_not_scroll_sideways

PASSWORD = "Lake-Tannin-Orbit"
ASK_FOR_A_PART = "void document.querySelector('kams-part').ask()"


def begin(page: Page, served: Served, who: str = "manager", then: str = "/console/you") -> None:
    """Sign in by an address that is used once."""
    token = SignInTokens(served.office.journal.pool).issue(served.office.members[who], served.office.clock())
    page.goto(address(served.url, token, then))


def end_all(served: Served, who: str = "manager") -> None:
    sessions = Authenticator(served.office.journal, Newest(served.office.journal)).sessions
    sessions.end_all(served.office.members[who], served.office.clock())


def test_one_signs_in_by_password_in_either_language(browser_page: Page, served: Served) -> None:
    office = served.office
    Passwords(office.journal.pool).set(office.members["manager"], PASSWORD, office.clock())
    browser_page.goto(f"{served.url}/console/you?as_of=2026-01-31")
    expect(browser_page.get_by_role("heading", name="Sign in")).to_be_visible()
    must_be_accessible(browser_page)
    browser_page.get_by_role("link", name="中文").click()
    expect(browser_page.get_by_role("heading", name="登录")).to_be_visible()
    must_be_accessible(browser_page)
    browser_page.get_by_label("您在公司的标识").fill("manager")
    browser_page.get_by_label("密码").fill("something else")
    browser_page.keyboard.press("Enter")
    expect(browser_page.get_by_role("alert")).to_have_text("标识或密码不对，或该成员目前不能登录。")
    must_be_accessible(browser_page)
    browser_page.get_by_label("密码").fill(PASSWORD)
    browser_page.keyboard.press("Enter")
    expect(browser_page.get_by_role("heading", name="您", exact=True)).to_be_visible()
    assert browser_page.url == f"{served.url}/console/you?as_of=2026-01-31"


def test_ones_page_is_accessible_and_fits_a_phone(browser_page: Page, served: Served) -> None:
    browser_page.set_viewport_size({"width": 390, "height": 844})
    begin(browser_page, served, "director")
    expect(browser_page.get_by_role("heading", name="Where you are signed in")).to_be_visible()
    must_be_accessible(browser_page)
    must_not_scroll_sideways(browser_page)


def test_a_session_that_is_over_keeps_what_was_typed_and_goes_on_with_the_new_one(
    browser_page: Page, served: Served
) -> None:
    begin(browser_page, served, "auditor")
    typed = browser_page.get_by_label("New password")
    typed.fill(PASSWORD)
    end_all(served, "auditor")
    browser_page.locator("#time-slider").press("ArrowLeft")
    dialog = browser_page.get_by_role("dialog", name="You were signed out")
    expect(dialog).to_be_visible()
    must_be_accessible(browser_page)
    with browser_page.context.expect_page() as opened:
        dialog.get_by_role("link", name="Sign in in another tab").click()
    begin(opened.value, served, "auditor")
    opened.value.close()
    browser_page.bring_to_front()
    browser_page.evaluate("dispatchEvent(new Event('focus'))")
    expect(dialog).to_be_hidden()
    assert typed.input_value() == PASSWORD
    browser_page.get_by_label("The same again").fill(PASSWORD)
    browser_page.get_by_role("button", name="Set the password").click()
    expect(browser_page.get_by_text("Set on")).to_be_visible()


def sign_in_beside(page: Page, served: Served, who: str) -> None:
    """Sign in again in another tab, as the dialog asks, and come back."""
    dialog = page.get_by_role("dialog", name="You were signed out")
    expect(dialog).to_be_visible()
    with page.context.expect_page() as opened:
        dialog.get_by_role("link", name="Sign in in another tab").click()
    begin(opened.value, served, who)
    opened.value.close()
    dialog.get_by_role("button", name="I am signed in: go on").click()
    expect(dialog).to_be_hidden()


def test_a_form_in_the_panel_is_recorded_after_signing_in_again(browser_page: Page, served: Served) -> None:
    office = served.office
    begin(browser_page, served, "manager", f"/console/account/{office.ids['own']}")
    browser_page.locator(".do-menu > summary").click()
    browser_page.locator(".do-find").fill("record a need")
    browser_page.keyboard.press("Enter")
    panel = browser_page.locator("#panel")
    panel.get_by_role("radio", name="Goal").check()
    panel.get_by_label("Words").fill("They want it <b>soon</b>")
    end_all(served)
    head = office.journal.streams.head()
    panel.get_by_role("button", name="Record a need").click()
    sign_in_beside(browser_page, served, "manager")
    expect(browser_page.locator("#toast")).to_contain_text("Recorded.")
    expect(panel).to_be_hidden()
    assert office.journal.streams.head() == head + 1


def test_a_form_whose_session_was_renewed_in_another_tab_is_recorded_with_the_new_token(
    browser_page: Page, served: Served
) -> None:
    office = served.office
    begin(browser_page, served, "manager", f"/console/do/accounts/{office.ids['own']}/needs.add")
    browser_page.get_by_role("radio", name="Goal").check()
    browser_page.get_by_label("Words").fill("They want it blue")
    other = browser_page.context.new_page()
    begin(other, served)
    other.close()
    head = office.journal.streams.head()
    browser_page.get_by_role("button", name="Record a need").click()
    browser_page.wait_for_url("**/console/account/**")
    assert office.journal.streams.head() == head + 1


def type_a_need(page: Page) -> None:
    """Begin to type into a form in the panel."""
    page.locator(".do-menu > summary").click()
    page.locator(".do-find").fill("record a need")
    page.keyboard.press("Enter")
    page.locator("#panel").get_by_label("Words").fill("They want it")


def test_a_part_comes_after_signing_in_again(browser_page: Page, served: Served) -> None:
    begin(browser_page, served, "manager", f"/console/account/{served.office.ids['own']}")
    browser_page.locator("main[data-following]").wait_for()
    browser_page.locator("kams-part[data-loaded]").first.wait_for()
    type_a_need(browser_page)
    end_all(served)
    browser_page.evaluate("void document.querySelector('kams-part').ask()")
    sign_in_beside(browser_page, served, "manager")
    expect(browser_page.locator("kams-part").first).to_have_attribute("aria-busy", "false")
    expect(browser_page.locator(".not-come")).to_have_count(0)


def test_who_goes_on_without_signing_in_is_asked_again_only_when_he_presses_something(
    browser_page: Page, served: Served
) -> None:
    begin(browser_page, served, "manager", f"/console/account/{served.office.ids['own']}")
    browser_page.locator("main[data-following]").wait_for()
    part = browser_page.locator("kams-part").first
    expect(part).to_have_attribute("data-loaded", "true")
    type_a_need(browser_page)
    end_all(served)
    ask = "void document.querySelector('kams-part').ask()"
    browser_page.evaluate(ask)
    dialog = browser_page.get_by_role("dialog", name="You were signed out")
    expect(dialog).to_be_visible()
    browser_page.keyboard.press("Escape")
    expect(part.get_by_role("alert")).to_contain_text("You were signed out.")
    browser_page.evaluate(ask)
    expect(part).to_have_attribute("aria-busy", "false")
    expect(dialog).to_be_hidden()
    part.get_by_role("button", name="Try again").evaluate("(button) => button.click()")
    sign_in_beside(browser_page, served, "manager")
    expect(part.get_by_role("alert")).to_have_count(0)


def test_the_live_stream_goes_on_after_signing_in_again(browser_page: Page, served: Served) -> None:
    office = served.office
    begin(browser_page, served, "manager", f"/console/account/{office.ids['own']}")
    browser_page.locator("main[data-following]").wait_for()
    type_a_need(browser_page)
    end_all(served)
    browser_page.evaluate("dispatchEvent(new Event('pagehide')); dispatchEvent(new Event('pageshow'))")
    sign_in_beside(browser_page, served, "manager")
    browser_page.keyboard.press("Escape")
    position = office.give(Account, office.ids["own"], "change_profile", industry="ferries")
    expect(browser_page.locator("main")).to_have_attribute("data-shows", str(position))


def test_where_nothing_was_typed_a_session_that_is_over_leads_to_the_sign_in_page(
    browser_page: Page, served: Served
) -> None:
    begin(browser_page, served, "admin")
    browser_page.locator("main[data-following]").wait_for()
    end_all(served, "admin")
    browser_page.locator("#time-slider").press("ArrowLeft")
    expect(browser_page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert "next=/console/you" in browser_page.url


def test_where_nothing_was_typed_the_page_that_hears_that_its_session_is_over_leads_to_the_sign_in_page(
    browser_page: Page, served: Served
) -> None:
    place = f"/console/account/{served.office.ids['own']}"
    for asked in ("dispatchEvent(new Event('pagehide')); dispatchEvent(new Event('pageshow'))", ASK_FOR_A_PART):
        begin(browser_page, served, "manager", place)
        browser_page.locator("main[data-following]").wait_for()
        browser_page.locator("kams-part[data-loaded]").first.wait_for()
        end_all(served)
        browser_page.evaluate(asked)
        expect(browser_page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert f"next={place}" in browser_page.url


def test_what_was_refused_is_not_lost_with_the_session_though_it_stands_there_as_if_nobody_had_typed_it(
    browser_page: Page, served: Served
) -> None:
    own = served.office.ids["own"]
    begin(browser_page, served, "manager", f"/console/do/accounts/{own}/payments.add")
    browser_page.get_by_label("Invoice number").fill("R-1")
    browser_page.get_by_role("button", name="Record an invoice").click()
    expect(browser_page.locator("[data-fault]").first).to_be_visible()
    end_all(served)
    browser_page.locator("#time-slider").press("ArrowLeft")
    expect(browser_page.get_by_role("dialog", name="You were signed out")).to_be_visible()
    expect(browser_page.get_by_label("Invoice number")).to_have_value("R-1")


def test_who_comes_back_as_somebody_else_begins_anew(browser_page: Page, served: Served) -> None:
    """Else what one typed would be sent in the name of the other."""
    begin(browser_page, served, "forecaster")
    browser_page.get_by_label("New password").fill(PASSWORD)
    end_all(served, "forecaster")
    browser_page.locator("#time-slider").press("ArrowLeft")
    expect(browser_page.get_by_role("dialog", name="You were signed out")).to_be_visible()
    other = browser_page.context.new_page()
    begin(other, served, "integrator")
    browser_page.evaluate("dispatchEvent(new Event('focus'))")
    expect(browser_page.get_by_text("integrator").first).to_be_visible()
    expect(browser_page.get_by_label("New password")).to_have_value("")
