"""Deals without dates, such as a questionnaire with its answers: cross-validated, equal answers in one fold."""

from __future__ import annotations

import msgspec
import numpy as np

from projections.forecasting.histories import Outcome
from projections.forecasting.scores import WinScores, brier, win_scores
from projections.view import View

SEED = 7


class Folds(WinScores, kw_only=True):
    """How well answers tell wins from losses. Of `rows` deals that ended, `distinct` differ in their answers or in
    their outcome; each is forecast `repeats` times by a model that learned from the other folds. `base_rate` is the
    share that was won, `base_brier` the Brier score of saying just that. Scores are null where there is too little to
    learn from; `basis` says what there is.
    """

    rows: int
    distinct: int
    folds: int
    repeats: int
    base_rate: float | None
    base_brier: float | None
    basis: str


class FoldsAnswer(msgspec.Struct, kw_only=True):
    """The scores of a cross validation."""

    folds: Folds
    scope: str
    position: int


def cross_validation(view: View, *, folds: int, repeats: int) -> FoldsAnswer:
    """Score forecasts from answers alone, of all deals that ended. The same journal gives the same numbers."""
    from projections.forecast_scores import shown_deals
    from projections.forecasting.facts import histories, load
    from projections.forecasting.undated import cross_validated

    h = histories(load(view.connection), view, view.clock.as_of, known_at=view.clock.known_at)
    ended = h.outcome != Outcome.OPEN
    found = cross_validated(h, folds, repeats, SEED)
    shown, p, truth = shown_deals(view), found.p, found.truth.astype(np.float64)
    if shown is not None:
        visible = np.fromiter((one in shown for one in h.ids), bool, len(h))
        ended, seen = ended & visible, visible[found.rows]
        p, truth = p[seen], truth[seen]
    base = float(truth.mean()) if len(truth) else None
    rows, distinct = int(ended.sum()), len(p) // repeats
    basis = f"{rows} closed deals, {distinct} of them distinct"
    scored = Folds(
        rows=rows,
        distinct=distinct,
        folds=folds,
        repeats=repeats,
        base_rate=round(base, 4) if base is not None else None,
        base_brier=round(brier(np.full(len(truth), base), truth) or 0.0, 4) if base is not None else None,
        basis=basis,
        **msgspec.structs.asdict(win_scores(p, truth)),
    )
    return FoldsAnswer(folds=scored, scope=view.visibility.scope, position=view.clock.known_at)
