"""The funnel's pages: their numbers are the API's at every clock, filters stand in the address, cards move."""

import re
from datetime import date
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from api.console.boarding import CARDS
from api.console.formats import day
from api.console.picturing import scale_of
from domain.member import Role
from domain.opportunity.opportunity import Opportunity
from tests.console.serving import must_be_accessible, must_suit_desk_and_phone, visit

SHOWS = ("picture", "board", "bridge")


@pytest.fixture(scope="module")
def deals(office):
    """Opportunities of the manager's account at several stages, some with names that want care."""
    own = office.ids["own"]
    for number, title in enumerate(("<b>Bold</b> & co", "مضخات الرياض", "泵站改造 🚰", "A" * 180)):
        deal = office.opportunity(own, title)
        office.ids[f"deal {number}"] = deal
        amount = {"amount": f"{1000 * (number + 1)}.37", "currency": "EUR"}
        office.give(Opportunity, deal, "revise_amount", amount=amount, reason="counted again")
    office.caught_up()
    return office


def shown(page, element):
    """The text of an element by its id."""
    found = re.search(rf'id="{re.escape(element)}"[^>]*>(.*?)</t[dh]>', page, re.S)
    return re.sub(r"<[^>]+>", "", found[1]).strip()


def begins(page, element):
    """The text of a page from an element on."""
    rest = page.split(f'id="{element}"')[1].split(">", 1)[1]
    return " ".join(re.sub(r"<[^>]+>", "", rest).split())


def test_the_picture_shows_what_the_question_answers_now_then_and_as_known_then(deals):
    known = deals.journal.streams.head() - 4
    for clocks in ({}, {"as_of": "2026-01-06"}, {"known_at": str(known)}):
        page = deals.get("/console/funnel", **clocks).text
        stages = deals.get("/funnel", **clocks).json()["stages"]
        assert stages
        for line in stages:
            place = f"stage-{line['process']}-{line['stage']}"
            assert shown(page, f"{place}-count") == str(line["count"])
            assert shown(page, f"{place}-amount").replace("€", "").replace(",", "") == str(round(float(line["amount"])))


def test_every_figure_of_the_picture_leads_to_its_explanation(deals):
    page = deals.get("/console/funnel", territory="north").text
    asked = re.findall(r'href="/console/why\?explain=([^"]+)"', page)
    assert len(asked) > 10
    for each in set(asked):
        path = each.replace("%3F", "?").replace("%26", "&").replace("%3D", "=")
        assert deals.get(f"/explain/{path}").status_code == 200, path


@pytest.mark.parametrize("show", ["picture", "board"])
def test_an_empty_funnel_says_how_to_begin_and_one_emptied_by_filters_to_choose_others(deals, show):
    deals.member(who := f"fresh {show}", Role.MANAGER)
    advice = "Choose other filters, or move back in time."
    without_accounts = deals.get("/console/funnel", who, show=show).text
    assert "No account is here for you yet. Begin here." in without_accounts
    assert 'href="/console/do/accounts/new/register?back=%2Fconsole%2Ffunnel"' in without_accounts
    assert "kams import" in without_accounts
    deals.account(f"First of {show}", manager=who)
    deals.caught_up()
    without_deals = deals.get("/console/funnel", who, show=show).text
    assert "No opportunity is here for you yet. Begin here." in without_deals
    assert 'href="/console/do/opportunities/new/open?back=%2Fconsole%2Ffunnel"' in without_deals
    assert advice not in without_accounts + without_deals
    assert advice in deals.get("/console/funnel", show=show, period="2099").text
    assert advice in deals.get("/console/funnel", who, show=show, as_of="2020-01-31").text


def test_how_it_flows_is_what_the_question_answers(deals):
    page = deals.get("/console/funnel/flow").text
    for flow in deals.get("/funnel/conversion").json()["stages"]:
        row = re.search(rf'<tr id="flow-{flow["process"]}-{flow["stage"]}">.*?</tr>', page, re.S)[0]
        counts = [re.sub("<[^>]+>", "", each) for each in re.findall(r'<td class="num">(.*?)</td>', row)][:4]
        assert counts == [str(flow[name]) for name in ("entered", "went_on", "ended", "still_there")]


