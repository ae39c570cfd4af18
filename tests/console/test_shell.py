"""The frame of every page: language, light, clocks in every link, problems as pages, assets for ever."""

import re
from importlib.resources import files
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from api.console.assets import all_assets, has, imports, version
from api.console.rendering import environment
from domain.language.languages import Language, speaking
from tests.console.serving import must_suit_desk_and_phone, visit

AS_BROWSER = {"Accept": "text/html,*/*"}
HEADERS = 350
"""Bytes of the headers of a file, about."""


def test_a_page_is_html_in_the_language_that_the_browser_asks_for(office):
    english = office.get("/console/")
    chinese = office.request("GET", "/console/", headers={"Accept-Language": "zh-CN"})
    assert english.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>Today</h1>" in english.text
    assert 'lang="en"' in english.text
    assert "<h1>今日</h1>" in chinese.text
    assert 'lang="zh-Hans"' in chinese.text


def test_a_word_that_stands_in_a_template_is_said_to_each_reader_in_his_language():
    words = environment().from_string("{{ 'manager' | field }} {{ 'won' | word('Outcome') }}")
    with speaking(Language.CHINESE):
        assert words.render() == "客户经理 赢单"
    assert words.render() == "manager won"


def test_what_the_browser_remembers_of_its_reader_goes_before_what_it_asks_for(office):
    wanted = {"language": "zh", "theme": "dark", "back": "/console/funnel?as_of=2026-01-31"}
    chosen = office.request("GET", "/console/preferences", params=wanted, follow_redirects=False)
    office.client.cookies.clear()
    assert chosen.status_code == 303
    assert chosen.headers["location"] == "/console/funnel?as_of=2026-01-31"
    assert chosen.headers["set-cookie"].startswith("kams_reader=zh.dark;")
    page = office.request("GET", "/console/", headers={"Cookie": "kams_reader=zh.dark", "Accept-Language": "en"})
    assert 'lang="zh-Hans" data-theme="dark"' in page.text


def test_a_preference_leads_back_into_the_console_only(office):
    for back in ("https://evil.example/", "//evil.example/console/", "/console//evil.example", "/accounts", "\\\\evil"):
        answer = office.request("GET", "/console/preferences", params={"back": back}, follow_redirects=False)
        office.client.cookies.clear()
        assert answer.headers["location"] == "/console/"


def test_the_bare_address_of_the_server_leads_to_the_console(office):
    answer = office.client.get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/")


def test_who_is_not_signed_in_chooses_his_language_too(office):
    answer = office.client.get("/console/preferences", params={"language": "zh"}, follow_redirects=False)
    office.client.cookies.clear()
    assert answer.status_code == 303


def test_links_keep_the_clocks_and_the_copied_one_carries_both(office):
    page = office.get("/console/", as_of="2026-02-01").text
    assert 'href="/console/funnel?as_of=2026-02-01"' in page
    assert re.search(r'data-permalink="as_of=2026-02-01&amp;known_at=\d+"', page)
    assert "You look at 1 Feb 2026" in page
    now = office.get("/console/").text
    assert re.search(r'data-permalink="as_of=20\d\d-[^"]*Z&amp;known_at=\d+"', now)
    assert "You look at" not in now


def test_what_is_not_there_is_said_on_a_page(office):
    answer = office.request("GET", "/console/no-such-page", headers=AS_BROWSER)
    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert "Nothing has this address" in answer.text


def test_from_a_page_that_is_not_there_one_goes_on_to_another(office):
    page = office.request("GET", "/console/no-such-page", headers=AS_BROWSER).text
    for path in re.findall(r'class="button[^"]*" href="([^"]+)"', page):
        assert office.get(path).status_code == 200
    assert page.count('class="button') == 5


def test_a_page_does_not_tell_the_names_that_its_address_may_have(office):
    page = office.request("GET", "/console/visits?month=2026-10", headers=AS_BROWSER).text
    assert "<strong>Month</strong>: the page asks for nothing of this name" in page
    assert "known_at" not in page


@pytest.mark.parametrize(
    ("path", "said", "first"),
    [
        ("account", "no account", "accounts"),
        ("opportunity", "no opportunity", "funnel"),
        ("visit", "no visit", "visits"),
    ],
)
def test_an_address_of_nothing_is_no_name_and_leads_to_the_list(office, path, said, first):
    answer = office.request("GET", f"/console/{path}/{(nobody := uuid4())}", headers=AS_BROWSER)
    assert answer.status_code == 404
    assert f"There is {said} with this address, or you may not see it." in answer.text
    assert str(nobody) not in answer.text.partition("<h1")[2]
    assert re.search(r'class="button" href="([^"]+)"', answer.text)[1] == f"/console/{first}"


def test_a_wrong_moment_is_named_with_what_would_be_accepted(office):
    answer = office.request("GET", "/console/?as_of=yesterday", headers=AS_BROWSER)
    assert answer.status_code == 422
    assert "<strong>As of</strong> “yesterday”: expected" in answer.text
    assert answer.headers["content-type"].startswith("text/html")


def test_assets_are_kept_for_ever_and_sent_compressed(office):
    answer = office.client.get(f"/console/assets/{version()}/app.css")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert "--accent" in answer.text
    assert office.client.get(f"/console/assets/{version()}/no-such.css").status_code == 404


