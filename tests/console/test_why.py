"""Why?: every number leads to the events that made it, in words, for whoever may see them."""

import re
from html import unescape
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from api.console.explained import explain
from api.console.rendering import Links
from tests.api.office import open_office
from tests.conftest import new_database
from tests.console.serving import must_be_accessible, must_not_scroll_sideways, visit

ADD_LINK = """address => {
    const link = Object.assign(document.createElement("a"), { className: "why", href: address, textContent: "12" });
    document.getElementById("main").append(link);
}"""


def text_of(page):
    """What a page says, without its markup."""
    body = page.partition('<main id="main"')[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def why(office, address="", who="manager", **more):
    """The panel of an explanation."""
    stated = {"explain": address, **more} if address else more
    answer = office.get("/console/why", who, **stated)
    assert answer.status_code == 200, answer.text
    return text_of(answer.text)


@pytest.fixture(scope="module")
def office(postgres_url, fresh_names):
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            deal = opened.ids["own deal"]
            revised = {"amount": {"amount": "1250.50", "currency": "EUR"}, "reason": "two more", "note": "by phone"}
            assert opened.post(
                f"/opportunities/{deal}/revise-amount", {**revised, "occurred_at": "2026-01-20"}
            ).is_success
            opened.caught_up()
            yield opened


def test_a_figure_of_the_funnel_shows_how_it_is_made_and_by_whom(office):
    said = why(office, "funnel?stage=potential", as_of="2026-02-01")
    assert "Open amount €1,250.50 The sum of the amounts of the open opportunities" in said
    assert "As of 1 Feb 2026" in said
    assert "Pumps own €1,250.50" in said
    assert "+€1,000.00" in said
    assert "+€250.50" in said
    assert "happened 20 Jan 2026 recorded" in said
    assert "by manager 王" in said
    assert "amount €1,000.00 → €1,250.50" in said
    assert "Why two more" in said


def test_an_address_of_ones_own_may_state_its_clocks(office):
    said = why(office, "funnel?as_of=2026-01-10", as_of="2026-02-01")
    assert "Open amount €1,000.00" in said
    assert "As of 10 Jan 2026" in said


@pytest.fixture(scope="module")
def lived(office):
    """The own account with a visit, a purchase, a commitment, a cost and a survey."""
    own, deal = office.ids["own"], office.ids["own deal"]
    on = {"occurred_at": "2026-01-22"}
    revenue = {"amount": "12.50", "currency": "EUR"}
    given = [
        (f"/accounts/{own}/visits/log", {"visit_id": str(uuid4()), **on}),
        (f"/accounts/{own}/purchases/add", {"document_no": "R-1", "revenue": revenue, **on}),
        (f"/opportunities/{deal}/concessions/make", {"asked": "a better price", "given": "2 %", **on}),
    ]
    for path, body in given:
        answer = office.post(path, body)
        assert answer.is_success, (path, answer.text)
    office.caught_up()
    return own


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("funnel?cell=count", "Open opportunities 1 How many"),
        ("funnel?measure=weighted", "Weighted amount €"),
        ("funnel?by=owner&group=", "owner none"),
        ("forecast?cell=pipeline&period=2026-Q1", "Pipeline €1,250.50"),
        ("forecast?cell=p50&period=2026-Q1", "Most likely – 10,000 courses"),
        ("forecast-quantile?cell=p10&period=2026-Q1", "P10 – 10,000 courses"),
        ("conversion?stage=potential", "Entered 1 All stays"),
        ("buying?account={own}", "Revenue €12.50 The sum of the purchases"),
        ("cost?cell=for_nothing", "Conceded for nothing 1 Concessions with nothing"),
        ("balance?account={own}&cell=ours.overdue", "Our commitments: overdue 0"),
        ("visits?account={own}&cell=ad_hoc&period=2026-01", "Visits: ad hoc 1 Logged visits that were not planned."),
        ("portfolio/{own}?cell=revenue", "Revenue €12.50"),
        ("health/{own}", "The weighted mean of the components that have facts"),
        ("rows/funnel/{deal}", "Everything that is kept of it"),
        ("rows/funnel/{deal}?field=amount", "Amount 1,250.5 Each field holds"),
        ("events?positions=41", "The events behind it"),
    ],
)
def test_every_kind_of_figure_is_explained(office, lived, address, said):
    named = address.format(own=lived, deal=office.ids["own deal"])
    assert said in why(office, named, as_of="2026-02-01")


def test_health_shows_its_components_their_events_and_what_time_took(office, lived):
    said = why(office, explain("health", lived), as_of="2026-03-01")
    answer = office.get(f"/explain/health/{lived}", as_of="2026-03-01").json()
    assert f"Relationship health {float(answer['score']):g} {answer['band']}" in said
    assert "Account own" in said
    assert "what the passing of time took -" in said
    assert "visit logged" in said
    assert "score" in said


def test_a_field_of_a_row_shows_what_became_what(office):
    said = why(office, explain("rows", "funnel", office.ids["own deal"], field="amount"), as_of="2026-02-01")
    assert "amount 1,000 → 1,250.5" in said


def test_what_may_not_be_seen_does_not_exist(office):
    for address in (f"health/{office.ids['foreign']}", f"rows/funnel/{office.ids['foreign deal']}"):
        assert office.get("/console/why", explain=address).status_code == 404
    opened = office.journal.streams.openings([office.ids["foreign"]])[office.ids["foreign"]].position
    assert office.get("/console/why", positions=str(opened)).status_code == 404
    assert "account registered" in why(office, positions=str(opened), who="colleague")


