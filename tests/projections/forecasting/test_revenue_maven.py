"""The public export: revenue of the next quarter and month by manager and in all, with what was known then."""

from __future__ import annotations

import calendar
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from projections.forecasting.histories import Histories, Outcome, number_of
from projections.forecasting.model import Model, fit
from projections.forecasting.revenue import simulate
from tests.projections.forecasting.maven import maven_histories

SEED = b"sixteen bytes !!"
QUARTERS = (date(2017, 6, 30), date(2017, 9, 30))
MONTHS = (*(date(2017, month, calendar.monthrange(2017, month)[1]) for month in range(6, 12)),)


class Maven:
    """The export with its models, each fitted once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.whole = maven_histories(folder, date(2017, 12, 31))
        self.fitted: dict[date, tuple[Histories, Model]] = {}

    def rows(self, issues: tuple[date, ...], months: int) -> np.ndarray:
        """p10, p50, p90 and what came, by issue and manager, the company last."""
        return np.array([self.row(issue, months) for issue in issues])

    def row(self, issue: date, months: int) -> np.ndarray:
        """Of one issue: (p10, p50, p90, actual) by manager and for the company."""
        if issue not in self.fitted:
            known = maven_histories(self.folder, issue)
            self.fitted[issue] = known, fit(known, 0)
        h, model = self.fitted[issue]
        first, last = h.day + 1, number_of(_month_end(issue, months))
        said = simulate(model, h, first, last, h.territory, 6, runs=4_000, seed=SEED)
        came = (self.whole.closed >= first) & (self.whole.closed <= last) & (self.whole.outcome == Outcome.WON)
        actual = np.bincount(self.whole.territory[came], self.whole.signed[came], 6)
        return np.array(
            [
                [*said.groups.p10, *said.total.p10],
                [*said.groups.p50, *said.total.p50],
                [*said.groups.p90, *said.total.p90],
                [*actual, actual.sum()],
            ]
        )


def _month_end(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, calendar.monthrange(year, month + 1)[1])


def wape(rows: np.ndarray) -> float:
    return float(np.abs(rows[:, 1] - rows[:, 3]).sum() / rows[:, 3].sum())


def inside(rows: np.ndarray) -> int:
    return int(((rows[:, 0] <= rows[:, 3]) & (rows[:, 3] <= rows[:, 2])).sum())


@pytest.fixture(scope="module")
def maven(real_data: Path) -> Maven:
    return Maven(real_data / "maven")


def test_the_next_quarter_by_manager_and_in_all(maven: Maven) -> None:
    rows = maven.rows(QUARTERS, 3)
    assert wape(rows[:, :, :6]) <= 0.125
    assert 9 <= inside(rows[:, :, :6]) <= 11
    assert wape(rows[:, :, 6:]) <= 0.06
    assert inside(rows[:, :, 6:]) == 2


def test_the_next_month_by_manager_and_in_all(maven: Maven) -> None:
    rows = maven.rows(MONTHS, 1)
    assert wape(rows[:, :, :6]) <= 0.17
    assert 27 <= inside(rows[:, :, :6]) <= 33
    assert wape(rows[:, :, 6:]) <= 0.10
    assert inside(rows[:, :, 6:]) >= 5


def test_two_months_ahead_hold_as_well(maven: Maven) -> None:
    rows = maven.rows(MONTHS[:-1], 2)
    assert wape(rows[:, :, :6]) <= 0.13
    assert 22 <= inside(rows[:, :, :6]) <= 29
