"""Audit: who did what and when, an account event by event, what changed; for those who oversee, as of any moment."""

import re
from html import unescape

import pytest

from tests.api.office import open_office
from tests.conftest import new_database
from tests.console.serving import must_be_accessible, must_not_scroll_sideways, visit
from tests.console.test_why import text_of

ODD = "Nova <b>Zinc</b> 😀 שלום 新星"


@pytest.fixture(scope="module")
def office(postgres_url, fresh_names):
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as opened:
            opened.account(ODD, manager="manager", territory="north")
            deal = opened.ids["deal"] = opened.opportunity(opened.ids[ODD], "Zinc <i>anodes</i>")
            money = {"amount": "1500.00", "currency": "EUR"}
            revised = {"amount": money, "reason": "more of it", "occurred_at": "2026-02-10"}
            answer = opened.post(f"/opportunities/{deal}/revise-amount", revised)
            assert answer.is_success, answer.text
            opened.ids["revised"] = answer.json()["position"]
            taken = {"position": opened.ids["revised"], "reason": "of another order"}
            opened.ids["gone"] = opened.post(f"/opportunities/{deal}/withdraw", taken).json()["position"]
            opened.caught_up()
            yield opened


def said(office, path, asker="auditor", **asked):
    """What a page says."""
    answer = office.request("GET", path, asker, params=asked)
    assert answer.status_code == 200, answer.text
    return text_of(answer.text)


PAGES = ("/console/audit", "/console/audit/diff", "/console/audit/seal", "/console/audit/access")


@pytest.mark.parametrize("path", PAGES)
def test_auditors_and_admins_read_every_page(office, path):
    for who, status in (("auditor", 200), ("admin", 200), ("manager", 403), ("forecaster", 403), ("nobody", 403)):
        assert office.get(path, who).status_code == status, who
    assert office.get(path, "director").status_code == (200 if path == "/console/audit" else 403)


def test_the_trail_shows_who_changed_what_from_what_to_what(office):
    shown = said(office, "/console/audit")
    assert "amount €1,000.00 → €1,500.00" in shown
    assert "Why more of it" in shown
    assert "by manager 王" in shown
    assert "taken back on" in shown
    assert "of another order" in shown
    assert "Correction takes back" in shown


def test_the_trail_is_narrowed_by_kind_person_origin_and_time(office):
    shown = said(office, "/console/audit", kind="Opportunity.AmountRevised")
    assert "amount revised" in shown
    assert "account registered" not in shown.partition("with the access log")[2]
    assert "No fact fits" in said(office, "/console/audit", origin="import")
    assert "No fact fits" in said(office, "/console/audit", to="2020-01-01")
    assert "amount revised" in said(office, "/console/audit", who="manager")
    corrections = said(office, "/console/audit", corrections="true").partition("with the access log")[2]
    assert "takes back" in corrections
    assert "account registered" not in corrections
    assert office.get("/console/audit", "auditor", kind="Account.Mood").status_code == 422
    assert office.request("GET", "/console/audit?who=no-such", "auditor").status_code == 404


def test_the_trail_goes_on_where_the_page_ended(office):
    first = office.get("/console/audit", "auditor", limit="5").text
    link = unescape(re.search(r'href="(/console/audit\?[^"]*cursor=[^"]*)"', first)[1])
    second = office.request("GET", link, "auditor").text
    places = [re.findall(r"position=(\d+)\"", page) for page in (first, second)]
    assert max(map(int, places[1])) <= min(map(int, places[0]))


def test_an_account_is_found_by_a_part_of_its_name_and_leads_to_its_replay(office):
    page = office.get("/console/audit", "auditor", q="zinc").text
    assert "Nova &lt;b&gt;Zinc&lt;/b&gt; 😀 שלום 新星" in page
    assert f'href="/console/audit/replay/{office.ids[ODD]}"' in page
    assert "manager 王" in said(office, "/console/audit", q="王")
    assert "Nothing that you may see is called so" in said(office, "/console/audit", q="100%_nothing")


def test_a_director_finds_and_replays_what_lies_in_the_territory(office):
    assert "Nova" in said(office, "/console/audit", "director", q="nova")
    assert "Nothing that you may see" in said(office, "/console/audit", "director", q="foreign")
    assert office.get(f"/console/audit/replay/{office.ids[ODD]}", "director").status_code == 200
    assert office.get(f"/console/audit/replay/{office.ids['foreign']}", "director").status_code == 404


def test_a_replay_shows_the_state_after_any_step(office):
    path = f"/console/audit/replay/{office.ids[ODD]}"
    last = said(office, path, opportunity=str(office.ids["deal"]))
    assert "After step 3 of 3" in last
    assert "taken back" in last
    first = said(office, path, opportunity=str(office.ids["deal"]), step="1")
    assert "After step 1 of 3" in first
    assert "opportunity opened" in first
    assert office.get(path, "auditor", step="99").status_code == 422


def test_a_replay_of_what_was_known_shows_what_became_known_since(office):
    path = f"/console/audit/replay/{office.ids[ODD]}"
    then = said(office, path, known_at=str(office.ids["revised"]), as_of="2026-03-01")
    assert "What became known since" in then
    assert "Taken back since" in then
    assert "€1,500.00" in then


