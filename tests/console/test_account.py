"""The account page: why it cools and what to do, health as the API tells it at any clocks, who decides, what happened;
nothing that one may not see."""

import html
import json
import re
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import msgspec
import pytest
from playwright.sync_api import expect

from domain.account.account import Account
from domain.commands import Commands, command_type
from domain.journal.context import Context
from domain.opportunity.opportunity import Opportunity
from tests.console.serving import must_be_accessible, must_not_scroll_sideways, visit

WILD = "<b>R&D</b> 🚢 شركة 琼澳船舶"
LOOKED_AT = "2026-04-20"
BEFORE = "2026-01-20"
PARTS = (
    *("why", "todo", "curve", "map", "open", "timeline", "visits", "opportunities", "purchases", "promises"),
    *("issues", "plans", "profile", "exposure", "worth"),
)
TABS = ("overview", "people", "timeline", "visits", "business", "service", "profile", "sheet")


def at(office, day):
    """Who records what on a day."""
    return Context(at=datetime.fromisoformat(f"{day}T03:00:00+00:00"), actor=office.members["manager"])


@pytest.fixture(scope="module")
def company(office):
    """An account with two people who decide on a deal of it, visited in January and not since, with something to do."""
    account = office.account(WILD, manager="manager", territory="north")
    visited = uuid4()
    office.journal.run(Account, account, lambda found: found.visits.log(visit_id=visited), at(office, "2026-01-10"))
    boss, expert = uuid4(), uuid4()
    office.give(Account, account, "stakeholders.add", stakeholder_id=str(boss), name="Boss <i>Li</i>", title="CEO")
    reports = {"name": "Expert 🧪", "title": "Head of test", "reports_to": str(boss)}
    office.give(Account, account, "stakeholders.add", stakeholder_id=str(expert), **reports)
    influence = {
        "from_stakeholder": str(expert),
        "to_stakeholder": str(boss),
        "kind": "advises",
        "strength": 3,
        "nature": "political",
    }
    office.give(Account, account, "influence.observe", **influence)
    deal = office.opportunity(account, "Pumps <for> all")
    for who, role, support in ((boss, "approver", "enemy"), (expert, "evaluator", "mentor")):
        stands = {"stakeholder": str(who), "role": role, "support": support, "key_player": who == boss}
        office.give(Opportunity, deal, "buyers.map", **stands)
    item = {"item_id": str(uuid4()), "text": "Send <i>drawings</i>", "due_on": "2026-03-01"}
    office.give(Account, account, "action_items.add", owner=str(office.members["manager"]), **item)
    office.caught_up()
    return {"account": account, "deal": deal, "boss": boss, "expert": expert, "visit": visited}


def part(office, company, name, who="manager", **asked):
    """One part of the page alone."""
    answer = office.get(f"/console/account/{company['account']}/section/{name}", who, **{"as_of": LOOKED_AT, **asked})
    assert answer.status_code == 200, answer.text
    return answer.text


def given_to_chart(page, kind):
    """What a chart draws."""
    return json.loads(html.unescape(re.search(rf'<kams-chart kind="{kind}" data="([^"]*)"', page)[1]))


def test_a_cooled_account_says_first_why_and_what_to_do(office, company):
    page = office.get(f"/console/account/{company['account']}", as_of=LOOKED_AT).text
    assert page.index("Why it fell") < page.index('id="slot-todo"')
    why = page.partition('id="part-why"')[2].partition("</section>")[0]
    assert "cools fast" in why
    assert "last visit 100 days ago" in why
    assert "nothing happened: time alone" in why
    assert "Visit or call them" in why
    assert f'href="/console/visits/log?as_of={LOOKED_AT}&amp;account={company["account"]}"' in page
    assert "/console/visits/log" not in office.get(f"/console/account/{company['account']}", "auditor").text
    assert "&lt;b&gt;R&amp;D&lt;/b&gt; 🚢 شركة 琼澳船舶" in page
    assert "<b>R&D" not in page


