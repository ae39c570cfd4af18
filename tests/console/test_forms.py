"""What is typed into a form: recorded as the API records it, or shown again with everything that was typed."""

import json
import re
from html import unescape
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from api.console.forms.menu import DAILY
from api.console.forms.numbers import plain_number
from domain.account.account import Account

CHINESE_EMOJI_RTL_HTML = 'Frau 王 🚀 שלום <script>alert("x")</script>\nsecond line'


def form_at(office, path, who="manager", **preset):
    """The form of a command as a signed-in browser gets it: the browser, and the hidden fields of the form."""
    browser = office.signed_in(who)
    answer = browser.get(f"/console/do/{path}", **({"preset": urlencode(preset)} if preset else {}))
    assert answer.status_code == 200, answer.text
    return browser, hidden_in(answer.text)


def hidden_in(text):
    return {
        unescape(name): unescape(value)
        for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text)
    }


def send(browser, path, hidden, **typed):
    return browser.post(f"/console/do/{path}", {**hidden, **typed}, headers={"HX-Request": "true"})


def told(answer):
    assert "Kams-Recorded" in answer.headers, answer.text
    return json.loads(answer.headers["Kams-Recorded"])


def newest(office, position):
    return office.journal.streams.at([position])[position]


def test_what_is_typed_is_recorded_as_it_was_meant(office):
    path = f"accounts/{office.ids['own']}/needs.add"
    browser, hidden = form_at(office, path)
    answer = send(browser, path, hidden, kind="goal", words=CHINESE_EMOJI_RTL_HTML, importance="5")
    fact = newest(office, told(answer)["position"])
    assert (fact.event.topic, fact.event.kind, fact.event.importance) == ("Account.NeedRecorded", "goal", 5)
    assert office.journal.people.open(fact.event.words, "words") == CHINESE_EMOJI_RTL_HTML
    assert fact.actor == office.members["manager"]


def test_a_browser_without_scripts_is_led_back_to_the_page_which_waits(office):
    path = f"accounts/{office.ids['own']}/needs.add"
    browser, hidden = form_at(office, path)
    answer = browser.post(f"/console/do/{path}", {**hidden, "kind": "need", "words": "spares"})
    assert answer.status_code == 303
    pattern = rf"/console/account/{office.ids['own']}\?wait_for=(\d+)&recorded=\1"
    assert re.fullmatch(pattern, answer.headers["location"])


def shown_after(office, browser, path, hidden, **typed):
    """What the page says to which one is led from a form on a page of its own."""
    answer = browser.post(f"/console/do/{path}", {**hidden, **typed})
    assert answer.status_code == 303, answer.text
    office.caught_up()
    page = browser.get(answer.headers["location"])
    assert page.status_code == 200, page.text
    return answer.headers["location"], re.search(r'id="recorded">.*?</p>', unescape(page.text), re.S)[0]


def test_the_page_after_a_form_says_what_was_recorded_with_the_way_to_its_event(office):
    own = office.ids["own"]
    browser, hidden = form_at(office, path := f"accounts/{own}/needs.add")
    place, said = shown_after(office, browser, path, hidden, kind="need", words="spare Müller parts")
    head = office.journal.streams.head()
    assert "Müller" not in place
    assert "Müller" in said
    assert re.search(rf"<strong>Recorded:?</strong>.*href=\"/console/why\?positions={head}\".*event {head}", said, re.S)
    again = browser.post(f"/console/do/{path}", {**hidden, "kind": "need", "words": "spare Müller parts"})
    assert again.headers["location"] == place
    others = office.get(f"/console/account/{own}?recorded={head}", "director")
    assert 'id="recorded"' not in others.text


def test_after_raising_an_issue_and_planning_a_visit_what_was_begun_is_one_link_away(office):
    own = office.ids["own"]
    browser, hidden = form_at(office, path := "issues/new/raise_issue", account=own)
    typed = {"kind": "complaint", "severity": "2", "category": "delivery", "description": "late", "account": str(own)}
    _, said = shown_after(office, browser, path, hidden, **typed)
    issue = newest(office, office.journal.streams.head()).originator_id
    assert f'<a href="/console/issue/{issue}">Open the issue</a>' in said
    browser, hidden = form_at(office, path := f"accounts/{own}/visits.plan")
    typed = {"what": "demo", "start": "2030-02-01T10:00", "why": "x", "purpose": "rapport", "expected_action": "sign"}
    _, said = shown_after(office, browser, path, hidden, **typed)
    visit = newest(office, office.journal.streams.head()).event.visit_id
    assert f'<a href="/console/visit/{visit}?account={own}">Open the visit</a>' in said


