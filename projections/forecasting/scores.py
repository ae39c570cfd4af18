"""How good forecasts were, once the truth is known. Pure: arrays in, numbers out; None where there is nothing to score.

Rows of which the forecast or the truth is not a number are left out. Scores are rounded before they are shown.
"""

from __future__ import annotations

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

BINS = 10
LEVELS = (0.1, 0.5, 0.9)
SURE = 0.001
"""For the log loss a probability is at least this and at most 1 minus this: a single certain error is not infinite."""
DIGITS = 4
CENT = 0.01
"""Amounts that are equal at the cent are equal, in whatever order they were added up."""


class Bin(msgspec.Struct, frozen=True):
    """A line of a calibration table: of `count` forecasts from `low` to below `high`, with this mean, so many came
    true (a share)."""

    low: float
    high: float
    count: int
    forecast: float
    won: float


class WinScores(msgspec.Struct, kw_only=True):
    """How good probabilities were; `base` is the share that came true."""

    n: int
    base: float | None
    auc: float | None
    brier: float | None
    logloss: float | None
    ece: float | None
    accuracy: float | None
    calibration: list[Bin]


class AmountScores(msgspec.Struct, kw_only=True):
    """How good amounts were; `coverage` and `width` are None where only a single amount was forecast."""

    n: int
    wape: float | None
    bias: float | None
    pinball: float | None
    coverage: float | None
    width: float | None


def wape(forecast: Numbers, actual: Numbers) -> float | None:
    """Weighted absolute percentage error: Σ|forecast − actual| / Σ|actual|.

    Kolassa & Schütz (2007), "Advantages of the MAD/Mean ratio over the MAPE", Foresight 6. None where nothing was
    actually there."""
    return _over(float(np.abs(forecast - actual).sum()), actual)


def bias(forecast: Numbers, actual: Numbers) -> float | None:
    """Σ(forecast − actual) / Σ|actual|: above 0 where too much was forecast. Source as for `wape`."""
    return _over(float((forecast - actual).sum()), actual)


def pinball(quantiles: tuple[Numbers, Numbers, Numbers], actual: Numbers) -> float | None:
    """Pinball loss of P10, P50 and P90: the mean over levels τ and rows of max(τ(y − q), (τ − 1)(y − q)), divided by
    the mean of |actual|, so that it compares between sets. A single amount stands for all three; its loss is half
    its WAPE.

    Koenker & Bassett (1978), "Regression Quantiles", Econometrica 46; Gneiting & Raftery (2007), "Strictly Proper
    Scoring Rules, Prediction, and Estimation", JASA 102, §6.1."""
    total = 0.0
    for level, quantile in zip(LEVELS, quantiles, strict=True):
        short = actual - quantile
        total += float(np.maximum(level * short, (level - 1) * short).sum())
    return _over(total / len(LEVELS), actual)


def coverage(p10: Numbers, p90: Numbers, actual: Numbers) -> float | None:
    """The share of what happened that lies from P10 to P90, both included (at the cent): 0.8 where the forecast is
    calibrated.

    Christoffersen (1998), "Evaluating Interval Forecasts", International Economic Review 39."""
    if not len(actual):
        return None
    least, most = p10 - CENT / 2, p90 + CENT / 2  # P10 and P90 may have been rounded to the cent, `actual` was not
    near = CENT / 100  # what adding up binary fractions may lose
    return float(((least <= actual + near) & (actual - near <= most)).mean())


def width(p10: Numbers, p90: Numbers, actual: Numbers) -> float | None:
    """Σ(P90 − P10) / Σ|actual|: how sharp a forecast is; Gneiting, Balabdaoui & Raftery (2007), "Probabilistic
    Forecasts, Calibration and Sharpness", JRSS B 69."""
    return _over(float((p90 - p10).sum()), actual)


def brier(p: Numbers, truth: Numbers) -> float | None:
    """The mean of (p − truth)². Brier (1950), "Verification of forecasts expressed in terms of probability", Monthly
    Weather Review 78 (in the form for one event)."""
    return float(((p - truth) ** 2).mean()) if len(p) else None