def test_the_reasons_of_a_fall_add_up_to_it(office, company):
    page = office.get(f"/console/account/{company['account']}", as_of=LOOKED_AT).text
    why = page.partition('id="part-why"')[2].partition("</section>")[0].replace("−", "-")
    reasons, told = why.partition("Together ")[::2]
    points = [float(one) for one in re.findall(r"component%3D[^>]*>([+-]?[0-9.]+)<", reasons)]
    told = re.sub(r"<[^>]+>", "", told)
    change, before, after = map(float, re.match(r"(-[0-9.]+): from ([0-9.]+) to ([0-9.]+)\.", told).groups())
    assert round(sum(points), 1) == change == round(after - before, 1)


def test_three_months_before_it_was_fine(office, company):
    page = office.get(f"/console/account/{company['account']}", as_of=BEFORE).text
    assert "Why it fell" not in page
    assert "cools" not in page.partition('id="part-why"')[2].partition("</section>")[0]


def test_before_it_was_recorded_there_is_nothing(office, company):
    page = office.get(f"/console/account/{company['account']}", as_of="2025-01-01").text
    assert "On this day the account was not recorded yet." in page
    assert "R&amp;D" not in page


def test_before_it_was_recorded_its_page_leads_to_its_first_day(office, company):
    path = f"/console/account/{company['account']}"
    for known in ({}, {"known_at": str(office.journal.streams.head())}, {"known_at": "1"}):
        page = office.get(path, as_of="2025-01-01", **known).text
        (address,) = re.findall(r'href="([^"]*)">See [^<]*, its first day', page)
        there, stated = address.partition("?")[::2]
        asked = dict(parse_qsl(html.unescape(stated)))
        assert there == path
        assert asked.get("known_at") == (None if known == {"known_at": "1"} else known.get("known_at"))
        assert "not recorded yet" not in office.get(path, **asked).text


def test_what_to_do_names_what_is_due_and_what_rules_advise(office, company):
    todo = part(office, company, "todo")
    assert "action item, overdue for 50 days" in todo
    assert "Send &lt;i&gt;drawings&lt;/i&gt;" in todo
    assert "Win one who is neutral, or answer what our opponents fear." in todo


def test_the_curve_is_the_health_of_the_api_at_each_of_its_moments(office, company):
    for clocks in ({}, {"as_of": LOOKED_AT}, {"as_of": LOOKED_AT, "known_at": str(office.journal.streams.head())}):
        points = given_to_chart(part(office, company, "curve", **{"as_of": LOOKED_AT, **clocks}), "health")["points"]
        for moment, score in (points[-1], points[-5]):
            asked = datetime.fromtimestamp(moment / 1000, UTC)
            answer = office.get(
                "/relationship-health/trend",
                account=str(company["account"]),
                days="1",
                as_of=asked.isoformat(),
                **({"known_at": clocks["known_at"]} if "known_at" in clocks else {}),
            ).json()
            assert answer["accounts"][0]["points"][-1]["score"] == pytest.approx(score, abs=0.1)


def test_a_visit_stands_on_the_curve_and_leads_to_its_event(office, company):
    chart = given_to_chart(part(office, company, "curve"), "health")
    (marks,) = [kind["marks"] for kind in chart["kinds"] if kind["key"] == "visit"]
    (mark,) = marks
    assert mark["at"] == datetime.fromisoformat("2026-01-10T03:00:00+00:00").timestamp() * 1000
    facts = office.journal.streams.history(company["account"])
    (position,) = [fact.position for fact in facts if fact.event.topic == "Account.VisitLogged"]
    assert mark["href"] == f"/console/why?positions={position}"


def test_the_map_shows_who_decides_with_stance_and_influence(office, company):
    page = part(office, company, "map")
    chart = given_to_chart(page, "map")
    people = {each["id"]: each for each in chart["nodes"]}
    boss, expert = people[str(company["boss"])], people[str(company["expert"])]
    assert (boss["name"], boss["level"], boss["sign"], boss["stance"]) == ("Boss <i>Li</i>", 0, "×", "enemy")
    assert (expert["level"], expert["support"], expert["key"]) == (2, "mentor", False)
    assert [(edge["kind"], edge["strength"]) for edge in chart["edges"]] == [("reports_to", 0), ("advises", 3)]
    assert "Boss &lt;i&gt;Li&lt;/i&gt;" in page.partition("<table>")[2]


