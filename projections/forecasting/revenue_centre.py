"""Where a forecast of revenue is centred and how wide it is, learned from how earlier ones of its kind went.

Errors are log(actual / forecast), each softened by one usual win, so that an empty period is no infinite error. Few
errors say little: the shift is shrunk to none, the weights of the two ways to forecast to half and half, and the
spread to `USUAL_SPREAD`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from projections.forecasting.histories import Numbers
from projections.forecasting.revenue_past import Before, Trial

USUAL_SPREAD = 0.12
"""How far the revenue of a company is off beyond its coins, in logs, before there is evidence."""
GROUP_SPREAD = 0.12
"""How far groups move against their company beyond their coins, before there is evidence."""
_NARROWEST = 0.02
_FURTHEST = 2.5
"""No group is corrected by more than this factor."""


@dataclass(frozen=True)
class Record:
    """How earlier forecasts went: the shift in logs, the squares of the errors that remain after it (simulation
    and simple forecast) beyond their coins, and those of the groups' parts of their company (as simulated, and as in
    the year before)."""

    shift: float
    simulated: float
    simple: float
    parts: float
    year: float


@dataclass(frozen=True)
class Centre:
    """By group: factor on what was simulated. The shocks in logs: of the company and of each group."""

    factor: Numbers
    company_spread: float
    group_spread: Numbers

    def beyond(self, drawn: float) -> float:
        """The shock of the company beside the spread (a square) that the draws have already."""
        return float(np.sqrt(max(self.company_spread**2 - drawn, _NARROWEST**2)))


def record_of(trials: list[Trial], windows: float) -> Record:
    """What the trials teach; `windows`: how many of them overlap, since overlapping ones are not as many."""
    weights = np.array([each.share for each in trials]) / windows
    errors = np.array([_error(each, each.mean) for each in trials])
    coins = np.array([_coins(each.variance, each.mean) for each in trials])
    prior = USUAL_SPREAD**2
    evidence = weights / (prior + coins)
    shift = float((evidence * (errors + coins / 2)).sum() / (evidence.sum() + 1 / prior))
    remaining = (errors - shift) ** 2 - coins
    told = np.array([_told(each.before) for each in trials], dtype=bool)
    simple = [_error(each, each.before.simple) ** 2 - _coins(each.variance, each.mean) for each in trials]
    parts = np.array([_group_error(each, each.mean, 0.0) for each in trials])
    year = np.array([_group_error(each, each.before.year, each.before.year_squares) for each in trials])
    return Record(
        shift,
        _shrunk(remaining, weights, prior),
        _shrunk(np.array(simple)[told], weights[told], prior),
        _shrunk(parts, weights, GROUP_SPREAD**2),
        _shrunk(year, weights, GROUP_SPREAD**2),
    )


def _told(before: Before) -> bool:
    return bool(np.isfinite(before.simple).all() and before.simple.sum() > 0)


def _shrunk(values: Numbers, weights: Numbers, prior: float) -> float:
    return max(float(((values * weights).sum() + prior * 2.0) / (weights.sum() + 2.0)), _NARROWEST**2)


def _error(trial: Trial, forecast: Numbers) -> float:
    usual = _usual_win(trial)
    return float(np.log((max(trial.actual.sum(), 0.0) + usual) / (max(forecast.sum(), 0.0) + usual)))


def _usual_win(trial: Trial) -> float:
    total = trial.mean.sum()
    return max(float(trial.variance.sum() / total) if total > 0 else 0.0, 1.0)


def _coins(variance: Numbers, mean: Numbers) -> float:
    total = mean.sum()
    return min(float(variance.sum() / total**2), 1.0) if total > 0 else 1.0


def _group_error(trial: Trial, said: Numbers, doubt: Numbers | float) -> float:
    """The square of the groups' errors against their company, beyond the coins of what came and of what was said:
    weighted by what they were to bring."""
    total, came = said.sum(), trial.actual.sum()
    if total <= 0 or came <= 0:
        return GROUP_SPREAD**2
    scale = came / total
    beyond = (trial.actual - said * scale) ** 2 - trial.variance - doubt * scale**2
    return float(beyond.sum() / max(float(((said * scale) ** 2).sum()), 1e-9))


def centre_of(mean: Numbers, before: Before, record: Record) -> Centre:
    """How far each group's simulated revenue is moved: the company's total first, then the groups' parts of it."""
    total, simple = mean.sum() * np.exp(record.shift), before.simple.sum()
    weight = 0.0
    if _told(before) and total > 0:
        weight = record.simulated / (record.simulated + record.simple + before.simple_squares.sum() / simple**2)
        total = (1 - weight) * total + weight * simple
    part, trust, doubt = _parts(mean, before, record)
    factor = np.divide(total * part, mean, out=np.ones(len(mean)), where=mean > 0)
    left = weight**2 * record.simple + (1 - weight) ** 2 * record.simulated
    apart = trust**2 * (record.year + doubt) + (1 - trust) ** 2 * record.parts
    return Centre(np.clip(factor, 1 / _FURTHEST, _FURTHEST), float(np.sqrt(left)), np.sqrt(apart))


def _parts(mean: Numbers, before: Before, record: Record) -> tuple[Numbers, Numbers, Numbers]:
    """Each group's part of the company: of the simulation, and of what the last year brought as far as that can be
    trusted, which is the less the fewer wins it hangs on."""
    whole, year = mean.sum(), before.year.sum()
    if whole <= 0 or year <= 0:
        return mean / max(whole, 1.0), np.zeros(len(mean)), np.zeros(len(mean))
    doubt = np.divide(before.year_squares, before.year**2, out=np.full(len(mean), np.inf), where=before.year > 0)
    trust = record.parts / (record.parts + record.year + doubt)
    parts = (1 - trust) * mean / whole + trust * before.year / year
    return parts / parts.sum(), trust, np.where(trust > 0, doubt, 0.0)
