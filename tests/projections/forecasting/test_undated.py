"""Deals without dates: what was answered says who wins; equal answers never lie in two folds."""

from pathlib import Path

import numpy as np

from projections.forecasting.undated import (
    cross_validated,
    fit_undated,
    fold_of,
    signs,
    undated_chances,
)
from tests.projections.forecasting.salvirt import salvirt_histories
from tests.projections.forecasting.test_chances_maven import auc


def test_distinct_deals_are_forecast_from_their_answers(real_data: Path) -> None:
    h = salvirt_histories(real_data / "salvirt")
    found = cross_validated(h, 10, 3, seed=0)
    assert len(found.rows) == 365 * 3
    assert len(set(found.rows.tolist())) == 365
    assert auc(found.truth, found.p) >= 0.84
    assert ((found.truth - found.p) ** 2).mean() <= 0.16
    again = cross_validated(h, 10, 3, seed=0)
    assert again.p.tobytes() == found.p.tobytes()


def test_a_sign_that_decides_is_learned_and_noise_is_not() -> None:
    random = np.random.Generator(np.random.PCG64(1))
    known = random.random((400, 8)) < 0.5
    won = known[:, 0]
    model = fit_undated(known[:300], won[:300])
    p = undated_chances(model, known[300:])
    assert ((p > 0.5) == won[300:]).all()
    noise = fit_undated(known[:300], random.random(300) < 0.5)
    assert np.abs(undated_chances(noise, known[300:]) - 0.5).mean() < 0.25


def test_nothing_known_gives_the_share_that_was_won() -> None:
    known, won = np.zeros((98, 0), dtype=bool), np.arange(98) < 73
    p = undated_chances(fit_undated(known, won), np.zeros((1, 0), dtype=bool))
    assert abs(p[0] - 0.74) < 0.01


def test_groups_stay_whole_and_folds_are_even() -> None:
    groups = np.repeat(np.arange(100), 3)
    won = np.repeat(np.arange(100) % 2 == 0, 3)
    fold = fold_of(groups, won, 10, seed=5)
    assert all(len(set(fold[groups == group])) == 1 for group in range(100))
    assert np.bincount(fold).tolist() == [30] * 10
    assert np.bincount(fold, won).tolist() == [15.0] * 10
    assert not np.array_equal(fold, fold_of(groups, won, 10, seed=6))


def test_the_last_answer_to_a_question_counts(real_data: Path) -> None:
    h = salvirt_histories(real_data / "salvirt")
    assert signs(h).sum(axis=1).tolist() == [22] * 448