def test_a_frame_of_the_map_is_the_map_as_the_page_shows_it_on_that_day(office, company):
    path = f"/console/account/{company['account']}/map/frames"
    answer = office.get(path, first="2026-01-01", step="10", count="12")
    frames = {each["day"]: each for each in answer.json()}
    assert (len(frames), frames["2026-01-01"]["height"]) == (12, 0)
    for day in ("2026-01-21", "2026-04-11"):
        assert json.loads(frames[day]["map"]) == given_to_chart(part(office, company, "map", as_of=day), "map")
    deal = office.get(path, first="2026-04-11", count="1", deal=str(company["deal"])).json()
    shown = part(office, company, "map", as_of="2026-04-11", deal=str(company["deal"]))
    assert [json.loads(each["map"]) for each in deal] == [given_to_chart(shown, "map")]
    hidden = office.get(path, "forecaster", first="2026-04-11", count="1").json()
    assert "Boss" not in hidden[0]["map"]
    foreign = f"/console/account/{office.ids['foreign']}/map/frames"
    assert office.get(foreign, first="2026-04-11").status_code == 404


def test_who_may_not_read_names_sees_titles(office, company):
    people = given_to_chart(part(office, company, "map", "forecaster"), "map")["nodes"]
    assert sorted(each["name"] for each in people) == ["CEO", "Head of test"]
    for name in PARTS:
        assert "Boss" not in part(office, company, name, "forecaster")


def test_what_was_corrected_stays_in_the_timeline_marked(office, company):
    account = office.account("Corrected", manager="manager")
    wrong = office.give(Account, account, "stakeholders.add", stakeholder_id=str(uuid4()), name="Nobody", title="x")
    taken = office.post(f"/accounts/{account}/withdraw", {"position": wrong, "reason": "was somebody else"})
    assert taken.status_code in (200, 201), taken.text
    office.caught_up()
    page = office.get(f"/console/account/{account}", section="timeline").text
    line = page.partition('<li class="taken-back">')[2].partition("</li>")[0]
    assert "<s>" in line
    assert "was somebody else" in line


def test_opportunities_that_were_won_stand_after_the_open_ones(office, company):
    account = office.account("Two deals", manager="manager")
    won, other = office.opportunity(account, "Won one"), office.opportunity(account, "Open one")
    signed = {"amount": "900.00", "currency": "EUR"}
    office.give(Opportunity, won, "win", signed=signed, reasons=["price"])
    office.caught_up()
    page = office.get(f"/console/account/{account}", section="opportunities").text
    assert page.index("Open one") < page.index("Won one")
    assert f'href="/console/opportunity/{other}"' in page
    assert "€900" in page


def give(office, account, command, day, **body):
    """A command about an account on a day."""
    typed = msgspec.convert(body, command_type(Account, command).body)
    Commands(office.journal).give(Account, account, command, typed, at(office, day))


@pytest.fixture(scope="module")
def bought(office):
    """An account that buys in euro, more each year."""
    account = uuid4()
    give(office, account, "register", "2025-01-02", name="Buyer", territory="north")
    office.give(Account, account, "assign_manager", manager=str(office.members["manager"]))
    for day, amount in (("2025-02-10", "100"), ("2025-05-02", "40"), ("2026-02-01", "150"), ("2026-04-03", "60")):
        revenue = {"amount": amount, "currency": "EUR"}
        give(office, account, "purchases.add", day, document_no=f"of {day}", product_line="pumps", revenue=revenue)
    office.caught_up()
    return {"account": account}


