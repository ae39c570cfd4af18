"""Why?: every number leads to the events that made it, in words, for whoever may see them."""

import re
from html import unescape

import pytest

from tests.api.office import open_office
from tests.conftest import new_database


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