def test_the_page_says_so_where_a_form_recorded_nothing(office):
    deal = office.opportunity(office.ids["own"], "Valves")
    browser, hidden = form_at(office, path := f"opportunities/{deal}/move_close_date")
    before = office.journal.streams.head()
    _, said = shown_after(office, browser, path, hidden, close_on="2026-03-31", reason="as it was")
    assert office.journal.streams.head() == before
    assert "It was so already: nothing was recorded." in said


def test_a_form_sent_twice_is_recorded_once(office):
    path = f"accounts/{office.ids['own']}/action_items.add"
    browser, hidden = form_at(office, path)
    own = str(office.members["manager"])
    first, second = (send(browser, path, hidden, text="call back", owner=own) for _ in range(2))
    assert told(first)["position"] == told(second)["position"] == office.journal.streams.head()


def test_a_refused_form_keeps_what_was_typed_and_says_why_beside_the_field(office):
    path = f"accounts/{office.ids['own']}/visits.plan"
    browser, hidden = form_at(office, path)
    typed = {"what": "demo", "start": "2030-02-01T10:00", "why": CHINESE_EMOJI_RTL_HTML, "purpose": "rapport"}
    answer = send(browser, path, hidden, **typed, expected_action="", where="Köln 科隆")
    assert answer.status_code == 422
    assert '<script>alert("x")' not in answer.text
    kept = unescape(answer.text)
    assert f"\n{CHINESE_EMOJI_RTL_HTML}</textarea>" in kept
    assert 'value="2030-02-01T10:00"' in kept
    assert 'value="Köln 科隆"' in kept
    beside = re.search(r'data-field="expected_action" data-faulty>.*?</div>\s*</div>', kept, re.S)
    assert beside
    assert "Please state this: it cannot stay empty." in beside[0]
    assert hidden_in(answer.text)["_key"] == hidden["_key"]


def test_a_rule_of_the_domain_is_told_beside_the_field_it_names(office):
    path = f"accounts/{office.ids['own']}/visits.log"
    browser, hidden = form_at(office, path)
    answer = send(browser, path, hidden, minutes="0", outcome="没有结果")
    assert answer.status_code == 409
    assert re.search(r'data-field="minutes" data-faulty>', answer.text)
    assert "没有结果" in answer.text


def test_a_number_that_is_none_is_told_with_what_was_typed(office):
    path = f"opportunities/{office.ids['own deal']}/revise_amount"
    browser, hidden = form_at(office, path)
    answer = send(browser, path, hidden, **{"amount.amount": "a lot", "amount.currency": "EUR"})
    assert answer.status_code == 422
    assert re.search(r'data-field="amount.amount" data-faulty>', answer.text)
    assert 'value="a lot"' in answer.text


def test_money_stands_in_the_form_as_it_is_and_is_recorded_with_its_currency(office):
    deal = office.opportunity(office.ids["own"], "Motors")
    path = f"opportunities/{deal}/revise_amount"
    browser, hidden = form_at(office, path)
    shown = browser.get(f"/console/do/{path}").text
    assert re.search(r'value="1000.00" id="f-amount-amount"', shown)
    answer = send(browser, path, hidden, **{"amount.amount": "1250.50", "amount.currency": "EUR", "reason": "more"})
    assert str(newest(office, told(answer)["position"]).event.amount) == "1,250.50 EUR"


def test_two_who_change_the_same_notice_each_other_and_may_send_again(office):
    deal = office.opportunity(office.ids["own"], "Compressors")
    path = f"opportunities/{deal}/revise_amount"
    (mine, hidden), (other, others) = form_at(office, path), form_at(office, path, "director")
    assert told(send(other, path, others, **{"amount.amount": "7000", "amount.currency": "EUR", "reason": "x"}))
    typed = {"amount.amount": "8000", "amount.currency": "EUR", "reason": "ours"}
    stale = send(mine, path, hidden, **typed)
    assert stale.status_code == 412
    assert "Somebody else was here meanwhile" in stale.text
    assert "amount revised" in stale.text
    assert 'value="8000"' in stale.text
    again = hidden_in(stale.text)
    assert again["_version"] != hidden["_version"]
    assert told(send(mine, path, again, **typed))


def test_what_was_not_touched_stays_as_others_made_it(office):
    path = f"accounts/{office.ids['own']}/change_profile"
    browser, hidden = form_at(office, path)
    office.give(Account, office.ids["own"], "change_profile", industry="pumps")
    typed = {
        "name": "own",
        "industry": "",
        "website": "https://own.example",
        "kind": "end_customer",
        "territory": "north",
    }
    stale = send(browser, path, hidden, **typed)
    assert stale.status_code == 412
    position = told(send(browser, path, hidden_in(stale.text), **typed))["position"]
    fact = newest(office, position).event
    assert fact.website == "https://own.example"
    assert office.journal.known(Account, office.ids["own"]).profile.industry == "pumps"


