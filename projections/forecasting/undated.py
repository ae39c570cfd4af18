"""Deals without dates: won or lost from what was answered, with product and owner, and how well folds are forecast.

A Gaussian process with a logistic likelihood (Rasmussen and Williams 2006, algorithms 3.1 and 3.2): deals with like
answers share their fate. The covariance of two deals is BIAS + LINEAR × the share of answers in common + NEAR ×
exp(−share that differs / REACH); the linear part alone is a ridge logistic regression on the answers.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from projections.forecasting.histories import Histories, MarkKind, Numbers, Outcome, Places

BIAS, LINEAR, NEAR, REACH = 1.0, 2.0, 4.0, 0.2
MOST = 1_500
"""So many different sets of answers are learned from, evenly taken where there are more: the work grows with the
third power."""
Signs = NDArray[np.bool_]


class UndatedModel(msgspec.Struct, frozen=True):
    """What was learned, as numbers: the signs of each deal learned from (packed bits, `width` to a deal) and the
    weight of its fate."""

    width: int
    mean: float
    packed: bytes
    weights: list[float]


@dataclass(frozen=True)
class Folded:
    """Forecasts of deals by a model that had not seen their fold, once per repeat: place of the deal, won, chance."""

    rows: Places
    truth: NDArray[np.bool_]
    p: Numbers


def signs(h: Histories) -> Signs:
    """What is known of each deal beside its dates, one column each: its last answer to each question as `question ×
    value`, its product, its owner. Columns that no deal has are left out."""
    marks, count = h.marks, len(h)
    at = np.flatnonzero((marks.kind == MarkKind.ANSWER) & (marks.key >= 0))
    question = marks.deal[at].astype(np.int64) * max(1, len(h.codes.questions)) + marks.key[at]
    _, newest = np.unique(question[::-1], return_index=True)  # the last mark of each question
    at = at[::-1][newest]
    value = np.clip(np.nan_to_num(marks.value[at]), -1, 1).astype(np.int64) + 1
    answered = np.zeros((count, max(1, len(h.codes.questions)) * 3), dtype=bool)
    answered[marks.deal[at], marks.key[at] * 3 + value] = True
    found = np.concatenate([answered, *(_each(codes) for codes in (h.product, h.owner))], axis=1)
    return np.asarray(found[:, found.any(axis=0)])


def _each(codes: Places) -> Signs:
    return np.asarray(codes[:, None] == np.arange(int(codes.max(initial=-1)) + 1))


def fit_undated(known: Signs, won: NDArray[np.bool_]) -> UndatedModel:
    """Learn from deals that ended: what was known of each (deal, sign), and whether it was won."""
    if len(known) > MOST:
        some = np.linspace(0, len(known) - 1, MOST).astype(int)
        known, won = known[some], won[some]
    mean = (won.sum() + 1) / (len(won) + 2)
    weights = _fates(_covariance(known, known), won.astype(np.float64), float(np.log(mean / (1 - mean))))
    packed = np.packbits(known, axis=1).tobytes()
    return UndatedModel(known.shape[1], float(mean), packed, [float(weight) for weight in weights])


def undated_chances(model: UndatedModel, known: Signs) -> Numbers:
    """The chance that each deal is won, from what is known of it (columns as in the fit)."""
    count = len(model.weights)
    bits = np.frombuffer(model.packed, np.uint8).reshape(count, -1)
    seen = np.unpackbits(bits, axis=1, count=model.width).astype(bool) if count else np.zeros((0, model.width), bool)
    odds = np.log(model.mean / (1 - model.mean)) + _covariance(known, seen) @ np.array(model.weights)
    return np.asarray(1 / (1 + np.exp(-odds)))


def _covariance(one: Signs, other: Signs) -> Numbers:
    """How much the fates of two deals have in common, for each pair."""
    one, other = one.astype(np.float64), other.astype(np.float64)
    shared, own = one @ other.T, (one.sum(axis=1)[:, None], other.sum(axis=1)[None, :])
    most = np.maximum(1.0, np.maximum(*own))
    differing = (own[0] + own[1] - 2 * shared) / (2 * most)
    return np.asarray(BIAS + LINEAR * shared / most + NEAR * np.exp(-differing / REACH))


def _fates(covariance: Numbers, won: Numbers, odds: float) -> Numbers:
    """The gradient of the log likelihood at the mode, by Newton's method: what each deal's fate adds to its like."""
    mode = np.zeros(len(won))
    for _ in range(50):
        p = 1 / (1 + np.exp(-odds - mode))
        spread = np.sqrt(p * (1 - p))
        inner = spread**2 * mode + won - p
        system = np.eye(len(won)) + spread[:, None] * covariance * spread
        step = covariance @ (inner - spread * np.linalg.solve(system, spread * (covariance @ inner)))
        moved, mode = np.abs(step - mode).max(initial=0.0), step
        if moved < 1e-6:
            break
    return np.asarray(won - 1 / (1 + np.exp(-odds - mode)))


# --- folds ----------------------------------------------------------------------------------------------------------


def cross_validated(h: Histories, folds: int, repeats: int, seed: int) -> Folded:
    """Forecast each distinct deal that ended by a model that learned from the other folds, `repeats` times over.

    Deals that agree in everything known and in their fate count once; equal answers lie in one fold, whatever their
    fate; each fold has about as many won deals as another. Empty where fewer than two deals ended, or all alike.
    """
    ended = np.flatnonzero(h.outcome != Outcome.OPEN)
    known, won = signs(h)[ended], h.outcome[ended] == Outcome.WON
    _, first = np.unique(np.concatenate([known, won[:, None]], axis=1), axis=0, return_index=True)
    first.sort()
    rows, known, won = ended[first].astype(np.int32), known[first], won[first]
    if len(rows) < 2 or not 0 < won.sum() < len(won):
        return Folded(np.zeros(0, np.int32), np.zeros(0, bool), np.zeros(0))
    _, alike = np.unique(known, axis=0, return_inverse=True)
    parts = []
    with threadpool_limits(1):  # small matrices: threads cost more than they give, and would move the last digits
        for repeat in range(repeats):
            fold = fold_of(alike.ravel(), won, folds, seed + repeat)
            p = np.zeros(len(rows))
            for number in np.unique(fold):
                here = fold == number
                p[here] = undated_chances(fit_undated(known[~here], won[~here]), known[here])
            parts.append(p)
    return Folded(np.tile(rows, repeats), np.tile(won, repeats), np.concatenate(parts))


def fold_of(groups: NDArray[np.int64], won: NDArray[np.bool_], folds: int, seed: int) -> NDArray[np.int64]:
    """The fold of each row: whole groups, dealt in random order, large ones first, to where their kind is fewest."""
    random = np.random.Generator(np.random.PCG64(seed))
    size = np.bincount(groups)
    wins = np.bincount(groups, won, len(size)).astype(np.int64)
    order = random.permutation(len(size))
    order = order[np.argsort(-size[order], kind="stable")]
    place, held = np.zeros(len(size), dtype=np.int64), np.zeros((folds, 2), dtype=np.int64)
    for group in order:
        kind = 0 if 2 * wins[group] >= size[group] else 1
        fold = np.lexsort((np.arange(folds), held.sum(axis=1), held[:, kind]))[0]
        held[fold] += (wins[group], size[group] - wins[group])
        place[group] = fold
    return place[groups]
