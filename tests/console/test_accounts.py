"""The accounts page: who cools stands first and says why; the figures are those of the API; nothing foreign."""

import re
from datetime import datetime
from decimal import Decimal
from urllib.parse import quote
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from domain.account.account import Account
from domain.journal.context import Context
from domain.policies.shipped_selection import DEFAULT_MODEL
from tests.console.serving import must_suit_desk_and_phone, visit

WILD = "<b>R&D</b> 🚢 شركة 琼澳船舶"
LOOKED_AT = "2026-04-20"
BEFORE = "2026-01-20"


def log_visit(office, account, day):
    """A visit on a day."""
    at = Context(at=datetime.fromisoformat(f"{day}T03:00:00+00:00"), actor=office.members["manager"])
    office.journal.run(Account, account, lambda found: found.visits.log(visit_id=uuid4()), at)


@pytest.fixture(scope="module")
def company(office):
    """An account that was visited in January and not since, and one that is visited still."""
    cooled = office.account(WILD, manager="manager", territory="north")
    warm = office.account("Warm & Co", manager="manager", territory="south")
    log_visit(office, cooled, "2026-01-10")
    log_visit(office, warm, "2026-01-10")
    log_visit(office, warm, "2026-04-15")
    office.caught_up()
    return {"cooled": cooled, "warm": warm}


def rows(page):
    """The accounts of the list, in its order."""
    return re.findall(r'<tr id="account-([0-9a-f-]+)">', page)


def row_of(page, account):
    """The row of an account."""
    return page.partition(f'id="account-{account}"')[2].partition("</tr>")[0]


def test_the_account_that_cools_most_stands_first_and_says_why(office, company):
    page = office.get("/console/accounts", as_of=LOOKED_AT).text
    assert rows(page)[0] == str(company["cooled"])
    assert f'src="/console/accounts/coolest?as_of={LOOKED_AT}&amp;account={company["cooled"]}"' in page
    highlight = office.get("/console/accounts/coolest", as_of=LOOKED_AT, account=str(company["cooled"])).text
    assert "This account cools most" in highlight
    assert "&lt;b&gt;R&amp;D&lt;/b&gt; 🚢 شركة 琼澳船舶" in highlight
    assert "last visit 100 days ago" in highlight
    assert f'href="/console/account/{company["cooled"]}?as_of={LOOKED_AT}"' in highlight


def test_three_months_before_it_was_fine(office, company):
    page = office.get("/console/accounts", as_of=BEFORE).text
    assert "This account cools most" not in page
    assert "cools" not in row_of(page, company["cooled"])


def test_health_and_its_change_are_those_of_the_api(office, company):
    for clocks in ({"as_of": LOOKED_AT}, {"as_of": BEFORE}, {"as_of": LOOKED_AT, "known_at": "1"}):
        answer = office.get("/relationship-health/trend", days="90", **clocks).json()
        page = office.get("/console/accounts", **clocks).text
        assert sorted(rows(page)) == sorted(each["account"] for each in answer["accounts"])
        for each in answer["accounts"]:
            row, score = row_of(page, each["account"]), each["points"][-1]["score"]
            if score is not None:
                assert 'href="/console/why?' in row
                assert re.search(rf">{Decimal(str(score)).quantize(Decimal(1), 'ROUND_HALF_EVEN')}<", row)
            if each["change"]:
                assert f"{each['change']:+.1f}".rstrip("0").rstrip(".") in row


def test_every_number_leads_to_its_reasons(office, company):
    row = row_of(office.get("/console/accounts", as_of=LOOKED_AT).text, company["cooled"])
    assert f"explain={quote('health/' + str(company['cooled']), safe='')}" in row
    assert "positions=" in row


def test_nothing_foreign_is_listed(office, company):
    for look in ("list", "heat", "portfolio"):
        page = office.get("/console/accounts", look=look).text
        assert str(office.ids["foreign"]) not in page
        assert "colleague" not in page
        assert str(office.ids["foreign"]) in office.get("/console/accounts", "auditor", look=look).text