def test_a_gate_shows_what_is_missing_before_anything_is_sent(office):
    deal = office.opportunity(office.ids["own"], "Turbines")
    browser, hidden = form_at(office, path := f"opportunities/{deal}/advance", to="confirmed")
    shown = unescape(browser.get(f"/console/do/{path}").text)
    assert "not met" in shown
    assert "0% of 80% wanted" in shown
    assert f"/console/do/opportunities/{deal}/qualification.answer?preset=question%3D1" in shown
    refused = send(browser, path, hidden, to="confirmed")
    assert refused.status_code == 409
    assert re.search(r'name="override"', refused.text)
    going_on = send(browser, path, hidden_in(refused.text), to="confirmed", override="客户已签意向书")
    assert newest(office, told(going_on)["position"]).event.override == "客户已签意向书"


def test_a_fact_is_corrected_and_stays_where_it_is(office):
    own = office.ids["own"]
    browser, hidden = form_at(office, needs := f"accounts/{own}/needs.add")
    wrong = told(send(browser, needs, hidden, kind="need", words="wrong"))["position"]
    browser, hidden = form_at(office, path := f"accounts/{own}/withdraw", position=wrong)
    assert hidden["position"] == str(wrong)
    assert "Nothing is deleted" in browser.get(f"/console/do/{path}", preset=f"position={wrong}").text
    fact = newest(office, told(send(browser, path, hidden, reason="a slip"))["position"]).event
    assert (fact.topic, fact.position, fact.reason) == ("Account.FactWithdrawn", wrong, "a slip")


def test_a_visit_is_corrected_with_what_it_says_standing_there(office):
    own = office.ids["own"]
    browser, hidden = form_at(office, path := f"accounts/{own}/visits.log")
    logged = told(send(browser, path, hidden, minutes="30", outcome="fine"))["position"]
    browser, hidden = form_at(office, path := f"accounts/{own}/visits.correct", position=logged)
    shown = browser.get(f"/console/do/{path}", preset=f"position={logged}").text
    assert re.search(r'value="30" id="f-minutes"', shown)
    was = json.loads(hidden["_was"])
    answer = send(browser, path, hidden, minutes="45", outcome=was["outcome"], reason="typing error", what=was["what"])
    event = newest(office, told(answer)["position"]).event
    assert (event.minutes, office.journal.people.open(event.outcome, "outcome")) == (45, "fine")


def test_nobody_gets_a_form_for_what_he_may_not_do(office):
    own, foreign = office.ids["own"], office.ids["foreign"]
    assert office.get(f"/console/do/accounts/{foreign}/needs.add").status_code == 404
    assert office.get(f"/console/do/opportunities/{office.ids['foreign deal']}/advance").status_code == 404
    for who in ("auditor", "forecaster", "integrator"):
        assert office.get(f"/console/do/accounts/{own}/needs.add", who).status_code == 403
    assert office.get(f"/console/do/accounts/{own}/no.such").status_code == 404
    assert office.get(f"/console/do/nothing/{own}/needs.add").status_code == 404


def test_a_form_without_its_token_is_not_taken(office):
    path = f"accounts/{office.ids['own']}/needs.add"
    browser, hidden = form_at(office, path)
    answer = browser.request("POST", f"/console/do/{path}", data={**hidden, "_csrf": "", "kind": "need", "words": "x"})
    assert answer.status_code == 403


def test_the_day_that_is_looked_at_is_the_day_of_the_fact(office):
    answer = office.get(f"/console/do/accounts/{office.ids['own']}/needs.add", as_of="2026-02-03")
    assert re.search(r'value="2026-02-03" id="f-occurred_at"', answer.text)


@pytest.mark.parametrize("noun", DAILY)
def test_the_daily_commands_are_there(noun):
    from api.console.forms.asked import door_of, doors

    for name in DAILY[noun]:
        assert door_of(noun, name).full_name in doors()


def test_labels_are_chinese_where_chinese_is_spoken(office):
    path = f"/console/do/accounts/{office.ids['own']}/visits.log"
    text = office.request("GET", path, headers={"Accept-Language": "zh-CN"}).text
    assert "记录拜访" in text
    assert "拜访了谁" in text