def test_a_replay_lists_what_fits(office):
    path = f"/console/audit/replay/{office.ids[ODD]}"
    shown = said(office, path, kind="Account.ManagerAssigned").partition("Show")[2].partition("Step")[0]
    assert "manager assigned" in shown
    assert "account registered" not in shown
    assert "No fact fits" in said(office, path, origin="worker")
    assert "No fact fits" in said(office, path, to="2020-01-01")


def test_one_event_stands_by_itself_with_where_it_came_from(office):
    shown = said(office, "/console/audit", position=str(office.ids["revised"]))
    assert "Opportunity.AmountRevised" in shown
    assert "Verify that it is sealed" in shown
    assert office.get("/console/audit", "auditor", position="999999").status_code == 404


def test_a_diff_of_two_days_shows_old_beside_new_with_the_events(office):
    asked = {"from": "2026-01-06", "to": "2026-03-01", "account": str(office.ids[ODD])}
    shown = said(office, "/console/audit/diff", **asked)
    assert "From 6 Jan 2026, 23:59 to 1 Mar 2026, 23:59" in shown
    assert "account Nova <b>Zinc</b> 😀 שלום 新星" in shown


def test_a_diff_of_knowledge_shows_what_was_taken_back(office):
    known = {"known_from": str(office.ids["revised"]), "known_to": str(office.ids["gone"])}
    shown = said(office, "/console/audit/diff", as_of="2026-03-01", account=str(office.ids[ODD]), **known)
    assert "what was known at position" in shown
    assert "then €2" in shown or "then €1" in shown
    assert "-€500.00" in shown
    assert "of another order" in shown


def test_a_diff_of_the_whole_company_does_not_say_that_there_are_no_facts(office):
    days = {"from": "2026-03-01", "to": "2026-03-02"}
    shown = said(office, "/console/audit/diff", **days)
    assert "No fact in between changed an open amount or the forecast." in shown
    assert "No facts in between." not in shown
    assert "No facts in between." in said(office, "/console/audit/diff", **days, account=str(office.ids[ODD]))


def test_the_access_log_says_who_read_what_and_whether_it_is_as_sealed(office):
    office.get("/console/why", "nobody", explain=f"health/{office.ids['foreign']}")
    shown = said(office, "/console/audit/access", kind="refused")
    assert "nobody 王" in shown
    assert "As it was sealed" in said(office, "/console/audit/access", verify="true")


@pytest.mark.parametrize("clocks", [{"as_of": "2020-01-01"}, {"known_at": "1"}])
def test_who_stands_in_the_access_log_is_called_as_now_whatever_the_clocks(office, clocks):
    office.get("/console/account/" + str(office.ids["foreign"]), "manager")
    shown = said(office, "/console/audit/access", kind="refused", **clocks)
    assert "manager 王" in shown
    assert "foreign" in shown


def test_trail_and_evidence_are_taken_away_as_files(office):
    trail = office.get("/console/audit/trail.csv", "auditor", kind="Opportunity.AmountRevised")
    assert trail.headers["content-disposition"] == 'attachment; filename="trail.csv"'
    assert "Opportunity.AmountRevised" in trail.text
    assert office.get("/console/audit/trail.csv", "manager").status_code == 403
    pack = office.get(f"/console/audit/report/{office.ids[ODD]}", "auditor")
    assert pack.headers["content-disposition"] == 'attachment; filename="evidence.html"'
    assert office.get(f"/console/audit/report/{office.ids[ODD]}", "director").status_code == 403


def test_a_copied_link_shows_the_same(office):
    page = office.get("/console/audit", "auditor").text
    kept = unescape(re.search(r'data-permalink="([^"]*)"', page)[1])
    assert "known_at=" in kept
    office.account("Later")
    office.caught_up()
    assert "Later" not in text_of(office.request("GET", f"/console/audit?{kept}", "auditor").text)


def test_the_slider_of_a_replay_shows_another_state(browser_page, served):
    office = served.office
    visit(browser_page, served, f"/console/audit/replay/{office.ids[ODD]}", "auditor")
    must_be_accessible(browser_page)
    slider = browser_page.get_by_label("Step", exact=True)
    slider.focus()
    slider.press("Home")
    browser_page.get_by_role("heading", name="After step 1 of 5").wait_for()
    browser_page.wait_for_url(re.compile("step=1"))
    browser_page.get_by_role("link", name="The step after").click()
    browser_page.get_by_role("heading", name="After step 2 of 5").wait_for()
    browser_page.get_by_role("link", name="Step 3").click()
    browser_page.get_by_role("heading", name="After step 3 of 5").wait_for()
    must_be_accessible(browser_page)


def test_every_audit_page_is_accessible_and_fits_a_phone(browser_page, served):
    office = served.office
    diff = f"/console/audit/diff?from=2026-01-01&to=2026-03-01&account={office.ids[ODD]}"
    paths = ("/console/audit?q=nova", f"/console/audit/replay/{office.ids[ODD]}", diff, "/console/audit/access")
    browser_page.set_viewport_size({"width": 390, "height": 844})
    for path in paths:
        visit(browser_page, served, path, "auditor")
        must_be_accessible(browser_page)
        must_not_scroll_sideways(browser_page)