def log_loss(p: Numbers, truth: Numbers) -> float | None:
    """The mean of −ln of the probability that was given to what happened, with `SURE` as the least.

    Good (1952), "Rational Decisions", JRSS B 14."""
    if not len(p):
        return None
    sane = np.clip(p, SURE, 1 - SURE)
    return float(-(truth * np.log(sane) + (1 - truth) * np.log1p(-sane)).mean())


def auc(p: Numbers, truth: Numbers) -> float | None:
    """The chance that one that came true was given more than one that did not; equal ones count half. By ranks
    (Mann–Whitney): Hanley & McNeil (1982), "The Meaning and Use of the Area under a ROC Curve", Radiology 143.
    None where all, or none, came true."""
    came = truth > 0.5
    true, false = int(came.sum()), int((~came).sum())
    if not true or not false:
        return None
    _, place, count = np.unique(p, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    ranks = (last - (count - 1) / 2)[place]
    return float((ranks[came].sum() - true * (true + 1) / 2) / (true * false))


def calibration(p: Numbers, truth: Numbers) -> list[Bin]:
    """Forecasts in ten bins of equal width, those in which none lies left out: a reliability diagram as a table.

    Murphy & Winkler (1977), "Reliability of Subjective Probability Forecasts", Applied Statistics 26."""
    which = bins_of(p)
    lines = []
    for one in range(BINS):
        inside = which == one
        if count := int(inside.sum()):
            mean, won = _round(float(p[inside].mean())), _round(float(truth[inside].mean()))
            lines.append(Bin(one / BINS, (one + 1) / BINS, count, mean, won))
    return lines


def bins_of(p: Numbers) -> NDArray[np.int64]:
    """The bin of each probability, 0 the lowest."""
    return np.clip((p * BINS).astype(np.int64), 0, BINS - 1)


def ece(p: Numbers, truth: Numbers) -> float | None:
    """Expected calibration error: the mean over the bins of |share that came true − mean forecast|, each weighted by
    its count. Naeini, Cooper & Hauskrecht (2015), "Obtaining Well Calibrated Probabilities Using Bayesian Binning",
    AAAI."""
    if not len(p):
        return None
    which = bins_of(p)
    gaps = np.bincount(which, weights=truth - p, minlength=BINS)
    return float(np.abs(gaps).sum() / len(p))


def win_scores(p: Numbers, truth: Numbers) -> WinScores:
    """All scores of probabilities; `truth` is 1 where it came true, else 0."""
    sane = np.isfinite(p) & np.isfinite(truth)
    p, truth = p[sane], truth[sane]
    return WinScores(
        n=len(p),
        base=_shown(float(truth.mean()) if len(p) else None),
        auc=_shown(auc(p, truth)),
        brier=_shown(brier(p, truth)),
        logloss=_shown(log_loss(p, truth)),
        ece=_shown(ece(p, truth)),
        accuracy=_shown(float(((p > 0.5) == (truth > 0.5)).mean()) if len(p) else None),
        calibration=calibration(p, truth),
    )


def amount_scores(p10: Numbers, p50: Numbers, p90: Numbers, actual: Numbers) -> AmountScores:
    """All scores of amounts. A method that states a single amount has NaN in P10 and P90: it is scored as if it
    were sure of it, and has neither coverage nor width."""
    sane = np.isfinite(p50) & np.isfinite(actual)
    p10, p50, p90, actual = p10[sane], p50[sane], p90[sane], actual[sane]
    ranged = bool(len(p50)) and bool(np.isfinite(p10).all() and np.isfinite(p90).all())
    quantiles = (p10, p50, p90) if ranged else (p50, p50, p50)
    return AmountScores(
        n=len(p50),
        wape=_shown(wape(p50, actual)),
        bias=_shown(bias(p50, actual)),
        pinball=_shown(pinball(quantiles, actual)),
        coverage=_shown(coverage(p10, p90, actual)) if ranged else None,
        width=_shown(width(p10, p90, actual)) if ranged else None,
    )


def _over(total: float, actual: Numbers) -> float | None:
    whole = float(np.abs(actual).sum())
    return total / whole if whole > 0 else None


def _shown(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else _round(value)


def _round(value: float) -> float:
    return round(value, DIGITS) + 0.0  # never −0.0