@pytest.mark.parametrize(("path", "whose"), [("account", "own"), ("opportunity", "own deal")])
def test_a_page_offers_what_the_asker_may_do_there_and_each_of_it_has_a_form(office, path, whose):
    page = f"/console/{path}/{office.ids[whose]}"
    offered = set(re.findall(r'href="(/console/do/[^"]+)"', office.get(page).text))
    assert len(offered) > 20
    for address in offered:
        answer = office.get(unescape(address))
        assert answer.status_code == 200, address
        assert 'class="command"' in answer.text
    assert "/console/do/" not in office.get(page, "auditor").text


@pytest.mark.parametrize(
    ("typed", "currency", "meant"),
    [
        ("50,000", "", "50000"),
        ("1,250,000.50", "EUR", "1250000.50"),
        ("CN¥50,000", "CNY", "50000"),
        ("€ 7", "EUR", "7"),
        ("5万", "", "50000"),
        ("1.2万", "", "12000"),
        ("1,5", "", "1,5"),
        ("US$50", "CNY", "US$50"),
        ("两", "", "两"),
    ],
)
def test_numbers_are_taken_as_the_console_shows_them_where_they_mean_one_thing(typed, currency, meant):
    assert plain_number(typed, currency) == meant


def test_an_amount_with_its_thousands_set_apart_is_recorded(office):
    deal = office.opportunity(office.ids["own"], "Gears")
    path = f"opportunities/{deal}/revise_amount"
    browser, hidden = form_at(office, path)
    answer = send(browser, path, hidden, **{"amount.amount": "€50,000", "amount.currency": "EUR", "reason": "more"})
    assert str(newest(office, told(answer)["position"]).event.amount) == "50,000.00 EUR"


def test_a_fault_of_a_field_that_is_not_shown_is_told_by_its_label(office):
    path = f"opportunities/{office.ids['own deal']}/withdraw"
    browser, hidden = form_at(office, path)
    answer = send(browser, path, hidden, position="x", reason="slip")
    assert answer.status_code == 422
    assert re.search(r"data-fault>Position: ", answer.text)
    assert "wrong field(s)" not in answer.text


def test_a_new_quote_takes_a_number_of_its_own_and_its_requirements_are_ticked(office):
    deal = office.opportunity(office.ids["own"], "Bearings")
    path = f"opportunities/{deal}/quotes.issue"
    browser, hidden = form_at(office, path)
    line = {"lines.0.product": "pump", "lines.0.quantity": "2", "lines.0.unit_price": "50,000"}
    typed = {"currency": "EUR", "valid_until": "2031-01-01", "requirements": ["drawings", "use"]}
    fact = newest(office, told(send(browser, path, hidden, quote_no="Q-1", **line, **typed))["position"]).event
    assert (fact.requirements, str(fact.total)) == (("drawings", "use"), "100,000.00 EUR")
    shown = browser.get(f"/console/do/{path}").text
    assert re.search(r'<input type="text" value="" id="f-quote_no"', shown)
    assert '<option value="Q-1">' not in shown
    assert re.search(r'<input type="checkbox" name="requirements" value="drawings"', shown)


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        ("1e3", "CNY", "“1e3” is no number as it is taken here: write 1234.50"),
        ("1_000", "CNY", "“1_000” is no number as it is taken here: write 1234.50"),
        ("123456.789", "CNY", "Amounts in CNY are kept to 0.01: this would become 123456.79"),
        ("100.5", "JPY", "Amounts in JPY are kept to 1: this would become 100"),
    ],
)
def test_an_amount_that_would_be_read_or_rounded_unawares_is_refused_with_a_sentence(office, amount, currency, said):
    path = f"opportunities/{office.ids['own deal']}/revise_amount"
    browser, hidden = form_at(office, path)
    typed = {"amount.amount": amount, "amount.currency": currency, "reason": "x"}
    before = office.journal.streams.head()
    answer = send(browser, path, hidden, **typed)
    assert answer.status_code == 422
    assert re.search(rf'data-field="amount.amount" data-faulty>.*?{re.escape(said)}', answer.text, re.S)
    assert office.journal.streams.head() == before


@pytest.mark.parametrize(("amount", "meant"), [("50,000.00", "50,000.00"), ("5万", "50,000.00"), ("1.500", "1.50")])
def test_an_amount_as_people_write_it_is_taken_in_both_languages(office, amount, meant):
    deal = office.opportunity(office.ids["own"], f"Gears for {amount}")
    path = f"opportunities/{deal}/revise_amount"
    browser, hidden = form_at(office, path)
    typed = {"amount.amount": amount, "amount.currency": "EUR", "reason": "x"}
    headers = {"HX-Request": "true", "Accept-Language": "zh-CN"}
    answer = browser.post(f"/console/do/{path}", {**hidden, **typed}, headers=headers)
    assert str(newest(office, told(answer)["position"]).event.amount) == f"{meant} EUR"