def test_purchases_stand_by_quarter_beside_the_year_before(office, bought):
    page = part(office, bought, "purchases")
    chart = given_to_chart(page, "bars")
    before, now = chart["series"]
    assert chart["names"][-2:] == ["Q1 2026", "Q2 2026"]
    assert [each["value"] for each in now["bars"][-2:]] == [150, 60]
    assert [each["value"] for each in before["bars"][-2:]] == [100, 0]
    table = html.unescape(page.partition('<details class="as-table">')[2].partition("</details>")[0])
    assert "€150" in table
    assert "50%" in table
    assert re.search(r"positions=\d+", now["bars"][-1]["href"])
    assert now["bars"][-1]["panel"] is True


def test_before_it_bought_there_is_no_chart_of_purchases(office, bought):
    page = part(office, bought, "purchases", as_of="2025-01-15")
    assert 'kind="bars"' not in page
    assert "bought nothing within a year" in page


def test_a_bar_of_purchases_leads_to_them(browser_page, served, bought):
    visit(browser_page, served, f"/console/account/{bought['account']}?section=business&as_of={LOOKED_AT}")
    chart = browser_page.locator('kams-chart[kind="bars"][data-drawn]')
    chart.wait_for()
    browser_page.locator("figure#purchases summary").click()
    browser_page.locator("figure#purchases").get_by_role("link", name="€150").click()
    expect(browser_page.locator("#panel-body")).to_contain_text("150")
    must_be_accessible(browser_page)


def test_every_part_answers_alone_and_in_its_tab(office, company):
    for name in PARTS:
        assert f'id="part-{name}"' in part(office, company, name)
    for tab in TABS:
        assert office.get(f"/console/account/{company['account']}", section=tab).status_code == 200
    assert office.get(f"/console/account/{company['account']}", section="nothing").status_code == 404
    assert office.get(f"/console/account/{company['account']}/section/nothing").status_code == 404


def test_what_one_may_not_see_is_not_there(office, company):
    foreign = office.ids["foreign"]
    for path in ("", "/section/why", "/section/timeline"):
        assert office.get(f"/console/account/{foreign}{path}").status_code == 404
        assert office.get(f"/console/account/{uuid4()}{path}").status_code == 404
        assert office.get(f"/console/account/{foreign}{path}", "auditor").status_code == 200


def test_a_merged_account_leads_to_the_one_that_goes_on(office, company):
    ended = office.account("Twice", manager="manager")
    merge = {"into": str(company["account"]), "reason": "one company"}
    answer = office.post(f"/accounts/{ended}/merge", merge, "admin")
    assert answer.status_code in (200, 201), answer.text
    office.caught_up()
    page = office.get(f"/console/account/{ended}").text
    assert "The account of this address was merged into this one." in page
    assert "R&amp;D" in page


def test_it_is_found_by_its_external_id_in_chinese(office, company):
    account = uuid4()
    office.give(Account, account, "register", name="Known elsewhere", external_id="EX-1")
    office.give(Account, account, "assign_manager", manager=str(office.members["manager"]))
    office.caught_up()
    page = office.request("GET", "/console/account/EX-1", headers={"Accept-Language": "zh"}).text
    assert "Known elsewhere" in page
    assert "记录拜访" in page


def test_the_page_is_accessible_moves_with_time_and_fits_a_phone(browser_page, served, company):
    visit(browser_page, served, f"/console/account/{company['account']}?as_of={LOOKED_AT}")
    expect(browser_page.locator("#part-map")).to_be_attached()
    expect(browser_page.locator("#part-curve kams-chart[data-drawn]")).to_be_attached()
    must_be_accessible(browser_page)
    browser_page.get_by_label("Move through the year").press("Home")
    expect(browser_page.get_by_text("On this day the account was not recorded yet.")).to_be_visible()
    browser_page.set_viewport_size({"width": 390, "height": 844})
    browser_page.get_by_label("Move through the year").press("End")
    expect(browser_page.locator("#part-why")).to_be_visible()
    must_not_scroll_sideways(browser_page)


