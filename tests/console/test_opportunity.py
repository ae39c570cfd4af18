"""An opportunity's page: its numbers are the API's at every clock, every tab is there, names are shown as they are."""

import re

import pytest

from domain.opportunity.opportunity import Opportunity
from tests.console.serving import must_suit_desk_and_phone, visit

TABS = ("overview", "questions", "contest", "people", "offers", "effort", "timeline")
TITLE = '<img src=x onerror="alert(1)"> مشروع 泵 🚰'


@pytest.fixture(scope="module")
def deal(office):
    """An opportunity with something in every tab."""
    made = office.opportunity(office.ids["own"], TITLE)
    office.ids["as it was opened"] = office.journal.streams.head()
    person = "7b8c6c0a-7d2b-4a27-9a29-0d9a4a4f0a01"
    give = [
        ("revise_amount", {"amount": {"amount": "2500.50", "currency": "EUR"}, "reason": "counted again"}),
        ("move_close_date", {"close_on": "2026-06-30", "reason": "the budget is late"}),
        ("qualification.answer", {"question": "2", "answer": "yes", "evidence": "minutes of 3 March"}),
        ("competition.identify", {"competitor": "Rival & Sons", "strengths": "price"}),
        ("qualification.answer", {"question": "2", "answer": "no", "competitor": "Rival & Sons"}),
        (
            "criteria.describe",
            {
                "criterion_id": person,
                "text": "service at night",
                "kind": "business",
                "priority": 1,
                "ours": 1,
                "theirs": {"Rival & Sons": 2},
            },
        ),
    ]
    for name, body in give:
        answer = office.post(f"/opportunities/{made}/{name.replace('.', '/').replace('_', '-')}", body)
        assert answer.status_code == 200, answer.text
    office.ids["deal"] = made
    office.caught_up()
    return office


def page(office, section="overview", who="manager", **more):
    return office.get(f"/console/opportunity/{office.ids['deal']}", who, section=section, **more)


def shown(text, element):
    found = re.search(rf'id="{re.escape(element)}"[^>]*>(.*?)</span>', text, re.S)
    return re.sub(r"<[^>]+>", "", found[1]).strip()


def test_the_page_says_what_the_question_answers_now_and_at_any_moment(deal):
    then = {"known_at": str(deal.ids["as it was opened"])}
    for clocks in ({}, then):
        line = deal.get("/opportunities", stage="potential", **clocks).json()["opportunities"]
        mine = next(each for each in line if each["id"] == str(deal.ids["deal"]))
        text = page(deal, **clocks).text
        amount = shown(text, "deal-amount").replace("€", "").replace(",", "")
        assert float(amount) == pytest.approx(float(mine["value"]), abs=0.5)
    assert "30 Jun 2026" in shown(page(deal).text, "deal-close")
    assert "31 Mar 2026" in shown(page(deal, **then).text, "deal-close")
    before = page(deal, as_of="2025-12-31").text
    assert "was not opened yet" in before
    (first,) = re.findall(r'href="[^"]*as_of=([0-9-]*)">See [^<]*, its first day', before)
    assert "was not opened yet" not in page(deal, as_of=first).text


def test_a_title_is_shown_as_it_is(deal):
    text = page(deal).text
    assert "&lt;img src=x onerror=&#34;alert(1)&#34;&gt; مشروع 泵 🚰</bdi></h1>" in text
    assert "<img src=x" not in text


@pytest.mark.parametrize(
    ("tab", "words"),
    [
        ("overview", "counted again"),
        ("questions", "not answered"),
        ("contest", "service at night"),
        ("people", "Nobody is mapped on this opportunity."),
        ("offers", "No quote was asked for or handed over."),
        ("effort", "Not decided."),
        ("timeline", "close date moved"),
    ],
)
def test_every_tab_shows_what_is_known(deal, tab, words):
    answer = page(deal, tab)
    assert answer.status_code == 200
    assert words in answer.text


def test_answers_stand_side_by_side_with_what_nobody_answered(deal):
    text = page(deal, "questions").text
    row = re.search(r'<tr id="question-2">.*?</tr>', text, re.S)[0]
    ours, theirs = re.findall(r'class="answer (\w+)"', row)
    assert (ours, theirs) == ("good", "bad")
    assert "minutes of 3 March" in row
    assert text.count("not answered") == 38


def test_what_is_missing_at_the_next_gate_is_named(deal):
    text = page(deal).text
    gate = re.search(r'<section class="card " id="gate".*?</section>', text, re.S)[0]
    asked = deal.get(f"/opportunities/{deal.ids['deal']}/qualification").json()["next_gate"]
    assert gate.count("<li>") == len(asked["missing"])
    assert gate.count(">mandatory<") == len(asked["mandatory"])


def test_its_other_address_leads_to_it(deal):
    other = deal.ids["own deal"]
    answer = deal.request("GET", f"/console/opportunities/{other}?section=timeline", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/console/opportunity/{other}?section=timeline"


def test_what_one_may_not_see_is_not_there(deal):
    for path in ("", "/chance"):
        answer = deal.get(f"/console/opportunity/{deal.ids['deal']}{path}", "colleague")
        assert answer.status_code == 404
    assert deal.get("/console/opportunity/no-such").status_code == 404


def test_the_way_through_the_stages_is_told_with_its_end(deal):
    lost = deal.opportunity(deal.ids["own"], "Soon lost")
    deal.give(Opportunity, lost, "lose", reasons=["price"], winner="Rival & Sons")
    deal.caught_up()
    text = deal.get(f"/console/opportunity/{lost}").text
    assert re.search(r'<li class="end lost" aria-current="step">.*?lost', text, re.S)
    assert "Learned chance" not in text


def test_the_bar_of_stages_says_which_was_reached_by_an_override_and_why(browser_page, served, deal):
    past = deal.opportunity(deal.ids["own"], "Past the gate")
    deal.give(Opportunity, past, "advance", to="confirmed", override="the buyer <asked> for it")
    deal.caught_up()
    position = deal.journal.streams.history(past)[-1].position
    text = deal.get(f"/console/opportunity/{past}").text
    step = re.search(r'<li class="current" id="step-confirmed".*?</li>', text, re.S)[0]
    assert re.search(rf'href="/console/why\?positions={position}"[^>]*>gate overridden', step)
    line = re.search(r'<p class="notice warn overridden">.*?</p>', text, re.S)[0]
    assert "the buyer &lt;asked&gt; for it" in line
    assert f'href="/console/why?positions={position}"' in line
    assert "gate overridden" not in page(deal).text
    visit(browser_page, served, f"/console/opportunity/{past}?recorded=0")
    browser_page.locator("#deal-chance .tile").wait_for()
    browser_page.locator(".do-menu > summary").click()
    browser_page.get_by_text("Not as it stands now").click()
    must_suit_desk_and_phone(browser_page)


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_is_accessible_and_fits_a_phone(browser_page, served, deal, tab):
    visit(browser_page, served, f"/console/opportunity/{deal.ids['deal']}?section={tab}")
    browser_page.locator("#deal-chance .tile").wait_for()
    must_suit_desk_and_phone(browser_page)