def test_a_number_within_a_line_is_refused_beside_its_field(office):
    deal = office.opportunity(office.ids["own"], "Shafts")
    browser, hidden = form_at(office, path := f"opportunities/{deal}/quotes.issue")
    line = {"lines.0.product": "pump", "lines.0.quantity": "2", "lines.0.unit_price": "1e3"}
    answer = send(browser, path, hidden, quote_no="Q-9", currency="EUR", valid_until="2031-01-01", **line)
    assert answer.status_code == 422
    assert re.search(
        r'data-field="lines.0.unit_price" data-faulty>.*?is no number as it is taken here', answer.text, re.S
    )


def test_lines_of_a_form_can_be_taken_away_again(office):
    deal = office.opportunity(office.ids["own"], "Springs")
    shown = office.get(f"/console/do/opportunities/{deal}/quotes.issue").text
    rows = re.search(r'<div class="rows">.*?data-add-row', shown, re.S)[0]
    assert rows.count('class="form-row"') == rows.count("data-drop-row") == 2
    browser, hidden = form_at(office, path := f"opportunities/{deal}/quotes.issue")
    kept = {"lines.2.product": "pump", "lines.2.quantity": "2", "lines.2.unit_price": "5"}
    typed = {"quote_no": "Q-7", "currency": "EUR", "valid_until": "2031-01-01"}
    fact = newest(office, told(send(browser, path, hidden, **typed, **kept))["position"]).event
    assert [line.product for line in fact.lines] == ["pump"]


def test_a_form_shown_after_a_card_was_moved_has_its_day_as_the_page_has(office):
    """Who moves a card states only where to: the form that says what is missing begins with today."""
    deal = office.opportunity(office.ids["own"], "Moved by hand")
    path = f"opportunities/{deal}/advance"
    today = re.search(r'value="([^"]+)" id="f-occurred_at"', office.get(f"/console/do/{path}").text)[1]
    answer = send(office.signed_in("manager"), path, {"_key": "1" * 32, "_back": "/console/funnel"}, to="confirmed")
    assert answer.status_code == 409
    assert f'value="{today}" id="f-occurred_at"' in answer.text


def test_all_fields_of_a_visit_refuse_one_of_which_nothing_is_told_as_the_short_form_does(office):
    own = office.ids["own"]
    browser, hidden = form_at(office, path := f"accounts/{own}/visits.log")
    own_member, before = str(office.members["manager"]), office.journal.streams.head()
    answer = send(browser, path, hidden, what="sales_call", people=own_member, minutes="30")
    assert answer.status_code == 422
    said = "State whom you met or what came of it; where nobody was met there was no visit"
    assert re.search(rf'data-field="stakeholders" data-faulty.*?{said}', answer.text, re.S)
    assert office.journal.streams.head() == before


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"quantity": "0"}, "The quantity 0 of valve is not possible: state a number above 0."),
        ({"discount": "5"}, "The discount 5 of valve is not possible: state a share from 0 to 1, such as 0.05."),
        ({"unit_price": "-1"}, "The unit price -1 of valve is not possible: state 0 or more."),
        ({"quantity": ""}, "Please state this: it cannot stay empty."),
    ],
)
def test_what_is_wrong_in_a_line_of_a_quote_stands_beside_its_field_and_nowhere_else(office, wrong, said):
    deal = office.opportunity(office.ids["own"], "Valves of the second line")
    browser, hidden = form_at(office, path := f"opportunities/{deal}/quotes.issue")
    lines = [{"product": "pump", "quantity": "2", "unit_price": "5"}, {"product": "valve", "quantity": "1", **wrong}]
    lines[1].setdefault("unit_price", "9")
    typed = {f"lines.{number}.{name}": text for number, line in enumerate(lines) for name, text in line.items()}
    answer = send(browser, path, hidden, quote_no="Q-8", currency="EUR", valid_until="2031-01-01", **typed)
    shown, (name,) = unescape(answer.text), wrong
    assert answer.status_code in (409, 422)
    assert re.search(rf'data-field="lines\.1\.{name}" data-faulty>.*?data-fault>{re.escape(said)}', shown, re.S)
    assert re.findall(r'name="([^"]+)"[^>]* aria-invalid="true"', shown) == [f"lines.1.{name}"]
    assert shown.count("data-fault>") == 1


