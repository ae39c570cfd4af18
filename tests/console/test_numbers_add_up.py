"""What the panel of a number shows adds up to that number. On the sample company."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import httpx
import pytest

from projections.view import Reader
from tests.console.serving import SampleConsole
from workers.training import Training

DAY = "2026-10-31"


class Panel(NamedTuple):
    """A number explained: itself, and the parts that are told of it by name, in the order of the panel."""

    value: float
    parts: list[tuple[str, float]]
    facts: int
    text: str

    @property
    def amounts(self) -> list[float]:
        return [amount for _, amount in self.parts]


class Client:
    """Asks for pages of the sample company, as of one day."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def page(self, path: str) -> str:
        answer = self._http.get(path, params={"as_of": DAY} if "as_of" not in path else None)
        assert answer.status_code == 200, path
        return answer.text

    def links(self, path: str, figure: str) -> list[tuple[str, str]]:
        """The numbers of a page that are explained by a figure: as shown, and the address that explains each."""
        page = self.page(path)
        found = re.findall(r'<a class="why[^"]*"[^>]*?href="([^"]+)"[^>]*>(.*?)</a>', page, re.DOTALL)
        told = [(re.sub(r"<.*", "", shown, flags=re.DOTALL).strip(), html.unescape(link)) for link, shown in found]
        return [(shown, link) for shown, link in told if f"explain={figure}" in link]

    def panel(self, link: str) -> Panel:
        page = self._http.get(link).text
        value = re.search(r'class="why-value">\s*([^<]*)', page)
        assert value, page
        parts = re.findall(
            r'<summary><span class="why-name"[^>]*>(.*?)</span> <span class="num">(.*?)</span>', page, re.DOTALL
        )
        named = [(re.sub(r"<.*", "", name, flags=re.DOTALL).strip(), amount(said)) for name, said in parts]
        text = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())
        return Panel(amount(html.unescape(value[1])), named, page.count("happened "), text)


def amount(said: str) -> float:
    """A number as it is written; a percentage as a share."""
    found = re.search(r"([−-]?)[^\d−-]*([\d,]+(?:\.\d+)?) ?(%?)", said)
    assert found, said
    return float(found[2].replace(",", "")) * (-1 if found[1] else 1) / (100 if found[3] else 1)


@contextmanager
def asking(sample: SampleConsole) -> Iterator[Client]:
    """Somebody who sees everything."""
    with httpx.Client(base_url=sample.url, follow_redirects=True, timeout=60) as http:
        http.get(sample.address())
        http.headers["Accept"] = "text/html"
        yield Client(http)


@pytest.fixture(scope="module")
def client(served_sample: SampleConsole) -> Iterator[Client]:
    with asking(served_sample) as found:
        yield found


DISCIPLINE = "/console/visits/discipline"
PURCHASES = "/console/account/A-34/section/purchases"


def test_a_step_was_done_in_so_many_of_the_visits_that_should_have_it(client: Client) -> None:
    links = client.links(DISCIPLINE, "visit-step")
    assert len(links) > 4
    for shown, link in links:
        panel = client.panel(link)
        (done, with_it), (not_done, without) = panel.parts
        assert (done, not_done) == ("Done", "Not done")
        assert panel.facts == with_it + without, "each visit is told with what happened in it"
        assert panel.value == pytest.approx(with_it / (with_it + without), abs=0.0001)
        assert amount(shown) == pytest.approx(panel.value, abs=0.00501)


def test_so_many_visits_say_what_the_customer_will_do(client: Client) -> None:
    ((shown, link),) = client.links(DISCIPLINE, "visit-action")
    panel = client.panel(link)
    said, unsaid = panel.amounts
    assert panel.value == pytest.approx(said / (said + unsaid), abs=0.0001)
    assert amount(shown) == pytest.approx(panel.value, abs=0.00501)


def test_the_accounts_that_were_not_visited_often_enough_come_first(client: Client) -> None:
    ((shown, link),) = client.links(DISCIPLINE, "visit-cadence")
    kept, accounts = map(int, shown.split(" of "))
    panel = client.panel(link)
    assert f"{kept} of {accounts}" in panel.text
    late = client.page(DISCIPLINE)
    for name, _ in panel.parts[: accounts - kept]:
        assert name in late
    assert "agreed are 30 days" in panel.text


@pytest.mark.parametrize("figure", ["share%3Fcalled%3Dline", "share%3Fcalled%3Dmargin"])
def test_a_share_of_a_product_line_is_one_amount_by_another(client: Client, figure: str) -> None:
    links = client.links(PURCHASES, figure)
    assert len(links) > 2
    for shown, link in links:
        panel = client.panel(link)
        part, whole = panel.amounts
        assert panel.value == pytest.approx(part / whole, abs=0.0001)
        assert amount(shown) == pytest.approx(panel.value, abs=0.00501)


def test_revenue_is_set_against_that_of_a_year_before(client: Client) -> None:
    ((shown, link),) = client.links(PURCHASES, "buying-trend")
    panel = client.panel(link)
    now, before = panel.amounts
    assert panel.value == pytest.approx(now / before - 1, abs=0.0001)
    assert amount(shown) == pytest.approx(panel.value, abs=0.00501)
    assert panel.facts > 0