def test_every_library_that_pages_load_has_its_licence_beside_it():
    vendored = [path for path in all_assets() if path.startswith("vendor/") and not path.endswith(".txt")]
    assert vendored
    for path in vendored:
        assert f"vendor/{path.split('/')[1].split('.')[0]}.LICENSE.txt" in all_assets()


def test_the_first_page_is_accessible_and_fits_a_phone(browser_page, served):
    visit(browser_page, served, "/console/")
    must_suit_desk_and_phone(browser_page)


def test_the_slider_moves_the_page_and_its_address(browser_page, served):
    visit(browser_page, served, "/console/")
    slider = browser_page.get_by_label("Move through the year")
    slider.focus()
    slider.press("Home")
    browser_page.wait_for_url(re.compile(r"as_of="))
    browser_page.get_by_text("You look at").wait_for()
    browser_page.get_by_role("link", name="Back to now").click()
    browser_page.wait_for_url(re.compile(r"/console/?$"))


def test_a_script_that_asks_for_a_page_gets_its_middle_alone_and_lays_it_by_nowhere(office):
    whole = office.request("GET", "/console/visits", headers={"Sec-Fetch-Mode": "navigate"})
    asked = [{"HX-Request": "true"}, {"Sec-Fetch-Mode": "cors"}]
    for middle in (office.request("GET", "/console/visits", headers=each) for each in asked):
        assert re.findall(r"<(nav|header|link|dialog)\b", middle.text) == []
        assert one(r"<title>.*</title>", middle.text) == one(r"<title>.*</title>", whole.text)
        assert one(r'<main id="main"[^>]*>', middle.text) == one(r'<main id="main"[^>]*>', whole.text)
        assert middle.headers["cache-control"] == "private, no-store"
    assert whole.headers["cache-control"] == "private, no-cache"


def one(pattern: str, text: str) -> str:
    """What is found once; a moment of the running clock is left out."""
    (found,) = re.findall(pattern, text)
    return re.sub(r"as_of=[^&]*&", "", found)


def test_a_page_names_every_module_that_its_scripts_need_to_begin(office):
    page = office.get("/console/audit/seal", "auditor").text
    named = set(re.findall(rf"/console/assets/{version()}/([^\"]*\.js)\"", page))
    begun = re.findall(rf'type="module" src="/console/assets/{version()}/([^"]*)"', page)
    assert sorted(begun) == ["app.js", "forms.js", "live.js", "pages/audit_seal.js"]
    for module in begun:
        stated = re.findall(r'^import .*"(.*)";$', all_assets()[module].content.decode(), re.MULTILINE)
        assert {each.removeprefix("../").removeprefix("./") for each in stated} <= named
    assert imports("pages/audit_seal.js") == ("formats.js", "seal.js")


def test_what_is_asked_for_early_is_what_a_script_asks_for(browser_page, served):
    asked = []
    browser_page.on("request", lambda request: asked.append(request.url))
    visit(browser_page, served, "/console/")
    expect(browser_page.locator("[data-part][aria-busy]")).to_have_count(0)
    expect(browser_page.locator("[data-part] > .waiting")).to_have_count(0)
    assert len([url for url in asked if "/today/cooling" in url]) == 1


def test_files_of_a_page_state_no_more_than_a_file_needs(office):
    answer = office.client.get(f"/console/assets/{version()}/icon.svg")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'"
    assert "permissions-policy" not in answer.headers


@pytest.mark.parametrize("path", sorted(name for name in all_assets() if name.endswith((".js", ".css"))))
def test_of_our_own_files_remarks_stay_at_home_and_nothing_else(path):
    source = files("api.console").joinpath("assets", *path.split("/")).read_text(encoding="utf-8")
    sent = all_assets()[path].content.decode()
    if path.startswith("vendor/"):
        assert sent == source
    else:
        assert not re.search(r"^/\*.*\*/$", sent, re.MULTILINE)
        assert code_of(sent) == code_of(source)


def code_of(text):
    """Without remarks and white space."""
    return re.sub(r"/\*.*?\*/|\s", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("own", sorted({name.partition(".")[0] for name in all_assets() if name.startswith("pages/")}))
def test_the_files_of_a_first_load_leave_a_sixth_of_its_60_kilobytes_to_the_page_itself(own):
    scripts = ["app.js", "forms.js", "live.js", *([f"{own}.js"] if has(f"{own}.js") else [])]
    modules = {*scripts, *(needed for script in scripts for needed in imports(script))}
    styles = {"app.css", *([f"{own}.css"] if has(f"{own}.css") else [])}
    files = {*modules, *styles, "vendor/htmx.min.js", "icons.svg", "icon.svg"}
    assert not [each for each in files if "echarts" in each]
    assert sum(len(all_assets()[each].compressed) + HEADERS for each in files) <= 50_000


def test_an_address_with_a_clock_that_is_none_leads_to_the_same_page_without_it(office):
    address = "/console/funnel?show=board&known_at=blah"
    answer = office.request("GET", address, "auditor", headers=AS_BROWSER)
    assert answer.status_code == 422
    assert 'href="/console/funnel?show=board"' in answer.text
    assert "<strong>Known at</strong>" in answer.text
