"""What is drawn: coins of open deals, new deals as they came in past weeks, and what all share."""

from __future__ import annotations

import numpy as np
import pytest

from projections.forecasting.revenue_draws import coins, newcomers, shocks
from projections.forecasting.revenue_pipeline import Arrivals, OpenDeals, Paid

EVEN = Paid(1.0, 0.0)


def rng() -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(11))


def deals(*groups: list[float]) -> OpenDeals:
    amount = np.array([each for group in groups for each in group], np.float64)
    lengths = [len(group) for group in groups]
    group = np.repeat(np.arange(len(groups), dtype=np.int32), lengths)
    return OpenDeals(np.arange(len(amount), dtype=np.int32), group, amount, np.cumsum([0, *lengths]).astype(np.int32))


def test_a_deal_sure_to_be_won_brings_its_amount_in_every_run_and_one_that_cannot_be_brings_nothing() -> None:
    drawn = coins(deals([1234567.89], [], [500.0]), np.array([1.0, 0.0]), EVEN, 50, 1_000, rng())
    assert drawn[:, 0].tolist() == [1234567.89] * 50
    assert not drawn[:, 1:].any()


def test_a_coin_falls_as_often_as_the_chance_says_and_each_group_has_its_own() -> None:
    drawn = coins(deals([100.0], [10.0, 1.0]), np.array([0.25, 0.5, 0.9]), EVEN, 40_000, 1_000, rng())
    assert set(np.unique(drawn[:, 0])) == {0.0, 100.0}
    assert set(np.unique(drawn[:, 1])) == {0.0, 1.0, 10.0, 11.0}
    assert drawn[:, 0].mean() == pytest.approx(25.0, abs=0.8)
    assert drawn[:, 1].mean() == pytest.approx(5.9, abs=0.08)


def test_a_credit_note_lowers_what_is_drawn() -> None:
    drawn = coins(deals([-40.0, 100.0]), np.array([1.0, 1.0]), EVEN, 5, 1_000, rng())
    assert drawn.ravel().tolist() == [60.0] * 5


def test_what_is_paid_scatters_around_what_was_expected() -> None:
    drawn = coins(deals([100.0] * 4), np.ones(4), Paid(0.9, 0.1), 20_000, 1_000, rng())
    assert drawn.mean() == pytest.approx(360.0, abs=1.0)
    assert drawn.std() == pytest.approx(20.0, rel=0.05)


def test_of_more_deals_than_coins_the_small_ones_are_added_up_by_mean_and_variance() -> None:
    held = deals([1.0] * 3_000 + [900.0], [2.0] * 2_000)
    chance = np.full(5_001, 0.5)
    drawn = coins(held, chance, EVEN, 4_000, 500, rng())
    assert drawn.mean(axis=0) == pytest.approx([1950.0, 2000.0], rel=0.01)
    assert drawn.std(axis=0) == pytest.approx([np.sqrt(750 + 450**2), np.sqrt(2_000)], rel=0.05)


def test_new_deals_come_as_in_past_weeks_and_are_won_by_their_chance() -> None:
    new = Arrivals(np.array([[2.0, 0.0], [4.0, 0.0]]), np.array([50.0, 70.0]), np.array([0.0, 0.0]))
    drawn = newcomers(new, np.array([0.5, 0.1]), EVEN, 40_000, rng())
    assert drawn[:, 0].mean() == pytest.approx(3.0 * 0.6 * 50.0, rel=0.02)
    assert not (drawn[:, 0] % 50.0).any()
    assert not drawn[:, 1].any()


def test_amounts_of_new_deals_vary_as_they_did() -> None:
    new = Arrivals(np.full((13, 1), 40.0), np.array([50.0]), np.array([0.8]))
    drawn = newcomers(new, np.array([0.5]), EVEN, 40_000, rng())[:, 0]
    assert drawn.mean() == pytest.approx(1_000.0, rel=0.01)
    assert drawn.std() == pytest.approx(50.0 * np.sqrt(20.0 * (1 + 0.8**2)), rel=0.03)


def test_without_weeks_to_come_or_deals_that_came_nothing_new_is_drawn() -> None:
    none = Arrivals(np.zeros((13, 2)), np.zeros(2), np.zeros(2))
    assert not newcomers(none, np.array([0.5]), EVEN, 10, rng()).any()
    assert newcomers(none, np.zeros(0), EVEN, 10, rng()).shape == (10, 2)


def test_a_shock_leaves_the_median_where_it_is() -> None:
    drawn = shocks(0.2, 40_000, 1, rng())[:, 0]
    assert np.median(drawn) == pytest.approx(1.0, abs=0.01)
    assert np.log(drawn).std() == pytest.approx(0.2, rel=0.02)