@pytest.mark.parametrize(
    ("path", "typed", "field", "said"),
    [
        ("accounts/{own}/change_profile", {"name": " "}, "name", "The name of an account is blank"),
        ("opportunities/{own deal}/concessions.make",
         {"asked": "More", "given": "Less", "worth.amount": "-7", "worth.currency": "EUR"}, "worth", "is negative"),
        ("forecast/new/submit", {"period": "soon", "commit.amount": "7", "commit.currency": "EUR"}, "period",
         "soon is not a period"),
    ],
)  # fmt: skip
def test_what_a_rule_says_stands_at_the_field_that_it_is_about(office, path, typed, field, said):
    browser, hidden = form_at(office, path := path.format_map(office.ids))
    there = {name: text for name, text in json.loads(hidden["_was"]).items() if isinstance(text, str)}
    answer = send(browser, path, hidden, **{**there, **typed})
    assert answer.status_code == 409
    shown = unescape(answer.text)
    assert re.search(rf'data-field="{field}" data-faulty.*?data-fault>[^<]*{re.escape(said)}', shown, re.S)
    assert shown.count("data-fault>") == 1


def test_a_refusal_says_names_and_no_identifiers(office):
    person = str(uuid4())
    office.give(Account, office.ids["own"], "stakeholders.add", stakeholder_id=person, name="Ada Lovelace")
    office.caught_up()
    browser, hidden = form_at(office, path := f"accounts/{office.ids['own']}/influence.observe")
    both = {"from_stakeholder": person, "to_stakeholder": person}
    answer = send(browser, path, hidden, **both, kind="advises", strength="2")
    assert answer.status_code == 409
    fault = re.search(r'data-field="to_stakeholder" data-faulty.*?data-fault>([^<]*)', answer.text, re.S)[1]
    assert "Ada Lovelace" in fault
    assert person not in fault


def test_what_must_be_one_of_several_is_not_offered_as_nothing(office):
    account = office.account("A dealer", manager="manager")
    office.give(Account, account, "change_profile", kind="dealer")
    page = office.signed_in("manager").get(f"/console/do/accounts/{account}/change_profile").text
    choice = re.search(r'<select id="f-kind".*?</select>', page, re.S)[0]
    assert '<option value="dealer" selected>' in choice
    assert 'value=""' not in choice


def test_all_wrong_lines_of_a_quote_are_named_at_once_each_beside_its_field(office):
    deal = office.opportunity(office.ids["own"], "Valves of the third line")
    browser, hidden = form_at(office, path := f"opportunities/{deal}/quotes.issue")
    lines = [
        {"product": "pump", "quantity": "0", "unit_price": "-5"},
        {"product": "seal", "quantity": "1", "unit_price": "5"},
        {"product": "valve", "quantity": "1", "unit_price": "9", "discount": "5"},
    ]
    typed = {f"lines.{number}.{name}": text for number, line in enumerate(lines) for name, text in line.items()}
    answer = send(browser, path, hidden, quote_no="Q-9", currency="EUR", valid_until="2020-01-01", **typed)
    assert answer.status_code == 409
    wrong = re.findall(r'name="([^"]+)"[^>]* aria-invalid="true"', answer.text)
    assert sorted(wrong) == ["lines.0.quantity", "lines.0.unit_price", "lines.2.discount", "valid_until"]
    assert answer.text.count("data-fault>") == 4
    assert 'value="1" id="f-lines-1-quantity"' in answer.text


def test_a_number_that_is_none_and_what_is_missing_are_named_at_once(office):
    deal = office.opportunity(office.ids["own"], "Valves of the fourth line")
    browser, hidden = form_at(office, path := f"opportunities/{deal}/quotes.issue")
    typed = {"lines.0.product": "pump", "lines.0.quantity": "a few", "lines.1.product": "seal", "lines.1.quantity": "1"}
    answer = send(browser, path, hidden, quote_no="Q-10", currency="EUR", **typed)
    assert answer.status_code == 422
    assert "“a few” is no number as it is taken here: write 1234.50" in answer.text
    wrong = re.findall(r'name="([^"]+)"[^>]* aria-invalid="true"', answer.text)
    assert sorted(wrong) == ["lines.0.quantity", "lines.0.unit_price", "lines.1.unit_price", "valid_until"]


def test_a_refusal_that_names_no_field_stands_beside_the_one_that_it_is_about(office):
    path = f"accounts/{office.ids['own']}/payments.add"
    browser, hidden = form_at(office, path)
    typed = {"invoice_no": "R-1", "amount.amount": "-5", "amount.currency": "EUR", "due_on": "2031-01-01"}
    answer = send(browser, path, hidden, **typed)
    assert answer.status_code == 409
    beside = re.search(r'data-field="amount" data-faulty.*?</fieldset>', unescape(answer.text), re.S)[0]
    assert "is no amount to be paid: state more than 0" in beside
    assert answer.text.count("data-fault>") == 1


