"""The public export: open deals at four month ends, forecast with what was known then."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from projections.forecasting.chances import chances, fit_chances, win_chance
from tests.projections.forecasting.maven import maven_histories, won_within

ISSUES = (date(2017, 6, 30), date(2017, 7, 31), date(2017, 8, 31), date(2017, 9, 30))
WITHIN = 92


def auc(truth: np.ndarray, p: np.ndarray) -> float:
    """The chance that a deal that was won has the higher forecast; ties count half."""
    _, place, count = np.unique(p, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place]
    won = truth.sum()
    return float((rank[truth].sum() - won * (won + 1) / 2) / (won * (len(truth) - won)))


def calibration_error(truth: np.ndarray, p: np.ndarray) -> float:
    """The mean gap between forecast and truth over ten bins of the forecast."""
    bins = np.minimum((p * 10).astype(int), 9)
    return sum(abs(truth[bins == b].mean() - p[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins))


@pytest.fixture(scope="module")
def forecasts(real_data: Path) -> tuple[np.ndarray, np.ndarray]:
    folder, truth, said = real_data / "maven", [], []
    for issue in ISSUES:
        h = maven_histories(folder, issue)
        model = fit_chances(h)
        found = chances(model, h, within=WITHIN)
        again = win_chance(model, h, found.rows, h.day + 1, h.day + WITHIN)
        assert np.abs(again - found.p_within).max() < 1e-6
        truth.append(won_within(folder, h, WITHIN))
        said.append(found.p_within)
    return np.concatenate(truth), np.concatenate(said)


def test_wins_within_92_days_are_told_apart_and_forecast_as_often_as_they_come(
    forecasts: tuple[np.ndarray, np.ndarray],
) -> None:
    truth, p = forecasts
    assert len(truth) == 8617
    assert 0.77 <= auc(truth, p) <= 0.79
    assert ((truth - p) ** 2).mean() <= 0.172
    assert calibration_error(truth, p) <= 0.06
