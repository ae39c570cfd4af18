"""How fast a model is fitted and a period simulated: seconds beside the aim, and as a ratio to plain arithmetic.

The company is made up: deals of constant pace, about 10,000 of them to learn from and 5,000 open.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import perf_counter

import numpy as np

from projections.forecasting.chances import fit_chances
from projections.forecasting.histories import Histories
from projections.forecasting.model import Model, decode, encode, fit
from projections.forecasting.revenue import simulate
from tests.benchmarks.report import Report
from tests.projections.forecasting.companies import TODAY, as_known, grown

OWNERS = 35
RUNS = 10_000
SEED = b"sixteen bytes !!"


def run(report: Report) -> None:
    """Fit and simulate."""
    h = as_known(grown(3, days=700, per_day=14.5, win=0.0015, lose=0.0008, owners=OWNERS), TODAY)
    model = fit(h, 0)
    learning = _seconds(lambda: fit_chances(h))
    whole = _seconds(lambda: fit(h, 0)) * 10_000 / len(h)
    report.line(
        "fit a forecast's model, per 10,000 deals", must=2.0, unit=" s", reached=whole, at_most=True,
        beside=f"{len(h):,} deals, {len(h.open()):,} open; chances alone {learning:.2f} s",
    )  # fmt: skip
    for days, name in ((30, "month"), (92, "quarter")):
        took = _seconds(partial(_asked, model, h, days))
        coins = _seconds(lambda: _coins(len(h.open())))
        report.line(
            f"forecast of a {name}: {len(h.open()):,} open deals, {RUNS:,} simulations", must=1.0, unit=" s",
            reached=took, at_most=True, beside=f"{took / coins:.1f} × as long as throwing that many plain coins",
        )  # fmt: skip
    took = _seconds(partial(_asked, model, h, 92, levels=4))
    report.line(
        "the same by four groupings", must=2.0, unit=" s", reached=took, at_most=True,
        beside="what does not depend on groups is worked out once",
    )  # fmt: skip


def _asked(model: Model, h: Histories, days: int, *, levels: int = 1) -> None:
    """By a model just read, so that nothing is kept from the last time."""
    model = decode(encode(model))
    for _ in range(levels):
        simulate(model, h, TODAY + 1, TODAY + days, h.owner, OWNERS, runs=RUNS, seed=SEED)


def _coins(deals: int) -> None:
    rng = np.random.Generator(np.random.PCG64(1))
    for _ in range(RUNS // 100):
        rng.random((100, deals), dtype=np.float32).sum()


def _seconds(work: Callable[[], object]) -> float:
    """The best of three."""
    best = float("inf")
    for _ in range(3):
        start = perf_counter()
        work()
        best = min(best, perf_counter() - start)
    return best
