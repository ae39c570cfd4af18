"""What needs no model: each method against an example worked out by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from projections.forecasting import naive
from projections.forecasting.histories import NEVER, Histories, number_of
from tests.projections.forecasting.companies import company

TODAY = number_of(date(2017, 9, 30))
OCTOBER = number_of(date(2017, 10, 1)), number_of(date(2017, 10, 31))
QUARTER = number_of(date(2017, 10, 1)), number_of(date(2017, 12, 31))


def on(*days: tuple[int, int]) -> list[int]:
    """Days of 2017 by month and day; (0, 0) never."""
    return [number_of(date(2017, month, day)) if month else NEVER for month, day in days]


def history(*, day: int = TODAY) -> Histories:
    """Won 10 in January (the first of all), 20 in April, 40 in July; lost in August; 100 is open."""
    opened = on((1, 1), (1, 2), (1, 3), (1, 4), (9, 1))
    closed = on((1, 1), (4, 15), (7, 31), (8, 1), (0, 0))
    return company(opened, closed, [True, True, True, False, False], [10, 20, 40, 80, 100], day=day)


def all_of(h: Histories) -> np.ndarray:
    return np.zeros(len(h), np.int32)


def test_a_period_is_so_many_whole_months_or_none():
    assert naive.months_in(*OCTOBER) == 1
    assert naive.months_in(*QUARTER) == 3
    assert naive.months_in(OCTOBER[0], OCTOBER[1] - 1) is None
    assert naive.months_in(OCTOBER[0] + 1, OCTOBER[1]) is None


def test_what_is_open_counts_by_the_rate_of_its_stage():
    h = history()
    assert naive.weighted(h, {("p", "s"): 0.3}, all_of(h), 1, *OCTOBER).tolist() == [30.0]


def test_what_was_won_in_the_period_so_far_counts_whole():
    h = history()
    found = naive.weighted(h, {("p", "s"): 0.3}, all_of(h), 1, *on((7, 1), (9, 30)))
    assert found.tolist() == [40.0 + 30.0]


def test_a_deal_that_is_expected_in_another_period_does_not_count():
    h = history()
    h.close_on[4] = number_of(date(2017, 11, 1))
    assert naive.weighted(h, {("p", "s"): 0.3}, all_of(h), 1, *OCTOBER).tolist() == [0.0]
    assert naive.weighted(h, {("p", "s"): 0.3}, all_of(h), 1, *QUARTER).tolist() == [30.0]


def test_earlier_periods_stand_for_the_next_one():
    h = history()
    quarter = naive.earlier(h, all_of(h), 1, *QUARTER)
    assert set(quarter) == {"last_quarter", "average_of_four"}, "a year ago nothing is known"
    assert quarter["last_quarter"].tolist() == [40.0]
    assert quarter["average_of_four"].tolist() == [pytest.approx((10 + 20 + 40) / 3)]
    month = naive.earlier(h, all_of(h), 1, *OCTOBER)
    assert month["last_quarter"].tolist() == [40.0]
    assert month["average_of_four"].tolist() == [40 / 4]


def test_the_same_period_of_last_year_is_there_once_the_history_reaches_so_far():
    h = history(day=number_of(date(2018, 3, 31)))
    april = number_of(date(2018, 4, 1)), number_of(date(2018, 6, 30))
    assert naive.earlier(h, all_of(h), 1, *april)["last_year"].tolist() == [20.0]


def test_nothing_stands_for_days_that_are_no_months_or_without_a_history():
    h = history()
    assert naive.earlier(h, all_of(h), 1, OCTOBER[0], OCTOBER[1] - 1) == {}
    young = company(on((9, 1)), on((0, 0)), [False], [1], day=TODAY)
    assert naive.earlier(young, all_of(young), 1, *OCTOBER) == {}


def test_deals_that_are_in_no_group_count_nowhere():
    h = history()
    groups = np.array([0, 1, -1, 0, -1], np.int32)
    assert naive.won_by_group(h, groups, 2, 0, TODAY).tolist() == [10.0, 20.0]
    assert naive.weighted(h, {("p", "s"): 0.3}, groups, 2, *OCTOBER).tolist() == [0.0, 0.0]


def test_the_base_rate_is_the_share_of_the_open_deals_that_was_won_in_as_many_days():
    # on 2 July the deals of 31 July (won) and 1 August (lost) were open: one of two
    assert naive.won_share_within(history(), 90) == pytest.approx(1 / 2)
    assert naive.won_share_within(history(), 1_000) is None


def test_chances_without_a_model():
    h = history()
    rows = h.open()
    within = naive.chances(h, {("p", "s"): 0.3}, rows, within=90)
    # 3 of 4 closed were won: (3 + 1) / (4 + 2) of all; at the stage (3 + 10 × 2/3) / (4 + 10)
    assert {name: p.tolist() for name, p in within.items()} == {
        "stage_weighted": [0.3],
        "stage_rates": [pytest.approx((3 + 10 * 2 / 3) / 14)],
        "base_rate": [0.5],
    }
    ever = naive.chances(h, {}, rows, within=None)
    assert ever["base_rate"].tolist() == [pytest.approx(4 / 6)]
    assert ever["stage_weighted"].tolist() == [0.5], "no process states a probability"