def test_the_bridge_adds_up_to_the_cent_as_the_question_does(deals):
    page = deals.get("/console/funnel", show="bridge", **{"from": "2026-01-04"}).text
    answer = deals.get("/funnel/bridge", **{"from": "2026-01-04"}).json()
    for kind in ("start", "new", "increased", "end"):
        row = re.search(rf'id="bar-{kind}".*?</tr>', page, re.S)[0]
        amount = re.sub(r"<[^>]+>|[€,+\s]", "", row.rpartition('class="num"')[2].partition(">")[2])
        assert amount == f"{float(answer[kind]):.2f}"
    assert (
        deals.get("/console/funnel", show="bridge", **{"from": "2030-01-04"}).text.count("Choose an earlier day") == 1
    )


def test_behind_a_bar_are_its_opportunities_with_their_events(deals):
    page = deals.get("/console/funnel/change", kind="new", **{"from": "2026-01-04"}).text
    assert "&lt;b&gt;Bold&lt;/b&gt; &amp; co" in page
    assert "<bdi>مضخات الرياض</bdi>" in page
    assert re.search(r"positions=\d+", page)
    assert deals.get("/console/funnel/change", kind="none-such").status_code == 422


def test_a_bar_shows_its_largest_rows_first_and_further_ones_when_they_are_asked_for(deals):
    stated = {"kind": "new", "from": "2026-01-04"}
    whole = deals.get("/console/funnel/change", **stated).text
    first = deals.get("/console/funnel/change", limit=1, **stated).text
    count = whole.count("<tr><td>")
    assert (count > 1, first.count("<tr><td>")) == (True, 1)
    assert f"{count - 1} more" in first
    further = re.search(r'data-panel href="([^"]+limit=151[^"]*)"', first)[1].replace("&amp;", "&")
    assert deals.request("GET", further).text.count("<tr><td>") == count


def test_filters_stand_in_the_address_and_unknown_ones_are_named(deals):
    page = deals.get("/console/funnel", territory="north", owner="").text
    assert '<option value="north" selected>North</option>' in page
    assert "territory=north" in page
    assert deals.get("/console/funnel", territory="nowhere").status_code == 404
    assert deals.get("/console/funnel", show="pie").status_code == 422


def test_frames_say_what_the_page_says_of_their_days(deals):
    known = str(deals.journal.streams.head())
    found = deals.get("/console/funnel/frames", first="2026-01-03", count="3", step="2", known_at=known).json()
    assert [each["day"] for each in found] == ["2026-01-03", "2026-01-05", "2026-01-07"]
    assert "stage-four-funnel-potential-count" not in found[0]["texts"]
    for frame in found[1:]:
        page = deals.get("/console/funnel", as_of=frame["day"], known_at=known).text
        for element, text in frame["texts"].items():
            assert begins(page, element).startswith(f"{text} {frame['spoken'].get(element, '')}".strip())
        for element, widths in frame["shapes"].items():
            style = "; ".join(f"{name}: {width}" for name, width in widths.items())
            assert f'id="{element}" aria-hidden="true" style="{style}"' in page


def test_the_board_holds_the_open_ones_by_stage_with_names_escaped(deals):
    page = deals.get("/console/funnel", show="board", q="own").text
    assert len(re.findall(r'<li class="deal[^"]*" id="card-', page)) == 5
    assert "<bdi>&lt;b&gt;Bold&lt;/b&gt; &amp; co</bdi>" in page
    assert "<bdi>泵站改造 🚰</bdi>" in page
    assert page.count("overdue</span>") == 5


def cards(page):
    return re.findall(r'id="card-([-0-9a-f]+)"', page)


def test_the_board_is_ordered_by_day_or_by_amount(deals):
    account = deals.account("Orderly", manager="manager")
    sooner, later = (deals.opportunity(account, title) for title in ("Sooner", "Later"))
    more = {"amount": "2000.00", "currency": "EUR"}
    deals.give(Opportunity, later, "revise_amount", amount=more, reason="counted again")
    deals.give(Opportunity, later, "move_close_date", close_on="2030-03-31", reason="later")
    deals.caught_up()
    by_day = cards(deals.get("/console/funnel", show="board", q="Orderly").text)
    by_amount = cards(deals.get("/console/funnel", show="board", q="Orderly", order="amount").text)
    assert (by_day, by_amount) == ([str(sooner), str(later)], [str(later), str(sooner)])