def test_what_was_paid_in_time_is_set_against_all_that_was_paid(client: Client) -> None:
    ((shown, link),) = client.links(PURCHASES, "paid-on-time")
    panel = client.panel(link)
    timely, late = panel.amounts
    assert panel.value == pytest.approx(timely / (timely + late), abs=0.0001)
    assert amount(shown) == pytest.approx(panel.value, abs=0.00501)
    assert panel.facts == 4


def test_the_usual_time_between_purchases_is_the_middle_one(client: Client) -> None:
    ((shown, link),) = client.links(PURCHASES, "buying-rhythm")
    panel = client.panel(link)
    days = sorted(panel.amounts)
    middle = (days[(len(days) - 1) // 2] + days[len(days) // 2]) / 2
    assert panel.value == middle
    assert amount(shown) == pytest.approx(middle, abs=0.5)


def test_the_day_of_an_issue_is_explained_by_its_raising(client: Client) -> None:
    links = client.links("/console/issues", "rows%2Fissue")
    assert links
    for shown, link in links[:10]:
        panel = client.panel(link)
        assert panel.facts == 1
        assert "issue raised" in panel.text
        assert f"happened {shown.removeprefix('raised ')}" in panel.text


def test_an_amount_by_its_chance_is_explained_by_both(client: Client) -> None:
    ((shown, link),) = client.links("/console/opportunity/O-LH-2?as_of=2026-03-15", "funnel%3Fmeasure%3Dweighted")
    panel = client.panel(link)
    assert round(panel.value) == amount(shown)
    assert panel.amounts == [panel.value]


EXPECTED, SCORES, CHANGES, COURSE = (
    f"/console/forecast/{part}?as_of={DAY}" for part in ("expected", "scores", "changes", "course")
)


def test_every_number_of_the_sentences_about_the_target_stands_in_their_panel(client: Client) -> None:
    for shown, link in client.links(EXPECTED, "forecast-takes"):
        panel = client.panel(link)
        parts = dict(panel.parts)
        assert panel.value == parts["Missing"] == pytest.approx(parts["Target"] - parts["Closed"])
        assert parts["Own conversion"] == pytest.approx(parts["Signed"] / parts["Sought"], abs=0.0001)
        assert parts["Needed"] == pytest.approx(parts["Missing"] / (parts["Signed"] / parts["Sought"]))
        assert parts["Too little"] == pytest.approx(parts["Target"] - parts["Expected"])
        assert parts["To open today"] > parts["Too little"]
        for said in re.findall(r"[\d,]+\.\d\d", shown):
            assert said in panel.text.partition("As of")[2]
    assert len(client.links(EXPECTED, "forecast-takes")) == 2


@pytest.fixture(scope="module")
def learned(own_sample: SampleConsole) -> Iterator[Client]:
    """The sample with the models fitted of which its pages ask."""
    with asking(own_sample) as client:
        for path in (SCORES, CHANGES):
            client.page(path)
        made = own_sample.made
        Training(made.journal, Reader(made.journal, made.engine)).fit_wanted()
        yield client


def test_how_far_a_forecast_was_off_is_what_was_said_less_what_came(learned: Client) -> None:
    links = learned.links(SCORES, "off-by")
    (all_own, all_simple), lines = (links[:2], links[2:])
    assert len(lines) == 4
    for shown, link in lines:
        panel = learned.panel(link)
        said, came = panel.amounts
        assert panel.value == pytest.approx((said - came) / came, abs=0.0001)
        assert amount(shown) == pytest.approx(panel.value, abs=0.00501)
    for shown, link in (all_own, all_simple):
        panel = learned.panel(link)
        pairs = list(zip(panel.amounts[::2], panel.amounts[1::2], strict=True))
        whole = sum(came for _, came in pairs)
        assert panel.value == pytest.approx(sum(abs(said - came) for said, came in pairs) / whole, abs=0.0001)
        assert amount(shown) == pytest.approx(panel.value, abs=0.00501)


def test_a_chance_before_and_after_is_explained_as_of_its_own_day(learned: Client) -> None:
    links = learned.links(CHANGES, "forecast%3Fcell%3Dp_win_within")
    assert len({"as_of%3D2026-10-03" in link for _, link in links}) == 2, "some of before, some of now"
    for shown, link in links:
        panel = learned.panel(link)
        assert amount(shown) == pytest.approx(panel.value, abs=0.00501)
        assert ("As of 3 Oct 2026" in panel.text) == ("as_of%3D2026-10-03" in link)


def test_what_was_said_then_is_explained_by_when_it_was_kept(client: Client) -> None:
    client.page(EXPECTED)  # what is shown is kept
    links = client.links(COURSE, "forecast-kept")
    assert links
    for shown, link in links:
        panel = client.panel(link)
        assert round(panel.value) == amount(shown)
        assert panel.value in panel.amounts
        assert "kept " in panel.text