def test_parts_come_together_with_the_page_when_time_moves_and_once(browser_page, served, company):
    visit(browser_page, served, f"/console/account/{company['account']}?as_of={LOOKED_AT}")
    expect(browser_page.locator("#part-curve kams-chart[data-drawn]")).to_be_attached()
    asked = list[str]()
    browser_page.on("request", lambda request: asked.append(request.url))
    browser_page.get_by_label("Move through the year").press("ArrowLeft")
    day = (date.fromisoformat(LOOKED_AT) - timedelta(days=1)).isoformat()
    expect(browser_page).to_have_url(re.compile(f"as_of={day}"))
    expect(browser_page.locator("#slot-curve")).to_have_attribute("aria-busy", "false")
    moved = [urlsplit(url).path for url in asked if f"as_of={day}" in url]
    page, part = f"/console/account/{company['account']}", f"/console/account/{company['account']}/section/curve"
    assert moved.count(part) == 1
    assert moved.index(part) < moved.index(page)


def test_the_graph_is_drawn_and_a_person_leads_to_his_events(browser_page, served, company):
    visit(browser_page, served, f"/console/account/{company['account']}?section=people&as_of={LOOKED_AT}")
    expect(browser_page.locator("#decision-map-chart").get_by_text("Boss <i>Li</i>")).to_be_visible()
    browser_page.locator("#decision-map-chart").get_by_text("Boss <i>Li</i>").click()
    expect(browser_page.locator("#panel-body")).to_contain_text("Boss <i>Li</i>")


def test_the_map_moves_from_frames_and_the_page_follows_where_the_slider_rests(browser_page, served, company):
    browser_page.emulate_media(reduced_motion="no-preference")
    account = f"/console/account/{company['account']}"
    visit(browser_page, served, f"{account}?section=people&as_of={LOOKED_AT}")
    chart = browser_page.locator("#decision-map-chart")
    expect(chart).to_have_attribute("data-drawn", "1")
    with browser_page.expect_response(lambda answer: "/map/frames" in answer.url):
        browser_page.get_by_label("Move through the year").focus()
    pages = []  # that are asked for, and come when the map was seen to move without them
    of_the_account = re.compile(re.escape(account) + r"\?")
    browser_page.route(of_the_account, lambda page: pages.append(page))
    browser_page.get_by_label("Move through the year").press("PageDown")
    expect(browser_page.locator("main.moving")).to_be_attached()
    expect(chart).not_to_have_attribute("data-drawn", "1")
    expect(browser_page).to_have_url(re.compile(r"as_of=(?!2026-04-20)"))
    browser_page.route(of_the_account, lambda page: page.continue_())
    for page in pages:
        page.continue_()
    expect(browser_page.locator("main:not(.moving)")).to_be_attached()
    expect(browser_page.get_by_text("You look at")).to_be_visible()


def test_printed_it_is_a_sheet_without_what_only_screens_need(browser_page, served, company):
    visit(browser_page, served, f"/console/account/{company['account']}?section=sheet&as_of={LOOKED_AT}")
    browser_page.emulate_media(media="print")
    expect(browser_page.locator(".nav")).to_be_hidden()
    expect(browser_page.get_by_role("button", name="Print this sheet")).to_be_hidden()
    expect(browser_page.locator("#part-profile")).to_be_visible()
    must_be_accessible(browser_page)


def test_the_head_says_the_class_with_the_share_that_makes_it(office, company):
    account = str(company["account"])
    page = office.get(f"/console/account/{account}", "auditor", as_of=LOOKED_AT).text
    assert f"/console/account/{account}/section/class?as_of={LOOKED_AT}" in page.partition('class="tabs"')[0]
    customers = office.get("/portfolio", "auditor", method="abc", as_of=LOOKED_AT).json()["customers"]
    (line,) = [each for each in customers if each["account"] == account]
    head = office.get(f"/console/account/{account}/section/class", "auditor", as_of=LOOKED_AT).text
    assert f">Class {line['abc']}</a>" in head
    assert f"explain=portfolio%2F{account}%3Fcell%3Dshare" in head