def test_the_board_finds_by_a_part_of_the_accounts_name_or_by_number(deals):
    assert len(cards(deals.get("/console/funnel", show="board", q="OW").text)) == 5
    assert cards(deals.get("/console/funnel", show="board", q="no such").text) == []


def test_when_one_looks_back_cards_cannot_be_moved(deals):
    assert 'draggable="true"' in deals.get("/console/funnel", show="board").text
    then = deals.get("/console/funnel", show="board", as_of="2026-02-01").text
    assert "cards can be read, not moved" in then
    assert "draggable" not in then
    assert "draggable" not in deals.get("/console/funnel", "auditor", show="board").text


def test_a_column_shows_the_first_and_says_how_many_more(deals):
    many = deals.account("crowded", manager="colleague")
    made = [deals.opportunity(many, f"Deal {number}") for number in range(CARDS + 3)]
    deals.caught_up()
    page = deals.get("/console/funnel", "colleague", show="board", q="crowded").text
    assert len(cards(page)) == CARDS
    assert "3 more" in page
    following = re.search(r'data-more href="([^"]+)"', page)[1].replace("&amp;", "&")
    assert {*cards(page), *cards(deals.request("GET", following, "colleague").text)} == {str(each) for each in made}


def test_who_sees_nothing_is_told_so(deals):
    assert "Nothing is open here." in deals.get("/console/funnel", "nobody").text


@pytest.mark.parametrize(
    ("largest", "scale"), [("0", "1"), ("1", "1"), ("1.2", "1.5"), ("99", "100"), ("101", "150"), ("7000", "8000")]
)
def test_shapes_are_drawn_against_a_round_number(largest, scale):
    assert scale_of(Decimal(largest)) == Decimal(scale)


@pytest.mark.parametrize("show", SHOWS)
def test_every_view_is_accessible_and_fits_a_phone(browser_page, served, deals, show):
    visit(browser_page, served, f"/console/funnel?show={show}&from=2026-01-04")
    if show == "picture":
        browser_page.get_by_role("heading", name="How it flows").wait_for()
    must_suit_desk_and_phone(browser_page)


def test_a_filter_changes_the_page_and_its_address(browser_page, served, deals):
    visit(browser_page, served, "/console/funnel")
    browser_page.get_by_label("Territory").select_option("south")
    browser_page.wait_for_url(re.compile("territory=south"))
    browser_page.get_by_text("Nothing is open here.").wait_for()


def test_the_slider_moves_the_shapes_where_they_stand(browser_page, served, deals):
    browser_page.emulate_media(reduced_motion="no-preference")
    visit(browser_page, served, "/console/funnel")
    shape = browser_page.locator(".shape").first
    shape.evaluate("each => { each.marked = true }")
    slider = browser_page.get_by_label("Move through the year")
    slider.focus()
    slider.press("ArrowLeft")
    browser_page.wait_for_url(re.compile("as_of="))
    browser_page.get_by_text("You look at").wait_for()
    assert shape.evaluate("each => each.marked")


@pytest.fixture
def ready(deals):
    """An opportunity whose next gate is met, and one whose gate is not; alone on the board of their account."""
    account = deals.account(f"Movers {len(deals.ids)}", manager="manager")
    both = [deals.opportunity(account, title) for title in ("Ready", "Not ready")]
    for question in "12345":
        deals.give(Opportunity, both[0], "qualification.answer", question=question, answer="yes")
    deals.caught_up()
    return account, *both


def stage_of(office, deal):
    return office.get(f"/opportunities/{deal}").json()["opportunity"]["stage"]


def on_the_board(page, served, account):
    visit(page, served, f"/console/funnel?show=board&account={account}")


def test_a_card_that_is_dragged_to_a_stage_whose_gate_is_met_is_advanced(browser_page, served, deals, ready):
    account, deal, _ = ready
    on_the_board(browser_page, served, account)
    browser_page.locator(f"#card-{deal}").drag_to(browser_page.locator("#column-confirmed"))
    browser_page.locator(f"#column-confirmed #card-{deal}:not(.moving)").wait_for()
    browser_page.locator("#column-confirmed-count", has_text="1").wait_for()
    assert stage_of(deals, deal) == "confirmed"
    must_be_accessible(browser_page)


