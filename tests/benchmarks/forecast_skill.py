"""How much of what can be known the forecasts know, on companies whose truth is known: those of `kams demo --seed`.

Skill is what a forecast takes off the Brier score of the rates by stage, as a share of what the oracle takes off, who
knows the true probability of each opportunity and a hundred other companies (`oracle`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import numpy as np

from api.demo.company import deals_of
from api.demo.model import Deal
from projections.forecasting.scores import brier
from tests.benchmarks.forecast_accuracy import Kams
from tests.benchmarks.oracle import Standing, foretold, standings
from tests.benchmarks.report import Report

SEEDS = (20260101, 7, 11)
MOMENTS = (date(2025, 9, 30), date(2025, 12, 31), date(2026, 2, 28), date(2026, 4, 30), date(2026, 6, 30))
WITHIN = 92


def run(report: Report) -> None:
    """Each company in a home of its own."""
    for seed in SEEDS:
        deals = deals_of(seed)
        with company(seed) as kams:
            those = [one for moment in MOMENTS for one in standings(deals, moment, WITHIN)]
            said = np.concatenate([asked(kams, moment, those_at(deals, moment)) for moment in MOMENTS])
        truth = np.array([one.won_within for one in those], float)
        stage = np.concatenate([stage_rates(deals, moment) for moment in MOMENTS])
        simple, ours, best = (brier(p, truth) or 0.0 for p in (stage, said, foretold(MOMENTS, WITHIN, those)))
        report.line(
            f"company {seed}: won within 92 days, skill between stage rate and oracle", must=0.9, unit="",
            reached=(simple - ours) / (simple - best),
            beside=f"n {len(truth):,}; Brier: stage {simple:.3f}, KAMS {ours:.3f}, oracle {best:.3f}",
        )  # fmt: skip


@contextmanager
def company(seed: int) -> Iterator[Kams]:
    """The company of a seed, imported."""
    with tempfile.TemporaryDirectory(prefix="kams-skill-") as folder:
        kams = Kams(Path(folder) / "home")
        try:
            kams("demo", "--seed", str(seed), "--no-serve")
            yield kams
        finally:
            kams("down")


def those_at(deals: list[Deal], moment: date) -> list[Standing]:
    """The deals that are open at a moment."""
    return list(standings(deals, moment, WITHIN))


def asked(kams: Kams, moment: date, those: list[Standing]) -> np.ndarray:
    """What `kams forecast --deals` says of them."""
    rows = kams.rows("forecast", "--deals", "--as-of", str(moment), "--within", str(WITHIN))
    said = {row["opportunity"]: float(row["p_win_within"]) for row in rows}
    return np.array([said[one.deal.external_id] for one in those])


def stage_rates(deals: list[Deal], moment: date) -> np.ndarray:
    """Of the deals that stood at a stage a quarter earlier, the share that was won within it."""
    earlier = date(moment.year - (moment.month <= 3), (moment.month - 4) % 12 + 1, 28)
    before = those_at(deals, earlier)
    overall = np.mean([one.won_within for one in before])
    rates = {}
    for stage in {one.stage for one in before}:
        won = [one.won_within for one in before if one.stage == stage]
        rates[stage] = (sum(won) + 5 * overall) / (len(won) + 5)
    return np.array([rates.get(one.stage, overall) for one in those_at(deals, moment)])
