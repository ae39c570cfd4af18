"""Scores, each against an example worked out by hand; what is empty has no score, never NaN."""

from __future__ import annotations

import numpy as np
import pytest

from projections.forecasting.scores import (
    Bin,
    amount_scores,
    auc,
    bias,
    brier,
    calibration,
    coverage,
    ece,
    log_loss,
    pinball,
    wape,
    width,
    win_scores,
)

NOTHING = np.array([])
NAN = float("nan")


def numbers(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)


def test_wape_is_the_sum_of_errors_over_the_sum_of_what_was():
    # |110 − 100| + |150 − 200| = 60 of 300
    assert wape(numbers(110, 150), numbers(100, 200)) == pytest.approx(0.2)


def test_bias_is_below_nought_where_too_little_was_forecast():
    # +10 − 50 = −40 of 300
    assert bias(numbers(110, 150), numbers(100, 200)) == pytest.approx(-40 / 300)


def test_credits_count_by_their_size():
    assert wape(numbers(0.0), numbers(-50)) == pytest.approx(1)


def test_pinball_loss_charges_what_lies_above_by_its_level_and_what_lies_below_by_the_rest():
    # y = 100: q10 = 80 → .1 × 20 = 2; q50 = 110 → .5 × 10 = 5; q90 = 130 → .1 × 30 = 3; mean 10/3, of 100
    assert pinball((numbers(80), numbers(110), numbers(130)), numbers(100)) == pytest.approx(10 / 300)


def test_the_pinball_loss_of_a_single_amount_is_half_its_wape():
    point, actual = numbers(110, 150), numbers(100, 200)
    assert pinball((point, point, point), actual) == pytest.approx(wape(point, actual) / 2)


def test_coverage_counts_both_ends():
    # 80 and 120 are the ends, 121 is outside
    assert coverage(numbers(80, 80, 80), numbers(120, 120, 120), numbers(80, 120, 121)) == pytest.approx(2 / 3)


def test_width_is_the_range_over_what_was():
    assert width(numbers(80), numbers(120), numbers(200)) == pytest.approx(0.2)


def test_brier_is_the_mean_squared_error():
    # (.8 − 1)² = .04, (.3 − 0)² = .09
    assert brier(numbers(0.8, 0.3), numbers(1, 0)) == pytest.approx(0.065)


def test_log_loss_of_a_coin_is_the_logarithm_of_two():
    assert log_loss(numbers(0.5, 0.5), numbers(1, 0)) == pytest.approx(np.log(2))


def test_a_certain_error_costs_a_finite_log_loss():
    assert log_loss(numbers(0.0), numbers(1)) == pytest.approx(-np.log(0.001))


def test_auc_counts_pairs_in_order_and_equal_ones_half():
    # pairs (won, not): .9>.5, .9>.4, .5=.5 half, .5>.4: 3.5 of 4
    assert auc(numbers(0.9, 0.5, 0.5, 0.4), numbers(1, 1, 0, 0)) == pytest.approx(3.5 / 4)


def test_auc_needs_both_kinds():
    assert auc(numbers(0.9, 0.2), numbers(1, 1)) is None
    assert auc(numbers(0.9, 0.2), numbers(0, 0)) is None


def test_a_calibration_table_has_a_line_for_each_bin_in_which_forecasts_lie():
    table = calibration(numbers(0.05, 0.15, 0.12, 1.0), numbers(0, 1, 0, 1))
    assert table == [Bin(0.0, 0.1, 1, 0.05, 0.0), Bin(0.1, 0.2, 2, 0.135, 0.5), Bin(0.9, 1.0, 1, 1.0, 1.0)]


def test_the_calibration_error_is_the_mean_gap_weighted_by_count():
    # |0 − .05| × 1 + |.5 − .135| × 2 + 0 × 1 = .78, over 4
    assert ece(numbers(0.05, 0.15, 0.12, 1.0), numbers(0, 1, 0, 1)) == pytest.approx(0.195)


def test_nothing_to_score_has_no_scores():
    wins = win_scores(NOTHING, NOTHING)
    assert (wins.n, wins.base, wins.auc, wins.brier, wins.logloss, wins.ece, wins.accuracy, wins.calibration) == (
        0, None, None, None, None, None, None, [],
    )  # fmt: skip
    amounts = amount_scores(NOTHING, NOTHING, NOTHING, NOTHING)
    assert (amounts.n, amounts.wape, amounts.bias, amounts.pinball, amounts.coverage, amounts.width) == (
        0, None, None, None, None, None,
    )  # fmt: skip


def test_a_period_in_which_nothing_was_won_has_no_relative_error():
    scores = amount_scores(numbers(0), numbers(10), numbers(20), numbers(0))
    assert (scores.n, scores.wape, scores.bias, scores.pinball, scores.width) == (1, None, None, None, None)
    assert scores.coverage == 1.0


def test_rows_that_are_no_numbers_are_left_out():
    scores = amount_scores(numbers(NAN, 80), numbers(NAN, 110), numbers(NAN, 130), numbers(100, 100))
    assert (scores.n, scores.wape, scores.coverage) == (1, 0.1, 1.0)
    assert win_scores(numbers(NAN, 0.8), numbers(1, 1)).brier == 0.04


def test_a_single_amount_has_no_coverage_and_is_scored_as_if_sure():
    scores = amount_scores(numbers(NAN), numbers(110), numbers(NAN), numbers(100))
    assert (scores.wape, scores.bias, scores.pinball, scores.coverage, scores.width) == (0.1, 0.1, 0.05, None, None)


def test_all_scores_of_probabilities_are_rounded_to_four_digits():
    scores = win_scores(numbers(1 / 3, 2 / 3, 0.9), numbers(0, 1, 0))
    assert (scores.n, scores.base, scores.auc, scores.brier) == (3, 0.3333, 0.5, 0.3441)
    assert (scores.logloss, scores.ece, scores.accuracy) == (1.0378, 0.5222, 0.6667)


def test_scores_equal_those_of_scikit_learn():
    from sklearn.metrics import brier_score_loss, mean_pinball_loss, roc_auc_score
    from sklearn.metrics import log_loss as loss_of

    random = np.random.default_rng(5)
    p = np.round(random.uniform(0.01, 0.99, 500), 2)
    truth = (random.uniform(size=500) < p).astype(float)
    assert auc(p, truth) == pytest.approx(roc_auc_score(truth, p))
    assert brier(p, truth) == pytest.approx(brier_score_loss(truth, p))
    assert log_loss(p, truth) == pytest.approx(loss_of(truth, p))
    actual, low, mid, high = (random.uniform(50, 150, 40) for _ in range(4))
    losses = [mean_pinball_loss(actual, each, alpha=a) for each, a in ((low, 0.1), (mid, 0.5), (high, 0.9))]
    assert pinball((low, mid, high), actual) == pytest.approx(np.mean(losses) / actual.mean())


def test_what_is_equal_at_the_cent_lies_inside():
    whole = np.array([0.1 + 0.2, 1e8 + 0.01 - 1e-7, 2.005, 7.0, 7.0])
    rounded = np.array([0.3, 1e8 + 0.01, 2.0, 7.01, 6.99])
    assert coverage(rounded, rounded, whole) == 0.6
    assert coverage(rounded[:3], rounded[:3], whole[:3]) == 1.0