def test_filters_stand_in_the_address_and_choose(office, company):
    def found(**asked):
        return rows(office.get("/console/accounts", as_of=LOOKED_AT, **asked).text)

    assert found(q="r&d") == [str(company["cooled"])]
    assert found(q="%") == []
    assert found(territory="south") == [str(company["warm"])]
    assert found(key="true") == []
    assert found(manager=str(office.members["colleague"])) == []
    assert office.get("/console/accounts", territory="nowhere").status_code == 404
    assert office.get("/console/accounts", sort="luck").status_code == 422
    page = office.get("/console/accounts", q="r&d", sort="name", as_of=LOOKED_AT).text
    assert 'value="r&amp;d"' in page
    assert re.search(r'data-permalink="[^"]*q=r%26d[^"]*sort=name[^"]*known_at=\d+', page)


def test_orders_turn_round(office, company):
    def order(sort):
        return rows(office.get("/console/accounts", "auditor", sort=sort, as_of=LOOKED_AT).text)

    assert order("name") == order("-name")[::-1]
    assert order("visit")[-1] == str(company["warm"])
    coldest = office.get("/relationship-health/heat", "auditor", as_of=LOOKED_AT).json()["accounts"][0]["account"]
    assert order("health")[0] == coldest
    assert order("-health")[-1] != coldest


def test_only_as_many_rows_as_are_asked_for(office, company):
    page = office.get("/console/accounts", "auditor", rows=1).text
    assert len(rows(page)) == 1
    assert "rows=51" in page


def test_a_cell_of_the_heat_map_is_the_health_at_the_end_of_its_month(office, company):
    page = office.get("/console/accounts", look="heat", as_of=LOOKED_AT).text
    months = re.findall(r'<th scope="col">([A-Z][a-z]+ \d\d)</th>', page)
    assert [months[0], months[9], months[-1], len(months)] == ["Apr 25", "Jan 26", "Apr 26", 13]
    for month_end in ("2026-01-31", "2026-02-28", "2026-03-31"):
        asked = {"days": "1", "account": str(company["cooled"]), "as_of": month_end}
        score = office.get("/relationship-health/trend", **asked).json()["accounts"][0]["points"][-1]["score"]
        cell = re.search(rf'as_of={month_end}&amp;explain=health%2F{company["cooled"]}"[^>]*>(\d+)</a>', page)
        assert cell
        assert abs(int(cell[1]) - score) <= 0.5


def test_the_portfolio_is_that_of_the_api(office, company):
    answer = office.get("/portfolio", "auditor", method="abc", as_of=LOOKED_AT).json()
    page = office.get("/console/accounts", "auditor", look="portfolio", as_of=LOOKED_AT).text
    assert answer["model"] == DEFAULT_MODEL
    assert f"at most {answer['portfolio_limit']} by the selection model" in page
    assert len(re.findall(r'<kams-chart kind="matrix"', page)) <= 2
    order = re.findall(r'<th scope="row" class="who"><a class="account-name" href="/console/account/([0-9a-f-]+)', page)
    assert sorted(order) == sorted(each["account"] for each in answer["customers"])


def test_in_chinese(office, company):
    page = office.request("GET", f"/console/accounts?as_of={LOOKED_AT}", headers={"Accept-Language": "zh"}).text
    assert "降温最快的客户" in page
    assert "快速降温" in page


def test_all_looks_are_accessible_and_fit_a_phone(browser_page, served, company):
    for look in ("list", "heat", "portfolio"):
        visit(browser_page, served, f"/console/accounts?as_of={LOOKED_AT}&look={look}", "auditor")
        must_suit_desk_and_phone(browser_page)


def test_a_newcomer_finds_why_and_moves_back_to_when_it_was_fine(browser_page, served, company):
    visit(browser_page, served, f"/console/accounts?as_of={LOOKED_AT}")
    browser_page.get_by_role("link", name="Why, and what to do").click()
    expect(browser_page.get_by_role("heading", name="Why it fell")).to_be_visible()
    browser_page.get_by_role("link", name="ninety days before").click()
    expect(browser_page.get_by_text("You look at 20 Jan 2026")).to_be_visible()
    expect(browser_page.get_by_role("heading", name="Why it fell")).to_have_count(0)