def test_all_fields_of_a_visit_ask_once_about_one_that_is_there_already_as_the_short_form_does(office):
    own = office.ids["own"]
    typed = {"what": "sales_call", "outcome": "They take 40 of them", "occurred_at": "2026-02-11"}
    browser, hidden = form_at(office, path := f"accounts/{own}/visits.log")
    first = newest(office, told(send(browser, path, hidden, **typed))["position"]).event.visit_id
    browser, hidden = form_at(office, path)
    asked = send(browser, path, hidden, **typed)
    assert asked.status_code == 422
    assert "A visit of this day with the same people and the same words is recorded already." in asked.text
    assert f'href="/console/visit/{first}?account={own}"' in asked.text
    assert "Record it all the same</button>" in asked.text
    again = newest(office, told(send(browser, path, hidden_in(asked.text), **typed))["position"]).event
    assert again.visit_id != first
    browser, hidden = form_at(office, path)
    assert told(send(browser, path, hidden, **{**typed, "occurred_at": "2026-02-12"}))


def test_a_refusal_names_fields_by_their_labels_and_shows_them(office):
    own = office.ids["own"]
    browser, hidden = form_at(office, path := f"accounts/{own}/credit.assess")
    there = unescape(browser.get(f"/console/do/{path}").text)
    typed = {"rating": "A", "limit.amount": "5", "limit.currency": "EUR", "valid_until": "2031-01-01", "assessor": ""}
    assert there.index('name="agency"') > there.index('class="more-fields"')
    answer = send(browser, path, hidden, **typed)
    shown = unescape(answer.text)
    assert answer.status_code == 409
    assert "State “Assessor”, one of ours, or “Agency”" in shown
    assert shown.index('name="agency"') < shown.index('class="more-fields"')
    assert re.search(r'data-field="assessor" data-faulty', shown)


def test_a_refusal_stands_at_the_field_that_is_missing_and_not_at_the_one_that_asks_for_it(office):
    browser, hidden = form_at(office, path := f"accounts/{office.ids['own']}/value.give")
    worth = {"worth.amount": "500", "worth.currency": "EUR"}
    answer = send(browser, path, hidden, kind="saving", what="Less scrap", given_by="us", **worth)
    shown = unescape(answer.text)
    assert re.search(r'data-field="reckoned" data-faulty.*?data-fault>[^<]*state “[^”`_]+”, or no worth', shown, re.S)
    assert shown.count("data-fault>") == 1


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "at least one of “Name”, “Kind”, “Tax number”"), ("zh", "“名称”、")],
)
def test_who_changes_nothing_is_told_by_labels_in_his_language_what_may_be_changed(office, language, said):
    account = office.account("Nothing changes", manager="manager")
    path = f"accounts/{account}/change_profile"
    browser = office.signed_in("manager")
    hidden = hidden_in(browser.get(f"/console/do/{path}").text)
    there = {name: text for name, text in json.loads(hidden["_was"]).items() if isinstance(text, str)}
    headers = {"HX-Request": "true", "Accept-Language": language}
    shown = unescape(browser.post(f"/console/do/{path}", {**hidden, **there}, headers=headers).text)
    assert said in shown
    assert "annual_purchase_volume" not in re.search(r'class="notice bad"[^>]*data-fault>[^<]*', shown)[0]


def test_somebody_recorded_later_than_the_fact_is_told_at_the_day_and_not_as_unknown(office):
    account = office.account("Late people", manager="manager")
    browser, hidden = form_at(office, path := f"accounts/{account}/stakeholders.add")
    added = told(send(browser, path, hidden, name="Wang Wei", occurred_at="2026-03-01"))["position"]
    person = str(newest(office, added).event.stakeholder_id)
    office.caught_up()
    browser, hidden = form_at(office, path := f"accounts/{account}/needs.add")
    typed = {"kind": "need", "words": "spares", "stakeholders": person, "occurred_at": "2026-02-02"}
    answer = send(browser, path, hidden, **typed)
    shown = unescape(answer.text)
    assert answer.status_code == 409
    assert re.search(
        r'data-field="occurred_at" data-faulty.*?nobody of the name Wang Wei was recorded yet: first on 1.Mar',
        shown,
        re.S,
    )
    assert shown.count("data-fault>") == 1


