"""What somebody would say of the sample company's deals who knew how it was made: the bound of every forecast.

The generator's other companies (other seeds) teach a gradient boosting what becomes of a deal whose true probability,
stage, age, pushes and category are known. It sees what no forecaster can: the probability itself, and a hundred
companies instead of one.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from api.demo import LAST_DAY
from api.demo.company import deals_of
from api.demo.model import STAGES, Deal

COMPANIES = range(9_000, 9_060)
"""Seeds of the companies that the oracle learns from; a company that is judged has another."""
CATEGORIES = {"": 0, "pipeline": 0, "omitted": 0, "best_case": 1, "commit": 2}


@dataclass(frozen=True)
class Standing:
    """A deal that is open at a moment: what is known, and what became of it."""

    deal: Deal
    known: tuple[float, ...]
    stage: str
    amount: float
    won_within: bool


def standings(deals: Iterable[Deal], moment: date, within: int) -> Iterator[Standing]:
    """The deals that are open at the end of a day. The last `within` days of the history have no truth yet."""
    assert moment + timedelta(within) <= LAST_DAY
    for deal in deals:
        if deal.account.told or deal.opened_on > moment or (deal.closed_on and deal.closed_on <= moment):
            continue
        changes = [change for change in deal.changes if change.day <= moment]
        stages = [change for change in changes if change.stage]
        dates = [change.close_on for change in changes if change.close_on]
        category = next((change.category for change in reversed(changes) if change.category), "")
        amount = next(float(change.amount) for change in reversed(changes) if change.amount is not None)
        known = (
            math.log(deal.probability / (1 - deal.probability)),
            (moment - deal.opened_on).days,
            STAGES.index(stages[-1].stage or STAGES[0]),
            (moment - stages[-1].day).days,
            sum(later > earlier for earlier, later in itertools.pairwise(dates)),
            (dates[-1] - moment).days,
            CATEGORIES[category or ""],
            bool(deal.competitor),
            (moment.month - 1) % 3,
        )
        in_time = deal.outcome == "won" and deal.closed_on and deal.closed_on <= moment + timedelta(within)
        yield Standing(deal, tuple(map(float, known)), stages[-1].stage or STAGES[0], amount, bool(in_time))


@cache
def oracle(moments: tuple[date, ...], within: int) -> HistGradientBoostingClassifier:
    """Learned from the other companies at the same moments."""
    seen = [one for seed in COMPANIES for moment in moments for one in standings(deals_of(seed), moment, within)]
    model = HistGradientBoostingClassifier(max_iter=250, learning_rate=0.05, min_samples_leaf=60, random_state=0)
    return model.fit(np.array([one.known for one in seen]), np.array([one.won_within for one in seen]))


def foretold(moments: tuple[date, ...], within: int, those: list[Standing]) -> NDArray[np.float64]:
    """The oracle's probability that each is won in time."""
    found: NDArray[np.float64] = oracle(moments, within).predict_proba(np.array([one.known for one in those]))[:, 1]
    return found