def test_a_card_is_moved_by_the_keyboard_alone(browser_page, served, deals, ready):
    account, deal, _ = ready
    on_the_board(browser_page, served, account)
    button = browser_page.get_by_role("button", name="Move Ready to …", exact=True)
    button.press("Enter")
    browser_page.get_by_role("menuitem", name="Confirmed").wait_for()
    must_be_accessible(browser_page)
    browser_page.keyboard.press("Escape")
    assert button.evaluate("each => each === document.activeElement")
    button.press("Enter")
    browser_page.keyboard.press("Enter")
    browser_page.locator(f"#column-confirmed #card-{deal}:not(.moving)").wait_for()
    browser_page.get_by_role("status").filter(has_text="Now at Confirmed.").wait_for()
    assert stage_of(deals, deal) == "confirmed"
    assert button.evaluate("each => each === document.activeElement")


def test_a_refused_gate_returns_the_card_and_shows_what_is_missing_and_what_was_wanted(
    browser_page, served, deals, ready
):
    account, _, deal = ready
    on_the_board(browser_page, served, account)
    browser_page.get_by_role("button", name="Move Not ready to …", exact=True).press("Shift+ArrowRight")
    panel = browser_page.locator("#panel")
    panel.get_by_role("alert").first.wait_for()
    assert browser_page.locator(f"#column-potential #card-{deal}").count() == 1
    assert stage_of(deals, deal) == "potential"
    must_be_accessible(browser_page)
    assert panel.locator("[name=to]").input_value() == "confirmed"
    panel.locator("[name=override]").fill("the customer asked for it in writing")
    panel.get_by_role("button", name="Advance").click()
    browser_page.locator(f"#column-confirmed #card-{deal}").wait_for()
    assert stage_of(deals, deal) == "confirmed"


def test_going_back_a_stage_asks_for_its_reason_first(browser_page, served, deals, ready):
    account, deal, _ = ready
    deals.give(Opportunity, deal, "advance", to="confirmed")
    deals.caught_up()
    on_the_board(browser_page, served, account)
    browser_page.locator(f"#card-{deal}").drag_to(browser_page.locator("#column-potential"))
    panel = browser_page.locator("#panel")
    panel.locator("[name=reason]").fill("it was too early")
    assert browser_page.locator(f"#column-confirmed #card-{deal}").count() == 1
    panel.locator(".command-end button").click()
    browser_page.locator(f"#column-potential #card-{deal}").wait_for()
    assert stage_of(deals, deal) == "potential"


def test_the_slider_draws_from_frames_and_rests_on_the_page_itself(browser_page, served, deals):
    visit(browser_page, served, "/console/funnel?territory=north")
    with browser_page.expect_response(lambda answer: "/console/funnel/frames" in answer.url):
        browser_page.get_by_label("Move through the year").focus()
    count = browser_page.locator("#tile-open-count")
    now = count.inner_text()
    browser_page.get_by_label("Move through the year").press("Home")
    browser_page.get_by_text("You look at").wait_for()
    assert "territory=north" in browser_page.url
    assert count.inner_text() == "0 opportunities" != now


def test_while_the_slider_moves_the_tiles_say_since_when_they_count(browser_page, served, deals):
    visit(browser_page, served, "/console/funnel")
    browser_page.route(re.compile(r"/console/funnel\?as_of="), lambda _: None)
    with browser_page.expect_response(lambda answer: "/console/funnel/frames" in answer.url):
        browser_page.get_by_label("Move through the year").focus()
    slider = browser_page.get_by_label("Move through the year")
    named, counted = browser_page.locator("#won-since"), browser_page.locator("#tile-won-count")
    (now,) = named.all_inner_texts()
    slider.press("Home")
    first = browser_page.locator("#time").get_attribute("data-first")
    began = date.fromisoformat(first).replace(month=(date.fromisoformat(first).month - 1) // 3 * 3 + 1, day=1)
    expect(named).to_have_text(f"Won since {day(began)}")
    assert now != f"Won since {day(began)}"
    expect(counted).to_have_text("0 opportunities")
    expect(browser_page.locator("#tile-won .hidden")).to_have_text("€0")
