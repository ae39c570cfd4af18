"""The forecast page: the API's figures with the events behind them, part by part, suppositions marked as such."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page

from api.console.formats import money, short_money
from domain.member import Member
from domain.policies.calendar import day_end
from domain.policies.policy import policy_id
from domain.policies.sales_target import SalesTarget
from domain.visibility import Visibility
from projections.forecast_learning import model_at
from projections.forecasting import facts
from projections.forecasting.store import save
from projections.view import Reader
from tests.api.office import Office, open_office
from tests.api.past_deals import bring, past_deals
from tests.conftest import new_database
from tests.console.serving import Served, must_be_accessible, must_suit_desk_and_phone, visit
from workers.training import Training

MID, Q2 = "2026-05-15", "2026-Q2"
PARTS = ("expected", "course", "changes", "deals", "scores", "months")
EVERYTHING = {"who": "auditor", "as_of": MID, "period": Q2}


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    """An office with two years of deals, a target, and a model for the day that is shown."""
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url) as made:
            for name, territory in (("manager", "north"), ("colleague", "south")):
                made.give(Member, made.members[name], "assign_territory", territory=territory)
            accounts = [made.ids["own"], made.ids["foreign"]]
            bring(made.journal, past_deals(accounts, [made.members["manager"], made.members["colleague"]]))
            target = {"scope": "territory", "key": "north", "period": Q2, "amount": eur(900_000)}
            made.give(SalesTarget, policy_id("SalesTarget"), "set_target", **target)
            made.caught_up()
            yield made


def eur(amount: int) -> dict[str, str]:
    return {"amount": str(amount), "currency": "EUR"}


def page(office: Office, path: str = "", who: str = "auditor", **parameters: Any) -> str:
    answer = office.get(f"/console/forecast{path}", who, **{"as_of": MID, "period": Q2, **parameters})
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


def asked(office: Office, path: str = "", who: str = "auditor", **parameters: Any) -> Any:
    answer = office.get(f"/forecast{path}", who, **{"as_of": MID, "period": Q2, **parameters})
    assert answer.status_code == 200, answer.text
    return answer.json()


def kept(office: Office) -> int:
    return len(office.get("/forecast/kept", "auditor", limit=200).json()["forecasts"])


def fit(office: Office, *days: str) -> None:
    """Have the models of the ends of days, as a worker makes them."""
    reader, now = Reader(office.journal, office.engine), datetime.now(UTC)
    for day in days:
        with office.journal.pool.connection() as connection, reader.view(Visibility.whole(), now=now) as today:
            end = day_end(today.policies.company, date.fromisoformat(day))
            model_at(today.at(end), now, partial(save, connection))


# What stands on the page at once


def test_the_figures_are_the_apis_and_each_leads_to_why(office: Office) -> None:
    shown, said = page(office), asked(office)
    figures = [name for name in ("closed", "commit", "best_case", "pipeline", "weighted") if float(said[name])]
    assert figures[0] == "closed"
    assert len(figures) > 2
    for figure in figures:
        why = rf'<a class="why "[^>]*explain=forecast%3Fcell%3D{figure}%26period%3D2026-Q2[^>]*>'
        assert re.search(why + re.escape(money(said[figure], "EUR")) + "</a>", shown), figure
    assert money(said["target"], "EUR") in shown


def test_a_choice_stands_in_the_address_and_narrows_every_figure(office: Office) -> None:
    manager = str(office.members["manager"])
    said = asked(office, owner=manager)
    shown = page(office, owner=manager, territory="", product="")
    assert money(said["closed"], "EUR") in shown
    assert said["closed"] != asked(office)["closed"]
    assert f'value="{manager}" selected' in shown
    assert f"/console/forecast/expected?as_of={MID}&period=2026-Q2&owner={manager}" in shown


def test_the_period_is_the_running_quarter_where_none_is_stated(office: Office) -> None:
    answer = office.get("/console/forecast", "auditor", as_of="2026-02-10")
    assert "Forecast · Q1 2026" in answer.text


def test_who_called_what_stands_beside_what_is_computed_each_with_its_event(office: Office) -> None:
    shown = page(office)
    for group in asked(office, by="owner")["groups"]:
        assert short_money(group["pipeline"], "EUR") in shown
        assert f"by%3Downer%26group%3D{group['key']}" in shown
    assert "manager 王" in shown


def test_a_manager_sees_his_own_deals_alone(office: Office) -> None:
    said, shown = asked(office, who="manager"), page(office, who="manager")
    assert said["closed"] != asked(office)["closed"]
    assert money(said["closed"], "EUR") in shown
    assert "colleague 王" not in shown
    stranger = page(office, who="manager", owner=str(office.members["colleague"]))
    assert "Nobody has anything in this period." in stranger
    assert "colleague 王" not in stranger


def test_a_director_sees_the_target_of_his_territories_without_choosing_one(office: Office) -> None:
    assert asked(office, who="director")["target"] == "900000.00"
    shown, expected = page(office, who="director"), page(office, "/expected", "director")
    assert "none is set" not in shown + expected
    assert f">{money(900_000, 'EUR')}</a>" in shown
    assert "cell%3Dtarget" in expected
    today = html.unescape(office.get("/console/", "director", as_of=MID).text)
    assert "no target" not in today
    assert short_money(900_000, "EUR") in today


def test_where_no_target_is_set_who_may_set_one_is_led_to_the_form_and_nobody_to_a_shell(office: Office) -> None:
    for who, may_set in (("admin", True), ("director", False)):
        shown = page(office, who=who, period="2026-Q1") + page(office, "/expected", who, period="2026-Q1")
        assert "There is no target for 2026-Q1." in shown
        assert ("/console/do/sales-target/new/set_target" in shown) is may_set
        assert "`kams" not in shown


def test_what_is_no_period_and_no_method_is_named(office: Office) -> None:
    as_page = {"Accept": "text/html"}
    wrong = office.request("GET", "/console/forecast?period=soon", "auditor", headers=as_page)
    assert (wrong.status_code, "soon is not a period" in wrong.text) == (422, True)
    wrong = office.request("GET", "/console/forecast?method=guess", "auditor", headers=as_page)
    assert (wrong.status_code, "hazard" in wrong.text) == (422, True)


def test_a_period_without_anything_says_so(office: Office) -> None:
    shown = page(office, period="2031-Q1")
    assert "Nobody has anything in this period." in shown
    assert "No open deal is expected to close in this period." in page(office, "/deals", period="2031-Q1")
    assert "too far ahead" in page(office, "/course", period="2031-Q1")


# The parts


def test_without_a_model_it_is_said_and_looked_at_again(office: Office) -> None:
    shown = page(office, "/expected", as_of="2026-03-10")
    assert "no model is fitted for this moment yet, a worker does it" in shown
    assert "data-soon" in shown
    assert "a model is being fitted to what was known then" in shown
    assert "nothing is learned yet" not in shown


def test_the_most_likely_and_its_range_are_the_apis_and_what_is_shown_is_kept(office: Office) -> None:
    day = "2026-05-14"
    page(office, "/expected", as_of=day)
    Training(office.journal, Reader(office.journal, office.engine)).fit_wanted()
    before = kept(office)
    shown, said = page(office, "/expected", as_of=day), asked(office, as_of=day)
    assert None not in (said["p10"], said["p50"], said["p90"])
    assert "cell%3Dp50" in shown
    for figure in ("p10", "p50", "p90"):
        assert money(said[figure], "EUR") in shown, figure
    assert kept(office) == before + 1
    explain = f"forecast-quantile?cell=p50&period={said['period']}"
    why = html.unescape(office.get("/console/why", "auditor", as_of=day, explain=explain).text)
    assert money(said["p50"], "EUR") in why
    assert "Won so far" in why
    deal = asked(office, "/deals", as_of=day)["deals"][0]
    explain = f"forecast-chance?deal={deal['id']}"
    why = html.unescape(office.get("/console/why", "auditor", as_of=day, explain=explain).text)
    assert f"{deal['p_win']:.2%}" in why
    assert f"rows/funnel/{deal['id']}" in unquote(why)
    course = page(office, "/course", as_of=day)
    assert f'"said":[["{day}",' in course
    assert f'"closed":{float(said["closed"])}' in course


def test_by_another_method_it_is_a_supposition_of_which_nothing_is_kept(office: Office) -> None:
    before = kept(office)
    shown = page(office, method="stage_weighted") + page(office, "/expected", method="stage_weighted")
    assert "A supposition: by stage-weighted" in shown
    assert "by the method in use, stage-weighted" in shown
    assert kept(office) == before


def test_the_course_is_the_forecast_as_of_each_of_its_days(office: Office) -> None:
    shown = page(office, "/course")
    days = re.findall(r'as_of=(\d{4}-\d\d-\d\d)&period=2026-Q2">', shown)
    assert days[0] == "2026-03-04"
    assert days[-1] == MID
    for day in days[::3]:
        assert f">{money(asked(office, as_of=day)['closed'])}</a></td>" in shown, day


def test_what_changed_is_the_bridge_to_the_cent_with_the_events_of_each_step(office: Office) -> None:
    fit(office, MID, "2026-04-20")
    said = asked(office, "/bridge", since="2026-04-20")
    shown = page(office, "/changes", since="2026-04-20")
    assert money(said["start"], "EUR") in shown
    assert money(said["end"], "EUR") in shown
    for name, amount in said["steps"].items():
        if float(amount):
            assert money(amount, "EUR") in shown, name
    won = [item for item in said["items"] if item["kind"] == "won"]
    assert re.search(rf"positions=[\d%C,]*{won[0]['positions'][0]}", shown)
    assert "not before the one that is shown" in page(office, "/changes", since="2026-06-01")


def test_while_the_model_of_one_day_alone_is_fitted_nothing_is_told_as_a_change(office: Office) -> None:
    day, before = "2026-05-08", "2026-04-21"
    fit(office, day)
    shown = page(office, "/changes", as_of=day, since=before)
    assert "The model of 21 Apr 2026 is being fitted" in shown
    assert "Chance changed" not in shown
    fit(office, before)
    assert "Expected revenue went from" in page(office, "/changes", as_of=day, since=before)


def test_the_deals_behind_it_have_their_chances_and_why(office: Office) -> None:
    said = asked(office, "/deals")["deals"]
    shown = page(office, "/deals")
    assert len(said) > 3
    assert f"{len(said)} open deals are expected to close" in shown
    for line in said:
        assert f"/console/opportunities/{line['id']}" in shown
        assert f">{round(line['p_win'] * 100)}%</a>" in shown
    order = [
        shown.index(f"/console/opportunities/{line['id']}") for line in sorted(said, key=lambda x: -float(x["amount"]))
    ]
    assert order == sorted(order)


def test_further_deals_are_shown_when_they_are_asked_for(office: Office) -> None:
    count = len(asked(office, "/deals")["deals"])
    first = page(office, "/deals", deals=2)
    assert first.count('<th scope="row">') == 2
    assert f"{count - 2} more" in first
    further = html.unescape(page(office, "", deals=2))
    assert re.search(r"/console/forecast/deals\?[^\"]*deals=2\b", further)
    assert page(office, "/deals", deals=52).count('<th scope="row">') == count


def test_further_people_are_shown_when_they_are_asked_for(office: Office) -> None:
    rows = re.compile(r'<tr><th scope="row">(?:<a href="[^"]*owner=|nobody)')
    whole, first = page(office, ""), page(office, "", people=1)
    count = len(rows.findall(whole))
    assert (count > 1, len(rows.findall(first))) == (True, 1)
    assert f"{count - 1} more" in first
    assert re.search(r"/console/forecast\?[^\"]*people=51\b", html.unescape(first))


def test_the_panel_tells_the_chance_within_the_period_that_the_table_shows(office: Office) -> None:
    shown = html.unescape(page(office, "/deals"))
    found = re.findall(r'href="([^"]*p_win_within[^"]*)"[^>]*>([0-9]+)%<', shown)
    assert len(found) > 3
    for address, percent in found:
        panel = office.request("GET", address, "auditor").text
        exact = re.search(r'class="why-value">([0-9.]+)%', panel)
        assert exact is not None
        assert round(float(exact[1])) == int(percent), address


def test_a_supposition_is_shown_beside_what_is_and_recorded_nowhere(office: Office) -> None:
    deal, head = asked(office, "/deals")["deals"][0], office.journal.streams.head()
    whole = page(office, deal=deal["opportunity"], then="won", to="")
    assert f"what_if=won%3D{deal['opportunity']}" in whole
    shown = page(office, "/supposed", what_if=f"won={deal['opportunity']}")
    said = asked(office, what_if=f"won={deal['opportunity']}")
    assert "A supposition: nothing of this is recorded." in shown
    for side in ("before", "after"):
        assert money(said[side]["closed"], "EUR") in shown
    assert office.journal.streams.head() == head
    refused = office.get("/console/forecast/supposed", "auditor", what_if="won=nothing", as_of=MID)
    assert refused.status_code == 404


@pytest.mark.parametrize(
    ("then", "to", "said"),
    [
        ("won", "", "There is no opportunity D-9"),
        ("amount", "a lot", "a lot is no amount"),
        ("move", "2001-01", "2001-01 is no month"),
    ],
)
def test_a_supposition_that_cannot_be_says_why_not_and_stays_typed(
    office: Office, then: str, to: str, said: str
) -> None:
    first, second = (each["opportunity"] for each in asked(office, "/deals")["deals"][:2])
    deal = "D-9" if then == "won" else first
    whole = page(office, deal=deal, then=then, to=to, what_if=f"lost={second}")
    form = whole.partition('id="whatif"')[2].partition("</section>")[0]
    assert said in form
    assert f'name="deal" required autocomplete="off" list="deals-known" placeholder="number" value="{deal}"' in form
    assert f'<option value="{then}" selected>' in form
    assert f'value="{to}"' in form
    assert f'name="what_if" value="lost={second}"' in form
    assert re.search(rf'what_if=lost%3D{second}["&]', form)


def test_how_good_we_were_is_said_only_where_something_can_be_scored(office: Office) -> None:
    assert "No kept forecast can be scored yet" in page(office, "/scores", as_of="2026-02-01")


def test_what_nobody_kept_is_said_of_past_quarters_as_it_would_have_been_said_then(office: Office) -> None:
    page(office, "/scores", period="")
    Training(office.journal, Reader(office.journal, office.engine)).fit_wanted()
    shown = page(office, "/scores", period="")
    assert "nobody kept it then" in shown
    assert "data-soon" not in shown
    said = asked(office, period="2026-Q1", as_of="2025-12-31")
    brought = asked(office, period="2026-Q1")["closed"]
    assert None not in (said["p10"], said["p50"], said["p90"])
    for amount in (said["p10"], said["p50"], said["p90"], said["weighted"], brought):
        assert f">{short_money(amount, 'EUR')}</a>" in shown
    assert "Off by" in shown
    assert "`kams" not in shown


def test_the_coming_months_have_their_range_and_the_past_ones_what_was_won(office: Office) -> None:
    page(office, "/months")
    Training(office.journal, Reader(office.journal, office.engine)).fit_wanted()
    shown = page(office, "/months")
    for month in ("2026-04", "2026-03"):
        assert f">{short_money(asked(office, period=month)['closed'], 'EUR')}</a>" in shown
    for month in ("2026-06", "2026-10"):
        said = asked(office, period=month)
        for cell in ("p10", "p50", "p90"):
            assert f">{short_money(said[cell], 'EUR')}</a>" in shown, (month, cell)
    assert "2026-11" not in shown


def test_the_parts_speak_chinese(office: Office) -> None:
    for part in ("", *(f"/{name}" for name in PARTS)):
        answer = office.request(
            "GET", f"/console/forecast{part}", "auditor", params={"as_of": MID, "period": Q2},
            headers={"Accept-Language": "zh-CN"},
        )  # fmt: skip
        assert answer.status_code == 200
        assert re.search(r"[\u4e00-\u9fff]{3}", answer.text), part


# In a browser


def open_page(browser_page: Page, served: Served, who: str = "auditor", **more: str) -> None:
    query = "&".join(f"{name}={value}" for name, value in {"as_of": MID, "period": Q2, **more}.items())
    visit(browser_page, served, f"/console/forecast?{query}", who)
    for part in browser_page.locator("kams-part").all():
        part.scroll_into_view_if_needed()
        part.and_(browser_page.locator("[data-loaded]")).wait_for()
    for chart in browser_page.locator("kams-chart").all():
        chart.scroll_into_view_if_needed()
        chart.and_(browser_page.locator("[data-drawn]")).wait_for()


def test_the_page_is_whole_drawn_and_accessible_and_fits_a_phone(
    browser_page: Page, served: Served, office: Office
) -> None:
    fit(office, MID, "2026-04-17")
    open_page(browser_page, served)
    assert browser_page.locator("kams-chart[kind=fan][data-drawn]").count() == 1
    assert browser_page.locator("kams-chart[kind=waterfall][data-drawn]").count() == 1
    must_suit_desk_and_phone(browser_page)


def test_a_choice_exchanges_the_page_without_leaving_it(browser_page: Page, served: Served) -> None:
    open_page(browser_page, served)
    browser_page.locator("select[name=period]").select_option("2026-Q1")
    browser_page.get_by_role("heading", name="Forecast · Q1 2026").wait_for()
    assert "period=2026-Q1" in browser_page.url
    expected = browser_page.locator("#expected")
    expected.scroll_into_view_if_needed()
    expected.and_(browser_page.locator("[aria-busy=false][data-loaded]")).wait_for()
    assert "period=2026-Q1" in (expected.get_attribute("src") or "")


def test_while_what_forecasts_rest_on_is_read_a_part_says_so_and_comes_by_itself(
    browser_page: Page, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "MUCH", -(10**9))
    visit(browser_page, served, f"/console/forecast?as_of={MID}")
    part = browser_page.locator("#expected")
    part.get_by_text("What forecasts rest on is being read").wait_for()
    monkeypatch.undo()
    part.get_by_text("Won so far").wait_for()


@pytest.mark.parametrize(
    "explain", ["forecast-quantile?cell=p50&period=2026-Q2", "score-of-chance?cell=won&low=0.1&method=hazard"]
)
def test_a_number_that_rests_on_what_is_being_read_says_so(
    office: Office, monkeypatch: pytest.MonkeyPatch, explain: str
) -> None:
    monkeypatch.setattr(facts, "MUCH", -(10**9))
    answer = office.get("/console/why", "auditor", as_of=MID, explain=explain)
    assert answer.status_code == 200
    assert "What forecasts rest on is being read" in answer.text


def test_a_part_that_does_not_come_says_so_and_is_asked_for_again(browser_page: Page, served: Served) -> None:
    lost = "**/console/forecast/expected*"  # refused, so that it is not asked for again before somebody presses
    browser_page.route(lost, lambda route: route.fulfill(status=404, content_type="text/html", body=""))
    visit(browser_page, served, f"/console/forecast?as_of={MID}")
    part = browser_page.locator("#expected")
    part.get_by_text("This part did not come.").wait_for()
    must_be_accessible(browser_page)
    browser_page.unroute(lost)
    part.get_by_role("button", name="Try again").click()
    part.get_by_text("Won so far").wait_for()


def test_the_course_has_the_same_days_from_whichever_day_one_looks(office: Office) -> None:
    shown = {day: page(office, "/course", as_of=day) for day in ("2026-05-02", "2026-05-15")}
    early, late = (re.findall(r'as_of=(\d{4}-\d\d-\d\d)&period=2026-Q2">', each) for each in shown.values())
    assert early[:-1] == late[: len(early) - 1]
    assert (early[-1], late[-1]) == ("2026-05-02", "2026-05-15")


def test_categories_methods_and_periods_are_labels_as_people_write_them(office: Office) -> None:
    shown = page(office)
    assert "</span>Commit</dt>" in shown
    assert '<option value="hazard" selected>Hazard</option>' in shown
    assert '<option value="2026-Q2" selected>Q2 2026</option>' in shown
    assert ">Q2 2026</option>" in office.get("/console/funnel", "auditor", as_of=MID).text
