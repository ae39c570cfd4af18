"""Relationship health of some accounts at several moments: what lists and heat maps show of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from projections.health_days.reading import kept_days, kept_in_columns, read_ahead
from projections.health_days.touched import all_of, families
from projections.health_outlook import band
from projections.health_portfolio import TrendPoint
from projections.health_scores import kept_scores, present_scores, scores_at_hand
from projections.kept_answers import A_PORTFOLIO
from projections.kept_ids import Ids
from projections.relationship_health import scores
from projections.view import FEW, View

if TYPE_CHECKING:
    from numpy.typing import NDArray


def scores_of(view: View, accounts: Iterable[UUID]) -> dict[UUID, float]:
    """The scores of some accounts, as `scores` says them: from what is kept, else worked out of these if they are few,
    and of everybody that the asker may see if they are many, since that is kept."""
    wanted = set(accounts)
    found = kept_days(view, wanted)
    if found is None:
        found = present_scores(view, begin=len(wanted) > A_PORTFOLIO)
    if found is None:
        found = scores(_among(view, wanted)) if len(wanted) <= A_PORTFOLIO else kept_scores(view)
    return {account: score for account, score in found.items() if account in wanted}


def scores_soon(view: View, accounts: Collection[UUID]) -> Mapping[UUID, float] | None:
    """The scores of these accounts, and of others if they are many, where that takes no seconds; else None (see
    `scores_at_hand`)."""
    return scores_of(view, accounts) if len(accounts) <= A_PORTFOLIO else scores_at_hand(view)


def scores_in_columns(view: View, accounts: Collection[UUID], ids: Ids) -> NDArray[Any] | None:
    """The same, for every identifier; not a number where there is no score."""
    if len(accounts) > A_PORTFOLIO and (found := kept_in_columns(view, ids)) is not None:
        return found
    soon = scores_soon(view, accounts)
    return None if soon is None else in_columns(soon, ids)


def in_columns(scores: Mapping[UUID, float], ids: Ids) -> NDArray[Any]:
    """Scores for every identifier; not a number where there is none."""
    import numpy as np

    codes = ids.of(list(scores))
    found = np.full(len(ids), np.nan)
    found[codes] = list(scores.values())
    return found


def health_points(view: View, accounts: Iterable[UUID], moments: Sequence[datetime]) -> dict[UUID, list[TrendPoint]]:
    """The health of some accounts at each moment, in the order of the moments, as `health` says it there, by what is
    known in the view, without positions; None where an account was not there, or no component had facts. What is not
    kept is worked out of few accounts from all that they ever were, read once."""
    wanted = list(dict.fromkeys(accounts))
    found = {account: [TrendPoint(moment, None, None, []) for moment in moments] for account in wanted}
    others = list[datetime]()
    read_ahead(view, wanted, moments)
    for place, moment in enumerate(moments):
        then = view.at(moment)
        known = kept_days(then, wanted)
        known = present_scores(then) if known is None else known
        if known is None and len(wanted) > FEW:
            known = kept_scores(then)
        if known is None:
            others.append(moment)
        else:
            _put(then, found, place, known)
    for then in _among(view, wanted).through(sorted(set(others))):
        _put(then, found, moments.index(then.clock.as_of), scores(then))
    return found


def _among(view: View, accounts: Iterable[UUID]) -> View:
    return view.among(all_of(families(view.connection), accounts))


def _put(then: View, found: dict[UUID, list[TrendPoint]], place: int, known: dict[UUID, float]) -> None:
    policy = then.policies.service
    for account, points in found.items():
        if (score := known.get(account)) is not None:
            points[place] = TrendPoint(then.clock.as_of, score, band(score, policy), [])
