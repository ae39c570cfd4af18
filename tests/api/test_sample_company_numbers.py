"""The sample company has the distributions that api/demo/deals.py states, and its story is in its rows."""

import re
import statistics
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from api.demo import FIRST_DAY, story_text
from api.demo.customers import make_customers
from api.demo.deals import make_deals
from api.demo.model import STAGES
from api.demo.people import Staff
from tests.api.sample_files import SEEDS, Files, day, median_days, read

CNY = {"CNY": Decimal(1), "EUR": Decimal("7.75"), "USD": Decimal("7.2")}


@pytest.fixture(params=SEEDS)
def files(request: pytest.FixtureRequest) -> Files:
    return read(request.param)


@pytest.fixture
def shipped() -> Files:
    return read(SEEDS[0])


# distributions, as stated in api/demo/deals.py


def test_a_little_more_than_half_is_won(files: Files):
    won, lost = len(files.closed("won")), len(files.closed("lost"))
    assert 0.53 <= won / (won + lost) <= 0.64
    assert 0.04 <= len(files.closed("disqualified")) / len(files.closed("won", "lost", "disqualified")) <= 0.09


def test_a_competitor_or_a_new_customer_costs_about_25_points():
    staff, chance = Staff(), Random(1)
    deals = make_deals(make_customers(staff, chance), staff, 8_000, chance)
    registered = [(deal, deal.account.registered_on) for deal in deals]
    new = [deal for deal, on in registered if on > FIRST_DAY and (deal.opened_on - on).days < 120]
    known = [deal for deal, on in registered if on == FIRST_DAY]
    contested = statistics.mean(deal.probability for deal in deals if deal.competitor)
    alone = statistics.mean(deal.probability for deal in deals if not deal.competitor)
    assert 0.18 <= alone - contested <= 0.32
    costs = statistics.mean(deal.probability for deal in known) - statistics.mean(deal.probability for deal in new)
    assert 0.18 <= costs <= 0.32


def test_lost_deals_end_sooner_than_won_ones(files: Files):
    assert 50 <= median_days(files.closed("won")) <= 75
    assert 14 <= median_days(files.closed("lost")) <= 35


def test_a_quarter_ends_with_a_rush_of_wins(files: Files):
    months: dict[int, Counter[str]] = defaultdict(Counter)
    for deal in files.closed("won", "lost"):
        months[(day(deal["closed_on"]).month - 1) % 3][deal["stage"]] += 1
    rate = {month: count["won"] / count.total() for month, count in months.items()}
    assert max(months, key=lambda month: months[month].total()) == 2
    assert rate[2] >= rate[0] + 0.10


def test_signed_amounts_lie_around_the_expected_ones(files: Files):
    ratios = [float(deal["signed_amount"]) / float(deal["amount"]) for deal in files.closed("won")]
    assert min(ratios) >= 0.66
    assert max(ratios) <= 1.35
    assert 0.97 <= statistics.mean(ratios) <= 1.01
    assert 0.08 <= statistics.stdev(ratios) <= 0.12


def test_dates_are_pushed_and_stages_go_back(files: Files):
    pushed = back = 0
    for rows in files.history.values():
        pushed += any(row["close_on"] for row in rows[1:])
        stages = [STAGES.index(row["stage"]) for row in rows if row["stage"]]
        back += any(later < earlier for earlier, later in pairwise(stages))
    assert 0.20 <= pushed / len(files.history) <= 0.40
    assert 0.04 <= back / len(files.history) <= 0.10


def test_few_customers_bring_most_of_the_money(files: Files):
    total: Counter[str] = Counter()
    for deal in files.closed("won"):
        total[deal["account"]] += int(Decimal(deal["signed_amount"]) * CNY[deal["currency"]])
    key = sum(total[account] for account in files.sample.key_accounts)
    assert 0.65 <= key / total.total() <= 0.92


def test_won_deals_are_as_frequent_as_their_true_probability_says(files: Files):
    bands: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for deal in files.closed("won", "lost", "disqualified"):
        probability = files.sample.win_probability[deal["external_id"]]
        bands[int(probability * 5)].append((probability, deal["stage"] == "won"))
    for band in bands.values():
        expected, won = (statistics.mean(values) for values in zip(*band, strict=True))
        assert abs(expected - won) < 0.09 or len(band) < 60


def test_good_answers_go_with_winning(files: Files):
    won: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for row in files.rows["answers"]:
        stage = files.by_id["opportunities"][row["opportunity"]]["stage"]
        if stage in ("won", "lost") and not row["competitor"]:
            won[row["question"], row["answer"]].append(stage == "won")
    assert {int(question) for question, _ in won} == set(range(1, 21))
    for question in ("1", "3", "6", "9"):
        assert statistics.mean(won[question, "yes"]) > statistics.mean(won[question, "no"]) + 0.1
    for answer, other in (("no", "yes"),):
        assert statistics.mean(won["13", answer]) > statistics.mean(won["13", other])


# the story


def test_every_date_of_the_story_is_in_the_rows_of_its_account(shipped: Files):
    account = shipped.sample.story_account
    deals = {row["external_id"] for row in shipped.rows["opportunities"] if row["account"] == account}
    people = {row["external_id"] for row in shipped.rows["stakeholders"] if row["account"] == account}
    dates = {
        cell[:10]
        for kind, rows in shipped.rows.items()
        for row in rows
        if row.get("account") == account
        or row.get("opportunity") in deals
        or (kind == "facts" and row["id"] in {account, *deals})
        or row.get("stakeholder") in people
        or (kind == "accounts" and row["external_id"] == account)
        for cell in row.values()
    }
    told = set(re.findall(r"\d{4}-\d{2}-\d{2}", story_text().partition("## See it yourself")[0]))
    assert len(told) > 25
    assert told <= dates


def test_the_story_in_the_docs_is_the_one_that_the_demo_tells():
    assert (Path(__file__).parents[2] / "docs" / "story.md").read_text(encoding="utf-8") == story_text()


def test_the_story_goes_from_a_first_visit_through_silence_to_a_rescued_contract(shipped: Files):
    account = shipped.sample.story_account
    visits = sorted(
        day(row["start"]) for row in shipped.rows["visits"] if row["account"] == account and row["status"] == "logged"
    )
    silence = max((later - earlier for earlier, later in pairwise(visits)), default=timedelta())
    contract = shipped.by_id["opportunities"]["O-LH-2"]
    supports = [row["support"] for row in shipped.rows["buyers"] if row["stakeholder"] == "S-01-5"]
    assert visits[0] == date(2024, 3, 12)
    assert silence.days > 150
    assert (contract["stage"], contract["closed_on"], contract["signed_amount"]) == ("won", "2026-09-24", "10850000.00")
    assert supports == ["non_supporter", "enemy", "non_supporter", "neutral", "supporter"]
    assert all(number in story_text() for number in ("480,000", "9,600,000", "11,200,000", "10,850,000"))