def test_a_number_that_is_recorded_already_is_refused_at_its_field(office):
    browser, hidden = form_at(office, path := f"accounts/{office.ids['own']}/purchases.add")
    typed = {"document_no": " R-77", "revenue.amount": "5", "revenue.currency": "EUR"}
    told(send(browser, path, hidden, **typed))
    browser, hidden = form_at(office, path)
    answer = send(browser, path, hidden, **typed)
    shown = unescape(answer.text)
    assert re.search(r'data-field="document_no" data-faulty.*?R-77 is recorded already', shown, re.S)
    assert shown.count("data-fault>") == 1


def test_the_form_of_a_merge_says_what_will_follow(office):
    ended, into = office.account("Acme <b>", manager="manager"), office.account("Acme Ltd", manager="manager")
    shown = office.signed_in("manager").get(f"/console/do/accounts/{ended}/merge", preset=f"into={into}").text
    assert "Acme &lt;b&gt; ends, and Acme Ltd goes on" in shown
    assert "the two can be separated again" in shown


PLAN = {"what": "demo", "why": "x", "purpose": "rapport", "expected_action": "sign"}
PROMISE = {"made_by": "us", "kind": "service", "what": "An answer"}


@pytest.mark.parametrize(
    ("command", "typed", "field", "over", "possible"),
    [
        ("action_items.add", {"text": "Send drawings"}, "due_on", "2026-03-01", "2026-03-02"),
        ("commitments.make", PROMISE, "due_on", "2026-03-01", "2026-03-02"),
        ("visits.plan", PLAN, "start", "2026-03-01T10:00", "2026-03-02T00:30"),
    ],
)
def test_what_is_to_be_done_is_not_due_before_the_day_on_which_that_was_agreed(
    office, command, typed, field, over, possible
):
    typed = {**typed, "occurred_at": "2026-03-02", "owner": str(office.members["manager"])}
    browser, hidden = form_at(office, path := f"accounts/{office.ids['own']}/{command}")
    refused = send(browser, path, hidden, **typed, **{field: over})
    assert refused.status_code == 422
    said = r"1.Mar\w*.2026 was over when this was agreed, on 2.Mar\w*.2026"
    assert re.search(rf'data-field="{field}" data-faulty.*?{said}', refused.text, re.S)
    assert told(send(browser, path, hidden, **typed, **{field: possible}))


def test_an_account_is_not_handed_over_on_a_day_before_it_was_there(office):
    browser, hidden = form_at(office, path := f"accounts/{office.account('Young', manager='manager')}/hand_over")
    typed = {"to": str(office.members["director"]), "reason": "leaves"}
    refused = send(browser, path, hidden, **typed, effective_on="2019-01-01")
    assert refused.status_code == 422
    said = r"The account was not there yet on 1.Jan.2019: it was registered on 5.Jan.2026"
    assert re.search(rf'data-field="effective_on" data-faulty.*?{said}', refused.text, re.S)
    assert 'value="2019-01-01"' in refused.text
    assert told(send(browser, path, hidden, **typed, effective_on="2026-01-05"))


def test_an_email_address_has_its_sign(office):
    browser, hidden = form_at(office, path := f"accounts/{office.ids['own']}/stakeholders.add")
    refused = send(browser, path, hidden, name="Ada", email="not-an-email")
    assert re.search(r'data-field="email" data-faulty.*?This is no e-mail address', refused.text, re.S)
    assert told(send(browser, path, hidden, name="Ada", email="ada@example.com"))


@pytest.mark.parametrize("email", ["a@example.com; b@example.com", "王伟 <wei@example.com>"])
def test_several_addresses_and_a_name_beside_one_are_taken(office, email):
    browser, hidden = form_at(office, path := f"accounts/{office.ids['own']}/stakeholders.add")
    assert told(send(browser, path, hidden, name="Ada", email=email))


def test_a_visit_that_has_begun_may_end_later_than_was_planned(office):
    visit = str(uuid4())
    planned = {"visit_id": visit, "start": "2026-03-02T09:00:00+08:00", "end": "2026-03-02T17:00:00+08:00"}
    office.give(Account, office.ids["own"], "visits.plan", **planned, **PLAN)
    office.caught_up()
    path = f"accounts/{office.ids['own']}/visits.reschedule"
    browser, hidden = form_at(office, path, visit_id=visit)
    kept = {"visit_id": visit, "start": "2026-03-02T09:00", "end": "2026-03-04T17:00", "occurred_at": "2026-03-03"}
    assert told(send(browser, path, {**hidden, "_preset": urlencode({"visit_id": visit})}, **kept))
    browser, hidden = form_at(office, path, visit_id=visit)
    moved = {**kept, "start": "2026-03-01T09:00"}
    assert send(browser, path, hidden, **moved).status_code == 422
