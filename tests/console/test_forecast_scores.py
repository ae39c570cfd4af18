"""How good forecasts were, in tables whose every number leads to what was said each time, and to what came."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.member import Member
from projections.view import Reader
from tests.api.office import Office, open_office
from tests.api.past_deals import bring, past_deals
from tests.api.test_forecast_calls import WATCH, eur
from tests.conftest import new_database
from workers.training import Training

THEN, MID = "2025-12-31", "2026-05-15"
LINK = re.compile(r'<a class="why[^"]*"[^>]*?href="([^"]*explain=score-of-(\w+)[^"]+)"[^>]*>(.*?)</a>')


@pytest.fixture(scope="module")
def office(postgres_url: str, fresh_names: Iterator[str]) -> Iterator[Office]:
    """Two years of deals; on the last day of 2025 the next quarter was forecast, and its manager called it."""
    for url in new_database(postgres_url, next(fresh_names)):
        with open_office(url, WATCH) as made:
            for name, territory in (("manager", "north"), ("colleague", "south")):
                made.give(Member, made.members[name], "assign_territory", territory=territory)
            bring(
                made.journal,
                past_deals([made.ids["own"], made.ids["foreign"]], [made.members[each] for each in PEOPLE]),
            )
            with WATCH.at(datetime(2026, 2, 3, 9, tzinfo=UTC)):
                called = {"period": "2026-Q1", "commit": eur(500), "occurred_at": "2026-02-02T09:00:00Z"}
                assert made.post("/forecast/submit", called, "manager").status_code == 200
            made.caught_up()
            for _ in range(2):
                said(made, as_of=THEN)
                Training(made.journal, Reader(made.journal, made.engine)).fit_wanted()
            said(made, as_of=THEN)
            assert made.get("/forecast/deals", "auditor", as_of=THEN).status_code == 200
            yield made


PEOPLE = ("manager", "colleague")


def said(office: Office, **parameters: Any) -> Any:
    answer = office.get("/forecast", "auditor", **{"period": "2026-Q1", **parameters})
    assert answer.status_code == 200, answer.text
    return answer.json()


def links(office: Office, of: str) -> list[tuple[str, str]]:
    answer = office.get("/console/forecast/scores", "auditor", as_of=MID, period="2026-Q2")
    assert answer.status_code == 200, answer.text
    found = LINK.findall(answer.text)
    return [(html.unescape(address), html.unescape(text)) for address, what, text in found if what == of]


def panel(office: Office, address: str) -> str:
    answer = office.request("GET", address, "auditor")
    assert answer.status_code == 200, answer.text
    return html.unescape(answer.text)


def value_in(shown: str) -> str:
    found = re.search(r'class="why-value">\s*([^<]*)', shown)
    assert found is not None
    return found[1].strip()


@pytest.mark.parametrize("of", ["method", "caller"])
def test_every_score_says_itself_again_with_what_was_said_and_what_came(office: Office, of: str) -> None:
    found = links(office, of)
    assert len(found) >= 4
    for address, text in found:
        shown = panel(office, address)
        exact = value_in(shown)
        if text.endswith("%"):
            assert round(float(exact.rstrip("%").replace("−", "-").replace(",", ""))) == pytest.approx(
                float(text.rstrip("%").replace("−", "-").replace(",", "")), abs=1
            )
        assert "Q1 2026" in shown
        assert re.search(r"said .*, came ", shown), address


def test_what_a_method_said_stands_beside_what_the_quarter_brought_with_the_way_to_its_deals(office: Office) -> None:
    then, brought = said(office, as_of=THEN), said(office, as_of=MID)["closed"]
    address = next(each for each, _ in links(office, "method") if "hazard" in each and "wape" in each)
    shown = panel(office, address)
    off = float(then["p50"]) - float(brought)
    assert value_in(shown) == f"{abs(off) / float(brought):.2%}"
    assert "31 Dec 2025" in shown
    assert re.search(r"explain=forecast%3Fcell%3Dclosed%26period%3D2026-Q1", shown)


def test_what_somebody_called_stands_there_with_its_event(office: Office) -> None:
    shown = panel(office, next(address for address, _ in links(office, "caller") if "cell%3Dwape" in address))
    assert "said €500.00, came " in shown
    assert "called" in shown
    assert "manager" in shown


def test_a_chance_that_was_given_leads_to_the_deals_that_were_given_it_and_what_became_of_them(office: Office) -> None:
    found = links(office, "chance")
    assert len(found) >= 3
    for address, text in found:
        exact = value_in(panel(office, address))
        shown = "".join(panel(office, f"{address}&limit=50&skip={skip}") for skip in range(0, 500, 50))
        parts = re.findall(r"said on 31 Dec 2025, (not )?won by 2 Apr 2026", shown)
        given = [float(each) for each in re.findall(r'<span class="num">([\d.]+)%</span>', shown)]
        came = [not missed for missed in parts]
        assert len(came) == len(given) > 0
        if "cell%3Dcount" in address:
            assert exact == text == str(len(came))
        elif "cell%3Dwon" in address:
            assert exact == f"{sum(came) / len(came):.2%}"
        else:
            assert float(exact.rstrip("%")) == pytest.approx(sum(given) / len(given), abs=0.01)


@pytest.mark.parametrize(
    "address",
    [
        "score-of-method?cell=luck",
        "score-of-caller?cell=luck",
        "score-of-caller?cell=wape&member=me",
        "score-of-chance?cell=won&low=0.15",
    ],
)
def test_what_is_no_score_is_refused(office: Office, address: str) -> None:
    answer = office.get("/console/why", "auditor", explain=address)
    assert answer.status_code == 422