def test_a_wrong_address_says_what_would_be_accepted(office):
    for address in ("mood", "funnel/x", "models", "health/", "rows/funnel", "//evil"):
        answer = office.get("/console/why", explain=address)
        assert answer.status_code == 422, address
        assert "it begins with one of" in answer.text
    answer = office.get("/console/why")
    assert answer.status_code == 422
    assert "state the address" in answer.text
    answer = office.get("/console/why", explain="funnel?measure=mood")
    assert answer.status_code == 422
    assert "weighted" in answer.text
    assert office.get("/console/why", explain="funnel?nothing=1").status_code == 422


def test_names_are_there_for_who_may_read_them(office):
    said = why(office, "funnel", who="forecaster", as_of="2026-02-01")
    assert "manager 王" not in said
    assert "by manager" in said
    assert "by phone" not in said


def test_a_withdrawn_event_is_struck_through_with_the_reason(office):
    account = office.account("Taken <b>back</b> 😀 \u202eשלום", manager="manager")
    given = office.post(
        f"/accounts/{account}/needs/add", {"need_id": str(uuid4()), "kind": "goal", "words": "<i>Zinc</i>"}
    )
    assert given.is_success, given.text
    position = given.json()["position"]
    taken = office.post(f"/accounts/{account}/withdraw", {"position": position, "reason": "of another <u>customer</u>"})
    assert taken.is_success, taken.text
    office.caught_up()
    page = office.get("/console/why", positions=str(position)).text
    assert re.search(r"<del>need recorded[^<]*&lt;i&gt;Zinc&lt;/i&gt;", page)
    assert "of another &lt;u&gt;customer&lt;/u&gt;" in page
    assert "Taken &lt;b&gt;back&lt;/b&gt; 😀" in page
    before = office.get("/console/why", positions=str(position), known_at=str(position)).text
    assert "taken back" not in before


@pytest.fixture(scope="module")
def of_many(office):
    """How many deals an account of a colleague has, explained: thirteen."""
    account = office.account("Of many", manager="colleague")
    for number in range(13):
        office.opportunity(account, f"Deal {number:02}")
    office.caught_up()
    return f"funnel?measure=count&account={account}"


def test_the_panel_turns_pages_and_keeps_what_was_asked(office, of_many):
    first = office.get("/console/why", "auditor", explain=of_many, limit="5")
    assert "5 of 13" in text_of(first.text)
    assert "8 more that are not shown: 8" in text_of(first.text)
    link = unescape(re.search(r'href="(/console/why[^"]*skip=5[^"]*)"', first.text)[1])
    assert "Deal" in text_of(office.request("GET", link, "auditor").text)
    assert "limit=5" in link


def test_links_to_many_events_stay_short_and_say_how_many_there_were(office):
    class At:
        class query:
            as_of = known_at = None

    link = Links(At).behind(range(10_000_000, 10_000_900), None)
    assert len(link) < 2_000
    assert link.endswith("of=900")
    assert "10000899" in link


def test_explanations_are_in_chinese_too(office):
    page = office.request("GET", "/console/why?explain=funnel&as_of=2026-02-01", headers={"Accept-Language": "zh-CN"})
    assert "进行中的金额" in page.text
    assert "发生于 2026年1月20日" in page.text


def test_a_number_opens_the_panel_and_its_links_stay_in_it(browser_page, served, of_many):
    visit(browser_page, served, "/console/", "auditor")
    browser_page.evaluate(ADD_LINK, f"/console/why?{urlencode({'explain': of_many, 'limit': 5})}")
    browser_page.get_by_role("link", name="12", exact=True).click()
    panel = browser_page.get_by_role("dialog", name="Open opportunities")
    panel.get_by_text("5 of 13").wait_for()
    must_be_accessible(browser_page)
    panel.get_by_role("link", name="Next").click()
    panel.get_by_role("link", name="Before").wait_for()
    browser_page.keyboard.press("Escape")
    panel.wait_for(state="hidden")


def test_as_a_page_it_is_accessible_and_fits_a_phone(browser_page, served):
    for width in (1280, 390):
        browser_page.set_viewport_size({"width": width, "height": 844})
        visit(browser_page, served, f"/console/why?explain=health/{served.office.ids['own']}")
        must_be_accessible(browser_page)
        must_not_scroll_sideways(browser_page)


def test_of_many_events_the_newest_are_told_and_the_earlier_ones_together(office):
    deal = office.opportunity(office.account("Wavering", manager="colleague"), "Often revised")
    for number in range(1, 13):
        revised = {"amount": {"amount": f"{1000 + number}.00", "currency": "EUR"}, "reason": "again"}
        revised["occurred_at"] = f"2026-01-{number + 10}"
        assert office.post(f"/opportunities/{deal}/revise-amount", revised, "colleague").is_success
    office.caught_up()
    said = why(office, "funnel", "auditor", as_of="2026-02-01", limit="50").partition(
        "Often revised Wavering €1,012.00"
    )[2]
    assert said.startswith(" earlier events: 3 +€1,002.00 ")
    said = why(office, explain("rows", "funnel", deal, field="amount"), "auditor", as_of="2026-02-01")
    assert said.count("happened") == 13
