"""Where a forecast of revenue is centred and how wide it is, learned from how earlier ones of its kind went.

Errors are log(actual / forecast), each softened by one usual win, so that an empty period is no infinite error. Few
errors say little: the shift is shrunk to none, the weights of the two ways to forecast to half and half, and the
spread to `USUAL_SPREAD`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from projections.forecasting.histories import Numbers
from projections.forecasting.revenue_past import Trial

USUAL_SPREAD = 0.12
"""How far the revenue of a company is off beyond its coins, in logs, before there is evidence."""
GROUP_SPREAD = 0.08
"""How far groups move against their company beyond their coins, before there is evidence."""
_NARROWEST = 0.02
_FURTHEST = 2.5
"""No group is corrected by more than this factor."""


@dataclass(frozen=True)
class Record:
    """How earlier forecasts went: the shift in logs, the squares of the errors that remain after it (simulation
    and simple forecast) beyond their coins, and those of groups against their company."""

    shift: float
    simulated: float
    simple: float
    groups: float


@dataclass(frozen=True)
class Centre:
    """By group: factor on what was simulated. The shocks in logs: of the company and of each group."""

    factor: Numbers
    company_spread: float
    group_spread: float


def record_of(trials: list[Trial], windows: float) -> Record:
    """What the trials teach; `windows`: how many of them overlap, since overlapping ones are not as many."""
    weights = np.array([each.share for each in trials]) / windows
    errors = np.array([_error(each, each.mean) for each in trials])
    shift = float((weights * errors).sum() / (weights.sum() + 1.0))
    coins = np.array([_coins(each.variance, each.mean) for each in trials])
    prior = USUAL_SPREAD**2
    remaining = (errors - shift) ** 2 - coins
    told = np.array([np.isfinite(each.simple).all() and each.simple.sum() > 0 for each in trials], dtype=bool)
    simple = [_error(each, each.simple) ** 2 - _coins(each.variance, each.mean) for each in trials]
    against = np.array([_group_error(each) for each in trials])
    return Record(
        shift,
        _shrunk(remaining, weights, prior),
        _shrunk(np.array(simple)[told], weights[told], prior),
        _shrunk(against, weights, GROUP_SPREAD**2),
    )


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


def _group_error(trial: Trial) -> float:
    """The square of the groups' errors against their company, beyond coins: weighted by what they were to bring."""
    total, came = trial.mean.sum(), trial.actual.sum()
    if total <= 0 or came <= 0:
        return GROUP_SPREAD**2
    fair = trial.mean * came / total
    beyond = (trial.actual - fair) ** 2 - trial.variance
    return float(beyond.sum() / np.maximum((fair**2).sum(), 1e-9))


def centre_of(mean: Numbers, simple: Numbers, squares: Numbers, record: Record) -> Centre:
    """How far each group's simulated revenue is moved: the company's total first, then the groups' parts of it."""
    total = mean.sum() * np.exp(record.shift)
    told = bool(np.isfinite(simple).all() and simple.sum() > 0 and total > 0)
    if not told:
        return Centre(np.full(len(mean), np.exp(record.shift)), np.sqrt(record.simulated), np.sqrt(record.groups))
    weight = record.simulated / (record.simulated + record.simple + squares.sum() / simple.sum() ** 2)
    aim = (1 - weight) * total + weight * simple.sum()
    part = _parts(mean, simple, squares, record)
    factor = np.divide(aim * part, mean, out=np.ones(len(mean)), where=mean > 0)
    left = weight**2 * record.simple + (1 - weight) ** 2 * record.simulated
    return Centre(np.clip(factor, 1 / _FURTHEST, _FURTHEST), np.sqrt(left), np.sqrt(record.groups))


def _parts(mean: Numbers, simple: Numbers, squares: Numbers, record: Record) -> Numbers:
    """Each group's part of the company: of the simulation, and of the simple forecast as far as it can be trusted,
    which is the less the fewer wins it hangs on."""
    doubt = np.divide(squares, simple**2, out=np.full(len(mean), np.inf), where=simple > 0)
    trust = record.groups / (record.groups + record.groups + doubt)
    parts = (1 - trust) * mean / mean.sum() + trust * simple / simple.sum()
    return np.asarray(parts / parts.sum())
